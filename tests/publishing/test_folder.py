import json
import re
from pathlib import Path

import pyarrow.parquet as pq
import pytest
import yaml

from core.errors import JobStopped, PublishError, UsageError
from core.models import TrialStatus
from core.progress import no_progress
from core.publishing.options import PublishOptions
from core.publishing.publish import Made, run_publish
from core.settings import Settings
from core.store import Store, open_store
from tests.builders import import_list
from tests.publishing.approved import (
    approve,
    change_hint,
    import_trials,
    look,
    make_approved,
    make_rows,
    propose,
    publish_folder,
)
from tests.publishing.unpacked import list_files, read_commit, read_table


def test_export_is_exactly_the_files_of_the_commit(store: Store, tmp_path: Path) -> None:
    dataset, _ = make_approved(store)
    result = publish_folder(store, dataset, tmp_path / "deep" / "out")
    assert sorted(read_commit(tmp_path / "deep" / "out")) == [
        "README.md",
        "data/train-00000-of-00001.parquet",
        "hints/train-00000-of-00001.parquet",
        "trace_hints.json",
    ]
    assert result.model_dump() == {
        "trials": 2,
        "repo": None,
        "revision": None,
        "path": str(tmp_path / "deep" / "out"),
        "hints_file": None,
        "url": None,
        "pull_request": None,
        "unchanged": False,
        "added": 2,
        "changed": 0,
        "withdrawn": [],
        "left_out": [],
        "warnings": [],
        "removed": [],
    }
    assert [path.name for path in (tmp_path / "deep").iterdir()] == ["out"]


def test_two_workspaces_give_the_same_bytes(tmp_path: Path) -> None:
    for number, name in enumerate(["one", "two"]):
        with open_store(tmp_path / name / "home") as store:
            if number:
                make_approved(store, 1, task="another dataset first")
            dataset, _ = make_approved(store, 5)
            publish_folder(store, dataset, tmp_path / name / "out")
    assert read_commit(tmp_path / "one" / "out") == read_commit(tmp_path / "two" / "out")


def test_files_hold_no_time_and_no_publisher(store: Store, tmp_path: Path) -> None:
    dataset, _ = make_approved(store)
    publish_folder(store, dataset, tmp_path / "out")
    files = read_commit(tmp_path / "out")
    for path in ("README.md", "trace_hints.json"):
        assert not re.search(rb"Zoltan|\bada\b", files[path])
        assert not re.search(rb"20\d\d-\d\d|\d\d:\d\d", files[path])
        assert str(tmp_path).encode() not in files[path]


def test_tables_have_the_columns_in_the_design(store: Store, tmp_path: Path) -> None:
    dataset, _ = make_approved(store)
    publish_folder(store, dataset, tmp_path / "out")
    data = pq.read_schema(tmp_path / "out" / "data" / "train-00000-of-00001.parquet")
    assert [(field.name, str(field.type)) for field in data] == [("path", "string"), ("task_binary", "binary")]
    row = read_table(tmp_path / "out", "hints")[1]
    assert row.pop("instruction").startswith("Task: book flight 1\n\n---\n\n# Hints\n")
    hints = {kind: row.pop(kind) for kind in ("tools", "strategies", "pitfalls", "criteria")}
    assert [len(found) for found in hints.values()] == [1, 1, 1, 1]
    assert hints["pitfalls"] == [
        {
            "text": "When the date is missing, don't search with a guess; ask for it once.",
            "support": 1,
            "source_episodes": ["episode-1", "episode-2"],
            "edited": False,
        }
    ]
    assert row == {
        "path": "flights-0001",
        "trial_name": "flight-1",
        "task": "book-1",
        "task_text": "Task: book flight 1",
        "attempts": 1,
        "episodes": 3,
        "outcomes": {"success": 0, "partial": 0, "failure": 0, "error": 1, "unknown": 0},
        "base_pass_rate": 0.0,
        "extractors": ["llm"],
        "models": ["gpt-4o-mini"],
        "prompt_versions": ["p1"],
        "agent_models": [],
        "hint_selection": "full",
        "reviewed": True,
        "has_verifier": False,
    }


def test_manifest_says_what_rests_on_which_decisions(store: Store, tmp_path: Path) -> None:
    dataset, trials = make_approved(store)
    publish_folder(store, dataset, tmp_path / "out")
    manifest = json.loads((tmp_path / "out" / "trace_hints.json").read_text())
    assert manifest["schema_version"] == 1
    assert manifest["source"] == {
        "dataset": "listed.jsonl",
        "config": None,
        "split": None,
        "revision": dataset.revision,
    }
    assert manifest["prefix"] == "flights"
    assert manifest["options"] == {
        "layout": "archive",
        "unmatched": "leave_out",
        "hint_selection": "full",
        "twins": False,
        "source_episodes": True,
        "min_pass_rate": None,
        "max_pass_rate": None,
        "with_evidence": False,
        "with_reviewers": False,
        "licence": None,
        "tasks": None,
    }
    task = manifest["tasks"][1]
    assert (task["folder"], task["trial_name"], task["number"]) == ("flights-0001", "flight-1", 1)
    known = {decision.id: decision.action for decision in store.decisions.list_decisions(trials[1].id)}
    assert [known[decision_id] for decision_id in task["decisions"]] == ["approve", *["accept"] * 4]
    (publication,) = store.publications.list_publications()
    assert store.publications.list_trials(publication.id)[trials[1].id].content_hash == task["content_sha256"]
    assert (publication.path, publication.published_by, publication.trials) == (str(tmp_path / "out"), "Zoltan", 2)


def read_card(folder: Path) -> tuple[dict[str, object], str]:
    _, head, body = (folder / "README.md").read_text().split("---\n", 2)
    return yaml.safe_load(head), body


@pytest.mark.parametrize(
    ("reviewers", "sentence"),
    [
        (["ada", "ada"], "A person approved each of these tasks."),
        (["unattended", "unattended"], "No person reviewed these tasks"),
        (["ada", "unattended"], "A person approved 1 of these 2 tasks"),
    ],
)
def test_card_says_who_reviewed_and_that_there_is_no_verifier(
    store: Store, tmp_path: Path, reviewers: list[str], sentence: str
) -> None:
    dataset, trials = import_trials(store)
    for trial, reviewer in zip(trials, reviewers, strict=True):
        propose(store, trial)
        approve(store, trial, reviewer=reviewer)
    publish_folder(store, dataset, tmp_path / "out")
    head, body = read_card(tmp_path / "out")
    assert sentence in body
    assert "The tasks have no verifier" in body
    assert "license" not in head
    configs = head["configs"]
    assert isinstance(configs, list)
    assert [(item["config_name"], item["data_files"][0]["path"].split("/")[0]) for item in configs] == [
        ("default", "data"),
        ("hints", "hints"),
    ]


def test_licence_of_the_source_is_carried(store: Store, tmp_path: Path) -> None:
    dataset, _ = make_approved(store)
    store.traces.finish_dataset(dataset.id, report='{"licence": "cc-by-4.0"}')
    publish_folder(store, dataset, tmp_path / "out")
    assert read_card(tmp_path / "out")[0]["license"] == "cc-by-4.0"


def test_second_export_without_a_change_is_unchanged_and_recorded(store: Store, tmp_path: Path) -> None:
    dataset, trials = make_approved(store)
    publish_folder(store, dataset, tmp_path / "out")
    times = {path: (tmp_path / "out" / path).stat().st_mtime_ns for path in read_commit(tmp_path / "out")}
    assert publish_folder(store, dataset, tmp_path / "out").unchanged
    assert times == {path: (tmp_path / "out" / path).stat().st_mtime_ns for path in times}
    assert [item.unchanged for item in store.publications.list_publications()] == [True, False]
    change_hint(store, trials[0])
    assert not publish_folder(store, dataset, tmp_path / "out").unchanged


def test_task_that_is_not_published_any_more_is_listed(store: Store, tmp_path: Path) -> None:
    dataset, trials = make_approved(store)
    publish_folder(store, dataset, tmp_path / "out")
    store.subjects.save_status(trials[0].id, TrialStatus.OPEN)
    assert look(store, dataset, tmp_path / "out").removed_trials == ["flight-0"]
    assert publish_folder(store, dataset, tmp_path / "out").removed == ["flight-0"]
    assert [row["path"] for row in read_table(tmp_path / "out", "data")] == ["flights-0001"]


def test_folder_with_files_of_somebody_else_is_refused_and_untouched(store: Store, tmp_path: Path) -> None:
    dataset, _ = make_approved(store)
    (tmp_path / "out" / "data").mkdir(parents=True)
    (tmp_path / "out" / "data" / "mine.txt").write_text("mine")
    with pytest.raises(PublishError, match="holds files that were not published from here. Name an empty folder"):
        publish_folder(store, dataset, tmp_path / "out")
    assert list_files(tmp_path / "out") == {"data/mine.txt": b"mine"}
    assert sorted(path.name for path in tmp_path.iterdir()) == ["home", "out"]
    publish_folder(store, dataset, tmp_path / "out", replace=True)
    assert len(list_files(tmp_path / "out")) == 5


def test_folder_of_another_dataset_is_refused_unless_replaced(store: Store, tmp_path: Path) -> None:
    dataset, _ = make_approved(store)
    publish_folder(store, dataset, tmp_path / "out")
    path = tmp_path / "out" / "trace_hints.json"
    path.write_text(path.read_text().replace("listed.jsonl", "other.jsonl"))
    with pytest.raises(PublishError, match=r"holds tasks of another dataset \(other.jsonl\)"):
        publish_folder(store, dataset, tmp_path / "out")
    assert not publish_folder(store, dataset, tmp_path / "out", replace=True).unchanged


def test_new_revision_of_the_same_source_replaces_its_tasks(store: Store, tmp_path: Path) -> None:
    dataset, _ = make_approved(store)
    publish_folder(store, dataset, tmp_path / "out")
    newer = import_list(store, make_rows(2, result="0.0")).dataset
    (trial, _) = store.traces.list_trials(newer.id)
    approve(store, trial)
    assert publish_folder(store, newer, tmp_path / "out").removed == ["flight-1"]


def test_empty_folder_is_taken_and_a_file_is_not(store: Store, tmp_path: Path) -> None:
    dataset, _ = make_approved(store)
    (tmp_path / "out").mkdir()
    publish_folder(store, dataset, tmp_path / "out")
    assert len(read_commit(tmp_path / "out")) == 4
    (tmp_path / "file").write_text("x")
    with pytest.raises(PublishError, match="is a file. Name a folder"):
        publish_folder(store, dataset, tmp_path / "file")


def test_place_that_cannot_be_written_is_said(store: Store, tmp_path: Path) -> None:
    dataset, _ = make_approved(store)
    (tmp_path / "file").write_text("x")
    with pytest.raises(PublishError, match="cannot be written"):
        publish_folder(store, dataset, tmp_path / "file" / "out")


def test_cancelled_export_leaves_nothing_behind(store: Store, tmp_path: Path) -> None:
    dataset, _ = make_approved(store)

    def stop(stage: str, *, done: int = 0, total: int | None = None, failed: int = 0) -> None:
        if stage == "building tasks" and done == total:
            raise JobStopped("cancelled")

    with pytest.raises(JobStopped):
        publish_folder(store, dataset, tmp_path / "out", progress=stop)
    assert [path.name for path in tmp_path.iterdir()] == ["home"]
    assert store.publications.list_publications() == []


def test_progress_counts_trials(store: Store, tmp_path: Path) -> None:
    dataset, _ = make_approved(store, 30)
    seen = []

    def note(stage: str, *, done: int = 0, total: int | None = None, failed: int = 0) -> None:
        seen.append((stage, done, total))

    publish_folder(store, dataset, tmp_path / "out", progress=note)
    assert [item for item in seen if item[0] == "building tasks"] == [
        ("building tasks", done, 30) for done in (0, 25, 30)
    ]


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        ({}, "Say where to publish"),
        ({"repo": "a/b/c"}, "no repository name"),
        ({"output_dir": "x", "prefix": "a/b"}, "cannot begin the name of a folder"),
    ],
)
def test_wrong_options_are_usage_errors(store: Store, options: dict[str, str], reason: str) -> None:
    dataset, _ = make_approved(store)
    with pytest.raises(UsageError, match=reason):
        run_publish(
            store,
            dataset,
            PublishOptions(**{"prefix": "p", **options}),  # type: ignore[arg-type]
            settings=Settings(home=Path("x")),
            progress=no_progress,
            made=Made("ada"),
        )
