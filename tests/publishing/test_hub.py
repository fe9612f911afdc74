"""Publishing over real HTTP, each step in a process of its own, with Xet and without."""

import base64
import io
import shutil
import tarfile
from pathlib import Path

import pytest

from core.store import open_store
from tests.publishing.approved import make_approved
from tests.publishing.hub_steps import run_steps
from tests.publishing.unpacked import read_commit
from tests.standins.hub import READ_TOKEN, HubServer
from tests.standins.hub_client import run_client

REPO = "tester/made"
both_transfers = pytest.mark.parametrize("xet", [False, True], ids=["xet off", "xet on"])


def count_commits(hub: HubServer) -> int:
    """Commits beside the Hub's own first one."""
    return len(hub.commits(REPO)) - 1


def list_ours(hub: HubServer) -> dict[str, bytes]:
    return {path: content for path, content in hub.files(REPO).items() if path != ".gitattributes"}


@both_transfers
def test_publish_is_one_commit_that_load_dataset_reads_and_a_repeat_makes_none(
    hub: HubServer, home: Path, tmp_path: Path, xet: bool
) -> None:
    out = str(tmp_path / "out")
    first, again, changed = run_steps(
        hub,
        home,
        {"private": True, "output_dir": out},
        {"private": True, "output_dir": out},
        {"private": True, "output_dir": out, "change": 1, "reopen": 0},
        xet=xet,
    )
    commits = hub.commits(REPO)
    assert first["url"] == f"{hub.url}/datasets/{REPO}"
    assert (first["trials"], first["repo"], first["path"], first["unchanged"]) == (2, REPO, out, False)
    assert first["stages"][-3:] == ["uploading", "committing", "reading back"]
    assert (again["revision"], again["unchanged"], again["path"]) == (first["revision"], True, out)
    assert [commit.sha for commit in commits[1:]] == [first["revision"], changed["revision"]]
    assert (changed["trials"], changed["unchanged"], changed["removed"]) == (1, False, ["flight-0"])
    assert hub.repo(REPO).private
    assert list_ours(hub) == read_commit(tmp_path / "out")
    assert any(record.stage == "xet" for record in hub.requests) == xet
    assert "Zoltan" not in str(commits)

    code = """
        import base64
        from datasets import load_dataset
        tasks = load_dataset("tester/made", split="train", revision=os.environ["REVISION"])
        hints = load_dataset("tester/made", "hints", split="train")
        kinds = ["tools", "strategies", "pitfalls", "criteria"]
        result = [
            [[row["path"], base64.b64encode(row["task_binary"]).decode()] for row in tasks],
            [[row["path"], [hint["text"] for kind in kinds for hint in row[kind]]] for row in hints],
        ]
    """
    code = code.replace('os.environ["REVISION"]', repr(first["revision"]))
    tasks, hints = run_client(hub, tmp_path, code, xet=xet)
    assert [path for path, _ in tasks] == ["flights-0000", "flights-0001"]
    with tarfile.open(fileobj=io.BytesIO(base64.b64decode(tasks[0][1]))) as archive:
        archive.extractall(tmp_path / "task", filter="data")
    assert (tmp_path / "task" / "instruction.md").read_text().startswith("Task: book flight 0\n\n---\n\n# Hints\n")
    assert [path for path, _ in hints] == ["flights-0001"]
    assert hints[0][1][2] == "When the date is unclear, don't guess; ask."

    with open_store(home) as store:
        history = store.publications.list_publications()
    assert [(item.revision, item.unchanged, item.private) for item in history] == [
        (changed["revision"], False, True),
        (first["revision"], True, True),
        (first["revision"], False, True),
    ]


def test_dataset_without_any_hint_loads_all_the_same(hub: HubServer, tmp_path: Path) -> None:
    with open_store(tmp_path / "home") as store:
        _, trials = make_approved(store, 1)
        store.curation.replace_hints(trials[0].id, hints=[], findings=[])
    run_steps(hub, tmp_path / "home", {})
    code = "from datasets import load_dataset\nresult = load_dataset('tester/made', 'hints', split='train')['tools'][:]"
    assert run_client(hub, tmp_path, code, xet=False) == [[]]


def test_repository_that_holds_something_else_is_refused_unless_replaced(hub: HubServer, home: Path) -> None:
    hub.add_dataset(REPO, {"images/cat.png": b"cat", "data/train-00000-of-00003.parquet": b"x", "README.md": "mine"})
    hub.add_dataset("tester/other", {"trace_hints.json": build_foreign_manifest()})
    hub.add_dataset("tester/new", {"README.md": "# To come", "LICENSE": "mine"})
    other_data, other_tasks, new, replaced = run_steps(
        hub, home, {}, {"repo": "tester/other"}, {"repo": "tester/new"}, {"replace": True}
    )
    assert other_data["error"] == other_tasks["error"] == "PublishError"
    assert "tester/made holds other data. Name another repository, or give --replace" in other_data["message"]
    assert "tester/other holds tasks of another dataset (someone/else)" in other_tasks["message"]
    assert len(hub.commits("tester/other")) == 2
    assert (new["trials"], hub.files("tester/new")["LICENSE"]) == (2, b"mine")
    assert (replaced["trials"], count_commits(hub)) == (2, 2)
    assert len(list_ours(hub)) == 4


def build_foreign_manifest() -> bytes:
    return (
        b'{"schema_version": 1, "source": {"dataset": "someone/else", "config": null, "split": "train"}, "tasks": []}'
    )


def test_own_repository_keeps_what_is_not_ours_and_loses_stale_tables(hub: HubServer, home: Path) -> None:
    stale = {"notes.md": "mine", "data/train-00001-of-00002.parquet": "stale"}
    _, again = run_steps(hub, home, {}, {"add": stale})
    assert not again["unchanged"]
    assert set(list_ours(hub)) - {"notes.md"} == {
        "README.md",
        "trace_hints.json",
        "data/train-00000-of-00001.parquet",
        "hints/train-00000-of-00001.parquet",
    }


def test_commit_whose_answer_is_lost_is_found_and_not_made_twice(hub: HubServer, home: Path) -> None:
    dropped, again, late = run_steps(
        hub,
        home,
        {"faults": [{"fault": "commit_then_drop", "first": 1}]},
        {},
        {"change": 0, "faults": [{"fault": "commit_then_504", "first": 1}]},
    )
    assert [commit.sha for commit in hub.commits(REPO)[1:]] == [dropped["revision"], late["revision"]]
    assert (again["unchanged"], again["revision"]) == (True, dropped["revision"])


def test_passing_trouble_is_waited_out_as_long_as_the_hub_asks(hub: HubServer, home: Path) -> None:
    busy, dated, dropped, early = run_steps(
        hub,
        home,
        {"faults": [{"fault": "429", "stage": "commit", "first": 2, "retry_after": 40}]},
        {"change": 0, "faults": [{"fault": "503", "stage": "commit", "first": 1, "retry_after_date_seconds": 90}]},
        {"change": 0, "faults": [{"fault": "drop", "stage": "commit", "first": 1}]},
        {"repo": "tester/late", "faults": [{"fault": "429", "stage": "create", "first": 1, "retry_after": 7}]},
    )
    assert [step["trials"] for step in (busy, dated, dropped, early)] == [2, 2, 2, 2]
    assert busy["slept"] == pytest.approx(80, abs=1)
    assert 85 < dated["slept"] <= 90
    assert dropped["slept"] == pytest.approx(1, abs=0.5)
    assert early["slept"] == pytest.approx(7, abs=1)
    assert count_commits(hub) == 3


def test_trouble_that_does_not_pass_ends_in_a_sentence_and_no_commit(hub: HubServer, home: Path) -> None:
    long, down, html, refused = run_steps(
        hub,
        home,
        {"faults": [{"fault": "429", "stage": "commit", "retry_after": 4000}]},
        {"faults": [{"fault": "500", "stage": "commit"}]},
        {"faults": [{"fault": "html", "stage": "info"}]},
        {"faults": [{"fault": "403", "stage": "commit", "message": "over quota"}]},
    )
    assert "asks to wait 4000 seconds" in long["message"]
    assert "The Hub is in trouble (500" in down["message"]
    assert "The answer was not the Hub's. Check HF_ENDPOINT" in html["message"]
    assert "The token may not write to tester/made (403: over quota)" in refused["message"]
    assert {step["error"] for step in (long, down, html, refused)} == {"PublishError"}
    assert count_commits(hub) == 0
    with open_store(home) as store:
        assert store.publications.list_publications() == []


def test_token_that_may_not_write_is_said_before_anything_is_sent(hub: HubServer, home: Path) -> None:
    hub.add_dataset("tester/old", {"README.md": "# Old"})
    new, old = {"repo": "tester/new"}, {"repo": "tester/old"}
    wrong, read_only = {"token": "hf_wrong"}, {"token": READ_TOKEN}
    steps = [new, old, new | wrong, old | wrong, new | read_only, old | read_only]
    found = [(step["error"], step["exit_code"], step["message"]) for step in run_steps(hub, home, *steps, token=None)]
    for (error, exit_code, message), (sentence, *expected) in zip(
        found,
        [("needs a token. Set HF_TOKEN", "UsageError", 2)] * 2
        + [("refused the token (401). Set HF_TOKEN", "PublishError", 1)] * 2
        + [("The token may not write to tester/", "PublishError", 1)] * 2,
        strict=True,
    ):
        assert [error, exit_code] == expected
        assert sentence in message
    assert len(hub.commits("tester/old")) == 2
    assert not any(record.stage in ("preupload", "commit") for record in hub.requests)


def test_wrong_names_and_foreign_namespaces_are_refused(hub: HubServer, home: Path) -> None:
    malformed, foreign, bare = run_steps(hub, home, {"repo": "a b/c"}, {"repo": "stranger/x"}, {"repo": "made"})
    assert (malformed["error"], malformed["exit_code"]) == ("UsageError", 2)
    assert foreign["error"] == "PublishError"
    assert "stranger is neither its user nor one of the user's organisations (tester, test-org)" in foreign["message"]
    assert bare["repo"] == REPO


def test_private_is_never_published_to_a_public_repository(hub: HubServer, home: Path) -> None:
    hub.add_dataset(REPO, {"README.md": "# Old"})
    hub.add_dataset("tester/hidden", {"README.md": "# Old"}, private=True)
    public, hidden = run_steps(hub, home, {"private": True}, {"repo": "tester/hidden", "private": True})
    assert "exists and is public. Make it private in its settings" in public["message"]
    assert hidden["trials"] == 2
    assert hub.repo("tester/hidden").private


def test_commit_of_somebody_else_in_between_is_never_overwritten(hub: HubServer, home: Path) -> None:
    first, second = run_steps(hub, home, {"intrude": {"notes.md": "theirs"}}, {})
    assert (first["error"], first["message"]) == (
        "PublishConflictError",
        "Somebody else changed tester/made meanwhile. Look at a new preview, then publish again. "
        "Nothing was published.",
    )
    # a repository that we left empty has become somebody else's in the meantime
    assert second["message"].startswith("tester/made holds other data")
    assert list(list_ours(hub)) == ["notes.md"]


def test_commit_that_cannot_be_read_back_is_not_claimed_but_recognised(hub: HubServer, home: Path) -> None:
    failed, again = run_steps(
        hub,
        home,
        {"faults": [{"fault": "404", "stage": "resolve"}]},
        {},
    )
    revision = hub.commits(REPO)[-1].sha
    assert failed["message"].startswith(f"Commit {revision} is in tester/made, but could not be read back.")
    assert (failed["states"], again["states"]) == (["unverified"], ["published"])
    assert (again["unchanged"], again["revision"], count_commits(hub)) == (False, revision, 1), "it is the job's own"


def test_cancel_stops_everything_up_to_the_commit_and_nothing_after(hub: HubServer, home: Path) -> None:
    early, late = run_steps(hub, home, {"stop": "uploading"}, {"stop": "reading back"})
    assert early["error"] == "JobStopped"
    assert (late["trials"], late["revision"], count_commits(hub)) == (2, hub.commits(REPO)[-1].sha, 1)


@both_transfers
def test_upload_that_hangs_is_given_up_in_time(hub: HubServer, home: Path, xet: bool) -> None:
    hanging = [{"fault": "hang", "stage": "xet" if xet else "lfs"}]
    (step,) = run_steps(hub, home, {"faults": hanging, "limits": {"base_seconds": 2}}, xet=xet)
    assert "did not answer in time. Check the connection, then publish again" in step["message"]
    assert step["seconds"] < 15
    assert count_commits(hub) == 0


def test_commit_that_hangs_is_looked_for(hub: HubServer, home: Path) -> None:
    faults = [{"fault": "hang", "stage": "commit", "first": 1}]
    (step,) = run_steps(hub, home, {"faults": faults, "limits": {"call_seconds": 1}})
    assert (step["trials"], count_commits(hub)) == (2, 1)


def test_folder_that_fails_after_the_commit_leaves_the_commit_recorded(
    hub: HubServer, home: Path, tmp_path: Path
) -> None:
    out = str(tmp_path / "out")
    run_steps(hub, home, {"output_dir": out, "repo": None})
    shutil.rmtree(tmp_path / "out" / "data")
    (tmp_path / "out" / "data").write_text("in the way")
    (step,) = run_steps(hub, home, {"output_dir": out})
    revision = hub.commits(REPO)[-1].sha
    assert step["message"].startswith(f"tester/made holds commit {revision}, but: {out} cannot be written")
    with open_store(home) as store:
        last = store.publications.list_publications()[0]
    assert (last.repo, last.revision, last.path) == (REPO, revision, None)


def test_hub_that_is_not_there_is_said(hub: HubServer, home: Path) -> None:
    hub.stop()
    (step,) = run_steps(hub, home, {})
    assert (step["error"], step["exit_code"]) == ("PublishError", 1)
    assert "could not be reached" in step["message"]


def test_source_tasks_come_from_the_hub_with_their_licence(hub: HubServer, home: Path, tmp_path: Path) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    from core.publishing.archive import TaskFiles, pack_files

    files = TaskFiles({"instruction.md": b"Task: book flight 0", "tests/test.sh": b"exit 0\n"})
    rows = [{"path": "book-0", "task_binary": pack_files(files)}]
    pq.write_table(pa.Table.from_pylist(rows), tmp_path / "tasks.parquet")
    hub.add_dataset("acme/tasks", {"data/train-00000-of-00001.parquet": tmp_path / "tasks.parquet"})
    found, absent = run_steps(hub, home, {"tasks": "acme/tasks"}, {"tasks": "acme/absent"})
    assert found["trials"] == 1
    assert [(note["trial"], note["is_unmatched"]) for note in found["left_out"]] == [("flight-1", True)]
    assert found["left_out"][0]["reason"].startswith('acme/tasks has no task "book-1". Add it')
    assert b'"tasks": {"source": "acme/tasks", "revision": "' in hub.files(REPO)["trace_hints.json"]
    assert (absent["error"], absent["exit_code"]) == ("SourceError", 1)
