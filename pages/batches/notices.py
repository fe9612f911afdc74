"""What a person should know before doing anything: why a batch waits or stopped, and what changes when it goes on."""

from datetime import datetime
from typing import NamedTuple

import streamlit as st

from core.extraction.launch import describe_change, describe_servers
from core.models import Extractor, JobState
from core.settings import Settings
from pages.batches.standing import Standing
from pages.shared import jobs
from pages.shared.times import describe_time
from pages.shared.unseen import name_unseen

NO_SERVER = "No model server is set any more: set OPENAI_API_KEY or OPENAI_BASE_URL before it goes on."
MEND = (
    "Answers are kept, and nothing is paid for twice. Put it right and resume. With other limits "
    "start it again: this batch goes on with them. Another model needs a new one."
)
_WAIT, _SLOW, _INFO = ":material/hourglass_top:", ":material/speed:", ":material/info:"
_ADVICE, _CHANGE = ":material/lightbulb:", ":material/swap_horiz:"
_DAY_SECONDS, _LONGEST_SECONDS = 86_400, 3650 * 86_400
_WANTED = {
    JobState.PAUSED: "Pausing: what is in flight is waited for and kept.",
    JobState.QUEUED: "Starting over with the new limits: what is in flight is waited for and kept.",
    JobState.CANCELLED: "Cancelling: what is in flight is waited for and kept.",
}


class Notice(NamedTuple):
    """One line."""

    icon: str
    words: str
    """May quote a server: shown as plain text only."""


def show_notices(standing: Standing, *, settings: Settings) -> None:
    """One line each, as plain text; nothing if all is well."""
    if standing.job.state is JobState.STOPPED:
        jobs.show_reason(standing.job)
    notices = list_notices(standing, settings=settings)
    if notices:
        with st.container(gap="xsmall"):
            for notice in notices:
                _show_notice(notice)


def list_notices(standing: Standing, *, settings: Settings) -> list[Notice]:
    """What there is to say, the most urgent first.

    Args:
        standing: The batch.
        settings: Of this process, for what it would go on with.
    """
    job = standing.job
    notices = _list_waits(standing)
    notices += _list_slowness(standing)
    if job.reason and job.state is not JobState.STOPPED:
        notices.append(Notice(_INFO, job.reason))
    if job.state is JobState.STOPPED and standing.batch.extractor is Extractor.LLM:
        notices.append(Notice(_ADVICE, MEND))
    if answered := describe_servers(standing.servers, done=standing.counts.done):
        notices.append(Notice(_CHANGE, answered))
    if job.state in (JobState.PAUSED, JobState.STOPPED):
        notices += _list_changes(standing, settings)
    return notices


def _list_waits(standing: Standing) -> list[Notice]:
    job, live = standing.job, standing.live
    if standing.wanted is not None:
        return [Notice(_WAIT, _WANTED[standing.wanted])]
    if live and live.blocked_until_unix and live.blocked_until_unix > standing.at_unix:
        until = _describe_moment(live.blocked_until_unix, now_unix=standing.at_unix)
        away = f"The server does not answer at present; it is asked again at {until}, and nothing fails meanwhile."
        return [Notice(_WAIT, away if live.is_away else f"The server asked to wait until {until}.")]
    if job.state is JobState.QUEUED and job.not_before_utc:
        return [Notice(_WAIT, f"{job.stage.capitalize()}. The next look is {describe_time(job.not_before_utc)}.")]
    return []


def _describe_moment(at_unix: float, *, now_unix: float) -> str:
    # local, because the person looks at a clock; a server may ask for any wait, also beyond what a calendar holds
    at = datetime.fromtimestamp(min(at_unix, now_unix + _LONGEST_SECONDS)).astimezone()
    is_soon = at_unix - now_unix < _DAY_SECONDS
    return f"{at:%H:%M:%S}" if is_soon else f"{at:%d %B %Y, %H:%M:%S}"


def _list_slowness(standing: Standing) -> list[Notice]:
    live = standing.live
    if live is None or not live.is_slowed:
        return []
    chosen, words = standing.batch.config.max_rpm, []
    if live.rpm < chosen:
        words.append(f"The server's own limit of {live.rpm:,} a minute is below the chosen {chosen:,}, and is kept to.")
    if live.slowed_rpm is not None:
        words.append(
            f"The server refused for the rate without saying how long to wait: {live.slowed_rpm:,} a minute at "
            f"present, back to {live.rpm:,} by itself within a minute of the last refusal."
        )
    return [Notice(_SLOW, said) for said in words]


def _list_changes(standing: Standing, settings: Settings) -> list[Notice]:
    if standing.batch.extractor is Extractor.RULES:
        return []
    words = describe_change(standing.batch, settings) if settings.has_model_server else NO_SERVER
    return [] if words is None else [Notice(_CHANGE, words)]


def _show_notice(notice: Notice) -> None:
    with st.container(horizontal=True, wrap=False, gap="xsmall"):
        st.markdown(f":orange[{notice.icon}]", width="content")
        st.text(name_unseen(notice.words), width="stretch")
