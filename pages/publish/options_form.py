"""What goes into the tasks; the usual choice is made already."""

from collections.abc import Mapping
from pathlib import Path
from typing import TypeVar

import streamlit as st

from core.models import Dataset
from core.publishing.options import HintSelection, Layout, PublishOptions, Unmatched

_Choice = TypeVar("_Choice", Layout, HintSelection, Unmatched)
LAYOUTS = {Layout.ARCHIVE: "One table of archives", Layout.FOLDERS: "Task folders, for Harbor"}
SELECTIONS = {
    HintSelection.FULL: "All hints",
    HintSelection.PITFALLS_AND_CRITERIA: "Pitfalls and success criteria",
    HintSelection.WITHOUT_STRATEGY: "All but the strategy",
}
UNMATCHED = {Unmatched.LEAVE_OUT: "Leave them out", Unmatched.WITHOUT_VERIFIER: "Publish without verifier"}


def show_options_form(dataset: Dataset, defaults: PublishOptions) -> PublishOptions:
    """The options but for the place.

    Args:
        dataset: The dataset.
        defaults: What stands there at first.
    """
    chosen = defaults.model_dump() | _show_contents(dataset, defaults)
    with st.expander("For training", key=f"training_{dataset.id}"):
        chosen |= _show_training(dataset, defaults)
    with st.expander("More", key=f"more_{dataset.id}"):
        chosen |= _show_more(dataset, defaults)
    return PublishOptions.model_validate(chosen | {"seen": None, "only_trials": None, "export_hints": None})


def _show_contents(dataset: Dataset, defaults: PublishOptions) -> dict[str, object]:
    layout = _choose("Layout", LAYOUTS, defaults.layout, key=f"layout_{dataset.id}")
    tasks = st.text_input(
        "Source tasks",
        defaults.tasks or "",
        placeholder="folder, .parquet or .jsonl file, or Hub id",
        help="Their environments and tests are carried over; only the instruction changes.",
        key=f"tasks_{dataset.id}",
    ).strip()
    unmatched = defaults.unmatched
    if tasks:
        unmatched = _choose(
            "Trials without a source task", UNMATCHED, defaults.unmatched, key=f"unmatched_{dataset.id}"
        )
    return {"layout": layout, "tasks": _resolve(tasks), "unmatched": unmatched}


def _show_training(dataset: Dataset, defaults: PublishOptions) -> dict[str, object]:
    selection = _choose("Hints in the instruction", SELECTIONS, defaults.hint_selection, key=f"selection_{dataset.id}")
    twins = st.toggle("Also each task without hints", defaults.twins, key=f"twins_{dataset.id}")
    episodes = st.toggle("Name source episodes behind pitfalls", defaults.source_episodes, key=f"episodes_{dataset.id}")
    lowest, highest = st.slider(
        "Base pass rate of the trials",
        0.0,
        1.0,
        (defaults.min_pass_rate or 0.0, 1.0 if defaults.max_pass_rate is None else defaults.max_pass_rate),
        step=0.05,
        help="Share of a trial's attempts that succeeded.",
        key=f"pass_rate_{dataset.id}",
    )
    return {
        "hint_selection": selection,
        "twins": twins,
        "source_episodes": episodes,
        "min_pass_rate": lowest if lowest > 0 else None,
        "max_pass_rate": highest if highest < 1 else None,
    }


def _show_more(dataset: Dataset, defaults: PublishOptions) -> dict[str, object]:
    prefix = st.text_input("Prefix of the tasks", defaults.prefix, key=f"prefix_{dataset.id}")
    licence = st.text_input(
        "Licence on the card",
        defaults.licence or "",
        placeholder="the source's, if it names one",
        key=f"licence_{dataset.id}",
    )
    evidence = st.toggle("Publish the quotes behind the hints", defaults.with_evidence, key=f"evidence_{dataset.id}")
    reviewers = st.toggle("Publish the reviewers' names", defaults.with_reviewers, key=f"reviewers_{dataset.id}")
    replaces = st.toggle("Replace the tasks of another dataset", defaults.replace, key=f"replace_{dataset.id}")
    return {
        "prefix": prefix.strip(),
        "licence": licence.strip() or None,
        "with_evidence": evidence,
        "with_reviewers": reviewers,
        "replace": replaces,
    }


def _choose(label: str, words: Mapping[_Choice, str], default: _Choice, *, key: str) -> _Choice:
    choices = list(words)
    return st.selectbox(label, choices, index=choices.index(default), format_func=words.__getitem__, key=key)


def _resolve(tasks: str) -> str | None:
    """The whole path if it is one: the worker has a folder of its own."""
    if tasks and Path(tasks).expanduser().exists():
        return str(Path(tasks).expanduser().resolve())
    return tasks or None
