"""How far the hints can be trusted, in figures, and the hints behind each figure.

Rejected hints count where reviewers are asked about (acceptance), and nowhere else: nobody publishes them.
"""

from typing import Any, Literal, NamedTuple

from core.models import EvidenceStatus, HintKind, HintState, Severity
from core.store.part import Part

WORDS_PER_BAR = 50
WORD_BUDGET = 400
"""Words per task that a reader still follows. Source: the measurements that the budget of hints goes back to."""
LIST_LIMIT = 500
"""Hints of a list: more nobody reads, and the number says how many there are."""


class QualityScope(NamedTuple):
    """What is looked at: a dataset, or what one batch proposed in it."""

    dataset_id: int
    batch_id: int | None = None


class HintTotals(NamedTuple):
    """Figures of all hints in a scope."""

    trials: int
    """Trials with at least one hint."""
    hints: int
    words: int
    blocked: int
    """Hints with a blocking finding that nobody overrode."""
    unproven: int
    """Hints of which no quote was found."""
    over_budget: int
    """Trials with more words than the budget."""


class QuoteCount(NamedTuple):
    """Quotes by what code found, and the hints that have such a quote."""

    status: EvidenceStatus
    quotes: int
    hints: int


class FindingCount(NamedTuple):
    """Hints by what a check found, and what people made of those that they decided on."""

    code: str
    severity: Severity
    hints: int
    overridden: int
    accepted: int
    """By a person, edited ones included."""
    rejected: int


class Bar(NamedTuple):
    """How often a value occurs."""

    value: int
    frequency: int


class ModelAcceptance(NamedTuple):
    """What people made of the hints of one extractor and model."""

    extractor: str
    model: str
    """Empty for the rules and for persons."""
    accepted: int
    """Unchanged."""
    edited: int
    rejected: int
    undecided: int


ListKind = Literal[
    "all", "quotes", "unproven", "blocked", "finding", "support", "trial_hints", "trial_words", "over_budget", "model"
]


class HintChoice(NamedTuple):
    """Which hints stand behind a number."""

    kind: ListKind
    value: str = ""
    """A status, a code, a number, or `extractor/model`."""
    verdict: str = ""
    """For `model`: accepted, edited, rejected or undecided."""


class ListedHint(NamedTuple):
    """A hint in a list."""

    trial_id: int
    trial_name: str
    hint_id: str
    kind: HintKind
    text: str
    """JSON of its words."""
    state: HintState
    support: int
    findings: str
    """Messages of its findings, `; ` between them."""


# each scope is a range of the table, and in it each hint is one row
_SCOPE = "f.dataset_id = :dataset AND (:batch IS NULL OR f.batch_id = :batch) AND (:batch IS NOT NULL OR f.is_first)"
# a hint that two models proposed counts for both
_MODEL_SCOPE = _SCOPE.replace("f.is_first", "f.is_first_of_model")
_KEPT = f"{_SCOPE} AND f.state <> 'rejected'"
_BLOCKS = "SELECT g.hint_id FROM findings g WHERE g.severity = 'block' AND NOT g.overridden"
_TRIAL_SUMS = (
    f"SELECT f.trial_id, COUNT(*) AS hints, SUM(f.words) AS words FROM hint_figures f WHERE {_KEPT} GROUP BY f.trial_id"
)
_VERDICT = (
    "CASE WHEN f.state = 'proposed' OR NOT f.by_person THEN 'undecided' WHEN f.state = 'rejected' THEN 'rejected' "
    "WHEN f.edited THEN 'edited' ELSE 'accepted' END"
)
_CHOICES: dict[ListKind, str] = {
    "all": "f.state <> 'rejected'",
    "quotes": "f.state <> 'rejected' AND CASE :value WHEN 'exact' THEN f.exact WHEN 'repointed' THEN f.repointed "
    "WHEN 'approximate' THEN f.approximate WHEN 'missing' THEN f.missing END > 0",
    "unproven": "f.state <> 'rejected' AND f.exact + f.repointed + f.approximate = 0",
    "blocked": f"f.state <> 'rejected' AND f.hint_id IN ({_BLOCKS})",
    "finding": "f.hint_id IN (SELECT g.hint_id FROM findings g WHERE g.code = :value)",
    "support": "f.state <> 'rejected' AND f.support = CAST(:value AS INTEGER)",
    "trial_hints": "f.state <> 'rejected' AND f.trial_id IN (SELECT s.trial_id FROM ("
    f"{_TRIAL_SUMS}) s WHERE s.hints = CAST(:value AS INTEGER))",
    "trial_words": "f.state <> 'rejected' AND f.trial_id IN (SELECT s.trial_id FROM ("
    f"{_TRIAL_SUMS}) s WHERE s.words / {WORDS_PER_BAR} = CAST(:value AS INTEGER))",
    "over_budget": "f.state <> 'rejected' AND f.trial_id IN (SELECT s.trial_id FROM ("
    f"{_TRIAL_SUMS}) s WHERE s.words > CAST(:value AS INTEGER))",
    "model": f"f.extractor || '/' || f.model = :value AND {_VERDICT} = :verdict",
}


class Quality(Part):
    """Figures for the page Quality."""

    def get_totals(self, scope: QualityScope, *, word_budget: int = WORD_BUDGET) -> HintTotals:
        """The sums over all hints that are not rejected."""
        row = self._row(
            "SELECT COUNT(DISTINCT f.trial_id) AS trials, COUNT(*) AS hints, COALESCE(SUM(f.words), 0) AS words, "
            f"COALESCE(SUM(f.hint_id IN ({_BLOCKS})), 0) AS blocked, "
            "COALESCE(SUM(f.exact + f.repointed + f.approximate = 0), 0) AS unproven, "
            f"(SELECT COUNT(*) FROM ({_TRIAL_SUMS}) s WHERE s.words > :value) AS over_budget "
            f"FROM hint_figures f WHERE {_KEPT}",
            {**_bind(scope), "value": word_budget},
        )
        return HintTotals(**(row or {}))

    def list_quotes(self, scope: QualityScope) -> list[QuoteCount]:
        """Quotes by status, in the order of the statuses; statuses without a quote included."""
        sums = ", ".join(f"COALESCE(SUM(f.{each}), 0), COALESCE(SUM(f.{each} > 0), 0)" for each in EvidenceStatus)
        (row,) = self._connection.execute(f"SELECT {sums} FROM hint_figures f WHERE {_KEPT}", _bind(scope))
        return [QuoteCount(each, row[2 * i], row[2 * i + 1]) for i, each in enumerate(EvidenceStatus)]

    def list_findings(self, scope: QualityScope) -> list[FindingCount]:
        """Checks that found something, the gravest and most frequent first; empty if none did."""
        rows = self._rows(
            "SELECT g.code, g.severity, COUNT(*) AS hints, SUM(g.overridden) AS overridden, "
            "SUM(f.by_person AND f.state = 'accepted') AS accepted, "
            "SUM(f.by_person AND f.state = 'rejected') AS rejected "
            "FROM (SELECT hint_id, code, severity, MAX(overridden) AS overridden FROM findings "
            "  WHERE hint_id IS NOT NULL GROUP BY hint_id, code, severity) g "
            f"CROSS JOIN hint_figures f ON f.hint_id = g.hint_id WHERE {_SCOPE} GROUP BY g.code, g.severity "
            "ORDER BY CASE g.severity WHEN 'block' THEN 0 WHEN 'warn' THEN 1 ELSE 2 END, hints DESC, g.code",
            _bind(scope),
        )
        return [FindingCount(**row | {"severity": Severity(row["severity"])}) for row in rows]

    def list_support(self, scope: QualityScope) -> list[Bar]:
        """Hints by the number of attempts that show them, ascending; 0 is what a person wrote."""
        return self._list_bars(
            f"SELECT f.support AS value, COUNT(*) AS frequency FROM hint_figures f WHERE {_KEPT} GROUP BY 1 ORDER BY 1",
            scope,
        )

    def list_hints_per_trial(self, scope: QualityScope) -> list[Bar]:
        """Trials by their number of hints, ascending; trials without a hint are left out."""
        return self._list_bars(
            f"SELECT s.hints AS value, COUNT(*) AS frequency FROM ({_TRIAL_SUMS}) s GROUP BY 1 ORDER BY 1", scope
        )

    def list_words_per_trial(self, scope: QualityScope) -> list[Bar]:
        """Trials by their words, in steps of 50: value 3 is 150 to 199 words."""
        return self._list_bars(
            f"SELECT s.words / {WORDS_PER_BAR} AS value, COUNT(*) AS frequency FROM ({_TRIAL_SUMS}) s "
            "GROUP BY 1 ORDER BY 1",
            scope,
        )

    def list_acceptance(self, scope: QualityScope) -> list[ModelAcceptance]:
        """What people decided, by extractor and model; what `unattended` decided is undecided here."""
        rows = self._rows(
            "SELECT f.extractor, f.model, SUM(f.by_person AND f.state = 'accepted' AND NOT f.edited) AS accepted, "
            "SUM(f.by_person AND f.state = 'accepted' AND f.edited) AS edited, "
            "SUM(f.by_person AND f.state = 'rejected') AS rejected, "
            "SUM(f.state = 'proposed' OR NOT f.by_person) AS undecided "
            f"FROM hint_figures f WHERE {_MODEL_SCOPE} "
            "GROUP BY f.extractor, f.model ORDER BY f.extractor, f.model",
            _bind(scope),
        )
        return [ModelAcceptance(**row) for row in rows]

    def count_listed(self, scope: QualityScope, choice: HintChoice) -> int:
        """How many hints stand behind a number."""
        found: int = self._value(
            f"SELECT COUNT(*) FROM hint_figures f WHERE {_build_condition(choice)}", _bind(scope, choice)
        )
        return found

    def list_hints(self, scope: QualityScope, choice: HintChoice, *, limit: int = LIST_LIMIT) -> list[ListedHint]:
        """The first hints behind a number, in the order of trials and of publishing."""
        rows = self._rows(
            "SELECT h.trial_id, t.name AS trial_name, h.id AS hint_id, h.kind, h.text, h.state, f.support, "
            "COALESCE((SELECT group_concat(g.message, '; ') FROM findings g WHERE g.hint_id = h.id), '') AS findings "
            "FROM (SELECT f.trial_id, f.hint_id, f.support FROM hint_figures f "
            f"  WHERE {_build_condition(choice)} ORDER BY f.trial_id LIMIT :limit) f "
            "JOIN hints h ON h.id = f.hint_id JOIN trials t ON t.id = f.trial_id ORDER BY t.number, h.position",
            {**_bind(scope, choice), "limit": limit},
        )
        return [ListedHint(**row | {"kind": HintKind(row["kind"]), "state": HintState(row["state"])}) for row in rows]

    def _list_bars(self, sql: str, scope: QualityScope) -> list[Bar]:
        return [Bar(**dict(row)) for row in self._connection.execute(sql, _bind(scope))]


def _build_condition(choice: HintChoice) -> str:
    return f"{_MODEL_SCOPE if choice.kind == 'model' else _SCOPE} AND {_CHOICES[choice.kind]}"


def _bind(scope: QualityScope, choice: HintChoice | None = None) -> dict[str, Any]:
    values = {"dataset": scope.dataset_id, "batch": scope.batch_id}
    return values if choice is None else {**values, "value": choice.value, "verdict": choice.verdict}
