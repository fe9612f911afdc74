"""Which attempts a batch reads, and which trials' attempts it compares, as pieces of SQL with their values."""

from typing import Any, NamedTuple

from core.models import Extractor
from core.store.batch_models import BatchConfig
from core.store.numbering import choose_first

ANCHOR = (
    "(SELECT x.id FROM attempts x WHERE x.trial_id = t.id AND x.outcome IN ('success', 'partial') "
    "ORDER BY x.outcome = 'partial', x.number LIMIT 1)"
)
"""Of a trial `t` whose attempts are compared: the attempt that its request is kept with."""
_SUCCESS_SHARE = "(SELECT AVG(x.outcome = 'success') FROM attempts x WHERE x.trial_id = t.id)"


class Piece(NamedTuple):
    """FROM and WHERE, with the values of its question marks."""

    sql: str
    values: list[Any]


def choose_attempts(dataset_id: int, config: BatchConfig, join: str = "") -> Piece:
    """The attempts `a` of the trials `t` that a configuration chooses."""
    conditions = _choose_trials(dataset_id, config)
    if config.only == "new":
        conditions.append(
            ("NOT EXISTS (SELECT 1 FROM proposals p WHERE p.attempt_id = a.id AND p.extractor = ?)", [config.extractor])
        )
    if config.only == "failed":
        conditions.append(
            (
                "EXISTS (SELECT 1 FROM requests r JOIN batches b ON b.id = r.batch_id "
                "WHERE r.attempt_id = a.id AND r.kind = 'attempt' AND r.state = 'failed' AND b.extractor = ? "
                "AND NOT EXISTS "
                "(SELECT 1 FROM proposals p WHERE p.attempt_id = a.id AND p.extractor = b.extractor))",
                [config.extractor],
            )
        )
    return _build_piece(f"FROM attempts a JOIN trials t ON t.id = a.trial_id {join}", conditions)


def choose_contrasts(dataset_id: int, config: BatchConfig) -> Piece | None:
    """The trials `t` of which a configuration compares a successful and a failed attempt; None if it does not."""
    if config.extractor is not Extractor.LLM or not config.contrast:
        return None
    conditions = _choose_trials(dataset_id, config)
    conditions.append((f"{ANCHOR} IS NOT NULL", []))
    conditions.append(("EXISTS (SELECT 1 FROM attempts x WHERE x.trial_id = t.id AND x.outcome = 'failure')", []))
    if config.only != "all":
        conditions.append(("NOT EXISTS (SELECT 1 FROM contrasts c WHERE c.trial_id = t.id)", []))
    if config.only == "failed":
        conditions.append(
            (
                "EXISTS (SELECT 1 FROM requests r JOIN attempts x ON x.id = r.attempt_id "
                "WHERE x.trial_id = t.id AND r.kind = 'contrast' AND r.state = 'failed')",
                [],
            )
        )
    return _build_piece("FROM trials t", conditions)


_Condition = tuple[str, list[Any]]


def _choose_trials(dataset_id: int, config: BatchConfig) -> list[_Condition]:
    conditions: list[_Condition] = [("t.dataset_id = ?", [dataset_id])]
    if config.first_trials is not None:
        conditions.append((f"t.id IN {choose_first('?', '?')}", [dataset_id, config.first_trials]))
    if config.trial is not None:
        conditions.append(("t.name = ?", [config.trial]))
    if config.min_success is not None:
        conditions.append((f"{_SUCCESS_SHARE} >= ?", [config.min_success]))
    if config.max_success is not None:
        conditions.append((f"{_SUCCESS_SHARE} <= ?", [config.max_success]))
    return conditions


def _build_piece(source: str, conditions: list[_Condition]) -> Piece:
    where = " AND ".join(condition for condition, _ in conditions)
    return Piece(f"{source} WHERE {where}", [value for _, values in conditions for value in values])
