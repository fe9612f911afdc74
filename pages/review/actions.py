"""What the buttons of this page do: one call into core each.

An action's id is made when its button is drawn, so that a double click is saved once; a conflict is shown.
"""

from collections.abc import Callable
from typing import Any

import streamlit as st

from core.curation import decisions
from core.models import Hint, Trial
from pages.review.cursor import open_trial
from pages.shared.problems import problems_kept
from pages.shared.reviewer import get_reviewer
from pages.shared.workspace import open_workspace

OTHER = "Other, write it"
"""The reason that the reviewer puts in words."""


def decide(action: Callable[..., None], subject: Hint | Trial, action_id: str, **options: Any) -> None:
    """One decision on a hint or a trial.

    Args:
        action: Of `core.curation.decisions`.
        subject: As it was drawn: if somebody changed it since, that is a conflict.
        action_id: Made when the button was drawn.
        options: What else the action wants, e.g. `reason`.
    """
    with problems_kept(), open_workspace() as store:
        action(store, subject, reviewer=get_reviewer(), action_id=action_id, **options)


def decide_and_go_on(
    action: Callable[..., None], trial: Trial, action_id: str, following: int | None, done: str, **options: Any
) -> None:
    """One decision on a trial, and then the next undecided one.

    Args:
        action: Of `core.curation.decisions`.
        trial: As it was drawn.
        action_id: Made when the button was drawn.
        following: The trial to open then; None stays.
        done: What to say; fixed words.
        options: What else the action wants, e.g. `reason`.
    """
    with problems_kept(done), open_workspace() as store:
        action(store, trial, reviewer=get_reviewer(), action_id=action_id, **options)
        open_trial(following)


def override(hint: Hint, code: str, action_id: str, reason_key: str) -> None:
    """A block does not hold; the reason stands in the field with this key."""
    decide(decisions.override_finding, hint, action_id, code=code, reason=st.session_state.get(reason_key, ""))
