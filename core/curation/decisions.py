"""What reviewers decide on hints and trials. Every action is a step of rows; states are only views of the rows.

An action names the version it was made against: if somebody else was faster, nothing is saved and both texts are kept.
"""

from collections.abc import Collection, Sequence
from uuid import uuid4

from core.curation.changes import Subject, dump_text
from core.curation.checks import NEVER_OVERRIDDEN
from core.curation.guard import check_hint_is_current, check_trial_is_current
from core.curation.taking import Row, StepTaker
from core.errors import UsageError
from core.models import Change, Finding, Hint, HintState, HintText, Severity, Trial, TrialStatus
from core.store import Store

UNATTENDED = "unattended"
REJECT_REASONS = (
    "Nothing useful here",
    "Wrong advice",
    "Gives the answer away",
    "Too vague",
    "Transcript is broken",
)


def new_action_id() -> str:
    """An id for one action of a person; saving the same action twice happens once."""
    return str(uuid4())


def is_done(store: Store, action_id: str) -> bool:
    """True if this action was saved before: it is acknowledged again, and nothing more happens."""
    return store.steps.find_step(action_id) is not None or store.decisions.has_decision(action_id)


def accept_hint(store: Store, hint: Hint, *, reviewer: str, action_id: str, page: str = "") -> None:
    """The hint will be published when its trial is approved.

    Raises:
        ConflictError: Somebody changed the hint first.
        UsageError: A check blocks it.
    """
    with store.curation.write():
        if is_done(store, action_id):
            return
        check_hint_is_current(store, hint, page=page)
        if is_blocked(hint, store.curation.list_findings(hint.trial_id)):
            raise UsageError("A check blocks this hint. Mend it, or override the check with a reason.")
        _decide_state(store, hint, "accept", HintState.ACCEPTED, reviewer=reviewer, action_id=action_id, page=page)


def reject_hint(store: Store, hint: Hint, *, reason: str, reviewer: str, action_id: str, page: str = "") -> None:
    """The hint is not published, and not proposed again.

    Raises:
        ConflictError: Somebody changed the hint first.
    """
    _decide_state(
        store, hint, "reject", HintState.REJECTED, reviewer=reviewer, action_id=action_id, page=page, reason=reason
    )


def take_back_hint(store: Store, hint: Hint, *, reviewer: str, action_id: str, page: str = "") -> None:
    """The hint is undecided again; an edit of its words stays.

    Raises:
        ConflictError: Somebody changed the hint first.
    """
    _decide_state(store, hint, "take back", HintState.PROPOSED, reviewer=reviewer, action_id=action_id, page=page)


def edit_hint(store: Store, hint: Hint, text: HintText, *, reviewer: str, action_id: str, page: str = "") -> None:
    """New words for a hint; its checks run again on them.

    Raises:
        ConflictError: Somebody changed the hint first; the message holds their words, yours are still with you.
        UsageError: The words are of another kind.
    """
    with store.curation.write():
        if is_done(store, action_id):
            return
        current = check_hint_is_current(store, hint, page=page)
        if text.kind is not current.kind:
            raise UsageError(f"These are words of a {text.kind}, and the hint is a {current.kind}. Change its kind.")
        step = StepTaker(store, id=action_id, reviewer=reviewer, action="edit", trial_id=hint.trial_id, page=page)
        step.decide(
            Subject(hint.trial_id, hint.id),
            "edit",
            [Change(field="text", before=dump_text(current.text), after=dump_text(text))],
            before=current.text.model_dump_json(),
            after=text.model_dump_json(),
            is_main=True,
        )
        step.check_again()


def override_finding(
    store: Store, hint: Hint, code: str, *, reason: str, reviewer: str, action_id: str, page: str = ""
) -> None:
    """A blocking finding does not hold, and here is why. Keys, tokens and private keys are never overridden.

    Raises:
        ConflictError: Somebody changed the hint first.
        UsageError: No reason was given, the hint has no such finding, or it cannot be overridden.
    """
    if code in NEVER_OVERRIDDEN:
        raise UsageError("Keys, tokens and private keys are never published. Edit the hint instead.")
    if not reason.strip():
        raise UsageError("Say why the hint may be published anyway.")
    with store.curation.write():
        if is_done(store, action_id):
            return
        check_hint_is_current(store, hint, page=page)
        blocks = [item for item in _list_blocks(hint, store.curation.list_findings(hint.trial_id)) if item.code == code]
        if not blocks:
            raise UsageError(f"This hint has no such block ({code}). Open the trial again.")
        action = f"override {code}"
        step = StepTaker(store, id=action_id, reviewer=reviewer, action=action, trial_id=hint.trial_id, page=page)
        is_overridden = all(item.overridden for item in blocks)
        step.decide(
            Subject(hint.trial_id, hint.id),
            action,
            [Change(field=action, before=is_overridden, after=True)],
            before=hint.state,
            after=hint.state,
            reason=reason,
            is_main=True,
        )


def approve_trial(
    store: Store, trial: Trial, *, reviewer: str, action_id: str, left_open: Collection[str] = (), page: str = ""
) -> None:
    """The trial is published next time; its undecided hints without a blocking finding are accepted with it.

    Args:
        store: Where it is saved.
        trial: As the reviewer saw it.
        reviewer: Who approves.
        action_id: Of this action.
        left_open: Ids of hints that stay undecided all the same.
        page: The open page that the action came from.

    Raises:
        ConflictError: Somebody decided first.
        UsageError: The trial has no task text.
    """
    with store.curation.write():
        if is_done(store, action_id):
            return
        trial = check_trial_is_current(store, trial, page=page)
        if not trial.task_text.strip():
            raise UsageError("This trial has no task text. Write it before you approve.")
        step = StepTaker(store, id=action_id, reviewer=reviewer, action="approve", trial_id=trial.id, page=page)
        add_approval(step, [trial], left_open=left_open, is_main=True)


def add_approval(
    step: StepTaker, trials: Sequence[Trial], *, left_open: Collection[str] = (), is_main: bool = False
) -> None:
    """The rows that approve trials, as part of a step.

    Args:
        step: The step.
        trials: As they are now.
        left_open: Ids of hints that stay undecided all the same.
        is_main: The row of the only trial bears the id of the action.
    """
    accepts = Change(field="state", before=HintState.PROPOSED.value, after=HintState.ACCEPTED.value)
    rows = [
        Row(Subject(trial_id, hint_id), "accept", [accepts], reason="approved with the trial")
        for trial_id, hint_id in step.store.subjects.list_undecided([trial.id for trial in trials])
        if hint_id not in left_open
    ]
    for trial in trials:
        changes = [Change(field="status", before=trial.status, after=TrialStatus.APPROVED)]
        # whoever approves has seen what came after an earlier approval
        changes += _drop_finding(step.store, trial.id, "new-proposals")
        rows.append(Row(Subject(trial.id), "approve", changes, is_main=is_main))
    step.decide_all(rows)


def reject_trial(store: Store, trial: Trial, *, reason: str, reviewer: str, action_id: str, page: str = "") -> None:
    """The trial is not published.

    Raises:
        ConflictError: Somebody decided first.
    """
    _decide_status(
        store, trial, "reject", TrialStatus.REJECTED, reviewer=reviewer, action_id=action_id, page=page, reason=reason
    )


def reopen_trial(
    store: Store, trial: Trial, *, reviewer: str, action_id: str, page: str = "", reason: str | None = None
) -> None:
    """The trial is undecided again; the decisions on its hints stay.

    Raises:
        ConflictError: Somebody decided first.
    """
    _decide_status(
        store, trial, "reopen", TrialStatus.OPEN, reviewer=reviewer, action_id=action_id, page=page, reason=reason
    )


def edit_task_text(store: Store, trial: Trial, text: str, *, reviewer: str, action_id: str, page: str = "") -> None:
    """A new task text, which wins over the one from the traces.

    Raises:
        ConflictError: Somebody decided first.
        UsageError: The text is empty.
    """
    if not text.strip():
        raise UsageError("The task text cannot be empty.")
    with store.curation.write():
        if is_done(store, action_id):
            return
        trial = check_trial_is_current(store, trial, page=page, only_trial=True)
        edited = None if text == trial.source_task_text else text
        step = StepTaker(store, id=action_id, reviewer=reviewer, action="edit task text", trial_id=trial.id, page=page)
        changes = [Change(field="task_text", before=trial.edited_task_text, after=edited)]
        changes += _drop_finding(store, trial.id, "empty-task")
        step.decide(Subject(trial.id), "edit task text", changes, before=trial.task_text, after=text, is_main=True)
        step.check_again()


def list_approvable(store: Store, trial_id: int) -> list[Hint]:
    """The undecided hints that an approval would accept."""
    findings = store.curation.list_findings(trial_id)
    hints = [hint for hint in store.curation.list_hints(trial_id) if hint.state is HintState.PROPOSED]
    return [hint for hint in hints if not is_blocked(hint, findings)]


def is_blocked(hint: Hint, findings: Sequence[Finding]) -> bool:
    """True if a finding keeps the hint from being published."""
    return any(not item.overridden for item in _list_blocks(hint, findings))


def _decide_state(
    store: Store,
    hint: Hint,
    action: str,
    state: HintState,
    *,
    reviewer: str,
    action_id: str,
    page: str,
    reason: str | None = None,
) -> None:
    with store.curation.write():
        if is_done(store, action_id):
            return
        current = check_hint_is_current(store, hint, page=page)
        step = StepTaker(store, id=action_id, reviewer=reviewer, action=action, trial_id=hint.trial_id, page=page)
        change = Change(field="state", before=current.state, after=state)
        step.decide(Subject(hint.trial_id, hint.id), action, [change], reason=reason, is_main=True)
        step.check_again()


def _decide_status(
    store: Store,
    trial: Trial,
    action: str,
    status: TrialStatus,
    *,
    reviewer: str,
    action_id: str,
    page: str,
    reason: str | None = None,
) -> None:
    with store.curation.write():
        if is_done(store, action_id):
            return
        trial = check_trial_is_current(store, trial, page=page)
        step = StepTaker(store, id=action_id, reviewer=reviewer, action=action, trial_id=trial.id, page=page)
        change = Change(field="status", before=trial.status, after=status)
        step.decide(Subject(trial.id), action, [change], reason=reason, is_main=True)


def _drop_finding(store: Store, trial_id: int, code: str) -> list[Change]:
    """The change that removes a finding on the trial itself, if it is there: somebody dealt with it."""
    found = [item for item in store.curation.list_findings(trial_id) if item.hint_id is None and item.code == code]
    return [Change(field=f"finding {code}", before=item.model_dump(mode="json"), after=None) for item in found[:1]]


def _list_blocks(hint: Hint, findings: Sequence[Finding]) -> list[Finding]:
    return [item for item in findings if item.hint_id == hint.id and item.severity is Severity.BLOCK]
