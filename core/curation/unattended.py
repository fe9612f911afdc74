"""What is decided where no person reviews: only what no check blocks, and never against a person."""

from uuid import UUID, uuid5

from core.curation.decisions import UNATTENDED, approve_trial, list_approvable
from core.models import Trial, TrialStatus
from core.store import Store

_NAMESPACE = UUID("0f3f9d67-3a0f-4a53-9df7-0a6f6b7f5b51")


def approve_unattended(store: Store, trial: Trial, *, dataset_key: str) -> None:
    """What `augment` decides as the actor `unattended`: accept what no check blocks, and approve.

    What a person decided stands: a trial that was approved, rejected or reopened by one is left as it is, and a hint
    that one took back stays open. Its own earlier approval it renews for hints that came after it.
    """
    decisions = store.decisions.list_decisions(trial.id)
    about_status = ("approve", "reject", "reopen", "undo", "redo")
    on_trial = [item for item in decisions if item.hint_id is None and item.action in about_status]
    if on_trial and on_trial[-1].reviewer != UNATTENDED:
        return
    last_on_hint = {item.hint_id: item for item in decisions if item.hint_id is not None}
    left_open = {
        hint_id
        for hint_id, item in last_on_hint.items()
        if item.action in ("take back", "undo", "redo") and item.reviewer != UNATTENDED
    }
    is_news = any(hint.id not in left_open for hint in list_approvable(store, trial.id))
    if trial.status is TrialStatus.APPROVED and not is_news:
        return
    # the same decision in every workspace has the same id, so that a manifest is the same, too
    action_id = str(uuid5(_NAMESPACE, f"{UNATTENDED} {dataset_key} {trial.number} {trial.version}"))
    approve_trial(store, trial, reviewer=UNATTENDED, action_id=action_id, left_open=left_open)
