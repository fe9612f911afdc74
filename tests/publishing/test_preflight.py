from pathlib import Path

import pytest

from core.curation.decisions import override_finding, reject_hint
from core.errors import PublishError
from core.models import CriterionText, Finding, Severity, TrialStatus
from core.publishing.preflight import find_obstacle
from core.store import Store
from tests.builders import import_list, make_row, talk
from tests.publishing.approved import (
    CALL,
    approve,
    block,
    change_hint,
    import_trials,
    look,
    make_approved,
    propose,
    publish_folder,
)
from tests.publishing.unpacked import read_table

KEY = "AKIA" + "QWERTYUIOPASDFGH"


def find_left_out(store: Store, dataset_id: int) -> list[tuple[str, str]]:
    dataset = store.traces.get_dataset(dataset_id)
    return [(note.trial, note.reason) for note in look(store, dataset, Path("/nowhere/out")).left_out]


def test_nothing_approved_says_what_to_do(store: Store, tmp_path: Path) -> None:
    dataset, _ = import_trials(store)
    with pytest.raises(PublishError, match="No trial is approved yet.*Approve a trial in the review first"):
        publish_folder(store, dataset, tmp_path / "out")
    assert not (tmp_path / "out").exists()
    assert store.publications.list_publications() == []


def test_blocked_hint_keeps_its_trial_back_until_a_reviewer_overrides(store: Store, tmp_path: Path) -> None:
    dataset, (trial, _) = make_approved(store)
    hint = store.curation.list_hints(trial.id)[1]
    block(store, trial, Finding(code="leak", severity=Severity.BLOCK, message="It leaks.", hint_id=hint.id))
    assert find_left_out(store, dataset.id) == [
        (
            "flight-0",
            "A check blocks one of its hints (It leaks). Mend or reject the hint, or override the check with a reason.",
        )
    ]
    assert publish_folder(store, dataset, tmp_path / "out").trials == 1
    override_finding(store, hint, "leak", reason="It is in the task.", reviewer="ada", action_id="o")
    assert find_left_out(store, dataset.id) == []


def test_blocked_hint_that_was_rejected_holds_nothing_back(store: Store) -> None:
    dataset, (trial, _) = make_approved(store)
    hint = store.curation.list_hints(trial.id)[1]
    block(store, trial, Finding(code="leak", severity=Severity.BLOCK, message="It leaks.", hint_id=hint.id))
    reject_hint(store, hint, reason="Too vague", reviewer="ada", action_id="r")
    assert find_left_out(store, dataset.id) == []


def test_block_on_the_trial_itself_holds_it_back(store: Store) -> None:
    _, (trial, _) = make_approved(store)
    finding = Finding(code="other", severity=Severity.BLOCK, message="It is wrong.")
    assert find_obstacle(trial, [], [finding]) == "A check blocks it (It is wrong). Settle it in the review."
    assert find_obstacle(trial, [], [finding.model_copy(update={"overridden": True})]) is None


def test_trial_without_task_text_is_left_out_until_somebody_writes_one(store: Store) -> None:
    dataset = import_list(store, [make_row(talk("")[:1] + talk("", "x")[1:], trial_name="empty")]).dataset
    (trial,) = store.traces.list_trials(dataset.id)
    assert trial.task_text == ""
    store.subjects.save_status(trial.id, TrialStatus.APPROVED)
    assert find_left_out(store, dataset.id)[0][0] == "empty"
    store.subjects.save_task_text(trial.id, "Write it.")
    assert find_left_out(store, dataset.id) == []


@pytest.mark.parametrize("where", ["hint", "task text", "trial name"])
def test_secret_is_never_published_and_never_shown(store: Store, tmp_path: Path, where: str) -> None:
    contents = talk(f"Task: use {KEY}" if where == "task text" else "Task: book", CALL)
    name = f"flight-{KEY}" if where == "trial name" else "flight"
    dataset = import_list(store, [make_row(contents, trial_name=name)]).dataset
    (trial,) = store.traces.list_trials(dataset.id)
    propose(store, trial)
    approve(store, store.traces.get_trial(trial.id))
    if where == "hint":
        change_hint(store, trial, position=3, text=CriterionText(text=f"{KEY} works"))
        override = store.curation.list_hints(trial.id)[3]
        store.curation.override_finding(override.id, "secret")
    ((_, reason),) = find_left_out(store, dataset.id)
    assert "holds a secret (AWS access key), which is never published" in reason
    assert KEY not in reason
    with pytest.raises(PublishError, match="None of the 1 approved trials can be published"):
        publish_folder(store, dataset, tmp_path / "out")


def test_first_trials_only_are_published(store: Store, tmp_path: Path) -> None:
    dataset, _ = make_approved(store, 3)
    assert publish_folder(store, dataset, tmp_path / "out", first_trials=2).trials == 2
    assert len(read_table(tmp_path / "out", "data")) == 2


def test_card_with_a_secret_is_not_written(store: Store, tmp_path: Path) -> None:
    dataset, _ = make_approved(store, 1)
    task = tmp_path / KEY / "book-0"
    task.mkdir(parents=True)
    (task / "instruction.md").write_text("Book")
    with pytest.raises(PublishError, match="name of a source holds a secret"):
        publish_folder(store, dataset, tmp_path / "out", tasks=str(tmp_path / KEY))
