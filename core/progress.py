"""How long work says where it is, and learns that it should stop."""

from typing import Protocol


class Progress(Protocol):
    """Called between portions of work; real counts only."""

    def __call__(self, stage: str, *, done: int = 0, total: int | None = None, failed: int = 0) -> None:
        """Report a stage and how much of it is done.

        Args:
            stage: In words, e.g. `reading rows`.
            done: Items finished in this stage.
            total: Items in all, None if nobody knows yet.
            failed: Items among `done` that failed.

        Raises:
            JobStopped: Somebody asked for a pause or a cancel, or another worker took over.
        """
        ...


def no_progress(stage: str, *, done: int = 0, total: int | None = None, failed: int = 0) -> None:
    """For callers that nobody watches."""
