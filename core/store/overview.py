"""Where everything stands, in one query a dataset, and how the review goes."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from itertools import pairwise
from statistics import median
from typing import NamedTuple

from core.store.carrying import CARRY_OVER
from core.store.part import Part

LONGEST_LOOK_SECONDS = 600.0
"""A longer time between two decisions is a pause, not a slow decision."""
DECISIONS_FOR_A_PACE = 5
"""With fewer decisions a day, a pace would be a guess."""

_STANDS = "NOT EXISTS (SELECT 1 FROM steps s WHERE s.id = d.step_id AND s.undone_by IS NOT NULL)"
"""What was undone was not decided."""


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


class TrialDecision(NamedTuple):
    """A person approved or rejected a trial."""

    at_utc: str
    reviewer: str
    action: str


class ReviewPace(NamedTuple):
    """How the review by people goes; what `unattended` decided does not count."""

    decided_today: int
    decided_yesterday: int
    median_seconds: float | None
    """From one decision on a trial to the same reviewer's next, pauses left out; None before two of them today."""
    approved: int
    """Trials whose last decision by a person is an approval."""
    decided: int
    """Trials that a person approved or rejected."""
    kept_hints: int
    """Accepted hints that a person decided on."""
    edited_hints: int
    """Kept hints whose words a person changed."""

    @property
    def per_hour(self) -> int | None:
        """Decisions an hour at this pace; None before there were enough today to tell."""
        return _reckon_per_hour(self.decided_today, self.median_seconds)


class DayPace(NamedTuple):
    """How many trials people decided since a moment, and how fast; what `unattended` decided does not count."""

    decided: int
    per_hour: int | None
    """At their median pace; None before there were enough decisions to tell."""


class ReviewerDay(NamedTuple):
    """What one person decided since a moment."""

    reviewer: str
    decided: int
    """Trials approved or rejected; one that was reopened and decided again counts twice."""
    approved: int
    per_hour: int | None
    """At their median pace; None before there were enough decisions to tell."""
    kept_hints: int
    """Hints that are accepted now and that they decided on or edited."""
    edited_hints: int
    """Of those, the ones whose words or kind they changed."""


class Agreement(NamedTuple):
    """How often people who decided the same thing decided alike, each by their last word."""

    trials: int
    """Trials that two or more people approved or rejected."""
    trials_alike: int
    hints: int
    """Hints that two or more people accepted or rejected."""
    hints_alike: int


class Overview(Part):
    """Counts for the first page and for `status`."""

    def count_stages(self, dataset_id: int) -> StageCounts:
        """How many trials of a dataset reached each stage."""
        row = self._row(
            "WITH mine AS (SELECT id, status FROM trials WHERE dataset_id = ?1), "
            "done AS (SELECT DISTINCT a.trial_id AS id FROM proposals p JOIN attempts a ON a.id = p.attempt_id "
            "  WHERE a.trial_id IN (SELECT id FROM mine) "
            "  UNION SELECT trial_id FROM contrasts WHERE trial_id IN (SELECT id FROM mine)) "
            "SELECT (SELECT COUNT(*) FROM mine) AS trials, "
            "(SELECT COUNT(*) FROM attempts WHERE trial_id IN (SELECT id FROM mine)) AS attempts, "
            "(SELECT COUNT(*) FROM done) AS extracted, "
            "(SELECT COUNT(*) FROM mine WHERE status <> 'open') AS reviewed, "
            "(SELECT COUNT(*) FROM mine WHERE status = 'approved') AS approved, "
            "(SELECT COUNT(*) FROM mine WHERE status = 'rejected') AS rejected, "
            "(SELECT COUNT(*) FROM publication_trials WHERE publication_id = ("
            "  SELECT MAX(id) FROM publications WHERE dataset_id = ?1 AND state IN ('published', 'unverified'))) "
            "  AS published, "
            "(SELECT COUNT(DISTINCT r.attempt_id) FROM requests r JOIN batches b ON b.id = r.batch_id "
            "  WHERE b.dataset_id = ?1 AND r.kind = 'attempt' AND r.state = 'failed' "
            "  AND NOT EXISTS (SELECT 1 FROM proposals p WHERE p.attempt_id = r.attempt_id)) AS failed_attempts, "
            "(SELECT COUNT(*) FROM mine WHERE status = 'open' AND id IN (SELECT id FROM done) AND EXISTS ("
            "  SELECT 1 FROM findings f LEFT JOIN hints h ON h.id = f.hint_id WHERE f.trial_id = mine.id "
            "  AND f.severity <> 'info' AND NOT f.overridden AND COALESCE(h.state, 'proposed') <> 'rejected')) "
            "  AS to_check",
            (dataset_id,),
        )
        return StageCounts(**(row or {}))

    def list_trial_decisions(self, dataset_id: int | None, *, since_utc: str) -> list[TrialDecision]:
        """What people decided on trials since a moment, oldest first; what was carried over was not decided anew.

        Args:
            dataset_id: None means all datasets.
            since_utc: As stored, e.g. `2026-01-31T00:00:00+00:00`.
        """
        rows = self._rows(
            "SELECT d.at_utc, d.reviewer, d.action FROM decisions d JOIN trials t ON t.id = d.trial_id "
            "WHERE d.at_utc >= ?2 AND (?1 IS NULL OR t.dataset_id = ?1) AND d.hint_id IS NULL "
            f"AND {_STANDS} AND d.action IN ('approve', 'reject') AND d.reviewer <> 'unattended' "
            "AND NOT EXISTS (SELECT 1 FROM steps s WHERE s.id = d.step_id AND s.action = ?3) ORDER BY d.seq",
            (dataset_id, since_utc, CARRY_OVER),
        )
        return [TrialDecision(**row) for row in rows]

    def list_reviewer_days(self, dataset_id: int | None, *, since_utc: str) -> list[ReviewerDay]:
        """Everybody who approved or rejected a trial since a moment, who decided most first.

        Args:
            dataset_id: None means all datasets.
            since_utc: As stored.
        """
        by_reviewer: dict[str, list[TrialDecision]] = {}
        for item in self.list_trial_decisions(dataset_id, since_utc=since_utc):
            by_reviewer.setdefault(item.reviewer, []).append(item)
        rows = self._rows(
            "SELECT d.reviewer, COUNT(DISTINCT d.hint_id) AS kept, "
            "COUNT(DISTINCT CASE WHEN d.action IN ('edit', 'change kind') THEN d.hint_id END) AS edited "
            "FROM decisions d JOIN hints h ON h.id = d.hint_id JOIN trials t ON t.id = d.trial_id "
            "WHERE d.at_utc >= ?2 AND (?1 IS NULL OR t.dataset_id = ?1) AND h.state = 'accepted' "
            f"AND {_STANDS} GROUP BY d.reviewer",
            (dataset_id, since_utc),
        )
        hints = {row["reviewer"]: (row["kept"], row["edited"]) for row in rows}
        days = [
            ReviewerDay(
                who,
                len(items),
                sum(item.action == "approve" for item in items),
                _reckon_per_hour(len(items), _find_median_gap(items)),
                *hints.get(who, (0, 0)),
            )
            for who, items in by_reviewer.items()
        ]
        return sorted(days, key=lambda day: -day.decided)

    def count_agreement(self, dataset_id: int | None) -> Agreement:
        """How often people agree where two or more decided; what `unattended` decided does not count.

        Args:
            dataset_id: None means all datasets.
        """
        row = self._row(
            "WITH last AS (SELECT d.trial_id, d.hint_id, d.action, MAX(d.seq) FROM decisions d "
            "  JOIN trials t ON t.id = d.trial_id WHERE (?1 IS NULL OR t.dataset_id = ?1) "
            "  AND d.reviewer <> 'unattended' AND d.action IN ('approve', 'accept', 'reject') "
            f"  AND {_STANDS} GROUP BY d.trial_id, d.hint_id, d.reviewer), "
            "both AS (SELECT hint_id IS NULL AS is_trial, COUNT(DISTINCT action) = 1 AS alike FROM last "
            "  GROUP BY trial_id, hint_id HAVING COUNT(*) > 1) "
            "SELECT COALESCE(SUM(is_trial), 0) AS trials, COALESCE(SUM(is_trial AND alike), 0) AS trials_alike, "
            "COALESCE(SUM(NOT is_trial), 0) AS hints, COALESCE(SUM(NOT is_trial AND alike), 0) AS hints_alike "
            "FROM both",
            (dataset_id,),
        )
        return Agreement(**(row or {}))

    def get_day_pace(self, dataset_id: int, *, since_utc: str) -> DayPace:
        """What `get_review_pace` says of today alone: it looks at no hint, so the queue can ask each time."""
        decided = self.list_trial_decisions(dataset_id, since_utc=since_utc)
        return DayPace(len(decided), _reckon_per_hour(len(decided), _find_median_gap(decided)))

    def get_review_pace(self, dataset_id: int | None, *, today_utc: str, yesterday_utc: str) -> ReviewPace:
        """How the review goes.

        Args:
            dataset_id: None means all datasets.
            today_utc: When the reader's day began, as stored.
            yesterday_utc: When the day before began.
        """
        recent = self.list_trial_decisions(dataset_id, since_utc=yesterday_utc)
        today = [item for item in recent if item.at_utc >= today_utc]
        trials = self._row(
            "SELECT COALESCE(SUM(action = 'approve'), 0) AS approved, COALESCE(SUM(action <> 'reopen'), 0) AS decided "
            "FROM (SELECT d.action, MAX(d.seq) FROM decisions d JOIN trials t ON t.id = d.trial_id "
            "  WHERE (?1 IS NULL OR t.dataset_id = ?1) AND d.hint_id IS NULL AND d.reviewer <> 'unattended' "
            f"  AND {_STANDS} AND d.action IN ('approve', 'reject', 'reopen') GROUP BY d.trial_id)",
            (dataset_id,),
        )
        hints = self._row(
            "SELECT COUNT(*) AS kept_hints, COALESCE(SUM(h.text <> h.proposed_text), 0) AS edited_hints "
            "FROM hints h JOIN trials t ON t.id = h.trial_id WHERE (?1 IS NULL OR t.dataset_id = ?1) "
            "AND h.state = 'accepted' AND EXISTS (SELECT 1 FROM decisions d WHERE d.trial_id = t.id "
            "  AND d.hint_id = h.id AND d.reviewer <> 'unattended')",
            (dataset_id,),
        )
        return ReviewPace(
            decided_today=len(today),
            decided_yesterday=len(recent) - len(today),
            median_seconds=_find_median_gap(today),
            **(trials or {}),
            **(hints or {}),
        )


def sum_stages(counts: Iterable[StageCounts]) -> StageCounts:
    """Several datasets as one; all zero if there are none."""
    listed = list(counts)
    return StageCounts(*(sum(column) for column in zip(*listed, strict=True))) if listed else StageCounts(*[0] * 9)


def _reckon_per_hour(decided: int, median_seconds: float | None) -> int | None:
    if not median_seconds or decided < DECISIONS_FOR_A_PACE:
        return None
    return round(3600 / median_seconds)


def _find_median_gap(decisions: Sequence[TrialDecision]) -> float | None:
    by_reviewer: dict[str, list[datetime]] = {}
    for item in decisions:
        by_reviewer.setdefault(item.reviewer, []).append(datetime.fromisoformat(item.at_utc))
    gaps = [(after - before).total_seconds() for times in by_reviewer.values() for before, after in pairwise(times)]
    looks = [gap for gap in gaps if 0 < gap <= LONGEST_LOOK_SECONDS]
    return median(looks) if looks else None
