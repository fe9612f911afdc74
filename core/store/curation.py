"""Hints, their evidence and findings, and the views of them that decisions leave."""

from collections.abc import Iterator, Mapping, Sequence
from sqlite3 import Connection
from typing import Any, NamedTuple

import orjson
from pydantic import TypeAdapter

from core.errors import UsageError
from core.models import (
    AttemptHints,
    ContrastHints,
    Evidence,
    Extractor,
    Finding,
    Hint,
    HintKind,
    HintState,
    HintText,
    Origin,
    Outcome,
    Severity,
)
from core.store.numbering import choose_first
from core.store.part import Part, SqlRow

_TEXT: TypeAdapter[HintText] = TypeAdapter(HintText)
KIND_ORDER = "CASE kind " + " ".join(f"WHEN '{kind}' THEN {place}" for place, kind in enumerate(HintKind)) + " END"


class Proposal(NamedTuple):
    """What one extractor said of one attempt."""

    attempt_id: int
    attempt_number: int
    outcome: Outcome
    origin: Origin
    hints: AttemptHints


class HintCounts(NamedTuple):
    """Hints by kind."""

    tools: int
    strategies: int
    pitfalls: int
    criteria: int


class Curation(Part):
    """From proposals to decisions."""

    def list_extracted_trials(self, dataset_id: int, *, batch_id: int | None = None) -> list[int]:
        """Ids of the trials that have proposals, in order of first appearance.

        Args:
            dataset_id: The dataset.
            batch_id: Only trials that this batch made proposals for.
        """
        rows = self._rows(
            "SELECT t.id, t.number FROM proposals p JOIN attempts a ON a.id = p.attempt_id "
            "JOIN trials t ON t.id = a.trial_id WHERE t.dataset_id = ?1 AND (?2 IS NULL OR p.batch_id = ?2) "
            "UNION SELECT t.id, t.number FROM contrasts c JOIN trials t ON t.id = c.trial_id "
            "WHERE t.dataset_id = ?1 AND (?2 IS NULL OR c.batch_id = ?2) ORDER BY 2",
            (dataset_id, batch_id),
        )
        return [row["id"] for row in rows]

    def list_proposals(self, trial_id: int) -> list[Proposal]:
        """What the extractors said of a trial's attempts, attempts in order of first appearance.

        What comparing two of them gave stands as a proposal of its own behind those of each attempt it quotes.
        """
        rows = self._rows(
            "SELECT a.id, a.number, a.outcome, p.extractor, p.model, p.prompt_version, p.batch_id, p.content "
            "FROM proposals p JOIN attempts a ON a.id = p.attempt_id WHERE a.trial_id = ? "
            "ORDER BY a.number, p.extractor",
            (trial_id,),
        )
        proposals = [_build_proposal(row, AttemptHints.model_validate_json(row["content"])) for row in rows]
        # sorting keeps the order of equals
        return sorted([*proposals, *self._list_contrasted(trial_id)], key=lambda proposal: proposal.attempt_number)

    def _list_contrasted(self, trial_id: int) -> Iterator[Proposal]:
        contrast = self._row("SELECT * FROM contrasts WHERE trial_id = ?", (trial_id,))
        if contrast is None:
            return
        attempts = {
            row["id"]: row
            for row in self._rows("SELECT id, number, outcome FROM attempts WHERE trial_id = ?", (trial_id,))
        }
        for attempt_id, hints in ContrastHints.model_validate_json(contrast["content"]).split().items():
            yield _build_proposal({**contrast, "extractor": Extractor.LLM, **attempts[attempt_id]}, hints)

    def list_hints(self, trial_id: int) -> list[Hint]:
        """The hints of a trial in publishing order, each with its evidence."""
        evidence: dict[str, list[Evidence]] = {}
        for row in self._rows(
            "SELECT e.* FROM evidence e JOIN hints h ON h.id = e.hint_id WHERE h.trial_id = ? "
            "ORDER BY e.hint_id, e.position",
            (trial_id,),
        ):
            evidence.setdefault(row["hint_id"], []).append(Evidence.model_validate(row))
        rows = self._rows(f"SELECT * FROM hints WHERE trial_id = ? ORDER BY {KIND_ORDER}, position, id", (trial_id,))
        return [_build_hint(row, evidence.get(row["id"], [])) for row in rows]

    def get_hint(self, hint_id: str) -> Hint:
        """A hint by its id.

        Raises:
            UsageError: There is none with this id.
        """
        row = self._row("SELECT * FROM hints WHERE id = ?", (hint_id,))
        if row is None:
            raise UsageError("This hint is no longer there: a new extraction replaced it. Open the trial again.")
        evidence = self._rows("SELECT * FROM evidence WHERE hint_id = ? ORDER BY position", (hint_id,))
        return _build_hint(row, [Evidence.model_validate(item) for item in evidence])

    def replace_hints(self, trial_id: int, *, hints: Sequence[Hint], findings: Sequence[Finding]) -> None:
        """Save the hints and findings that aggregation made; hints that are not among them are removed.

        Args:
            trial_id: The trial.
            hints: All its hints, decided ones included as they are; state and version of known ones are kept.
            findings: All findings on its hints; findings on the trial itself are kept.
        """
        with self.write():
            kept = {hint.id for hint in hints}
            known = {row["id"]: row for row in self._rows("SELECT id FROM hints WHERE trial_id = ?", (trial_id,))}
            self._connection.executemany(
                "DELETE FROM hints WHERE id = ?", [(hint_id,) for hint_id in known if hint_id not in kept]
            )
            self._save_hints(hints)
            self._replace_findings(trial_id, findings)

    def _save_hints(self, hints: Sequence[Hint]) -> None:
        self._connection.executemany(
            "INSERT INTO hints (id, trial_id, kind, position, text, proposed_text, origins, attempt_ids) "
            "VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (id) DO UPDATE SET position = excluded.position, "
            "origins = excluded.origins, attempt_ids = excluded.attempt_ids",
            [
                (
                    hint.id,
                    hint.trial_id,
                    hint.kind,
                    position,
                    hint.text.model_dump_json(),
                    hint.proposed_text.model_dump_json(),
                    orjson.dumps([origin.model_dump() for origin in hint.origins]).decode(),
                    orjson.dumps(hint.attempt_ids).decode(),
                )
                for position, hint in enumerate(hints)
            ],
        )
        write_evidence(self._connection, {hint.id: hint.evidence for hint in hints})

    def replace_findings(self, trial_id: int, findings: Sequence[Finding]) -> None:
        """Save what the checks say now of a trial's hints; what was overridden stays so while it says the same.

        Args:
            trial_id: The trial.
            findings: All findings on its hints; findings on the trial itself are kept.
        """
        with self.write():
            self._replace_findings(trial_id, findings)

    def _replace_findings(self, trial_id: int, findings: Sequence[Finding]) -> None:
        # an override holds for the words it was made for, and for what was found in them
        rows = self._rows(
            "SELECT o.hint_id, o.code, o.message FROM overrides o JOIN hints h ON h.id = o.hint_id "
            "WHERE h.trial_id = ? AND o.words = h.text",
            (trial_id,),
        )
        overridden = {(row["hint_id"], row["code"], row["message"]) for row in rows}
        self._connection.execute("DELETE FROM findings WHERE trial_id = ? AND hint_id IS NOT NULL", (trial_id,))
        self._connection.executemany(
            "INSERT INTO findings (trial_id, hint_id, code, severity, message, place, overridden) "
            "VALUES (?, ?, ?, ?, ?, ?, ?)",
            [
                (
                    trial_id,
                    item.hint_id,
                    item.code,
                    item.severity,
                    item.message,
                    item.place,
                    (item.hint_id, item.code, item.message) in overridden,
                )
                for item in findings
            ],
        )

    def list_findings(self, trial_id: int) -> list[Finding]:
        """What the checks say of a trial and its hints, the gravest first."""
        rows = self._rows(
            "SELECT code, severity, message, place, hint_id, overridden FROM findings WHERE trial_id = ? "
            "ORDER BY CASE severity WHEN 'block' THEN 0 WHEN 'warn' THEN 1 ELSE 2 END, id",
            (trial_id,),
        )
        return [Finding.model_validate(row) for row in rows]

    def add_trial_finding(self, trial_id: int, *, code: str, severity: Severity, message: str) -> None:
        """A finding on the trial itself; a former one with the same code is replaced."""
        with self.write():
            self._connection.execute(
                "DELETE FROM findings WHERE trial_id = ? AND hint_id IS NULL AND code = ?", (trial_id, code)
            )
            self._connection.execute(
                "INSERT INTO findings (trial_id, code, severity, message) VALUES (?, ?, ?, ?)",
                (trial_id, code, severity, message),
            )

    def remove_trial_finding(self, trial_id: int, *, code: str) -> None:
        """Remove a finding on the trial itself, if it is there: somebody dealt with it."""
        with self.write():
            self._connection.execute(
                "DELETE FROM findings WHERE trial_id = ? AND hint_id IS NULL AND code = ?", (trial_id, code)
            )

    def override_finding(self, hint_id: str, code: str) -> bool:
        """Mark a block as overridden for the hint's present words; False if the hint has none.

        The decision with its reason is a row of its own.
        """
        with self.write():
            cursor = self._connection.execute(
                "UPDATE findings SET overridden = 1 WHERE hint_id = ? AND code = ? AND severity = 'block'",
                (hint_id, code),
            )
            self._connection.execute(
                "INSERT OR IGNORE INTO overrides (hint_id, code, message, words) "
                "SELECT f.hint_id, f.code, f.message, h.text FROM findings f JOIN hints h ON h.id = f.hint_id "
                "WHERE f.hint_id = ? AND f.code = ? AND f.overridden",
                (hint_id, code),
            )
        return cursor.rowcount > 0

    def count_hints(self, dataset_id: int, *, state: HintState, first_trials: int | None = None) -> HintCounts:
        """Hints of the chosen trials that are in a state, by kind."""
        rows = self._rows(
            "SELECT h.kind, COUNT(*) AS count FROM hints h JOIN trials t ON t.id = h.trial_id "
            "WHERE t.dataset_id = ?1 AND h.state = ?2 "
            f"AND (?3 IS NULL OR t.id IN {choose_first('?1', '?3')}) GROUP BY h.kind",
            (dataset_id, state, first_trials),
        )
        counts = {HintKind(row["kind"]): row["count"] for row in rows}
        return HintCounts(*(counts.get(kind, 0) for kind in HintKind))

    def iterate_approved(self, dataset_id: int, *, first_trials: int | None = None) -> Iterator[int]:
        """Ids of the approved trials in order of first appearance."""
        for row in self._rows(
            "SELECT id FROM trials WHERE dataset_id = ?1 AND status = 'approved' "
            f"AND (?2 IS NULL OR id IN {choose_first('?1', '?2')}) ORDER BY number",
            (dataset_id, first_trials),
        ):
            yield row["id"]


def write_evidence(connection: Connection, evidence: Mapping[str, Sequence[Evidence]]) -> None:
    """The quotes of some hints, in order, by hint; those that these hints had go."""
    connection.executemany("DELETE FROM evidence WHERE hint_id = ?", [(hint_id,) for hint_id in evidence])
    connection.executemany(
        "INSERT INTO evidence (hint_id, position, attempt_id, message, quote, status) VALUES (?, ?, ?, ?, ?, ?)",
        [
            (hint_id, position, item.attempt_id, item.message, item.quote, item.status)
            for hint_id, items in evidence.items()
            for position, item in enumerate(items)
        ],
    )


def _build_proposal(row: SqlRow, hints: AttemptHints) -> Proposal:
    return Proposal(
        attempt_id=row["id"],
        attempt_number=row["number"],
        outcome=Outcome(row["outcome"]),
        origin=Origin(
            extractor=Extractor(row["extractor"]).value,
            model=row["model"],
            prompt_version=row["prompt_version"],
            batch=row["batch_id"],
        ),
        hints=hints,
    )


def _build_hint(row: dict[str, Any], evidence: list[Evidence]) -> Hint:
    return Hint(
        id=row["id"],
        trial_id=row["trial_id"],
        position=row["position"],
        text=_TEXT.validate_json(row["text"]),
        proposed_text=_TEXT.validate_json(row["proposed_text"]),
        state=HintState(row["state"]),
        version=row["version"],
        origins=[Origin.model_validate(origin) for origin in orjson.loads(row["origins"])],
        attempt_ids=orjson.loads(row["attempt_ids"]),
        evidence=evidence,
    )
