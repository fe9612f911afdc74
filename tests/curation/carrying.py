"""The traces of a table, imported once more, and what is carried over to them."""

from collections.abc import Sequence
from typing import Any
from uuid import uuid4

from core.curation.carry_models import CarryReport
from core.curation.carry_over import carry_over
from core.curation.curate import curate_dataset
from core.models import Dataset, Hint, ProposedHint, Trial
from tests.builders import Row, import_list, make_row, talk
from tests.curation.proposals import save_proposals
from tests.curation.reviewing import Table, words_of

CARL = "Carl"
MORE: Row = make_row(talk("Task: another", "one more"), trial_name="third")
"""A row that makes a new revision of any source."""


class Later:
    """A later import of a table's traces."""

    def __init__(self, table: Table, rows: Sequence[Row] | None = None, **options: Any) -> None:
        self.table, self.store = table, table.store
        self.dataset: Dataset = import_list(
            self.store, [*table.rows, MORE] if rows is None else rows, **options
        ).dataset
        assert self.dataset.id != table.dataset.id

    def carry(self, **more: Any) -> CarryReport:
        more = {"carried_by": CARL, "action_id": str(uuid4())} | more
        return carry_over(self.store, self.table.dataset, self.dataset, **more)

    def extract(self, proposals: Sequence[ProposedHint], *, trial: str = "first") -> None:
        """The same proposals for each attempt of a trial."""
        attempts = self.store.traces.list_attempts(self.find_trial(trial).id)
        save_proposals(self.store, self.dataset, {attempt.id: proposals for attempt in attempts})
        curate_dataset(self.store, self.dataset)

    def find_trial(self, name: str = "first") -> Trial:
        (trial,) = [item for item in self.store.traces.list_trials(self.dataset.id) if item.name == name]
        return trial

    def list_hints(self, name: str = "first") -> list[Hint]:
        return self.store.curation.list_hints(self.find_trial(name).id)

    def states(self, name: str = "first") -> dict[str, str]:
        """State by the hint's first words."""
        return {words_of(hint): hint.state.value for hint in self.list_hints(name)}

    def history(self, name: str = "first") -> list[tuple[str, str]]:
        """Who did what, oldest first."""
        rows = self.store.decisions.list_decisions(self.find_trial(name).id)
        return [(row.reviewer, row.action) for row in rows]

    def picture(self) -> Any:
        """Everything that decisions decide, with the history."""
        trials = self.store.traces.list_trials(self.dataset.id)
        return [
            (
                trial,
                self.store.curation.list_hints(trial.id),
                self.store.curation.list_findings(trial.id),
                self.store.decisions.list_decisions(trial.id),
            )
            for trial in trials
        ]
