"""One exchange with the browser: what it decided is saved, what it wants is read. No Streamlit here."""

from collections.abc import Iterator
from typing import Any

from pydantic import ValidationError

from core.curation.review_actions import ReviewAction, perform
from core.errors import TraceHintsError
from core.store import Store
from core.store.part import utc_now
from pages.review.bulk_view import build_bulk_plan
from pages.review.checking import check_words
from pages.review.instruction import build_instruction
from pages.review.outgoing import Outgoing, PartWanted
from pages.review.pair_view import build_pair
from pages.review.queue_view import build_queue, list_held
from pages.review.transcript_part import CHARACTERS, build_part
from pages.review.trial_view import build_trial_view, find_first_attempt

Reply = dict[str, Any]


def answer(store: Store, sent: Outgoing, *, reviewer: str, today_utc: str) -> Reply:
    """The answer to everything in `sent`. The same `sent` twice saves nothing twice and is answered again.

    Args:
        store: Of the workspace.
        sent: What the browser holds open.
        reviewer: Signs the decisions.
        today_utc: When the reviewer's day began, for the pace.
    """
    results = save(store, sent, reviewer=reviewer)
    reply: Reply = {"to": sent.seq, "reviewer": reviewer, "results": results}
    wanted = list(sent.trials)
    if sent.query is not None:
        reply["queue"] = build_queue(store, sent.query, today_utc=today_utc, opened=sent.opened)
        if sent.seq == 0:
            wanted = _choose_first(sent, reply["queue"])
    touched = [item["trial_id"] for item in results if item["trial_id"] == sent.opened]
    reply["trials"], reply["gone"] = _build_trials(store, [*wanted, *touched])
    reply["parts"] = list(_build_parts(store, [*sent.parts, *_list_first_parts(reply["trials"], wanted)]))
    if sent.hold is not None:
        reply["held"] = _reserve(store, sent.hold, reviewer)
    if sent.bulk is not None:
        reply["bulk"] = build_bulk_plan(store, sent.bulk)
    if sent.pair is not None:
        reply["pair"] = build_pair(store, sent.pair)
    if sent.check is not None:
        reply["check"] = check_words(store, sent.check)
    if sent.instruction is not None:
        reply["instruction"] = build_instruction(store, sent.instruction)
    return reply


def save(store: Store, sent: Outgoing, *, reviewer: str) -> list[Reply]:
    """The results of the decisions in `sent`, in their order; what is saved already is only answered."""
    return [_perform(store, action, reviewer) for action in sent.actions]


def _perform(store: Store, sent: dict[str, Any], reviewer: str) -> Reply:
    """The result of one action, as plain data."""
    try:
        action = ReviewAction.model_validate(sent)
    except ValidationError as error:
        message = f"The browser sent an action that cannot be read ({error.errors()[0]['msg']}). Reload the page."
        return {"id": sent.get("id"), "trial_id": None, "ok": False, "problem": "refused", "message": message}
    result = perform(store, action, reviewer=reviewer)
    return {**result.model_dump(mode="json"), "trial_id": action.trial_id}


def _reserve(store: Store, trial_id: int, reviewer: str) -> list[Any]:
    """Reserve a trial unless somebody else has it; who has which trial of its dataset now."""
    try:
        store.reservations.reserve(trial_id, reviewer, now_utc=utc_now())
        return list_held(store, store.traces.get_trial(trial_id).dataset_id)
    except TraceHintsError:
        return []


def _choose_first(sent: Outgoing, queue: Reply) -> list[int]:
    """What a browser that has asked nothing yet will open: the trial of the URL, else the first of the list."""
    if sent.opened is not None:
        return [sent.opened]
    return [queue["rows"][0][0]] if queue["rows"] else []


def _build_trials(store: Store, ids: list[int]) -> tuple[list[Reply], list[int]]:
    """Views, and the ids that are not there any more."""
    views, gone = [], []
    for trial_id in dict.fromkeys(ids):
        try:
            views.append(build_trial_view(store, trial_id))
        except TraceHintsError:
            gone.append(trial_id)
    return views, gone


def _list_first_parts(views: list[Reply], wanted: list[int]) -> list[PartWanted]:
    """The attempts that newly wanted trials open with, so that they need not be asked for."""
    places = [find_first_attempt(view) for view in views if view["id"] in wanted]
    return [PartWanted(attempt_id=attempt_id) for attempt_id in places if attempt_id is not None]


def _build_parts(store: Store, wanted: list[PartWanted]) -> Iterator[Reply]:
    """Parts until enough is on the way; the browser asks again for what is missing."""
    characters = 0
    for part in dict.fromkeys((item.attempt_id, item.first) for item in wanted):
        if characters > CHARACTERS:
            return
        try:
            built = build_part(store, *part)
        except TraceHintsError as error:
            built = {"attempt_id": part[0], "first": part[1], "total": 0, "problem": str(error)}
        characters += sum(len(message["text"]) for message in built.get("messages", []))
        yield built
