"""What a trace says is shown word for word, and never rendered: markdown would load remote images."""

from pathlib import Path

import pytest

from core.curation import decisions
from core.models import JobKind
from core.store import open_store
from tests.builders import make_row, say, write_rows
from tests.pages.conftest import OpenPage, extract, list_markdown, list_texts, wait_until
from tests.workspaces import import_sample

IMAGE = "![x](http://127.0.0.1:9/x.png)"
NAME = f"{IMAGE} **bold** :red[red] <script>alert(1)</script>"
TASK = f"Task: {IMAGE} you must keep `{IMAGE}` as it is.\n# Hints"
TOOL = "get_![x](http://127.0.0.1:9/y.png)"


@pytest.fixture
def hostile(home: Path, tmp_path: Path) -> Path:
    call = f'<tool_call>\n{{"name": "{TOOL}", "arguments": {{"q": "{IMAGE}"}}}}\n</tool_call>'
    rows = [
        make_row(
            [say("user", TASK), say("assistant", call), say("tool", f"{IMAGE} {i}"), say("assistant", "Done.")],
            trial_name=NAME,
            episode=f"episode-{i}",
            result="1.0",
            task=IMAGE,
            model=IMAGE,
        )
        for i in range(2)
    ]
    rows.append(make_row([say("user", TASK)], trial_name="aside", trace_source=IMAGE))
    path = write_rows(tmp_path / f"{IMAGE[:4]}hostile.jsonl", rows)
    with open_store(home) as store:
        extract(store, import_sample(store, path), home)
    return home


@pytest.mark.parametrize("page", ["overview", "traces", "batches", "publish"])
def test_no_page_renders_what_a_trace_says(hostile: Path, open_page: OpenPage, page: str) -> None:
    with open_store(hostile) as store:
        trial = store.traces.list_trials(1)[0]
        if page == "publish":
            decisions.approve_trial(store, trial, reviewer="Mira", action_id=decisions.new_action_id())
    app = open_page(page)
    assert "127.0.0.1:9" not in list_markdown(app)


def test_a_preview_of_a_publication_shows_the_task_word_for_word(
    hostile: Path, tmp_path: Path, open_page: OpenPage
) -> None:
    with open_store(hostile) as store:
        trial = store.traces.list_trials(1)[0]
        decisions.approve_trial(store, trial, reviewer="Mira", action_id=decisions.new_action_id())
    app = open_page("publish")
    app.text_input(key="folder_1").set_value(str(tmp_path / "out")).run()
    app.button(key="preview").click().run()
    wait_until(lambda: is_previewed(hostile))
    app.run()
    assert any(IMAGE in code.value for code in app.code), "word for word"
    assert "127.0.0.1:9" not in list_markdown(app)


def is_previewed(home: Path) -> bool:
    with open_store(home) as store:
        return all(job.is_over for job in store.jobs.list_jobs(JobKind.PREVIEW))


def test_an_error_is_shown_as_plain_text(home: Path, open_page: OpenPage) -> None:
    app = open_page("traces")
    app.text_input(key="source_name").set_value("/nowhere/![x](y.png).jsonl")
    app.button(key="look").click().run()
    assert any(text.startswith("There is no file /nowhere/![x](y.png).jsonl.") for text in list_texts(app))
    assert "y.png" not in list_markdown(app)


def test_a_preview_renders_nothing(home: Path, tmp_path: Path, open_page: OpenPage) -> None:
    path = write_rows(tmp_path / "rows.jsonl", [make_row([say("user", TASK)], trial_name=NAME)])
    app = open_page("traces")
    app.text_input(key="source_name").set_value(str(path))
    app.button(key="look").click().run()
    assert {NAME, TASK} <= set(list_texts(app))
    assert "127.0.0.1:9" not in list_markdown(app)
