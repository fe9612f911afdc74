"""The attempts of a trial: which one is open, and a window of its messages that begins where the reviewer looks."""

from collections import defaultdict
from collections.abc import Mapping, Sequence

import streamlit as st

from core.models import Attempt, Evidence, Hint
from core.store import Store
from core.traces.actions import list_actions, list_observations
from pages.review.cursor import Place, find_shown, go_to, list_quotes
from pages.review.left_out import find_left_out, show_left_out
from pages.review.message import show_message
from pages.shared.labels import EVIDENCE, describe_count

WINDOW = 12
"""Messages shown at once: a page of a hundred long ones would freeze."""


def show_transcript(store: Store, place: Place, attempts: Sequence[Attempt], hints: Sequence[Hint]) -> None:
    """The open attempt around the place, with the quote in sight.

    Args:
        store: Of the workspace.
        place: Where the reviewer stands.
        attempts: Of the trial, in order.
        hints: Of the trial, in order.
    """
    attempt = next(item for item in attempts if item.id == place.attempt_id)
    shown = find_shown(place, hints)
    _show_evidence_bar(place, shown, attempt, hints)
    messages = store.traces.load_messages(attempt.conversation_id)
    first = min(max(place.first, 0), max(len(messages) - 1, 0))
    cited = _list_cited(attempt, hints)
    observations = set(list_observations(list_actions(messages)))
    left_out = find_left_out(store, attempt.id)
    if left_out is not None:
        show_left_out(left_out)
    # another key for another place: a container that stays would keep how far it was scrolled
    with st.container(key=f"review_transcript_{attempt.id}_{first}_{place.hint_id}_{place.evidence}", gap="small"):
        for index in range(first, min(first + WINDOW, len(messages))):
            quote = shown.quote if shown is not None and shown.message == index else None
            show_message(
                messages[index],
                index,
                attempt_id=attempt.id,
                is_observation=index in observations,
                quote=quote,
                cited_by=cited.get(index, []),
                left_out=left_out,
            )
        _show_pages(place, first, len(messages))


def _show_evidence_bar(place: Place, shown: Evidence | None, attempt: Attempt, hints: Sequence[Hint]) -> None:
    quotes = list_quotes(hints)
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        if shown is None:
            st.markdown(f":gray[{describe_count(attempt.message_count, 'message')}]", width="stretch")
        else:
            number = next(i for i, hint in enumerate(hints, start=1) if hint.id == place.hint_id)
            total = len(hints[number - 1].evidence)
            label = EVIDENCE[shown.status]
            st.markdown(
                f":yellow-badge[Evidence {place.evidence + 1} of {total}] hint **{number}**, message {shown.message} "
                f":{label.color}[{label.icon} {label.word}]",
                width="stretch",
            )
        following = _find_next_quote(quotes, place)
        st.button(
            "Next quote",
            key=f"next_quote_{place.trial_id}",
            shortcut="F",
            type="tertiary",
            disabled=following is None,
            on_click=go_to,
            args=(following,),
        )


def _find_next_quote(quotes: Sequence[Place], place: Place) -> Place | None:
    """The quote after the one that is shown, from the start again at the end; None if there is none at all."""
    if not quotes:
        return None
    here = next(
        (i for i, item in enumerate(quotes) if (item.hint_id, item.evidence) == (place.hint_id, place.evidence)), -1
    )
    return quotes[(here + 1) % len(quotes)]


def _list_cited(attempt: Attempt, hints: Sequence[Hint]) -> Mapping[int, list[int]]:
    cited: defaultdict[int, list[int]] = defaultdict(list)
    for number, hint in enumerate(hints, start=1):
        for index in {item.message for item in hint.evidence if item.attempt_id == attempt.id}:
            cited[index].append(number)
    return cited


def _show_pages(place: Place, first: int, count: int) -> None:
    last = min(first + WINDOW, count)
    with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="center"):
        st.button(
            "Earlier",
            key="earlier_messages",
            icon=":material/arrow_upward:",
            type="tertiary",
            disabled=first == 0,
            on_click=go_to,
            args=(place._replace(first=max(first - WINDOW, 0)),),
        )
        st.markdown(f":gray[Messages {first} to {last - 1} of {count}]", width="content")
        st.button(
            "Later",
            key="later_messages",
            icon=":material/arrow_downward:",
            type="tertiary",
            disabled=last >= count,
            on_click=go_to,
            args=(place._replace(first=last),),
        )
