"""The review queue: one query over columns that triggers keep true, whatever the size of the dataset."""

from collections.abc import Sequence
from functools import lru_cache
from itertools import starmap

import orjson

from core.models import Outcome, TrialStatus
from core.store.part import Part
from core.store.queue_models import BulkFacts, QueueEntry, QueueFilter, QueueStatus
from core.store.queue_sql import IS_STATUS, ORDERS, build_condition

_FROM = "FROM trials t JOIN queue_facts q ON q.trial_id = t.id"
_STATUSES = {status.value: status for status in TrialStatus}


class Queue(Part):
    """Trials to review."""

    def list_entries(self, wanted: QueueFilter) -> list[QueueEntry]:
        """The trials that a filter wants, in its order."""
        condition = build_condition(wanted)
        cursor = self._connection.cursor()
        # plain tuples: 12,000 rows with names would take twice as long
        cursor.row_factory = None
        cursor.execute(
            "SELECT t.id, t.number, t.name, t.status, q.outcomes, q.hints, q.blocks, q.warnings, q.batch_id > 0, "
            f"q.task, q.support, q.edited > 0 {_FROM} WHERE {condition.sql} ORDER BY {ORDERS[wanted.sort]}",
            condition.values,
        )
        return list(starmap(_build_entry, cursor))

    def list_trial_ids(self, wanted: QueueFilter) -> list[int]:
        """Ids of the trials that a filter wants, in its order."""
        condition = build_condition(wanted)
        sql = f"SELECT t.id {_FROM} WHERE {condition.sql} ORDER BY {ORDERS[wanted.sort]}"
        return [row[0] for row in self._connection.execute(sql, condition.values)]

    def count_by_status(self, wanted: QueueFilter) -> dict[QueueStatus, int]:
        """How many trials each status would list, with everything else that the filter says."""
        condition = build_condition(wanted, with_status=False)
        sums = ", ".join(f"COALESCE(SUM({sql}), 0)" for sql in IS_STATUS.values())
        row = self._connection.execute(f"SELECT {sums} {_FROM} WHERE {condition.sql}", condition.values).fetchone()
        return dict(zip(IS_STATUS, row, strict=True))

    def list_bulk_facts(self, trial_ids: Sequence[int]) -> list[BulkFacts]:
        """What decides whether trials may be decided in bulk, in the order given; unknown ids are left out."""
        cursor = self._connection.execute(
            "SELECT t.id, t.status = 'open' AND q.batch_id > 0, "
            "trim(COALESCE(t.edited_task_text, t.source_task_text), char(9, 10, 13, 32)) <> '', q.blocks, q.warnings, "
            "q.hints, (SELECT COUNT(*) FROM hints h WHERE h.trial_id = t.id AND h.state = 'rejected') "
            "FROM json_each(?) j JOIN trials t ON t.id = j.value JOIN queue_facts q ON q.trial_id = t.id "
            "ORDER BY j.key",
            (orjson.dumps(list(trial_ids)).decode(),),
        )
        return [BulkFacts(row[0], bool(row[1]), bool(row[2]), *row[3:]) for row in cursor]

    def list_models(self, dataset_id: int) -> list[str]:
        """The models that proposed hints for a dataset, by name: what the filter can offer."""
        rows = self._rows(
            "SELECT DISTINCT p.model FROM batches b JOIN proposals p ON p.batch_id = b.id "
            "WHERE b.dataset_id = ? AND p.model IS NOT NULL ORDER BY p.model",
            (dataset_id,),
        )
        return [row["model"] for row in rows]

    def list_codes(self, dataset_id: int) -> list[str]:
        """The codes of the findings in a dataset, by name: what the filter can offer."""
        # from code to code in the index: there are a few codes, and six findings a trial
        rows = self._rows(
            "WITH RECURSIVE codes (code) AS (SELECT MIN(code) FROM findings UNION ALL "
            "  SELECT (SELECT MIN(f.code) FROM findings f WHERE f.code > c.code) FROM codes c "
            "  WHERE c.code IS NOT NULL), "
            "span (first, last) AS (SELECT MIN(id), MAX(id) FROM trials WHERE dataset_id = ?1) "
            "SELECT code FROM codes, span WHERE code IS NOT NULL AND EXISTS (SELECT 1 FROM findings f "
            "  JOIN trials t ON t.id = f.trial_id WHERE f.code = codes.code AND f.trial_id BETWEEN first AND last "
            "  AND t.dataset_id = ?1) ORDER BY code",
            (dataset_id,),
        )
        return [row["code"] for row in rows]

    def get_stamp(self) -> tuple[int, int, int, int]:
        """Changes whenever a queue may have: what was read under an equal stamp is still true."""
        row = self._row(
            "SELECT (SELECT COALESCE(MAX(seq), 0) FROM decisions) AS decisions, "
            "(SELECT COALESCE(MAX(id), 0) FROM findings) AS findings, (SELECT COUNT(*) FROM hints) AS hints, "
            "(SELECT COUNT(*) FROM proposals) AS proposals"
        )
        counts = row or {}
        return (counts["decisions"], counts["findings"], counts["hints"], counts["proposals"])


def _build_entry(
    trial_id: int, number: int, name: str, status: str, outcomes: str, hints: int, blocks: int, warnings: int,
    is_extracted: int, task: str, support: int, is_edited: int,
) -> QueueEntry:  # fmt: skip
    return QueueEntry(
        trial_id, number, name, _STATUSES[status], _split_outcomes(outcomes), hints, blocks, warnings,
        is_extracted == 1, task, support, is_edited == 1,
    )  # fmt: skip


@lru_cache(maxsize=4096)
def _split_outcomes(outcomes: str) -> tuple[Outcome, ...]:
    return tuple(Outcome(value) for value in outcomes.split(",") if value)
