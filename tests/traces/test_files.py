"""Local files: what is read, and the one sentence that bad ones get."""

import json
import os
import tracemalloc
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from core.errors import SourceError, UsageError
from core.store import Store
from core.traces.files import read_json
from core.traces.sources import SourceRequest, load_source
from tests.builders import FORMATS, import_path, make_row, run_sql, say, talk, write_rows

ROWS = [make_row(talk("Task: x", str(n)), trial_name=f"t{n}") for n in range(3)]


def dump(value: object) -> str:
    return json.dumps(value)


JSON_TEXTS = {
    "a list": dump(ROWS),
    "a pretty list": json.dumps(ROWS, indent=2),
    "a list as the value of a key": dump({"rows": ROWS}),
    "other keys before and behind": dump(
        {"version": 1.5, "tags": ["[", "a"], "meta": {"data": [1, {}]}, "data": ROWS, "end": []}
    ),
    "a list of other objects before": dump({"tools": [{"name": "ls"}], "episodes": ROWS}),
    "a key that is also a column": dump({"task": "all", "model": "m", "data": ROWS}),
    "one object per line": "\n".join(map(dump, ROWS)),
    "one object per line, the conversation first": "\n".join(dump(dict(reversed(row.items()))) for row in ROWS),
    "pretty objects one after the other": "\n".join(json.dumps(row, indent=1) for row in ROWS),
    "blanks around": f"\n\n  {dump(ROWS)}  \n",
}


@pytest.mark.parametrize("text", JSON_TEXTS.values(), ids=JSON_TEXTS)
def test_rows_are_found_in_every_kind_of_json_file(store: Store, tmp_path: Path, text: str) -> None:
    (tmp_path / "a.json").write_text(text)
    found = import_path(store, tmp_path / "a.json")
    assert [trial.trial.name for trial in found.trials] == ["t0", "t1", "t2"]


@pytest.mark.parametrize("padding", range(1_048_570, 1_048_600, 3))
def test_a_value_may_lie_across_the_end_of_a_block(tmp_path: Path, padding: int) -> None:
    (tmp_path / "a.json").write_text(f'{{"pad": "{"x" * padding}", "number": 12345678, "data": {dump(ROWS)}}}')
    assert list(read_json(tmp_path / "a.json")) == ROWS


def test_a_large_json_file_is_read_in_portions(tmp_path: Path) -> None:
    path = write_rows(tmp_path / "a.json", [make_row(talk("Task: x", "y" * 100_000)) for _ in range(300)])
    assert path.stat().st_size > 30_000_000
    tracemalloc.start()
    count = sum(1 for _ in read_json(path))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert count == 300
    assert peak < 12_000_000


def test_blank_lines_between_rows_are_skipped(store: Store, tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").write_text("\n\n".join(map(dump, ROWS)) + "\n   \n")
    found = import_path(store, tmp_path / "a.jsonl")
    assert [episode.row_number for attempt in found.attempts for episode in attempt.episodes] == [0, 1, 2]


@pytest.mark.parametrize("suffix", [".PARQUET", ".JSONL", ".Json"])
def test_the_ending_may_be_written_in_capitals(store: Store, tmp_path: Path, suffix: str) -> None:
    path = write_rows(tmp_path / f"a{suffix.lower()}", ROWS).rename(tmp_path / f"b{suffix}")
    assert len(import_path(store, path).trials) == 3


def test_parquet_with_text_that_is_not_utf8_is_read_with_visible_replacements(store: Store, tmp_path: Path) -> None:
    texts = pa.array([b"t\xe9", b"fine"], pa.binary()).view(pa.string())
    messages = pa.StructArray.from_arrays(
        [pa.array(["user"] * 2), pa.array([b"Task: caf\xe9", b"Task: y"], pa.binary()).view(pa.string())],
        ["role", "content"],
    )
    conversations = pa.ListArray.from_arrays([0, 1, 2], messages)
    table = pa.table({"trial_name": texts, "episode": ["e0", "e1"], "conversations": conversations})
    pq.write_table(table, tmp_path / "a.parquet")
    found = import_path(store, tmp_path / "a.parquet")
    assert [trial.trial.name for trial in found.trials] == ["t\ufffd", "fine"]
    assert found.attempts[0].texts == ["Task: caf\ufffd"]


def test_parquet_whose_texts_are_declared_as_bytes_is_read(store: Store, tmp_path: Path) -> None:
    rows = [make_row([say("user", b"Task: x"), say("assistant", "é".encode())], trial_name=b"t", result=b"1.0")]
    found = import_path(store, write_rows(tmp_path / "a.parquet", rows))
    assert (found.trial.trial.name, found.attempt.texts) == ("t", ["Task: x", "é"])
    assert found.attempt.attempt.outcome == "success"


def test_parquet_of_other_arrow_types_is_read(store: Store, tmp_path: Path) -> None:
    table = pa.table(
        {
            "trial_name": pa.array(["t"]).dictionary_encode(),
            "episode": pa.array(["e0"], pa.large_string()),
            "conversations": pa.array([talk("Task: x", "a")]),
            "result": pa.array([1.0], pa.float32()),
            "run_id": pa.array([7], pa.int8()),
            "unused": pa.array([b"\xff"]),
        }
    )
    pq.write_table(table, tmp_path / "a.parquet", row_group_size=1)
    found = import_path(store, tmp_path / "a.parquet")
    assert (found.attempt.attempt.result, found.attempt.attempt.run_id) == ("1.0", "7")


# --- bad files

BROKEN = {
    "an empty list": ("a.json", b"[]", "holds no rows"),
    "an empty file": ("a.json", b"", "a.json holds no list of rows"),
    "null": ("a.json", b"null", "a.json holds no list of rows"),
    "a number": ("a.json", b"7", "a.json holds no list of rows"),
    "a text": ("a.json", b'"[]"', "a.json holds no list of rows"),
    "an object without a list": ("a.json", b'{"a": {"b": 1}}', "a.json holds no list of rows"),
    "an object with a list of numbers": ("a.json", b'{"a": [1, 2]}', "a.json holds no list of rows"),
    "a list of numbers": ("a.json", b"[1, 2]", "a.json, item 0: not an object"),
    "a list that ends in the middle": ("a.json", dump(ROWS)[:-9].encode(), "a.json"),
    "a list without an end": ("a.json", dump(ROWS)[:-1].encode(), "ends in the middle"),
    "a broken item": ("a.json", b'[{"a": 1}, {"a": tru}]', "a.json, item 1: not valid JSON"),
    "broken JSON": ("a.json", b'{"a": ', "a.json"),
    "nested without end": ("a.json", b"[" * 200_000, "a.json"),
    "an empty jsonl file": ("a.jsonl", b"", "holds no rows"),
    "blank lines only": ("a.jsonl", b"\n \n", "holds no rows"),
    "a broken line": ("a.jsonl", f"{dump(ROWS[0])}\n\n{{'a': 1}}\n".encode(), "a.jsonl, line 3: not valid JSON"),
    "a cut line": ("a.jsonl", f"{dump(ROWS[0])}\n{dump(ROWS[1])[:-5]}".encode(), "a.jsonl, line 2: not valid JSON"),
    "a line that is a list": ("a.jsonl", b'["a"]\n', "a.jsonl, line 1: not a JSON object"),
    "a line nested without end": ("a.jsonl", b"[" * 200_000, "a.jsonl, line 1"),
    "an empty parquet file": ("a.parquet", b"", "a.parquet is not a readable parquet file"),
    "text as parquet": ("a.parquet", b"trial_name,episode\n" * 50, "a.parquet is not a readable parquet file"),
}


def refuse(store: Store, path: Path) -> str:
    """The sentence that the file is refused with; nothing of it may stay in the workspace."""
    with pytest.raises(SourceError) as caught:
        import_path(store, path)
    assert store.traces.list_datasets() == []
    for table in ("datasets", "trials", "conversations", "texts", "set_aside"):
        assert run_sql(path.parent / "home", f"SELECT COUNT(*) FROM {table}") == [(0,)]
    message = str(caught.value)
    assert "\n" not in message
    assert message.rstrip().endswith(".")
    return message


@pytest.mark.parametrize(("name", "content", "said"), BROKEN.values(), ids=BROKEN)
def test_a_broken_file_gets_one_sentence_that_names_the_place(
    store: Store, tmp_path: Path, name: str, content: bytes, said: str
) -> None:
    (tmp_path / name).write_bytes(content)
    assert said in refuse(store, tmp_path / name)


@pytest.mark.parametrize("kept", [0.3, 0.9, 0.999])
def test_truncated_parquet_is_refused(store: Store, tmp_path: Path, kept: float) -> None:
    path = write_rows(tmp_path / "a.parquet", ROWS)
    path.write_bytes(path.read_bytes()[: int(path.stat().st_size * kept)])
    assert "a.parquet is not a readable parquet file" in refuse(store, path)


def test_parquet_whose_column_names_are_damaged_is_refused(store: Store, tmp_path: Path) -> None:
    path = write_rows(tmp_path / "a.parquet", ROWS)
    path.write_bytes(path.read_bytes().replace(b"conversations", b"conversat\xaaons"))
    assert "a.parquet is not a readable parquet file" in refuse(store, path)


def test_parquet_that_is_damaged_in_the_middle_is_refused(store: Store, tmp_path: Path) -> None:
    rows = [make_row(talk("Task: x", os.urandom(2_000).hex()), trial_name=f"t{n}") for n in range(2_000)]
    path = write_rows(tmp_path / "a.parquet", rows)
    content = bytearray(path.read_bytes())
    middle = len(content) // 2
    content[middle : middle + 400_000] = bytes(400_000)
    path.write_bytes(content)
    assert "a.parquet is not a readable parquet file" in refuse(store, path)


@pytest.mark.parametrize("suffix", FORMATS)
def test_a_file_without_episode_rows_is_refused_with_the_columns_that_are_missing(
    store: Store, tmp_path: Path, suffix: str
) -> None:
    path = write_rows(tmp_path / f"a{suffix}", [{"trial_name": "t", "prompt": "p", "answer": "a"}])
    said = refuse(store, path)
    assert "columns episode and conversations missing" in said
    assert "trial_name" in said.partition("it has:")[2]
    assert "rename the columns" in said


@pytest.mark.parametrize("suffix", FORMATS)
def test_a_file_without_any_known_column_names_what_it_has(store: Store, tmp_path: Path, suffix: str) -> None:
    said = refuse(store, write_rows(tmp_path / f"a{suffix}", [{"prompt": "p", "answer": "a"}]))
    assert "columns trial_name, episode and conversations missing (it has: answer, prompt)" in said


@pytest.mark.parametrize("suffix", FORMATS)
def test_one_missing_column_is_named_in_the_singular(store: Store, tmp_path: Path, suffix: str) -> None:
    said = refuse(store, write_rows(tmp_path / f"a{suffix}", [{"episode": "e", "conversations": talk("a", "b")}]))
    assert "column trial_name missing" in said


def test_odd_column_names_do_not_break_the_refusal(store: Store, tmp_path: Path) -> None:
    said = refuse(store, write_rows(tmp_path / "a.jsonl", [{"bad\ud800\nname": 1, "0": 2}]))
    assert said.encode("utf-8")


@pytest.mark.parametrize("suffix", FORMATS)
def test_a_file_whose_rows_are_all_set_aside_is_refused_with_the_reasons(
    store: Store, tmp_path: Path, suffix: str
) -> None:
    rows = [make_row([say("user", "")]), make_row([say("user", "a")], trace_source="sub")]
    said = refuse(store, write_rows(tmp_path / f"a{suffix}", rows))
    assert "1 empty conversation" in said
    assert "sub-agent" in said


def test_a_parquet_file_with_zero_rows_is_refused(store: Store, tmp_path: Path) -> None:
    schema = write_rows(tmp_path / "b.parquet", ROWS)
    pq.write_table(pq.read_table(schema).slice(0, 0), tmp_path / "a.parquet")
    assert "holds no rows" in refuse(store, tmp_path / "a.parquet")


def test_a_file_that_cannot_be_read_is_refused(store: Store, tmp_path: Path) -> None:
    # permissions do not stop root, but nobody can read a process's memory from its start
    (tmp_path / "a.jsonl").symlink_to("/proc/self/mem")
    assert "a.jsonl cannot be read" in refuse(store, tmp_path / "a.jsonl")


@pytest.mark.parametrize("name", ["a.csv", "a.txt", "a", "a.parquet.gz"])
def test_an_unknown_ending_is_refused_with_the_known_ones(store: Store, tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_text("a")
    assert "ends in .parquet, .jsonl, .json" in refuse(store, tmp_path / name)


@pytest.mark.parametrize("name", ["folder", "folder.jsonl"])
def test_a_folder_is_refused(store: Store, tmp_path: Path, name: str) -> None:
    (tmp_path / name).mkdir()
    assert f"{name} is a folder" in refuse(store, tmp_path / name)


@pytest.mark.parametrize(
    "source", ["missing.parquet", "./missing", "../x/y", "~nobody-has-this-name/a.jsonl", "/no/file"]
)
def test_a_missing_file_is_refused_with_what_to_do(source: str) -> None:
    with pytest.raises(SourceError, match=r"There is no file .*missing|There is no file .*(x/y|a\.jsonl|no/file)"):
        load_source(SourceRequest(source=source))


@pytest.mark.parametrize("source", [f"/tmp/{'n' * 300}.jsonl", f"{'n' * 5_000}/a.json", "a\0b.jsonl"])
def test_a_path_that_no_file_can_have_is_refused(source: str) -> None:
    with pytest.raises(SourceError, match=r"There is no file|cannot be read"):
        load_source(SourceRequest(source=source))


@pytest.mark.parametrize("option", ["config", "split", "revision"])
def test_a_file_has_no_configuration_split_or_revision(tmp_path: Path, option: str) -> None:
    path = write_rows(tmp_path / "a.jsonl", ROWS)
    values: dict[str, Any] = {option: "x"}
    with pytest.raises((SourceError, UsageError), match=f"Leave --{option} out"):
        load_source(SourceRequest(source=str(path), **values))


def test_a_file_name_that_is_not_utf8_is_shown_and_stored(store: Store, tmp_path: Path) -> None:
    name = os.fsdecode(b"caf\xe9.jsonl")
    found = import_path(store, write_rows(tmp_path / name, ROWS))
    assert found.dataset.name == "caf\ufffd"
    assert found.dataset.source.endswith("caf\ufffd.jsonl")
    (tmp_path / name).write_text("{")
    with pytest.raises(SourceError) as caught:
        import_path(store, tmp_path / name)
    assert str(caught.value).encode("utf-8")
