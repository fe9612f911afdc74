import json
from pathlib import Path
from typing import Any

import pytest

from core.models import Finding, Severity
from core.store import Store
from tests.builders import import_list, make_prefix_rows
from tests.publishing.approved import approve, block, look, make_approved, propose, publish_folder
from tests.publishing.unpacked import list_files, read_table, unpack_tasks

KINDS = ("tools", "strategies", "pitfalls", "criteria")


def read_task(folder: Path) -> tuple[str, dict[str, Any]]:
    return (folder / "instruction.md").read_text(), json.loads((folder / "metadata.json").read_text())


@pytest.mark.parametrize(
    ("selection", "counts", "headings"),
    [
        ("full", [1, 1, 1, 1], ["Available Tools", "Suggested Strategy", "Common Pitfalls", "Success Criteria"]),
        ("pitfalls_and_criteria", [0, 0, 1, 1], ["Common Pitfalls", "Success Criteria"]),
        ("without_strategy", [1, 0, 1, 1], ["Available Tools", "Common Pitfalls", "Success Criteria"]),
    ],
)
def test_selection_is_the_same_in_instruction_metadata_and_table(
    store: Store, tmp_path: Path, selection: str, counts: list[int], headings: list[str]
) -> None:
    dataset, _ = make_approved(store, 1)
    publish_folder(store, dataset, tmp_path / "out", hint_selection=selection)
    instruction, metadata = read_task(unpack_tasks(tmp_path / "out", tmp_path / "tasks")["flights-0000"])
    assert [line[3:] for line in instruction.splitlines() if line.startswith("## ")] == headings
    assert (metadata["hint_selection"], len(metadata["hints"])) == (selection, sum(counts))
    (row,) = read_table(tmp_path / "out", "hints")
    assert ([len(row[kind]) for kind in KINDS], row["hint_selection"]) == (counts, selection)
    assert row["instruction"] == instruction
    manifest = json.loads((tmp_path / "out" / "trace_hints.json").read_text())
    assert manifest["options"]["hint_selection"] == selection
    assert len(manifest["tasks"][0]["decisions"]) == 1 + sum(counts)


def test_hint_that_is_not_selected_blocks_nothing(store: Store, tmp_path: Path) -> None:
    dataset, (trial,) = make_approved(store, 1)
    strategy = store.curation.list_hints(trial.id)[1]
    block(store, trial, Finding(code="x", severity=Severity.BLOCK, message="It blocks.", hint_id=strategy.id))
    assert [note.trial for note in look(store, dataset, tmp_path / "out").left_out] == ["flight-0"]
    assert publish_folder(store, dataset, tmp_path / "out", hint_selection="without_strategy").trials == 1


def test_twin_is_the_same_task_without_hints(store: Store, tmp_path: Path) -> None:
    dataset, _ = make_approved(store)
    result = publish_folder(store, dataset, tmp_path / "out", twins=True)
    assert result.trials == 2
    tasks = unpack_tasks(tmp_path / "out", tmp_path / "tasks")
    assert list(tasks) == ["flights-0000", "flights-0000-plain", "flights-0001", "flights-0001-plain"]
    instruction, metadata = read_task(tasks["flights-0001"])
    plain, twin = read_task(tasks["flights-0001-plain"])
    assert plain == "Task: book flight 1"
    assert instruction.startswith(plain + "\n\n---\n\n")
    assert (twin.pop("twin_of"), twin.pop("hint_selection"), twin.pop("hints")) == ("flights-0001", "none", [])
    assert (metadata.pop("twin_of"), metadata.pop("hint_selection"), len(metadata.pop("hints"))) == (None, "full", 4)
    assert twin == metadata
    for path in ("task.toml", "environment/Dockerfile"):
        assert (tasks["flights-0001"] / path).read_bytes() == (tasks["flights-0001-plain"] / path).read_bytes()
    assert [row["path"] for row in read_table(tmp_path / "out", "hints")] == ["flights-0000", "flights-0001"]
    manifest = json.loads((tmp_path / "out" / "trace_hints.json").read_text())
    assert [task["twin_of"] for task in manifest["tasks"]] == [None, "flights-0000", None, "flights-0001"]
    assert "Beside them stand 2 twins" in (tmp_path / "out" / "README.md").read_text()


def test_preview_counts_the_hints_of_a_task_and_its_twin_once(store: Store, tmp_path: Path) -> None:
    dataset, _ = make_approved(store)
    publish_folder(store, dataset, tmp_path / "out", twins=True)
    preview = look(store, dataset, tmp_path / "out", twins=True)
    assert (preview.trials, preview.tasks, preview.same, preview.hints) == (2, 4, 4, 8)


def make_rated(store: Store) -> Any:
    """Three trials of four attempts each, of which 0, 2 and 4 succeeded."""
    rows = []
    for number in range(3):
        for attempt in range(4):
            contents = [f"Task: book flight {number}", f"try {attempt}", "seen", "done"]
            result = "1.0" if attempt < 2 * number else "0.0"
            rows += make_prefix_rows(contents, trial_name=f"t{number}-{attempt}", task=f"task-{number}", result=result)
    dataset = import_list(store, rows, group_by="task").dataset
    for trial in store.traces.list_trials(dataset.id):
        approve(store, trial)
    return dataset


@pytest.mark.parametrize(
    ("bounds", "kept"),
    [
        ({}, [0.0, 0.5, 1.0]),
        ({"min_pass_rate": 0.5}, [0.5, 1.0]),
        ({"max_pass_rate": 0.5}, [0.0, 0.5]),
        ({"min_pass_rate": 0.1, "max_pass_rate": 0.9}, [0.5]),
        ({"max_pass_rate": 0.0}, [0.0]),
    ],
)
def test_only_trials_between_the_bounds_are_published(
    store: Store, tmp_path: Path, bounds: dict[str, Any], kept: list[float]
) -> None:
    dataset = make_rated(store)
    result = publish_folder(store, dataset, tmp_path / "out", **bounds)
    rows = read_table(tmp_path / "out", "hints")
    assert [row["base_pass_rate"] for row in rows] == kept
    assert [row["path"] for row in rows] == [f"flights-000{round(2 * rate)}" for rate in kept]
    assert rows[0]["outcomes"] == {
        "success": 4 * kept[0],
        "partial": 0,
        "failure": 4 - 4 * kept[0],
        "error": 0,
        "unknown": 0,
    }
    tasks = unpack_tasks(tmp_path / "out", tmp_path / "tasks").values()
    assert [read_task(task)[1]["base_pass_rate"] for task in tasks] == kept
    assert len(result.left_out) == 3 - len(kept)
    assert all("outside the bounds" in note.reason for note in result.left_out)


def test_attempt_of_unknown_outcome_counts_neither_way(store: Store, tmp_path: Path) -> None:
    rows = []
    for task, results in (("some", ["1.0", "0.0", None]), ("none", [None, "nan"])):
        for number, result in enumerate(results):
            contents = [f"Task: {task}", f"try {number}", "seen", "done"]
            rows += make_prefix_rows(contents, trial_name=f"{task}-{number}", task=task, result=result)
    dataset = import_list(store, rows, group_by="task").dataset
    for trial in store.traces.list_trials(dataset.id):
        approve(store, trial)
    publish_folder(store, dataset, tmp_path / "all")
    assert [row["base_pass_rate"] for row in read_table(tmp_path / "all", "hints")] == [0.5, None]
    unknown = unpack_tasks(tmp_path / "all", tmp_path / "tasks")["flights-0001"]
    assert read_task(unknown)[1]["base_pass_rate"] is None
    (left_out,) = publish_folder(store, dataset, tmp_path / "bound", max_pass_rate=0.9).left_out
    assert (left_out.trial, left_out.reason.split(",")[0]) == ("none", "The outcome of none of its attempts is known")


def test_quotes_and_reviewers_stand_nowhere_unless_asked_for(store: Store, tmp_path: Path) -> None:
    dataset, trials = make_approved(store, 1)
    quote = "a quote of its own"
    hints = store.curation.list_hints(trials[0].id)
    evidence = [item.model_copy(update={"quote": quote}) for item in hints[0].evidence]
    hints = [hints[0].model_copy(update={"evidence": evidence}), *hints[1:]]
    store.curation.replace_hints(trials[0].id, hints=hints, findings=[])
    publish_folder(store, dataset, tmp_path / "out")
    (row,) = read_table(tmp_path / "out", "hints")
    assert "reviewers" not in row
    assert "evidence" not in row["tools"][0]
    everything = b"".join(list_files(tmp_path / "out").values()) + b"".join(
        content
        for task in unpack_tasks(tmp_path / "out", tmp_path / "t").values()
        for content in list_files(task).values()
    )
    assert quote.encode() not in everything
    assert b'"ada"' not in everything

    publish_folder(store, dataset, tmp_path / "open", with_evidence=True, with_reviewers=True)
    (row,) = read_table(tmp_path / "open", "hints")
    assert row["reviewers"] == ["ada"]
    assert row["tools"][0]["evidence"] == [
        {"trial_name": "flight-0", "message": message, "quote": quote, "status": "exact"} for message in (5, 2)
    ]


def test_quote_with_a_secret_keeps_its_trial_back(store: Store, tmp_path: Path) -> None:
    dataset, trials = make_approved(store)
    hints = store.curation.list_hints(trials[0].id)
    quote = "AKIA" + "QWERTYUIOPASDFGH"
    evidence = [item.model_copy(update={"quote": quote}) for item in hints[0].evidence]
    hints = [hints[0].model_copy(update={"evidence": evidence}), *hints[1:]]
    store.curation.replace_hints(trials[0].id, hints=hints, findings=[])
    result = publish_folder(store, dataset, tmp_path / "out", with_evidence=True)
    assert [note.trial for note in result.left_out] == ["flight-0"]
    assert (
        "Its row in the table of hints holds a secret (AWS access key), e.g. in a quote." in result.left_out[0].reason
    )
    assert quote not in result.left_out[0].reason


def test_unattended_approval_names_no_reviewer(store: Store, tmp_path: Path) -> None:
    dataset, trials = make_approved(store, 1)
    propose(store, trials[0])
    approve(store, store.traces.get_trial(trials[0].id), reviewer="unattended")
    publish_folder(store, dataset, tmp_path / "out", with_reviewers=True)
    assert read_table(tmp_path / "out", "hints")[0]["reviewers"] == []
