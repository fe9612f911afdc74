"""Where everything stands, in one query a dataset."""

from typing import NamedTuple

from core.store.part import Part


class StageCounts(NamedTuple):
    """Trials of a dataset by the stage they reached."""

    trials: int
    attempts: int
    extracted: int
    """Trials with at least one extracted attempt."""
    reviewed: int
    """Approved or rejected."""
    approved: int
    rejected: int
    published: int
    """Trials in the dataset's newest publication."""
    failed_attempts: int
    """Attempts whose last extraction failed and that have no hints."""
    to_check: int
    """Extracted, undecided trials with something that blocks or warns."""


class Overview(Part):
    """Counts for the first page and for `status`."""

    def count_stages(self, dataset_id: int) -> StageCounts:
        """How many trials of a dataset reached each stage."""
        row = self._row(
            "WITH mine AS (SELECT id, status FROM trials WHERE dataset_id = ?1), "
            "done AS (SELECT DISTINCT a.trial_id AS id FROM proposals p JOIN attempts a ON a.id = p.attempt_id "
            "  WHERE a.trial_id IN (SELECT id FROM mine)) "
            "SELECT (SELECT COUNT(*) FROM mine) AS trials, "
            "(SELECT COUNT(*) FROM attempts WHERE trial_id IN (SELECT id FROM mine)) AS attempts, "
            "(SELECT COUNT(*) FROM done) AS extracted, "
            "(SELECT COUNT(*) FROM mine WHERE status <> 'open') AS reviewed, "
            "(SELECT COUNT(*) FROM mine WHERE status = 'approved') AS approved, "
            "(SELECT COUNT(*) FROM mine WHERE status = 'rejected') AS rejected, "
            "(SELECT COUNT(*) FROM publication_trials WHERE publication_id = ("
            "  SELECT MAX(id) FROM publications WHERE dataset_id = ?1)) AS published, "
            "(SELECT COUNT(DISTINCT r.attempt_id) FROM requests r JOIN batches b ON b.id = r.batch_id "
            "  WHERE b.dataset_id = ?1 AND r.state = 'failed' "
            "  AND NOT EXISTS (SELECT 1 FROM proposals p WHERE p.attempt_id = r.attempt_id)) AS failed_attempts, "
            "(SELECT COUNT(*) FROM mine WHERE status = 'open' AND id IN (SELECT id FROM done) AND EXISTS ("
            "  SELECT 1 FROM findings f LEFT JOIN hints h ON h.id = f.hint_id WHERE f.trial_id = mine.id "
            "  AND f.severity <> 'info' AND NOT f.overridden AND COALESCE(h.state, 'proposed') <> 'rejected')) "
            "  AS to_check",
            (dataset_id,),
        )
        return StageCounts(**(row or {}))
