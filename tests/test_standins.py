"""The Hub's stand-in speaks the protocols of the unmodified huggingface_hub, datasets and hf_xet.

The clients run in processes of their own, because HF_ENDPOINT counts only before their first import.
"""

import os
import urllib.error
import urllib.request
from io import BytesIO
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tests.standins.hub import READ_TOKEN, WRITE_TOKEN, HubServer
from tests.standins.hub_client import run_client
from tests.standins.hub_process import HubProcess
from tests.standins.hub_xet_store import XetStore

CARD = """---
configs:
- config_name: default
  default: true
  data_files: [{split: train, path: data/train-*}]
- config_name: hints
  data_files: [{split: train, path: hints/train-*}]
---
# Made
"""
both_transfers = pytest.mark.parametrize("xet", [False, True], ids=["xet_off", "xet_on"])


def make_parquet(rows: int = 300) -> bytes:
    """Several megabytes: part random, part floats, part repeated, so that every way of packing is used."""
    noise = [os.urandom(10_000) + b"trace " * 1_000 for _ in range(rows)]
    floats = [[row + step / 7 for step in range(500)] for row in range(rows)]
    table = pa.table({"path": [f"made-{row:04}" for row in range(rows)], "task_binary": noise, "floats": floats})
    buffer = BytesIO()
    pq.write_table(table, buffer, compression="none", use_dictionary=False)
    return buffer.getvalue()


@both_transfers
def test_load_dataset_reads_what_create_commit_wrote(tmp_path: Path, xet: bool) -> None:
    data, hints = make_parquet(), make_parquet(3)
    (tmp_path / "data.parquet").write_bytes(data)
    (tmp_path / "hints.parquet").write_bytes(hints)
    (tmp_path / "README.md").write_text(CARD)
    code = """
        make(private=True)
        files = {"data/train-00000-of-00001.parquet": "data.parquet", "README.md": "README.md",
                 "hints/train-00000-of-00001.parquet": "hints.parquet"}
        done = commit([Add(path, file) for path, file in files.items()], parent_commit=sha())
        path = hf_hub_download("tester/made", "data/train-00000-of-00001.parquet", repo_type="dataset")
        import datasets
        at_sha = datasets.load_dataset("tester/made", "hints", split="train", revision=done.oid)
        streamed = datasets.load_dataset("tester/made", split="train", streaming=True)
        result = {
            "identical": open(path, "rb").read() == open("data.parquet", "rb").read(),
            "rows": datasets.load_dataset("tester/made")["train"].num_rows,
            "hints": at_sha["path"][:],
            "streamed": sum(1 for _ in streamed),
            "configs": datasets.get_dataset_config_names("tester/made"),
            "splits": datasets.get_dataset_split_names("tester/made", "hints"),
            "sha": done.oid,
        }
    """
    with HubServer() as hub:
        result = run_client(hub, tmp_path, code, xet=xet)
        assert result.pop("sha") == hub.commits("tester/made")[-1].sha
        assert hub.repo("tester/made").private
        assert hub.files("tester/made")["data/train-00000-of-00001.parquet"] == data
        stages = {record.stage for record in hub.request_log}
    assert result == {
        "identical": True,
        "rows": 300,
        "hints": ["made-0000", "made-0001", "made-0002"],
        "streamed": 300,
        "configs": ["default", "hints"],
        "splits": ["train"],
    }
    assert "unknown" not in stages
    assert ("xet" in stages, "lfs" in stages) == (xet, not xet)


@both_transfers
def test_added_dataset_can_be_loaded_without_a_token(tmp_path: Path, xet: bool) -> None:
    code = """
        import datasets
        result = datasets.load_dataset("DCAgent/taskmaster2-gpt5mini", split="train")["path"][0]
    """
    with HubServer() as hub:
        hub.add_dataset(
            "DCAgent/taskmaster2-gpt5mini",
            {"data/train-00000-of-00001.parquet": make_parquet(), "README.md": "# Traces\n"},
        )
        assert run_client(hub, tmp_path, code, xet=xet, token=None) == "made-0000"
        assert any(record.stage == "xet" for record in hub.requests) == xet


@both_transfers
def test_unchanged_repeat_makes_no_commit_and_a_stale_parent_is_refused(tmp_path: Path, xet: bool) -> None:
    code = """
        make()
        parent = sha()
        add = lambda text: [Add("a.txt", text), Add("b.parquet", b"PAR1" + bytes(100_000))]
        first, second = commit(add(b"1"), parent_commit=parent), commit(add(b"1"))
        result = [first.oid == second.oid, status_of(lambda: commit(add(b"2"), parent_commit=parent))]
        result.append([status_of(make), make(exist_ok=True).repo_id])
        commit([Add("c/d.txt", b"3"), Delete("a.txt")])
        commit([Delete("c/")])
        result.append(status_of(lambda: commit([Delete("gone.txt")])))
    """
    with HubServer() as hub:
        result = run_client(hub, tmp_path, code, xet=xet)
        titles = [commit.title for commit in hub.commits("tester/made")]
        assert sorted(hub.files("tester/made")) == [".gitattributes", "b.parquet"]
    assert result[:2] == [True, ["HfHubHTTPError", 412]]
    assert result[2] == [["HfHubHTTPError", 409], "tester/made"]
    assert result[3] == ["RemoteEntryNotFoundError", 404]
    assert titles == ["initial commit", "publish", "publish", "publish"]


@both_transfers
def test_pull_request_leaves_main_alone_until_it_is_merged(tmp_path: Path, xet: bool) -> None:
    code = """
        make()
        pull = commit([Add("a.parquet", b"PAR1" + bytes(100_000))], create_pr=True)
        read = lambda: api.file_exists("tester/made", "a.parquet", repo_type="dataset")
        titles = [it.title for it in api.get_repo_discussions("tester/made", repo_type="dataset")]
        before = [read(), [pull.pr_revision], titles]
        at_pull = hf_hub_download("tester/made", "a.parquet", repo_type="dataset", revision=pull.pr_revision)
        details = api.merge_pull_request("tester/made", 1, repo_type="dataset")
        api.create_tag("tester/made", tag="v1", repo_type="dataset")
        api.create_branch("tester/made", branch="old", revision=pull.oid, repo_type="dataset")
        refs = api.list_repo_refs("tester/made", repo_type="dataset", include_pull_requests=True)
        names = [[ref.name for ref in kind] for kind in (refs.branches, refs.tags, refs.pull_requests)]
        result = [before, read(), names, os.path.getsize(at_pull)]
    """
    with HubServer() as hub:
        before, after, names, size = run_client(hub, tmp_path, code, xet=xet)
        assert hub.repo("tester/made").discussions[0].status == "merged"
    assert before == [False, ["refs/pr/1"], ["publish"]]
    assert (after, names, size) == (True, [["main", "old"], ["v1"], ["1"]], 100_004)


@pytest.mark.parametrize(
    ("token", "name", "role", "written", "seen", "downloaded"),
    [
        (WRITE_TOKEN, "tester", "write", None, None, None),
        (READ_TOKEN, "tester", "read", 403, None, None),
        ("hf_unknown", None, None, 401, 401, 401),
        (None, None, None, 401, 401, 401),
    ],
    ids=["write", "read", "unknown", "none"],
)
def test_token_decides_what_is_allowed(
    tmp_path: Path, token: str, name: str, role: str, written: int, seen: int, downloaded: int
) -> None:
    code = """
        status = lambda action: (status_of(action) or [None, None])[1]
        try:
            me = api.whoami()
        except (HfHubHTTPError, LocalTokenNotFoundError):
            me = {"name": None, "auth": {"accessToken": {"role": None}}}
        download = lambda: hf_hub_download("test-org/secret", "README.md", repo_type="dataset")
        write = lambda: commit([Add("a.txt", b"1")], name="test-org/secret")
        outcomes = [status(make), status(write), status(lambda: sha("test-org/secret")), status(download)]
        foreign = [status(lambda: make("stranger/x")), status_of(lambda: sha("stranger/secret"))]
        gated = status_of(lambda: hf_hub_download("stranger/gated", "README.md", repo_type="dataset"))
        result = [me["name"], me["auth"]["accessToken"]["role"], *outcomes, *foreign, gated]
    """
    with HubServer() as hub:
        for repo_id in ("test-org/secret", "stranger/secret"):
            hub.add_dataset(repo_id, {"README.md": "# Secret"}, private=True)
        hub.add_dataset("stranger/gated", {"README.md": "# Gated"}, gated="manual")
        *outcomes, foreign, hidden, gated = run_client(hub, tmp_path, code, token=token)
    known = token in (WRITE_TOKEN, READ_TOKEN)
    assert outcomes == [name, role, written, written, seen, downloaded]
    assert foreign == (403 if known else 401)
    assert hidden == (
        ["HfHubHTTPError", 401] if token == "hf_unknown" else ["RepositoryNotFoundError", 404 if known else 401]
    )
    if token != "hf_unknown":
        assert gated == ["GatedRepoError", 403 if known else 401]


@pytest.mark.parametrize("fault", ["commit_then_drop", "commit_then_504"])
def test_commit_whose_answer_is_lost_is_in_place(tmp_path: Path, fault: str) -> None:
    code = """
        make()
        try:
            commit([Add("a.txt", b"1")])
            result = "no error"
        except (HfHubHTTPError, httpx2.RemoteProtocolError) as error:
            again = commit([Add("a.txt", b"1")])
            result = [type(error).__name__, again.oid == sha()]
    """
    with HubServer(faults=[{"fault": fault, "first": 1}]) as hub:
        result = run_client(hub, tmp_path, code)
        assert [commit.title for commit in hub.commits("tester/made")] == ["initial commit", "publish"]
    assert result == ["RemoteProtocolError" if fault.endswith("drop") else "HfHubHTTPError", True]


@both_transfers
def test_fault_hits_only_its_stage(tmp_path: Path, xet: bool) -> None:
    code = """
        big = [Add("a.parquet", b"PAR1" + bytes(100_000))]
        download = lambda: hf_hub_download("tester/made", "a.parquet", repo_type="dataset", revision="main")
        send = lambda: commit(big)
        result = [status_of(action) for action in (make, make, send, send, download)]
    """
    data_stage = "xet" if xet else "lfs"
    rules = [
        {"fault": "429", "stage": "create", "first": 1, "retry_after": 3},
        {"fault": "503", "stage": "preupload", "first": 1, "retry_after": 0},
        {"fault": "500", "stage": data_stage, "first": 1},
        {"fault": "403", "stage": "commit", "first": 1, "message": "over quota"},
        {"fault": "slow", "stage": "resolve", "seconds": 0.1},
    ]
    with HubServer(faults=rules) as hub:
        result = run_client(hub, tmp_path, code, xet=xet)
        met = [(record.stage, record.status) for record in hub.requests if record.fault not in (None, "slow")]
    assert result == [["HfHubHTTPError", 429], None, ["HfHubHTTPError", 403], None, None]
    assert met == [("create", 429), ("preupload", 503), (data_stage, 500), ("commit", 403)]


def test_listings_come_in_pages_and_wrong_cards_are_refused(tmp_path: Path) -> None:
    code = """
        tree = api.list_repo_tree("tester/made", recursive=True, expand=True, repo_type="dataset")
        paths = [[entry.path, entry.last_commit.title] for entry in tree]
        info = api.get_paths_info("tester/made", ["a/b", "a/b/1.txt", "gone"], repo_type="dataset")
        try:
            commit([Add("README.md", b"---\\nconfigs: {}\\n---\\n")])
        except ValueError as error:
            refused = str(error)
        card = api.dataset_info("tester/made", files_metadata=True).card_data.to_dict()
        result = [paths, [entry.path for entry in info], refused, card["license"]]
    """
    with HubServer(tree_page_size=2) as hub:
        hub.add_dataset("tester/made", {"README.md": "---\nlicense: mit\n---\n", "a/b/1.txt": "1"}, title="one")
        hub.add_dataset("tester/made", {"a/2.txt": "2"}, title="two")
        paths, info, refused, card_license = run_client(hub, tmp_path, code)
    firsts = [[".gitattributes", "initial commit"], ["README.md", "one"], ["a", "two"], ["a/2.txt", "two"]]
    assert paths == [*firsts, ["a/b", "one"], ["a/b/1.txt", "one"]]
    assert (info, card_license) == (["a/b", "a/b/1.txt"], "mit")
    assert '"configs" must be an array' in refused


def test_parts_of_a_file_are_served_by_range() -> None:
    with HubServer() as hub:
        hub.add_dataset("a/b", {"x.bin": bytes(range(100))})

        def read(wanted: str) -> bytes:
            request = urllib.request.Request(f"{hub.url}/datasets/a/b/resolve/main/x.bin", headers={"Range": wanted})
            with urllib.request.urlopen(request) as reply:
                assert reply.status == 206
                content: bytes = reply.read()
                return content

        assert [read("bytes=0-2"), read("bytes=97-"), read("bytes=-1")] == [b"\0\1\2", b"abc", b"c"]
        with pytest.raises(urllib.error.HTTPError, match="416"):
            read("bytes=100-")


def test_part_of_a_file_is_rebuilt_from_the_chunks_that_cover_it() -> None:
    store = XetStore()
    name = store.ensure_file(bytes(200_000), sha256="0" * 64)
    plan = store.plan(name, 70_000, 131_073)
    assert [(term.first, term.last) for term in plan.terms] == [(1, 3)]
    assert plan.skip_bytes == 70_000 - 65_536


def test_hub_in_a_process_of_its_own_is_controlled_over_http(tmp_path: Path) -> None:
    code = """
        make("acme/made")
        result = commit([Add("a.txt", b"1")], name="acme/made").oid
    """
    with HubProcess("--token", "hf_mine:ann:fineGrained:acme") as hub:
        sha = hub.add_dataset("acme/source", {"data.csv": "a\n1\n"}, private=True)
        made = run_client(hub, tmp_path, code, token="hf_mine")
        assert hub.commits("acme/source")[-1]["sha"] == sha
        assert hub.files("acme/source")["data.csv"] == b"a\n1\n"
        assert [hub.commits("acme/made")[-1][name] for name in ("sha", "author")] == [made, "ann"]
        assert {repo["id"] for repo in hub.get("repos")} == {"acme/source", "acme/made"}
        assert hub.get("requests?bodies=0")[0]["headers"]["authorization"] == "Bearer [masked]"
