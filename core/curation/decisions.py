"""What reviewers do. Every action appends a decision; states are only views of the decisions.

An action names the version it was made against: if somebody else was faster, nothing is saved and both texts are kept.
"""

from collections.abc import Collection, Sequence
from uuid import UUID, uuid4, uuid5

from core.curation.checking import check_trial_again
from core.curation.checks import NEVER_OVERRIDDEN
from core.curation.rendering import render_hint
from core.errors import ConflictError, UsageError
from core.models import Decision, Finding, Hint, HintState, HintText, Severity, Trial, TrialStatus
from core.store import Store
from core.store.part import utc_now

UNATTENDED = "unattended"
_NAMESPACE = UUID("0f3f9d67-3a0f-4a53-9df7-0a6f6b7f5b51")
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


def accept_hint(store: Store, hint: Hint, *, reviewer: str, action_id: str) -> None:
    """The hint will be published when its trial is approved.

    Raises:
        ConflictError: Somebody changed the hint first.
        UsageError: A check blocks it.
    """
    with store.curation.write():
        is_new = _decide_hint(store, hint, "accept", state=HintState.ACCEPTED, reviewer=reviewer, action_id=action_id)
        if is_new and is_blocked(hint, store.curation.list_findings(hint.trial_id)):
            raise UsageError("A check blocks this hint. Mend it, or override the check with a reason.")


def reject_hint(store: Store, hint: Hint, *, reason: str, reviewer: str, action_id: str) -> None:
    """The hint is not published, and not proposed again.

    Raises:
        ConflictError: Somebody changed the hint first.
    """
    _decide_hint(store, hint, "reject", state=HintState.REJECTED, reviewer=reviewer, action_id=action_id, reason=reason)


def take_back_hint(store: Store, hint: Hint, *, reviewer: str, action_id: str) -> None:
    """The hint is undecided again; an edit of its words stays.

    Raises:
        ConflictError: Somebody changed the hint first.
    """
    _decide_hint(store, hint, "take back", state=HintState.PROPOSED, reviewer=reviewer, action_id=action_id)


def edit_hint(store: Store, hint: Hint, text: HintText, *, reviewer: str, action_id: str) -> None:
    """New words for a hint; its checks run again on them.

    Raises:
        ConflictError: Somebody changed the hint first; the message holds their words, yours are still with you.
    """
    with store.curation.write():
        if _decide_hint(store, hint, "edit", state=hint.state, text=text, reviewer=reviewer, action_id=action_id):
            check_trial_again(store, hint.trial_id)


def override_finding(store: Store, hint: Hint, code: str, *, reason: str, reviewer: str, action_id: str) -> None:
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
        action = f"override {code}"
        is_new = _decide_hint(
            store, hint, action, state=hint.state, reviewer=reviewer, action_id=action_id, reason=reason
        )
        if is_new and not store.curation.override_finding(hint.id, code):
            raise UsageError(f"This hint has no such block ({code}). Open the trial again.")


def approve_trial(
    store: Store, trial: Trial, *, reviewer: str, action_id: str, left_open: Collection[str] = ()
) -> None:
    """The trial is published next time; its undecided hints without a blocking finding are accepted with it.

    Args:
        store: Where it is saved.
        trial: As the reviewer saw it.
        reviewer: Who approves.
        action_id: Of this action.
        left_open: Ids of hints that stay undecided all the same.

    Raises:
        ConflictError: Somebody decided first.
        UsageError: The trial has no task text.
    """
    with store.curation.write():
        if store.decisions.has_decision(action_id):
            return
        trial = _get_current(store, trial)
        if not trial.task_text.strip():
            raise UsageError("This trial has no task text. Write it before you approve.")
        for hint in list_approvable(store, trial.id):
            if hint.id in left_open:
                continue
            _decide_hint(
                store,
                hint,
                "accept",
                state=HintState.ACCEPTED,
                reviewer=reviewer,
                action_id=str(uuid5(_NAMESPACE, f"{action_id} {hint.id}")),
                reason="approved with the trial",
            )
        _decide_trial(store, trial, "approve", status=TrialStatus.APPROVED, reviewer=reviewer, action_id=action_id)
        # whoever approves has seen what came after an earlier approval
        store.curation.remove_trial_finding(trial.id, code="new-proposals")


def reject_trial(store: Store, trial: Trial, *, reason: str, reviewer: str, action_id: str) -> None:
    """The trial is not published.

    Raises:
        ConflictError: Somebody decided first.
    """
    with store.curation.write():
        if store.decisions.has_decision(action_id):
            return
        trial = _get_current(store, trial)
        _decide_trial(
            store, trial, "reject", status=TrialStatus.REJECTED, reviewer=reviewer, action_id=action_id, reason=reason
        )


def reopen_trial(store: Store, trial: Trial, *, reviewer: str, action_id: str) -> None:
    """The trial is undecided again; the decisions on its hints stay.

    Raises:
        ConflictError: Somebody decided first.
    """
    with store.curation.write():
        if store.decisions.has_decision(action_id):
            return
        trial = _get_current(store, trial)
        _decide_trial(store, trial, "reopen", status=TrialStatus.OPEN, reviewer=reviewer, action_id=action_id)


def edit_task_text(store: Store, trial: Trial, text: str, *, reviewer: str, action_id: str) -> None:
    """A new task text, which wins over the one from the traces.

    Raises:
        ConflictError: Somebody decided first.
        UsageError: The text is empty.
    """
    if not text.strip():
        raise UsageError("The task text cannot be empty.")
    with store.curation.write():
        if store.decisions.has_decision(action_id):
            return
        trial = _get_current(store, trial)
        edited = None if text == trial.source_task_text else text
        _decide_trial(
            store,
            trial,
            "edit task text",
            status=trial.status,
            edited_task_text=edited,
            before=trial.task_text,
            after=text,
            reviewer=reviewer,
            action_id=action_id,
        )
        store.curation.remove_trial_finding(trial.id, code="empty-task")


def list_approvable(store: Store, trial_id: int) -> list[Hint]:
    """The undecided hints that an approval would accept."""
    findings = store.curation.list_findings(trial_id)
    hints = [hint for hint in store.curation.list_hints(trial_id) if hint.state is HintState.PROPOSED]
    return [hint for hint in hints if not is_blocked(hint, findings)]


def is_blocked(hint: Hint, findings: Sequence[Finding]) -> bool:
    """True if a finding keeps the hint from being published."""
    return any(item.hint_id == hint.id and item.severity is Severity.BLOCK and not item.overridden for item in findings)


def approve_unattended(store: Store, trial: Trial, *, dataset_key: str) -> None:
    """What `augment` decides as the actor `unattended`: accept what no check blocks, and approve.

    What a person decided stands: a trial that was approved, rejected or reopened by one is left as it is, and a hint
    that one took back stays open. Its own earlier approval it renews for hints that came after it.
    """
    decisions = store.decisions.list_decisions(trial.id)
    on_trial = [item for item in decisions if item.hint_id is None and item.action in ("approve", "reject", "reopen")]
    if on_trial and on_trial[-1].reviewer != UNATTENDED:
        return
    last_on_hint = {item.hint_id: item for item in decisions if item.hint_id is not None}
    left_open = {
        hint_id for hint_id, item in last_on_hint.items() if item.action == "take back" and item.reviewer != UNATTENDED
    }
    is_news = any(hint.id not in left_open for hint in list_approvable(store, trial.id))
    if trial.status is TrialStatus.APPROVED and not is_news:
        return
    # the same decision in every workspace has the same id, so that a manifest is the same, too
    action_id = str(uuid5(_NAMESPACE, f"{UNATTENDED} {dataset_key} {trial.number} {trial.version}"))
    approve_trial(store, trial, reviewer=UNATTENDED, action_id=action_id, left_open=left_open)


def _get_current(store: Store, trial: Trial) -> Trial:
    current = store.traces.get_trial(trial.id)
    if (current.status, current.edited_task_text) != (trial.status, trial.edited_task_text):
        raise ConflictError(
            f"Somebody else changed {trial.name} first (it is {current.status} now). Look at it again, then decide."
        )
    return current


def _decide_trial(
    store: Store,
    trial: Trial,
    action: str,
    *,
    status: TrialStatus,
    reviewer: str,
    action_id: str,
    edited_task_text: str | None = None,
    before: str | None = None,
    after: str | None = None,
    reason: str | None = None,
) -> None:
    decision = Decision(
        id=action_id,
        reviewer=reviewer,
        at_utc=utc_now(),
        trial_id=trial.id,
        action=action,
        before=trial.status if before is None else before,
        after=status if after is None else after,
        reason=reason,
    )
    text = edited_task_text if action == "edit task text" else trial.edited_task_text
    if store.decisions.add_decision(decision):
        store.curation.save_trial_state(trial.id, status=status, edited_task_text=text)


def _decide_hint(
    store: Store,
    hint: Hint,
    action: str,
    *,
    state: HintState,
    reviewer: str,
    action_id: str,
    text: HintText | None = None,
    reason: str | None = None,
) -> bool:
    """False if this action was saved before: then nothing more must happen."""
    with store.curation.write():
        if store.decisions.has_decision(action_id):
            return False
        current = store.curation.get_hint(hint.id)
        if current.version != hint.version:
            raise ConflictError(
                "Somebody else changed this hint first. Their words: "
                f'"{render_hint(current.text)}". Yours were not saved.'
            )
        decision = Decision(
            id=action_id,
            reviewer=reviewer,
            at_utc=utc_now(),
            trial_id=hint.trial_id,
            hint_id=hint.id,
            action=action,
            before=current.text.model_dump_json() if text is not None else current.state,
            after=text.model_dump_json() if text is not None else state,
            reason=reason,
        )
        store.decisions.add_decision(decision)
        store.curation.save_hint_state(hint.id, state=state, text=text if text is not None else current.text)
        return True
