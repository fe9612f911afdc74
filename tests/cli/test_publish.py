import json
from pathlib import Path

from tests.cli.test_augment import augment
from tests.commands import build_environment, run_core
from tests.publishing.test_source_tasks import write_task
from tests.publishing.unpacked import list_files, read_table
from tests.workspaces import SAMPLE


def test_every_option_of_a_publication_is_on_the_command_line(home: Path, tmp_path: Path) -> None:
    write_task(tmp_path / "source", "book-flight-sfo-wifi", b"Task: book it")
    environment = build_environment(home)
    first = augment(
        environment, "--dataset", str(SAMPLE), "--extractor", "rules", "--export-hints", str(tmp_path / "all.csv")
    )
    assert first.code == 0, first.err
    assert first.json["published"] == {"trials": 13, "repo": None, "revision": None, "path": None}
    assert len((tmp_path / "all.csv").read_text("utf-8").splitlines()) > 13
    done = run_core(
        "publish", "--dataset", "sample", "--output-dir", str(tmp_path / "out"), "--dataset-prefix", "p",
        "--layout", "folders", "--tasks", str(tmp_path / "source"), "--unmatched", "without_verifier",
        "--max-task-mb", "1", "--max-task-files", "50", "--hint-selection", "pitfalls_and_criteria", "--twins",
        "--no-source-episodes", "--min-pass-rate", "0.2", "--max-pass-rate", "0.9", "--with-evidence",
        "--with-reviewers", "--license", "apache-2.0", "--export-hints", str(tmp_path / "hints.jsonl"), "--json",
        environment=environment,
    )  # fmt: skip
    assert done.code == 0, done.err
    rows = read_table(tmp_path / "out", "hints")
    assert rows == [json.loads(line) for line in (tmp_path / "hints.jsonl").read_text("utf-8").splitlines()]
    assert 0 < len(rows) == done.json["published"]["trials"] < 13
    assert all(0.2 <= row["base_pass_rate"] <= 0.9 for row in rows)
    assert all(row["tools"] == row["strategies"] == row["reviewers"] == [] for row in rows)
    assert any("evidence" in hint for row in rows for hint in row["pitfalls"] + row["criteria"])
    files = list_files(tmp_path / "out")
    assert files[f"tasks/{rows[0]['path']}-plain/instruction.md"].decode() == rows[0]["task_text"]
    assert not any(b"(from " in content for path, content in files.items() if path.endswith("instruction.md"))
    assert b"license: apache-2.0" in files["README.md"]
    assert "outside the bounds" in done.err
    assert "It is published in the standard environment, without verifier." in done.err
    options = json.loads(files["trace_hints.json"])["options"]
    assert options == {
        "layout": "folders", "unmatched": "without_verifier", "hint_selection": "pitfalls_and_criteria",
        "twins": True, "source_episodes": False, "min_pass_rate": 0.2, "max_pass_rate": 0.9, "with_evidence": True,
        "with_reviewers": True, "licence": "apache-2.0", "tasks": {"source": "source", "revision": None},
    }  # fmt: skip
