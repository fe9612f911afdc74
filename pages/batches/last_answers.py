"""The latest answers as they arrive, so that a bad prompt is seen after five of them. All of it is plain text."""

import streamlit as st

from core.curation.rendering import render_hint
from core.models import AttemptHints, ContrastHints, HintKind, HintText, RequestKind, ToolText
from core.store.batch_models import LastAnswer
from pages.batches.standing import Standing
from pages.batches.words import shorten
from pages.shared import navigation
from pages.shared.labels import describe_count
from pages.shared.unseen import name_unseen
from pages.shared.workspace import open_workspace

SHOWN_HINTS = 3
_PLACES = {RequestKind.CONTRAST: "Comparison", RequestKind.MERGE: "Merge"}
_KINDS = {
    HintKind.TOOL: "Tool",
    HintKind.STRATEGY: "Step",
    HintKind.PITFALL: "Pitfall",
    HintKind.CRITERION: "Criterion",
}


def show_last_answers(standing: Standing) -> None:
    """Each answer's trial and hints, newest first, with the way to that trial; nothing before the first answer."""
    if not standing.last_answers:
        return
    with st.container(border=True):
        st.subheader("Last answers", anchor=False)
        for answer in standing.last_answers:
            _show_answer(standing, answer)


def describe_answer(answer: LastAnswer) -> list[str]:
    """The answer in a few lines: its first hints, or why there is none."""
    if answer.state == "failed":
        return [f"Failed: {answer.reason or 'unknown'}"]
    if answer.kind is RequestKind.MERGE:
        return [f"{describe_count(answer.hints, 'merged wording')} suggested."]
    if answer.content is None:
        return ["A later batch has replaced these hints."]
    texts = _list_texts(answer)
    lines = [shorten(f"{_KINDS[text.kind]}: {_describe_hint(text)}") for text in texts[:SHOWN_HINTS]]
    return lines or ["No hints: nothing here was worth one."]


def _show_answer(standing: Standing, answer: LastAnswer) -> None:
    which, said, way = st.columns([1.1, 3, 0.6], gap="small")
    with which.container(gap="xxsmall"):
        st.text(name_unseen(answer.trial_name), wrap=False)
        st.text(_describe_place(answer))
    said.text("\n".join(describe_answer(answer)))
    # before the first hints there is nothing to review
    key = f"open_{standing.batch.id}_{answer.kind}_{answer.attempt_id}"
    if standing.counts.done and way.button("Open trial", key=key, width="stretch"):
        _open(standing, answer)


def _open(standing: Standing, answer: LastAnswer) -> None:
    with open_workspace() as store:
        trial = store.traces.get_trial(store.traces.get_attempt(answer.attempt_id).trial_id)
    navigation.open_trial(trial, dataset=standing.dataset)


def _describe_place(answer: LastAnswer) -> str:
    place = _PLACES.get(answer.kind, f"A{answer.attempt_number}")
    return place if answer.content is None else f"{place}, {describe_count(len(_list_texts(answer)), 'hint')}"


def _list_texts(answer: LastAnswer) -> list[HintText]:
    """The words of an answer's hints; it has content."""
    content = answer.content or ""
    if answer.kind is RequestKind.CONTRAST:
        return [hint.text for hint in ContrastHints.model_validate_json(content).hints]
    return [hint.text for hint in AttemptHints.model_validate_json(content).hints]


def _describe_hint(text: HintText) -> str:
    if isinstance(text, ToolText):
        return " ".join(f"{text.name}. {text.purpose}".split())
    return render_hint(text)
