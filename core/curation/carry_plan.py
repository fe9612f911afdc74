"""What of an earlier trial can be carried over to where, and what cannot and why. Reads only."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from core.curation.carry_draft import TrialDraft, name_carried
from core.curation.carry_matching import Likeness, compare_trials, find_holder, find_home
from core.curation.carry_models import LeftBehind
from core.curation.carry_reading import DecidedTrial, load_decided
from core.curation.checks import check_hints
from core.curation.decisions import UNATTENDED
from core.curation.rendering import render_hint
from core.curation.taking import Row
from core.curation.trial_loading import TraceReader, load_context
from core.models import Dataset, Finding, Hint, HintState, ToolText, TrialStatus
from core.store import Store

GONE = "neither the trial's name nor its attempts are here"
CHANGED = "an attempt that it rests on is not here with the same messages"
SPLIT = "the attempts that it rests on are in several trials here"
LARGER = "its attempts are part of a larger trial here"
OTHER_TASK = "the traces give the trial another task text here"
TAKEN_BACK = "it was carried over before, and taken back here"
HAS_TEXT = "the trial has an edited task text here already"
HINTS_LEFT = "an accepted hint of the trial could not be carried over"
WORDS_SHOWN = 200


class TargetPlan(NamedTuple):
    """What comes to one trial."""

    trial_id: int
    rows: Sequence[Row]
    findings: Sequence[Finding] | None
    """What the checks will say of all its hints; None: what they say now."""
    counts: Counter[str]


class TrialPlan(NamedTuple):
    """What becomes of the decisions on one earlier trial."""

    trial_id: int
    versions: Mapping[int, int]
    """Of the trials that this was worked out for, by id."""
    targets: Sequence[TargetPlan]
    left: Sequence[LeftBehind]
    known: int
    """Things that were carried over before."""


class Planner:
    """Works out one earlier trial at a time."""

    def __init__(self, store: Store, old: Dataset, new: Dataset) -> None:
        """Both datasets are ready."""
        self._store, self._new = store, new
        self._reader = TraceReader(store)
        self._repeated = store.repeated.list_counts(new.id)
        self._words = f"carried over from {old.name} #{old.id}"

    def plan(self, trial_id: int) -> TrialPlan:
        """What can be carried over of a trial now."""
        old = load_decided(self._store, trial_id)
        likenesses = [self._compare(old, other) for other in self._store.carrying.list_alike(trial_id, self._new.id)]
        planning = _Planning(self._store, old, likenesses, self._words)
        planning.choose_hints()
        planning.choose_task_text()
        checked = {
            trial_id: self._settle(planning, draft) for trial_id, draft in planning.drafts.items() if not draft.is_empty
        }
        planning.choose_status()
        return TrialPlan(
            trial_id=trial_id,
            versions={item.trial.id: item.trial.version for item in likenesses} | {trial_id: old.trial.version},
            targets=[
                self._finish(draft, checked.get(draft.trial.id))
                for draft in planning.drafts.values()
                if not draft.is_empty
            ],
            left=planning.left,
            known=planning.known,
        )

    def is_current(self, plan: TrialPlan) -> bool:
        """True if nobody decided on any of the trials since the plan was made."""
        return all(self._store.traces.get_trial(key).version == version for key, version in plan.versions.items())

    def _compare(self, old: DecidedTrial, other_id: int) -> Likeness:
        other = self._store.traces.get_trial(other_id)
        return compare_trials(old.trial, old.attempts, other, self._store.traces.list_attempts(other_id))

    def _settle(self, planning: "_Planning", draft: TrialDraft) -> list[Finding]:
        """What the checks will say, once no accepted hint is left that they block here and did not before."""
        findings = self._check(draft)
        while blocked := draft.list_blocked(findings):
            for carried, finding in blocked:
                draft.carried.remove(carried)
                planning.leave_hint(carried.old, f"a check blocks it here: {finding.message}")
            findings = self._check(draft)
        return findings

    def _check(self, draft: TrialDraft) -> list[Finding]:
        attempts = self._reader.load_attempts(draft.trial.id)
        return check_hints(load_context(draft.trial, draft.list_hints(), attempts, repeated=self._repeated))

    def _finish(self, draft: TrialDraft, findings: list[Finding] | None) -> TargetPlan:
        on_trial = [it for it in self._store.curation.list_findings(draft.trial.id) if it.hint_id is None]
        return TargetPlan(draft.trial.id, draft.build_rows(findings or [], on_trial), findings, draft.count())


class _Planning:
    """The choices about one earlier trial, in the order of hints, task text, status."""

    def __init__(self, store: Store, old: DecidedTrial, likenesses: Sequence[Likeness], words: str) -> None:
        self._store, self._old, self._likenesses, self._words = store, old, likenesses, words
        self._home = find_home(likenesses)
        self._deciders: dict[int, str | None] = {}
        self.drafts: dict[int, TrialDraft] = {}
        self.left: list[LeftBehind] = []
        self.known = 0
        self._left_hints: set[str] = set()

    def choose_hints(self) -> None:
        if not self._likenesses:
            self._leave("everything decided on it", GONE, count=self._old.things)
            return
        for hint in self._old.hints:
            reason = self._choose_hint(hint)
            if reason is not None:
                self.leave_hint(hint, reason)

    def _choose_hint(self, hint: Hint) -> str | None:
        """Why the hint stays behind; None if it does not."""
        needed = dict.fromkeys([*hint.attempt_ids, *(item.attempt_id for item in hint.evidence)])
        holder = find_holder(self._likenesses, needed)
        if not needed:
            # nothing but the task itself stands behind it
            if self._home is None:
                return self._say_why_homeless()
            if self._is_other_task(self._home):
                return OTHER_TASK
            holder = self._home
        if holder is None:
            held = {key for item in self._likenesses for key in item.attempts}
            return SPLIT if held.issuperset(needed) else CHANGED
        draft = self._find_draft(holder)
        new_id = name_carried(hint.id, holder.trial.id)
        if new_id in draft.known:
            return self._note_known(is_there=draft.has_hint(new_id))
        reason = self._say_who_decided(holder)
        if reason is None:
            draft.add_hint(hint)
        return reason

    def choose_task_text(self) -> None:
        if self._old.task_text is None or not self._likenesses:
            return
        reason = self._choose_task_text(self._old.task_text.id)
        if reason is not None:
            self._leave("edited task text", reason)

    def _choose_task_text(self, decision_id: str) -> str | None:
        home = self._home
        if home is None:
            return self._say_why_homeless()
        draft = self._find_draft(home)
        if draft.knows(decision_id):
            return self._note_known(is_there=home.trial.edited_task_text is not None)
        if self._is_other_task(home):
            return OTHER_TASK
        if home.trial.edited_task_text is not None:
            return HAS_TEXT
        reason = self._say_who_decided(home)
        if reason is None:
            draft.edited_task_text = self._old.trial.edited_task_text
        return reason

    def choose_status(self) -> None:
        if self._old.status is None or not self._likenesses:
            return
        reason = self._choose_status(self._old.status.id)
        if reason is not None:
            self._leave("approval" if self._is_approved else "rejection of the trial", reason)

    @property
    def _is_approved(self) -> bool:
        return self._old.trial.status is TrialStatus.APPROVED

    def _choose_status(self, decision_id: str) -> str | None:
        home = self._home
        if home is None:
            return self._say_why_homeless()
        draft = self._find_draft(home)
        if draft.knows(decision_id):
            return self._note_known(is_there=home.trial.status is self._old.trial.status)
        if self._is_other_task(home):
            return OTHER_TASK
        reason = self._say_who_decided(home)
        if reason is not None:
            return reason
        accepted = [hint for hint in self._old.hints if hint.state is HintState.ACCEPTED]
        if self._is_approved and any(hint.id in self._left_hints for hint in accepted):
            return HINTS_LEFT
        is_same = home.trial.status is self._old.trial.status
        if is_same and self._old.status is not None and self._old.status.reviewer == UNATTENDED:
            return self._note_known(is_there=True)
        draft.status = self._old.trial.status
        return None

    def leave_hint(self, hint: Hint, reason: str) -> None:
        self._left_hints.add(hint.id)
        # a tool reads as a section of its own when rendered
        words = hint.text.name if isinstance(hint.text, ToolText) else render_hint(hint.text)
        self._leave(f"{hint.state} {hint.kind}: {words[:WORDS_SHOWN]}", reason)

    def _leave(self, what: str, reason: str, *, count: int = 1) -> None:
        self.left.append(LeftBehind(trial=self._old.trial.name, what=what, reason=reason, count=count))

    def _note_known(self, *, is_there: bool) -> str | None:
        self.known += is_there
        return None if is_there else TAKEN_BACK

    def _find_draft(self, likeness: Likeness) -> TrialDraft:
        trial_id = likeness.trial.id
        if trial_id not in self.drafts:
            self.drafts[trial_id] = TrialDraft(
                self._old,
                likeness,
                hints=self._store.curation.list_hints(trial_id),
                known=self._store.carrying.list_carried(trial_id),
                undone=self._store.carrying.count_undone(trial_id),
                words=self._words,
            )
        return self.drafts[trial_id]

    def _is_other_task(self, likeness: Likeness) -> bool:
        return likeness.trial.source_task_text != self._old.trial.source_task_text

    def _say_who_decided(self, likeness: Likeness) -> str | None:
        trial_id = likeness.trial.id
        if trial_id not in self._deciders:
            self._deciders[trial_id] = self._store.carrying.find_decider(trial_id)
        decider = self._deciders[trial_id]
        return None if decider is None else f"{decider} decided on the trial here already"

    def _say_why_homeless(self) -> str:
        if any(item.is_whole for item in self._likenesses):
            return LARGER
        held = {key for item in self._likenesses for key in item.attempts}
        return SPLIT if all(attempt.id in held for attempt in self._old.attempts) else CHANGED
