"""Which rows are attempts of their own, and which are only the first messages of one. Exact, never guessed.

A row whose messages are a prefix of another row's is an episode of that row's attempt, within one source
`trial_name`, unless both have a `result` or both a `run_id` and these differ.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from core.traces.outcomes import ResultKey


@dataclass(frozen=True)
class ChainedRow:
    """What the rule looks at of one row."""

    row_number: int
    chain: tuple[str, ...]
    """One digest per message, each over all messages up to it."""
    result: ResultKey
    run_id: str | None


@dataclass
class FoundAttempt:
    """A maximal conversation and the rows that are episodes of it."""

    maximal: ChainedRow
    rows: list[ChainedRow]
    result: ResultKey
    run_id: str | None

    @property
    def first_row_number(self) -> int:
        """The row in which the attempt appeared first."""
        return min(row.row_number for row in self.rows)

    def takes(self, row: ChainedRow) -> bool:
        """True if nothing says that the row belongs to another run."""
        return _may_be_equal(self.result, row.result) and _may_be_equal(self.run_id, row.run_id)

    def count_shared(self, row: ChainedRow) -> int:
        """How many of result and run id both know, given that they do not differ."""
        return (row.result is not None and self.result is not None) + bool(row.run_id and self.run_id)

    def add(self, row: ChainedRow) -> None:
        """Make the row an episode; a value that was not known yet is known from now on."""
        self.rows.append(row)
        self.result = row.result if self.result is None else self.result
        self.run_id = self.run_id or row.run_id


def find_attempts(rows: Sequence[ChainedRow]) -> list[FoundAttempt]:
    """The attempts of one source trial, in order of first appearance; every row is in exactly one.

    Args:
        rows: All rows with one source `trial_name`; none of them empty.
    """
    attempts: list[FoundAttempt] = []
    by_digest: dict[str, list[FoundAttempt]] = {}
    # of equally long rows those that know more come first, so that little depends on the order in the source
    for row in sorted(rows, key=lambda row: (-len(row.chain), (row.result is None) + (not row.run_id), row.row_number)):
        candidates = [attempt for attempt in by_digest.get(row.chain[-1], ()) if attempt.takes(row)]
        if candidates:
            # if there is a choice, the row goes to the run that it names
            max(candidates, key=lambda attempt: attempt.count_shared(row)).add(row)
            continue
        attempt = FoundAttempt(maximal=row, rows=[row], result=row.result, run_id=row.run_id)
        attempts.append(attempt)
        for digest in row.chain:
            by_digest.setdefault(digest, []).append(attempt)
    return sorted(attempts, key=lambda attempt: attempt.first_row_number)


def _may_be_equal(one: ResultKey, other: ResultKey) -> bool:
    return one is None or other is None or one == other
