"""What an audit says of a bulk approval: how many of the trials set aside were rejected, and how sure that is."""

from math import sqrt
from typing import NamedTuple

from core.store import Store
from core.store.audits import AuditCounts

Z = 1.959963984540054
"""For an interval that holds the true rate in 95 of 100 audits."""


class AuditReport(NamedTuple):
    """An approval and its audit."""

    counts: AuditCounts
    rate: float | None
    """Rejected of the decided ones; None before the first is decided."""
    low: float
    """The true rate is above this, with 95 % confidence."""
    high: float
    offers_undo: bool
    """More were rejected than the chosen bound: the whole approval may be undone."""


def list_audit_reports(store: Store, dataset_id: int) -> list[AuditReport]:
    """The audits of a dataset, newest first."""
    return [build_report(counts) for counts in store.audits.list_audits(dataset_id)]


def build_report(counts: AuditCounts) -> AuditReport:
    """The rate with its interval."""
    rate = counts.rejected / counts.decided if counts.decided else None
    low, high = build_interval(counts.rejected, counts.decided)
    offers_undo = rate is not None and rate > counts.bound and not counts.is_undone
    return AuditReport(counts, rate, low, high, offers_undo)


def build_interval(hits: int, total: int) -> tuple[float, float]:
    """Wilson's interval of a share; 0 to 1 while nothing is known.

    Source: Wilson (1927), Probable inference, the law of succession, and statistical inference, JASA 22, 209-212.
    """
    if not total:
        return 0.0, 1.0
    share, square = hits / total, Z * Z
    middle = (share + square / (2 * total)) / (1 + square / total)
    half = Z / (1 + square / total) * sqrt(share * (1 - share) / total + square / (4 * total * total))
    return max(0.0, middle - half), min(1.0, middle + half)
