import json
import tomllib
from pathlib import Path

import pytest

from core.curation.decisions import edit_task_text, reject_hint, reopen_trial
from core.models import Finding, HintState, Origin, Severity, StrategyText
from core.publishing.options import PublishOptions
from core.publishing.skeleton import build_skeleton, quote_toml
from core.publishing.tasks import build_task, load_facts
from core.store import Store
from tests.publishing.approved import approve, import_trials, make_approved, propose, publish_folder
from tests.publishing.unpacked import read_table, unpack_tasks


def test_unpacked_task_is_the_folder_in_the_design(store: Store, tmp_path: Path) -> None:
    dataset, _ = make_approved(store)
    publish_folder(store, dataset, tmp_path / "out")
    tasks = unpack_tasks(tmp_path / "out", tmp_path / "tasks")
    assert list(tasks) == ["flights-0000", "flights-0001"]
    found = sorted(path.relative_to(tasks["flights-0000"]).as_posix() for path in tasks["flights-0000"].rglob("*"))
    assert found == ["environment", "environment/Dockerfile", "instruction.md", "metadata.json", "task.toml"]
    instruction = (tasks["flights-0000"] / "instruction.md").read_text()
    assert instruction.startswith("Task: book flight 0\n\n---\n\n# Hints\n\n## Available Tools\n### curl\n")
    assert "ask for it once. (from episode-1, episode-2)\n" in instruction


def test_skeleton_runs_ubuntu_with_python_and_says_what_harbor_needs() -> None:
    files = build_skeleton('odd "name"\n\x7f')
    task = tomllib.loads(files["task.toml"].decode())
    assert task["version"] == "1.0"
    assert task["metadata"]["difficulty"] == "medium"
    assert {"author_name", "difficulty", "category", "tags"} == set(task["metadata"])
    assert task["metadata"]["tags"][1] == 'odd "name"\n\x7f'
    assert (task["agent"]["timeout_sec"], task["verifier"]["timeout_sec"]) == (900.0, 720.0)
    dockerfile = files["environment/Dockerfile"].decode()
    for line in ("FROM ubuntu:24.04", "WORKDIR /app", "python3 python3-pip"):
        assert line in dockerfile


@pytest.mark.parametrize("text", ["", 'a"b', "\\", "\t\n\r\x00\x1f\x7f", "ü 日本 \U0001f600", "'''"])
def test_toml_string_reads_back(text: str) -> None:
    assert tomllib.loads(f"a = {quote_toml(text)}")["a"] == text


def test_metadata_has_exactly_the_fields_in_the_design(store: Store, tmp_path: Path) -> None:
    dataset, _ = make_approved(store)
    publish_folder(store, dataset, tmp_path / "out")
    tasks = unpack_tasks(tmp_path / "out", tmp_path / "tasks")
    metadata = json.loads((tasks["flights-0001"] / "metadata.json").read_text())
    assert metadata.pop("hints")[2] == {
        "kind": "pitfall",
        "text": "When the date is missing, don't search with a guess; ask for it once.",
        "support": 1,
        "source_episodes": ["episode-1", "episode-2"],
    }
    assert metadata == {
        "trial_name": "flight-1",
        "task": "book-1",
        "source_dataset": "listed.jsonl",
        "source_revision": dataset.revision,
        "episodes": 3,
        "attempts": 1,
        "outcomes": {"error": 1},
        "base_pass_rate": 0.0,
        "extractor": ["llm"],
        "model": ["gpt-4o-mini"],
        "prompt_version": ["p1"],
        "reviewed": True,
        "has_verifier": False,
        "hint_selection": "full",
        "twin_of": None,
    }


def test_only_approved_trials_and_accepted_hints_go_out(store: Store, tmp_path: Path) -> None:
    dataset, trials = import_trials(store, 3)
    hints = propose(store, trials[1])
    reject_hint(store, hints[0], reason="Too vague", reviewer="ada", action_id="r")
    approve(store, store.traces.get_trial(trials[1].id))
    late = propose_more(store, trials[1].id)
    result = publish_folder(store, dataset, tmp_path / "out")
    assert (result.trials, result.left_out) == (1, [])
    (row,) = read_table(tmp_path / "out", "hints")
    kinds = ("tools", "strategies", "pitfalls", "criteria")
    assert [len(row[kind]) for kind in kinds] == [0, 1, 1, 1]
    assert [row["path"] for row in read_table(tmp_path / "out", "data")] == ["flights-0001"]
    assert store.curation.get_hint(late).state is HintState.PROPOSED


def propose_more(store: Store, trial_id: int) -> str:
    hints = store.curation.list_hints(trial_id)
    text = StrategyText(do="Something new")
    late = hints[0].model_copy(update={"id": "late", "text": text, "proposed_text": text})
    store.curation.replace_hints(trial_id, hints=[*hints, late], findings=[])
    return late.id


def test_edited_words_and_task_text_are_published(store: Store, tmp_path: Path) -> None:
    dataset, trials = make_approved(store, 1)
    edit_task_text(store, trials[0], "Book any flight.", reviewer="ada", action_id="e")
    publish_folder(store, dataset, tmp_path / "out")
    tasks = unpack_tasks(tmp_path / "out", tmp_path / "tasks")
    assert (tasks["flights-0000"] / "instruction.md").read_text().startswith("Book any flight.\n\n---\n\n# Hints")
    manifest = json.loads((tmp_path / "out" / "trace_hints.json").read_text())
    assert manifest["tasks"][0]["decisions"][1] == "e"


@pytest.mark.parametrize(("reviewer", "reviewed"), [("ada", True), ("unattended", False)])
def test_reviewed_means_that_a_person_approved(store: Store, reviewer: str, reviewed: bool) -> None:
    dataset, (trial, _) = import_trials(store)
    approve(store, trial, reviewer=reviewer)
    task = build_task(load_facts(store, trial.id), dataset, PublishOptions(prefix="p"))
    assert task.is_reviewed is reviewed


def test_last_approval_is_the_one_in_force(store: Store) -> None:
    dataset, (trial, _) = import_trials(store)
    approve(store, trial, reviewer="ada")
    reopen_trial(store, store.traces.get_trial(trial.id), reviewer="ada", action_id="reopen")
    approve(store, store.traces.get_trial(trial.id), reviewer="unattended")
    assert not build_task(load_facts(store, trial.id), dataset, PublishOptions(prefix="p")).is_reviewed


def test_origins_are_those_of_the_published_hints(store: Store) -> None:
    dataset, (trial, _) = import_trials(store)
    hints = propose(store, trial)
    person = hints[1].model_copy(update={"origins": [*hints[1].origins, Origin(extractor="person")]})
    store.curation.replace_hints(trial.id, hints=[hints[0], person], findings=[])
    approve(store, store.traces.get_trial(trial.id))
    task = build_task(load_facts(store, trial.id), dataset, PublishOptions(prefix="p"))
    metadata = json.loads(task.files.contents["metadata.json"])
    assert (metadata["extractor"], metadata["model"]) == (["llm", "person"], ["gpt-4o-mini"])


def test_trial_without_hints_is_its_task_text_alone(store: Store) -> None:
    dataset, (trial, _) = import_trials(store)
    approve(store, trial)
    task = build_task(load_facts(store, trial.id), dataset, PublishOptions(prefix="p"))
    assert task.files.contents["instruction.md"] == b"Task: book flight 0"


def test_source_episodes_can_be_left_out_of_the_instruction(store: Store, tmp_path: Path) -> None:
    dataset, _ = make_approved(store, 1)
    publish_folder(store, dataset, tmp_path / "out", source_episodes=False)
    task = unpack_tasks(tmp_path / "out", tmp_path / "tasks")["flights-0000"]
    assert "(from" not in (task / "instruction.md").read_text()
    assert json.loads((task / "metadata.json").read_text())["hints"][2]["source_episodes"]


def test_content_hash_tells_changed_words_from_unchanged_ones(store: Store) -> None:
    dataset, trials = make_approved(store)
    tasks = [build_task(load_facts(store, trial.id), dataset, PublishOptions(prefix="p")) for trial in trials]
    again = build_task(load_facts(store, trials[0].id), dataset, PublishOptions(prefix="p"))
    assert tasks[0].content_hash == again.content_hash != tasks[1].content_hash


def test_folder_number_has_four_digits_or_more(store: Store) -> None:
    dataset, (trial, _) = import_trials(store)
    facts = load_facts(store, trial.id)
    facts = facts._replace(trial=trial.model_copy(update={"number": 12_345}))
    assert build_task(facts, dataset, PublishOptions(prefix="p")).folder == "p-12345"


def test_unrelated_finding_does_not_hold_a_trial_back(store: Store, tmp_path: Path) -> None:
    dataset, (trial,) = make_approved(store, 1)
    hints = store.curation.list_hints(trial.id)
    finding = Finding(code="no-instead", severity=Severity.WARN, message="It warns.", hint_id=hints[2].id)
    store.curation.replace_hints(trial.id, hints=hints, findings=[finding])
    assert publish_folder(store, dataset, tmp_path / "out").trials == 1
