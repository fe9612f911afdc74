import json
from pathlib import Path

from streamlit.testing.v1 import AppTest

from core.curation.curate import curate_dataset
from core.extraction.batch import run_batch
from core.extraction.cutting import MIN_INPUT_LIMIT
from core.extraction.left_out import LeftOut
from core.models import Extractor
from core.progress import no_progress
from core.store import open_store
from core.store.batch_models import BatchConfig
from tests.builders import make_row, talk, write_rows
from tests.pages.conftest import OpenPage, list_markdown
from tests.responders import answer_hints
from tests.standins.llm import LlmServer
from tests.workspaces import create_batch, import_sample, make_settings

KEY, MODEL = "sk-test-key-0123456789", "gpt-4o-mini"
TAG = ":gray-badge[Not shown to the model]"


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


def list_tags(app: AppTest) -> dict[int, bool]:
    """Of every message on the page, by its number, whether it is marked as not shown to the model."""
    heads = [element.value for element in app.markdown if element.value.startswith(":gray[") and "**" in element.value]
    return {int(head.removeprefix(":gray[").split("]")[0]): TAG in head for head in heads}


def test_a_reviewer_sees_what_the_model_did_not(home: Path, tmp_path: Path, open_page: OpenPage) -> None:
    path = write_attempt(tmp_path / "long.jsonl", turns=20, size=400)
    left_out = extract_cut(home, path, limit=MIN_INPUT_LIMIT)
    assert left_out is not None
    gone, squeezed = left_out.messages_left_out, len(left_out.squeezed)
    app = open_page("review", trial="1")
    line = f"The model was shown {42 - gone} of 42 messages: {gone} left out, {squeezed} squeezed."
    assert line in list_markdown(app).splitlines()
    while not app.button(key="earlier_messages").disabled:
        app.button(key="earlier_messages").click().run()
    tags = list_tags(app)
    while not app.button(key="later_messages").disabled:
        app.button(key="later_messages").click().run()
        tags |= list_tags(app)
    assert tags == {index: left_out.has_message(index) for index in range(42)}


def test_a_squeezed_message_says_how_much_the_model_saw(home: Path, tmp_path: Path, open_page: OpenPage) -> None:
    left_out = extract_cut(home, write_attempt(tmp_path / "long.jsonl", turns=1, size=120_000), limit=2_000)
    assert left_out is not None
    (item,) = left_out.squeezed
    app = open_page("review", trial="1")
    with open_store(home) as store:
        total = len(store.traces.load_messages(store.traces.list_attempts(1)[0].conversation_id)[item.index].content)
    words = list_markdown(app).splitlines()
    assert f"The model saw {total - item.characters_left_out:,} of {total:,} characters." in words
    assert "The model was shown all 4 messages, 1 of them squeezed." in words
    assert TAG not in list_markdown(app)


def test_a_task_text_that_was_cut_is_said_too(home: Path, tmp_path: Path, open_page: OpenPage) -> None:
    path = write_attempt(tmp_path / "long.jsonl", turns=1, size=10, task="Task: " + "read this. " * 1_000)
    left_out = extract_cut(home, path, limit=MIN_INPUT_LIMIT)
    assert left_out is not None
    missing = f"{left_out.task_characters_left_out:,} characters of the task text were left out too."
    assert missing in list_markdown(open_page("review", trial="1"))


def test_an_attempt_that_was_shown_whole_is_not_marked(home: Path, tmp_path: Path, open_page: OpenPage) -> None:
    assert extract_cut(home, write_attempt(tmp_path / "short.jsonl", turns=2, size=50), limit=100_000) is None
    app = open_page("review", trial="1")
    assert list_tags(app)
    assert not any(list_tags(app).values())
    assert "The model" not in list_markdown(app)
