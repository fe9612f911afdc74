"""Shape 13: traces on the Hub, read from a stand-in by the unmodified clients in a process of their own."""

import io
import json
import textwrap
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from core.settings import PROJECT_ROOT
from tests.builders import Row, make_prefix_rows, make_row, talk
from tests.standins.hub import READ_TOKEN, HubServer
from tests.standins.hub_client import run_client

IMPORT_ALL = """
    import sys
    sys.path.insert(0, {project!r})
    from pathlib import Path
    from core.errors import TraceHintsError
    from core.store import open_store
    from core.traces.importing import import_source
    from core.traces.options import ImportOptions
    from core.traces.sources import SourceRequest, load_source

    def run(store, request):
        try:
            source = load_source(SourceRequest(**request))
            counted = source.count_rows()
            found = import_source(store, source, ImportOptions())
        except TraceHintsError as error:
            return {{"error": type(error).__name__, "said": str(error)}}
        identity = source.identity._asdict()
        names = [trial.name for trial in store.traces.list_trials(found.dataset.id)]
        report = found.report.model_dump(include={{"rows", "attempts", "episodes", "set_aside", "notes"}})
        return {{**identity, **report, "trials": names, "counted": counted, "was_there": found.was_there}}

    with open_store(Path("workspace")) as store:
        result = {{name: run(store, request) for name, request in {requests!r}.items()}}
        result["datasets"] = len(store.traces.list_datasets())
"""


def import_all(hub: HubServer, home: Path, requests: dict[str, dict[str, Any]], **options: Any) -> dict[str, Any]:
    """What each request found, or the sentence that it was refused with."""
    code = textwrap.dedent(IMPORT_ALL).format(project=str(PROJECT_ROOT), requests=requests)
    home.mkdir(exist_ok=True)
    result: dict[str, Any] = run_client(hub, home, code, **options)
    return result


def make_parquet(*rows: Row) -> bytes:
    buffer = io.BytesIO()
    pq.write_table(pa.Table.from_pylist(list(rows)), buffer)
    return buffer.getvalue()


def make_runs(*names: str) -> bytes:
    return make_parquet(
        *(row for name in names for row in make_prefix_rows(["Task: x", "a", "b", name], trial_name=name))
    )


def make_card(*configs: tuple[str, str], default: str | None = None) -> str:
    listed = [
        f"- config_name: {name}\n  {'default: true' if name == default else 'drop_labels: false'}\n"
        f"  data_files: [{{split: train, path: {path}}}]"
        for name, path in configs
    ]
    return "---\nlicense: apache-2.0\nconfigs:\n" + "\n".join(listed) + "\n---\n# Made\n"


EMPTY = make_parquet(make_row(talk("Task: x", "a")))
TRAIN = "data/train-00000-of-00001.parquet"


@pytest.fixture(scope="module")
def hub() -> Iterator[HubServer]:
    with HubServer() as server:
        add = server.add_dataset
        add("acme/plain", {TRAIN: make_runs("old")})
        add("acme/plain", {TRAIN: make_runs("a", "b"), "README.md": "---\nlicense: mit\n---\n"}, title="second")
        add("acme/lines", {"traces.jsonl": json.dumps(make_row(talk("Task: x", "a"))) + "\n"})
        add("acme/shards", {f"data/train-0000{n}-of-00002.parquet": make_runs(f"s{n}") for n in range(2)})
        splits = {f"data/{name}-00000-of-00001.parquet": make_runs(name) for name in ("train", "test")}
        add("acme/splits", splits)
        others = {f"data/{name}-00000-of-00001.parquet": make_runs(name) for name in ("validation", "test")}
        add("acme/no-train", others)
        two = {"one/a.parquet": make_runs("one"), "two/a.parquet": make_runs("two")}
        configs = ("one", "one/*"), ("two", "two/*")
        add("acme/configs", {**two, "README.md": make_card(*configs, default="two")})
        add("acme/no-default", {**two, "README.md": make_card(*configs)})
        add("acme/missing", {TRAIN: make_parquet({"prompt": "p", "answer": "a"})})
        table = pq.read_table(io.BytesIO(EMPTY)).slice(0, 0)
        buffer = io.BytesIO()
        pq.write_table(table, buffer)
        add("acme/zero", {TRAIN: buffer.getvalue()})
        add("acme/broken", {TRAIN: make_runs("a")[:-20]})
        add("acme/no-data", {"README.md": "# Nothing here\n"})
        add("test-org/private", {TRAIN: make_runs("p")}, private=True)
        add("stranger/private", {TRAIN: make_runs("p")}, private=True)
        add("stranger/gated", {TRAIN: make_runs("g")}, gated="manual")
        yield server


@pytest.fixture(scope="module")
def found(hub: HubServer, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """Everything that somebody with a token that may only read asks for."""
    old = hub.commits("acme/plain")[1].sha
    requests: dict[str, dict[str, Any]] = {
        "plain": {"source": "acme/plain"},
        "again": {"source": "acme/plain"},
        "by branch": {"source": "acme/plain", "revision": "main"},
        "old": {"source": "acme/plain", "revision": old},
        "no revision": {"source": "acme/plain", "revision": "nowhere"},
        "lines": {"source": "acme/lines"},
        "shards": {"source": "acme/shards"},
        "splits": {"source": "acme/splits"},
        "other split": {"source": "acme/splits", "split": "test"},
        "no split": {"source": "acme/splits", "split": "dev"},
        "no train": {"source": "acme/no-train"},
        "configs": {"source": "acme/configs"},
        "other config": {"source": "acme/configs", "config": "one"},
        "no config": {"source": "acme/configs", "config": "three"},
        "no default": {"source": "acme/no-default"},
        "missing columns": {"source": "acme/missing"},
        "zero rows": {"source": "acme/zero"},
        "broken file": {"source": "acme/broken"},
        "no data": {"source": "acme/no-data"},
        "private": {"source": "test-org/private"},
        "stranger's": {"source": "stranger/private"},
        "gated": {"source": "stranger/gated"},
        "no repository": {"source": "acme/nothing"},
        "no owner": {"source": "nothing"},
        "malformed": {"source": "a b/c d"},
        "malformed too": {"source": "a/b/c"},
    }
    return import_all(hub, tmp_path_factory.mktemp("hub"), requests, token=READ_TOKEN, xet=False)


def test_a_public_dataset_is_read_at_its_present_commit(hub: HubServer, found: dict[str, Any]) -> None:
    plain = found["plain"]
    assert (plain["rows"], plain["attempts"], plain["trials"]) == (4, 2, ["a", "b"])
    assert (plain["kind"], plain["name"], plain["source"]) == ("hub", "plain", "acme/plain")
    assert (plain["config"], plain["split"]) == ("default", "train")
    assert plain["revision"] == hub.commits("acme/plain")[-1].sha
    assert (plain["licence"], plain["notes"], plain["was_there"]) == ("mit", [], False)


def test_the_same_commit_is_imported_once_however_it_is_named(found: dict[str, Any]) -> None:
    assert found["again"]["was_there"]
    assert found["by branch"]["was_there"]
    assert not found["old"]["was_there"]


def test_another_revision_is_another_dataset(hub: HubServer, found: dict[str, Any]) -> None:
    assert (found["old"]["trials"], found["old"]["revision"]) == (["old"], hub.commits("acme/plain")[1].sha)


def test_other_file_formats_and_several_shards_are_read(found: dict[str, Any]) -> None:
    assert (found["lines"]["rows"], found["lines"]["trials"]) == (1, ["t"])
    assert found["shards"]["trials"] == ["s0", "s1"]


def test_the_split_train_is_read_and_the_others_are_named(found: dict[str, Any]) -> None:
    assert (found["splits"]["split"], found["splits"]["trials"]) == ("train", ["train"])
    assert found["splits"]["notes"] == ["split train was read; there are also: test"]
    assert (found["other split"]["trials"], found["other split"]["notes"]) == (["test"], [])


def test_the_default_configuration_is_read_and_the_others_are_named(found: dict[str, Any]) -> None:
    assert (found["configs"]["config"], found["configs"]["trials"]) == ("two", ["two"])
    assert found["configs"]["notes"] == ["configuration two was read; there are also: one"]
    assert (found["other config"]["trials"], found["other config"]["notes"]) == (["one"], [])


def test_a_private_dataset_is_read_with_a_token(found: dict[str, Any]) -> None:
    assert found["private"]["trials"] == ["p"]


REFUSALS = {
    "no revision": ["acme/plain has no revision nowhere", "branch, tag or commit"],
    "no split": ["acme/splits has no split dev", "Choose one of: train, test"],
    "no train": ["acme/no-train has several splits", "Choose one: ", "validation", "test"],
    "no config": ["acme/configs has no configuration three", "Choose one of: one, two"],
    "no default": ["acme/no-default has several configurations and no default", "Choose one: one, two"],
    "missing columns": [
        "acme/missing holds no episode rows",
        "trial_name, episode and conversations missing",
        "answer",
    ],
    "zero rows": ["acme/zero holds no rows"],
    "broken file": ["acme/broken"],
    "no data": ["acme/no-data"],
    "stranger's": ["There is no dataset stranger/private on the Hub, or it is private", "HF_TOKEN"],
    "gated": ["stranger/gated is gated", "HF_TOKEN"],
    "no repository": ["There is no dataset acme/nothing on the Hub, or it is private"],
    "no owner": ["There is no dataset nothing on the Hub"],
    "malformed": ['"a b/c d" is neither a file nor a Hub id', "owner/name"],
    "malformed too": ['"a/b/c" is neither a file nor a Hub id'],
}


@pytest.mark.parametrize("name", REFUSALS)
def test_what_cannot_be_read_is_refused_with_what_to_do(found: dict[str, Any], name: str) -> None:
    refused = found[name]
    assert refused["error"] in ("SourceError", "UsageError")
    for part in REFUSALS[name]:
        assert part in refused["said"]
    assert "\n" not in refused["said"]
    assert READ_TOKEN not in refused["said"]


def test_refused_datasets_leave_nothing_behind(found: dict[str, Any]) -> None:
    read = [name for name, it in found.items() if name != "datasets" and "error" not in it]
    assert found["datasets"] == len(read) - 2  # two of them were imported before


def test_the_reasons_for_a_wrong_id_name_a_command_line_mistake(found: dict[str, Any]) -> None:
    assert found["malformed"]["error"] == "UsageError"
    assert found["no repository"]["error"] == "SourceError"


@pytest.fixture(scope="module")
def anonymous(hub: HubServer, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What somebody without a token gets, partly from a Hub that does not work."""
    hub.set_faults(
        {"fault": "drop", "path": "acme/splits", "stage": "info"},
        {"fault": "500", "path": "acme/configs", "stage": "info"},
        {"fault": "html", "path": "acme/lines", "stage": "info"},
    )
    sources = {
        "plain": "acme/plain",
        "private": "test-org/private",
        "gated": "stranger/gated",
        "dropped": "acme/splits",
        "failing": "acme/configs",
        "html": "acme/lines",
    }
    requests = {name: {"source": source} for name, source in sources.items()}
    try:
        return import_all(hub, tmp_path_factory.mktemp("anonymous"), requests, token=None, xet=True)
    finally:
        hub.set_faults()


def test_a_public_dataset_needs_no_token(anonymous: dict[str, Any]) -> None:
    assert anonymous["plain"]["trials"] == ["a", "b"]


def test_without_a_token_a_private_or_gated_dataset_is_refused_with_what_to_do(anonymous: dict[str, Any]) -> None:
    assert "or it is private" in anonymous["private"]["said"]
    assert "stranger/gated is gated" in anonymous["gated"]["said"]
    assert "HF_TOKEN" in anonymous["private"]["said"]


@pytest.mark.parametrize("name", ["dropped", "failing", "html"])
def test_a_hub_that_does_not_work_is_refused_in_one_sentence(anonymous: dict[str, Any], name: str) -> None:
    assert anonymous[name]["error"] == "SourceError"
    assert "Try again" in anonymous[name]["said"]


def test_a_refused_token_and_an_unreachable_hub_are_told_apart(hub: HubServer, tmp_path: Path) -> None:
    request = {"plain": {"source": "acme/plain"}}
    with HubServer() as gone:
        pass
    with ThreadPoolExecutor(2) as pool:
        refusing = pool.submit(import_all, hub, tmp_path / "a", request, token="hf_unknown")
        silent = pool.submit(import_all, gone, tmp_path / "b", request)
    refused, unreachable = refusing.result()["plain"], silent.result()["plain"]
    assert "refused the token" in refused["said"]
    assert "hf_unknown" not in refused["said"]
    assert unreachable["error"] == "SourceError"
    assert "could not be reached" in unreachable["said"]
