import csv
import json
from pathlib import Path

import pytest

from core.errors import PublishError, UsageError
from core.models import CriterionText, PitfallText
from core.publishing.hint_files import check_hints_file, defuse
from core.store import Store
from tests.publishing.approved import change_hint, make_approved, propose, publish_folder
from tests.publishing.unpacked import read_table


def test_jsonl_has_the_rows_of_the_hints_table(store: Store, tmp_path: Path) -> None:
    dataset, _ = make_approved(store, 3)
    path = tmp_path / "deep" / "hints.jsonl"
    result = publish_folder(store, dataset, tmp_path / "out", export_hints=str(path), with_evidence=True)
    rows = [json.loads(line) for line in path.read_text("utf-8").splitlines()]
    assert rows == read_table(tmp_path / "out", "hints")
    assert result.hints_file == str(path)
    assert [entry.name for entry in path.parent.iterdir()] == ["hints.jsonl"]


def test_file_of_hints_alone_is_no_publication(store: Store, tmp_path: Path) -> None:
    dataset, _ = make_approved(store)
    path = tmp_path / "hints.csv"
    result = publish_folder(store, dataset, tmp_path / "out", output_dir=None, export_hints=str(path))
    assert (result.trials, result.path, result.hints_file) == (2, None, str(path))
    assert not (tmp_path / "out").exists()
    assert store.publications.list_publications() == []


def test_csv_has_a_row_per_trial_and_no_lists(store: Store, tmp_path: Path) -> None:
    dataset, trials = make_approved(store)
    change_hint(store, trials[0], position=3, text=CriterionText(text='Ünï: “日本”, with\na break; and "quotes"'))
    path = tmp_path / "hints.csv"
    publish_folder(store, dataset, tmp_path / "out", export_hints=str(path), with_evidence=True, with_reviewers=True)
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["path"] for row in rows] == ["flights-0000", "flights-0001"]
    first = rows[0]
    assert first["pitfalls"] == "When the date is missing, don't search with a guess; ask for it once."
    assert first["criteria"] == 'Ünï: “日本”, with a break; and "quotes".'
    assert (first["success"], first["attempts"], first["base_pass_rate"]) == ("1", "1", "1.0")
    assert (first["support"], first["models"], first["reviewers"]) == ("1; 1; 1; 1", "gpt-4o-mini", "ada")
    assert first["evidence"].startswith("flight-0, message 5: seen")


@pytest.mark.parametrize(
    "text",
    [
        "=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", " =HYPERLINK(1)", "\n\n+x", "＝1+1", "＠x", "\tplain",
        "\u00a0=1",
    ],
)  # fmt: skip
def test_cell_that_a_spreadsheet_would_run_is_defused(text: str) -> None:
    assert defuse(text) == f"'{text}"


@pytest.mark.parametrize("text", ["", "plain", "a=1", "3 - 2", "'=1", "Use `-x`"])
def test_other_cells_stay_as_they_are(text: str) -> None:
    assert defuse(text) == text


def test_hostile_words_of_hints_and_names_are_defused_in_the_file(store: Store, tmp_path: Path) -> None:
    dataset, trials = make_approved(store, 1, task="=cmd|' /C calc'!A0")
    change_hint(store, trials[0], text=PitfallText(avoid="", instead='@SUM(1+1)*cmd|" /C calc"!A0'))
    path = tmp_path / "hints.csv"
    publish_folder(store, dataset, tmp_path / "out", export_hints=str(path))
    with path.open(encoding="utf-8", newline="") as file:
        (row,) = csv.DictReader(file)
    assert row["task"] == "'=cmd|' /C calc'!A0"
    assert all(value[:1] not in ("=", "+", "-", "@", "\t", "\r") for value in row.values())
    assert row["pitfalls"].startswith("'@SUM")


def test_lines_of_jsonl_are_broken_by_line_feeds_only(store: Store, tmp_path: Path) -> None:
    dataset, trials = make_approved(store, 1, task="a\u2028b\u0085c\u2029d")
    path = tmp_path / "hints.jsonl"
    publish_folder(store, dataset, tmp_path / "out", export_hints=str(path))
    (line,) = path.read_text("utf-8").splitlines()
    assert json.loads(line)["task"] == "a\u2028b\u0085c\u2029d"


@pytest.mark.parametrize("name", ["hints", "hints.xlsx", "hints.json", "folder.csv"])
def test_file_of_another_kind_is_refused(tmp_path: Path, name: str) -> None:
    (tmp_path / "folder.csv").mkdir()
    with pytest.raises(UsageError):
        check_hints_file(tmp_path / name)


def test_place_that_cannot_be_written_is_said_and_nothing_is_published(store: Store, tmp_path: Path) -> None:
    dataset, trials = make_approved(store)
    propose(store, trials[0])
    (tmp_path / "file").write_text("x")
    with pytest.raises(PublishError, match="hints.csv cannot be written"):
        publish_folder(store, dataset, tmp_path / "out", export_hints=str(tmp_path / "file" / "hints.csv"))
    assert not (tmp_path / "out").exists()
