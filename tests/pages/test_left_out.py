import json
from pathlib import Path
from typing import Any

from core.curation.curate import curate_dataset
from core.extraction.batch import run_batch
from core.extraction.cutting import MIN_INPUT_LIMIT
from core.extraction.left_out import LeftOut
from core.models import Extractor
from core.progress import no_progress
from core.store import open_store
from core.store.batch_models import BatchConfig
from pages.review.left_out import build_left_out
from tests.builders import make_row, talk, write_rows
from tests.responders import answer_hints
from tests.standins.llm import LlmServer
from tests.workspaces import create_batch, import_sample, make_settings

KEY, MODEL = "sk-test-key-0123456789", "gpt-4o-mini"


def extract_cut(home: Path, path: Path, *, limit: int) -> LeftOut | None:
    """A trial with one attempt, extracted by a model that may read so many tokens; what was left out."""
    config = BatchConfig(extractor=Extractor.LLM, model=MODEL, input_limit=limit)
    with open_store(home) as store, LlmServer(key=KEY, models=[MODEL], responder=answer_hints) as llm:
        dataset = import_sample(store, path)
        settings = make_settings(home, base_url=llm.base_url, key=KEY)
        batch = create_batch(store, dataset, config)
        run_batch(store, batch, settings=settings, progress=no_progress, check_lease=lambda: None)
        curate_dataset(store, dataset)
        (attempt,) = store.traces.list_attempts(store.traces.list_trials(dataset.id)[0].id)
        found = store.answers.find_left_out(attempt.id)
    return None if found is None else LeftOut.model_validate_json(found)


def write_attempt(path: Path, *, turns: int, size: int, task: str = "Task: count the lines") -> Path:
    contents = [task]
    for number in range(turns):
        call = {"analysis": "", "plan": "", "commands": [{"keystrokes": f"wc -l {number}.txt\n", "duration": 1.0}]}
        contents += [json.dumps(call), f"output {number} <b>bold</b> " + "z" * size]
    return write_rows(path, [make_row(talk(*contents, "done"), trial_name="long", result="1.0")])


def build(home: Path) -> dict[str, Any] | None:
    """What the workbench is told of the only attempt."""
    with open_store(home) as store:
        return build_left_out(store, store.traces.list_attempts(1)[0].id)


def test_a_reviewer_is_told_what_the_model_did_not_see(home: Path, tmp_path: Path) -> None:
    left_out = extract_cut(home, write_attempt(tmp_path / "long.jsonl", turns=20, size=400), limit=MIN_INPUT_LIMIT)
    assert left_out is not None
    gone, squeezed = left_out.messages_left_out, len(left_out.squeezed)
    told = build(home)
    assert told is not None
    assert told["words"] == f"The model was shown {42 - gone} of 42 messages: {gone} left out, {squeezed} squeezed."
    assert [tuple(pair) for pair in told["ranges"]] == left_out.ranges


def test_a_squeezed_message_says_how_much_is_missing(home: Path, tmp_path: Path) -> None:
    left_out = extract_cut(home, write_attempt(tmp_path / "long.jsonl", turns=1, size=120_000), limit=2_000)
    assert left_out is not None
    (item,) = left_out.squeezed
    told = build(home)
    assert told is not None
    assert told["squeezed"] == [(item.index, item.characters_left_out)]
    assert told["words"] == "The model was shown all 4 messages, 1 of them squeezed."
    assert told["ranges"] == []


def test_a_task_text_that_was_cut_is_said_too(home: Path, tmp_path: Path) -> None:
    path = write_attempt(tmp_path / "long.jsonl", turns=1, size=10, task="Task: " + "read this. " * 1_000)
    left_out = extract_cut(home, path, limit=MIN_INPUT_LIMIT)
    assert left_out is not None
    told = build(home)
    assert told is not None
    assert f"{left_out.task_characters_left_out:,} characters of the task text were left out too." in told["words"]


def test_of_an_attempt_that_was_shown_whole_nothing_is_said(home: Path, tmp_path: Path) -> None:
    assert extract_cut(home, write_attempt(tmp_path / "short.jsonl", turns=2, size=50), limit=100_000) is None
    assert build(home) is None
