"""A queue filter as the parts of a query. Every value is bound, none is written into the text."""

from typing import Any, NamedTuple

from core.models import Severity
from core.store.queue_models import ANY_FINDING, BLOCKING, OutcomeMix, QueueFilter, QueueSort, QueueStatus

SHORTEST_INDEXED = 3
"""The index holds pieces of three characters; shorter words are looked for in the texts themselves."""

IS_STATUS = {
    QueueStatus.OPEN: "t.status = 'open' AND q.batch_id > 0",
    QueueStatus.CHECK: "t.status = 'open' AND (q.blocks > 0 OR q.warnings > 0)",
    QueueStatus.APPROVED: "t.status = 'approved'",
    QueueStatus.REJECTED: "t.status = 'rejected'",
    QueueStatus.ALL: "1",
}
ORDERS = {
    QueueSort.CHECK: "q.blocks DESC, q.warnings DESC, t.number",
    QueueSort.NAME: "t.name COLLATE NOCASE, t.number",
    QueueSort.SUPPORT: "q.support DESC, t.number",
    QueueSort.NEWEST: "q.batch_id DESC, t.number DESC",
    QueueSort.FIRST: "t.number",
}
_HAS_OUTCOMES = {
    OutcomeMix.SUCCESSFUL: "q.attempts > 0 AND q.successes = q.attempts",
    OutcomeMix.MIXED: "q.successes > 0 AND q.successes < q.attempts",
    OutcomeMix.UNSUCCESSFUL: "q.successes = 0 AND q.unknown < q.attempts",
    OutcomeMix.UNKNOWN: "q.attempts > 0 AND q.unknown = q.attempts",
}
_FINDS_INDEXED = (
    "t.id IN (SELECT rowid FROM trial_search WHERE trial_search MATCH :match UNION ALL "
    "SELECT trial_id FROM hint_words WHERE seq IN (SELECT rowid FROM hint_search WHERE hint_search MATCH :match))"
)
_FINDS_SHORT = (
    "(t.name LIKE :like ESCAPE '!' OR t.source_task_text LIKE :like ESCAPE '!' OR t.edited_task_text LIKE :like "
    "ESCAPE '!' OR t.id IN (SELECT trial_id FROM hint_words WHERE words LIKE :like ESCAPE '!'))"
)
_HAS_FINDING = (
    "EXISTS (SELECT 1 FROM findings f LEFT JOIN hints h ON h.id = f.hint_id WHERE f.trial_id = t.id "
    "AND f.code = :code AND NOT f.overridden AND COALESCE(h.state, '') <> 'rejected')"
)
_HAS_ORIGIN = "EXISTS (SELECT 1 FROM attempts a JOIN proposals p ON p.attempt_id = a.id WHERE a.trial_id = t.id AND "


class Condition(NamedTuple):
    """What stands behind WHERE, and the values it binds."""

    sql: str
    values: dict[str, Any]


def build_condition(wanted: QueueFilter, *, with_status: bool = True) -> Condition:
    """The trials that a filter wants, of `trials t JOIN queue_facts q`.

    Args:
        wanted: The filter.
        with_status: False leaves its status out, to count every one.
    """
    terms, values = ["t.dataset_id = :dataset_id"], dict[str, Any](dataset_id=wanted.dataset_id)
    if with_status:
        terms.append(IS_STATUS[wanted.status])
    words = wanted.search.replace("\0", "").strip()
    if len(words) >= SHORTEST_INDEXED:
        terms.append(_FINDS_INDEXED)
        values["match"] = '"' + words.replace('"', '""') + '"'
    elif words:
        terms.append(_FINDS_SHORT)
        values["like"] = "%" + "".join(f"!{letter}" if letter in "%_!" else letter for letter in words) + "%"
    if wanted.outcomes is not None:
        terms.append(_HAS_OUTCOMES[wanted.outcomes])
    _add_findings(wanted, terms, values)
    for name in ("extractor", "model"):
        if getattr(wanted, name) is not None:
            terms.append(f"{_HAS_ORIGIN} p.{name} = :{name})")
            values[name] = str(getattr(wanted, name))
    if wanted.edited is not None:
        terms.append("q.edited > 0" if wanted.edited else "q.edited = 0")
    for name, sign in (("attempts_min", ">="), ("attempts_max", "<=")):
        if getattr(wanted, name) is not None:
            terms.append(f"q.attempts {sign} :{name}")
            values[name] = getattr(wanted, name)
    if wanted.audit is not None:
        terms.append("t.id IN (SELECT trial_id FROM audited_trials WHERE step_id = :audit)")
        values["audit"] = wanted.audit
    return Condition(" AND ".join(f"({term})" for term in terms), values)


def _add_findings(wanted: QueueFilter, terms: list[str], values: dict[str, Any]) -> None:
    if wanted.findings == ANY_FINDING:
        terms.append("q.blocks > 0 OR q.warnings > 0")
    elif wanted.findings in (BLOCKING, Severity.BLOCK.value):
        terms.append("q.blocks > 0")
    elif wanted.findings is not None:
        terms.append(_HAS_FINDING)
        values["code"] = wanted.findings
