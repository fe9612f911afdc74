"""Nobody's work is overwritten: an action against an older version is a conflict, unless the same page made the newer.

What one page sends was decided in one view. Its own actions may be on the way together, so they never conflict.
"""

from collections.abc import Sequence

from core.curation.rendering import render_hint
from core.errors import ConflictError
from core.models import Hint, Trial
from core.store import Store
from core.store.decisions import News


def check_hint_is_current(store: Store, hint: Hint, *, page: str = "") -> Hint:
    """The hint as it is now.

    Args:
        store: Of the workspace.
        hint: As the reviewer saw it.
        page: The open page that the action came from.

    Raises:
        ConflictError: Somebody changed it since.
        UsageError: It is gone.
    """
    current = store.curation.get_hint(hint.id)
    if current.version == hint.version:
        return current
    news = store.decisions.list_hint_news(hint.id, version=hint.version)
    if current.version > hint.version and _is_own(news, page):
        return current
    raise ConflictError(
        f'{_name_author(news)} changed this hint first. Their words: "{render_hint(current.text)}". '
        "Yours were not saved."
    )


def check_trial_is_current(store: Store, trial: Trial, *, page: str = "", only_trial: bool = False) -> Trial:
    """The trial as it is now.

    Args:
        store: Of the workspace.
        trial: As the reviewer saw it.
        page: The open page that the action came from.
        only_trial: What others decided on its hints is no conflict.

    Raises:
        ConflictError: Somebody changed it since.
    """
    current = store.traces.get_trial(trial.id)
    if current.version == trial.version:
        return current
    news = store.decisions.list_trial_news(trial.id, version=trial.version, only_trial=only_trial)
    if current.version > trial.version and _is_own(news, page):
        return current
    raise ConflictError(
        f"{_name_author(news)} changed {trial.name} first (it is {current.status} now). Look at it again, then decide."
    )


def _is_own(news: Sequence[News], page: str) -> bool:
    return all(page and item.page == page for item in news)


def _name_author(news: Sequence[News]) -> str:
    # a person who works in two windows is somebody else to each of them
    return news[-1].reviewer if news else "Somebody else"
