"""Random reviews by two people: everything can be undone to the start and done again to the end.

After every step the states are what a replay of the decisions gives.
"""

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from core.models import Decision, Hint, HintKind
from core.store import open_store
from tests.curation.reviewing import ANN, BEN, Table

WHO = st.sampled_from([ANN, BEN])
WORDS = st.sampled_from(["Sort twice.", "Look closely.", "Use AKIA" + "ABCDEFGH23456789", "Sort the list."])
KINDS = {HintKind.TOOL: "name", HintKind.STRATEGY: "do", HintKind.PITFALL: "avoid", HintKind.CRITERION: "text"}


def word(kind: HintKind, words: str) -> dict[str, Any]:
    return {"kind": kind.value, KINDS[kind]: words}


class Review(RuleBasedStateMachine):
    """Two reviewers on two trials."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = TemporaryDirectory()
        self.opened = open_store(Path(self.folder.name))
        self.table = Table(self.opened.__enter__())
        self.first = self.table.picture()
        self.origin = {hint.id: hint for hint in self.hints}
        self.order: list[str] = []
        """Who did what stands, oldest first: the one at the end can always undo."""

    def teardown(self) -> None:
        self.opened.__exit__(None, None, None)
        self.folder.cleanup()

    @property
    def hints(self) -> list[Hint]:
        store = self.table.store
        return [
            hint
            for trial_id in (self.table.trial_id, self.table.other_id)
            for hint in store.curation.list_hints(trial_id)
        ]

    def do(self, by: str, action: str, **more: Any) -> None:
        before = self.table.picture()
        result = self.table.act(action, by=by, **more)
        assert result.ok or self.table.picture() == before
        step = self.table.store.steps.find_undoable(by)
        if result.ok and step is not None and step.id == result.id:
            self.order.append(by)

    @rule(by=WHO, place=st.integers(0, 8), action=st.sampled_from(["accept_hint", "take_back_hint", "reject_hint"]))
    def decide(self, by: str, place: int, action: str) -> None:
        hint = self.hints[place % len(self.hints)]
        self.do(by, action, trial_id=hint.trial_id, hint_id=hint.id, version=hint.version, reason="Too vague")

    @rule(by=WHO, place=st.integers(0, 8), words=WORDS)
    def edit(self, by: str, place: int, words: str) -> None:
        hint = self.hints[place % len(self.hints)]
        self.do(by, "edit_hint", trial_id=hint.trial_id, hint_id=hint.id, text=word(hint.kind, words))

    @rule(by=WHO, place=st.integers(0, 8), kind=st.sampled_from(HintKind), words=WORDS)
    def change_kind(self, by: str, place: int, kind: HintKind, words: str) -> None:
        hint = self.hints[place % len(self.hints)]
        self.do(by, "change_kind", trial_id=hint.trial_id, hint_id=hint.id, text=word(kind, words))

    @rule(by=WHO, place=st.integers(0, 8), other=st.integers(0, 8), words=WORDS)
    def merge(self, by: str, place: int, other: int, words: str) -> None:
        hint, gone = self.hints[place % len(self.hints)], self.hints[other % len(self.hints)]
        text = word(hint.kind, words)
        self.do(by, "merge_hints", trial_id=hint.trial_id, hint_id=hint.id, other=gone.id, text=text)

    @rule(by=WHO, place=st.integers(0, 8), other=st.integers(0, 8))
    def move(self, by: str, place: int, other: int) -> None:
        hint = self.hints[place % len(self.hints)]
        beside = [it.id for it in self.hints if (it.trial_id, it.kind) == (hint.trial_id, hint.kind) and it != hint]
        before = [*beside, None][other % (len(beside) + 1)]
        self.do(by, "move_hint", trial_id=hint.trial_id, hint_id=hint.id, before=before)

    @rule(by=WHO, words=WORDS, kind=st.sampled_from(HintKind))
    def add(self, by: str, words: str, kind: HintKind) -> None:
        self.do(by, "add_hint", text=word(kind, words))

    @rule(by=WHO, place=st.integers(0, 8))
    def quote(self, by: str, place: int) -> None:
        hint = self.table.hints[place % len(self.table.hints)]
        attempt_id = self.table.attempts[place % 2].id
        self.do(by, "add_quote", hint_id=hint.id, attempt_id=attempt_id, message=2, quote="done: 3 lines")

    @rule(by=WHO, place=st.integers(0, 8))
    def override(self, by: str, place: int) -> None:
        hint = self.hints[place % len(self.hints)]
        code = "no-verified-quote"
        self.do(by, "override", trial_id=hint.trial_id, hint_id=hint.id, code=code, reason="Known.")

    @rule(by=WHO, is_first=st.booleans(), action=st.sampled_from(["approve_trial", "reject_trial", "reopen_trial"]))
    def decide_trial(self, by: str, is_first: bool, action: str) -> None:
        trial_id = self.table.trial_id if is_first else self.table.other_id
        self.do(by, action, trial_id=trial_id, reason="Too vague")

    @rule(by=WHO, words=WORDS)
    def edit_task(self, by: str, words: str) -> None:
        self.do(by, "edit_task_text", text=words)

    @rule(by=WHO)
    def bulk(self, by: str) -> None:
        ids = [self.table.trial_id, self.table.other_id]
        self.do(by, "bulk", trial_id=None, operation="approve", trial_ids=ids)

    @precondition(lambda self: self.order)
    @rule()
    def undo_and_redo_everything(self) -> None:
        last = self.table.picture()
        for by in reversed(self.order):
            self.table.must("undo", by=by)
        assert self.table.picture() == self.first
        for by in self.order:
            self.table.must("redo", by=by)
        assert self.table.picture() == last

    @invariant()
    def states_are_a_replay_of_the_decisions(self) -> None:
        store, table = self.table.store, self.table
        for trial_id in (table.trial_id, table.other_id):
            fields = replay(store.decisions.list_decisions(trial_id))
            trial = store.traces.get_trial(trial_id)
            assert trial.status == fields.get((None, "status"), "open")
            assert trial.edited_task_text == fields.get((None, "task_text"))
            for hint in store.curation.list_hints(trial_id):
                start = self.origin.get(hint.id) or Hint.model_validate(fields[hint.id, "hint"])
                dumped, began = hint.model_dump(mode="json"), start.model_dump(mode="json")
                for name in ("state", "text", "evidence"):
                    assert dumped[name] == fields.get((hint.id, name), began[name])


def replay(decisions: list[Decision]) -> dict[tuple[str | None, str], Any]:
    """What the decisions say of each field of the trial (None) and of its hints."""
    return {(row.hint_id, change.field): change.after for row in decisions for change in row.changes}


TestReview = Review.TestCase
TestReview.settings = settings(
    max_examples=25, stateful_step_count=20, deadline=None, suppress_health_check=list(HealthCheck)
)
