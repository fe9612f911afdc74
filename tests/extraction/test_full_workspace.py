"""A workspace without room: the batch stops and says so, and what was answered comes back once there is room."""

import sqlite3
from pathlib import Path
from typing import Any

import pytest

from core.errors import WorkspaceFullError
from core.extraction.batch import run_batch
from core.models import Dataset, Extractor
from core.progress import no_progress
from core.store import Store
from core.store.batch_models import Answer, BatchConfig, Reply
from core.store.spill import Spill, list_spills
from tests.extraction.conftest import KEY, MODEL
from tests.standins.llm import LlmServer
from tests.workspaces import create_batch, make_settings

ATTEMPTS = 26
REPLY = Reply("hash", "attempt", "m", 200, "raw\ntext", True, 1, 2, 3, 0.5, 0.1)


def fill(store: Store, *, pages: int) -> None:
    """Leave room for so many pages only."""
    connection: sqlite3.Connection = store.answers._connection
    used = connection.execute("PRAGMA page_count").fetchone()[0]
    connection.execute(f"PRAGMA max_page_count = {used + pages}")


def make_room(store: Store) -> None:
    store.answers._connection.execute("PRAGMA max_page_count = 1000000")


def run(store: Store, batch: Any, llm: LlmServer) -> None:
    settings = make_settings(Path("unused"), base_url=llm.base_url, key=KEY)
    run_batch(store, batch, settings=settings, progress=no_progress, check_lease=lambda: None)


@pytest.mark.parametrize("pages", [0, 3, 8])
def test_a_full_workspace_stops_the_batch_and_loses_no_answer(
    store: Store, dataset: Dataset, llm: LlmServer, pages: int
) -> None:
    config = BatchConfig(extractor=Extractor.LLM, model=MODEL, batch_size=4, max_rpm=100_000)
    batch = create_batch(store, dataset, config)
    store.workspace.get_secret()
    fill(store, pages=pages)
    with pytest.raises(WorkspaceFullError, match="Make space"):
        run(store, batch, llm)
    answered = llm.count(status=200)
    with pytest.raises(WorkspaceFullError):
        run(store, batch, llm)
    assert llm.count(status=200) == answered, "without room nothing more is asked"
    make_room(store)
    run(store, batch, llm)
    assert store.batches.count_requests(batch.id) == (ATTEMPTS, 0, 0)
    assert len(llm.requests) == ATTEMPTS == store.batches.get_usage(batch.id).requests
    assert list_spills(store.home) == []


def test_spilled_answers_come_back_as_they_were(tmp_path: Path) -> None:
    answers = [
        Answer(1, 2, "hash", [REPLY, REPLY], "{}", 2, hints=3, left_out="{}"),
        Answer(3, 4, None, [], None, 0, reason="refused", detail="No\u2028\r\n."),
    ]
    spill = Spill(tmp_path, 7)
    spill.append(answers[:1])
    spill.append(answers[1:])
    assert [spill.batch_id for spill in list_spills(tmp_path)] == [7]
    assert Spill(tmp_path, 7).read() == answers
    spill.clear()
    assert list_spills(tmp_path) == []


def test_a_line_that_a_crash_cut_in_half_is_no_answer(tmp_path: Path) -> None:
    spill = Spill(tmp_path, 1)
    answer = Answer(1, 2, "hash", [REPLY], "{}", 1)
    spill.append([answer])
    path = tmp_path / "answers-of-batch-1.jsonl"
    path.write_bytes(path.read_bytes() + path.read_bytes()[:20])
    assert spill.read() == [answer]


def test_room_is_held_free_for_them_and_given_up_when_needed(tmp_path: Path) -> None:
    spill = Spill(tmp_path, 1)
    spill.hold_room()
    assert (tmp_path / "reserve").stat().st_size > 1_000_000
    spill.append([Answer(1, 2, "hash", [], "{}", 1)])
    assert not (tmp_path / "reserve").exists()
