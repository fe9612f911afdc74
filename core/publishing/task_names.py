"""Which source task a trial's task is. Whole names first, then the last part of a path; never a piece of a name.

Harbor cuts a trial's name at 32 characters, so two tasks can share what is left of it: it decides nothing here.
"""

from collections import Counter
from collections.abc import Hashable, Iterable
from typing import Generic, Protocol, TypeVar

from core.errors import SourceError

Key = TypeVar("Key", bound=Hashable)


class Named(Protocol):
    """A trial, as far as it matters here: of all trials of a dataset, the texts would be too much."""

    @property
    def name(self) -> str:
        """The trial's name."""
        ...

    @property
    def task(self) -> str | None:
        """What it was run on, if the traces say."""
        ...


class TaskNames(Generic[Key]):
    """Source tasks by their names.

    Args:
        trials: Every trial of the dataset: of two tasks `a/build` and `b/build`, none may take a source task `build`.
    """

    def __init__(self, trials: Iterable[Named]) -> None:
        tasks = {trial.task for trial in trials if trial.task}
        self._shared = {last for last, count in Counter(map(get_last_part, tasks)).items() if count > 1}
        self._whole: dict[str, set[Key]] = {}
        self._last: dict[str, set[Key]] = {}

    def add(self, key: Key, names: Iterable[str]) -> None:
        """One more source task, under all its names."""
        for name in names:
            self._whole.setdefault(name, set()).add(key)
            self._last.setdefault(get_last_part(name), set()).add(key)

    def find(self, trial: Named) -> Key | None:
        """The trial's source task, or None.

        Raises:
            SourceError: Several fit.
        """
        name = trial.task or trial.name
        found = self._whole.get(name) or self._last.get(get_last_part(name))
        if found and name not in self._whole and get_last_part(name) in self._shared:
            raise SourceError(
                f'Several tasks in the traces end in "{get_last_part(name)}", and no source task is "{name}".'
            )
        if not found and trial.task:
            found = self._whole.get(trial.name)
        if found and len(found) > 1:
            raise SourceError(f'Several tasks have this name: "{name}".')
        return next(iter(found)) if found else None


def get_last_part(name: str) -> str:
    """The last part of a path-like name, e.g. `build` of `bench/build`."""
    return name.rstrip("/").rsplit("/", 1)[-1]


def list_wanted(trials: Iterable[Named]) -> set[str]:
    """The last parts of all names that a trial's source task may have."""
    return {get_last_part(name) for trial in trials for name in (trial.task, trial.name) if name}
