import json
from pathlib import Path

import pytest

from core.models import EvidenceStatus
from core.store import open_store
from pages.review.quotes import cut_message, find_quote
from pages.review.transcript import WINDOW
from tests.builders import make_row, talk, write_rows
from tests.pages.conftest import OpenPage, extract, list_markdown, list_texts
from tests.workspaces import import_sample


def test_a_click_on_evidence_opens_the_attempt_at_the_quote(reviewing: Path, open_page: OpenPage) -> None:
    with open_store(reviewing) as store:
        hint = store.curation.list_hints(1)[0]
        item = hint.evidence[2]
        attempt = store.traces.get_attempt(item.attempt_id)
    app = open_page("review", trial="1")
    assert app.button(key=f"chip_{hint.id}_2").label == f"A{attempt.number} #{item.message}"
    app.button(key=f"chip_{hint.id}_2").click().run()
    assert not app.exception
    assert item.quote in list_texts(app), "the quote stands alone, in its frame"
    assert f":yellow-badge[Evidence 3 of 3] hint **1**, message {item.message}" in list_markdown(app)
    first = next(
        element.value for element in app.markdown if element.value.startswith(":gray[") and "**" in element.value
    )
    assert first.startswith(f":gray[{item.message}] "), "the quoted message is the first in the window"


def test_a_trial_opens_at_its_first_quote(reviewing: Path, open_page: OpenPage) -> None:
    with open_store(reviewing) as store:
        item = store.curation.list_hints(1)[0].evidence[0]
    assert item.quote in list_texts(open_page("review", trial="1"))


def test_next_quote_goes_through_all_hints_and_begins_again(reviewing: Path, open_page: OpenPage) -> None:
    with open_store(reviewing) as store:
        total = sum(len(hint.evidence) for hint in store.curation.list_hints(1))
    app = open_page("review", trial="1")
    seen = []
    for _ in range(total):
        seen.append(next(line for line in list_markdown(app).splitlines() if line.startswith(":yellow-badge")))
        app.button(key="next_quote_1").click().run()
    assert len(seen) == total
    assert list_markdown(app).count(seen[0]) == 1, "the first one again"


def test_every_verified_quote_of_the_sample_is_framed(reviewing: Path) -> None:
    with open_store(reviewing) as store:
        for trial in store.traces.list_trials(1):
            attempts = {item.id: item for item in store.traces.list_attempts(trial.id)}
            for hint in store.curation.list_hints(trial.id):
                for item in hint.evidence:
                    if item.status is EvidenceStatus.MISSING:
                        continue
                    messages = store.traces.load_messages(attempts[item.attempt_id].conversation_id)
                    pieces = cut_message(messages[item.message].content, quote=item.quote)
                    assert [piece for piece in pieces if piece.is_quote], item.quote


@pytest.mark.parametrize(
    ("content", "quote", "found"),
    [
        ("run ls now", "ls", "ls"),
        ("a  b\n\tc d", "b c", "b\n\tc"),
        (json.dumps({"keystrokes": 'echo "hi"\n'}), 'echo "hi"\n', 'echo \\"hi\\"\\n'),
        ("nothing here", "something", None),
        ("(a+b) [c", "(a+b)  [c", "(a+b) [c"),
        ("text", "", None),
        ("text", "   ", None),
    ],
)
def test_a_quote_is_found_white_space_and_escapes_aside(content: str, quote: str, found: str | None) -> None:
    span = find_quote(content, quote)
    assert (None if span is None else content[slice(*span)]) == found


def test_a_huge_message_is_cut_and_its_quote_stays() -> None:
    content = "x" * 50_000 + " the quote " + "y" * 50_000
    pieces = cut_message(content, quote="the quote")
    assert sum(len(piece.text) for piece in pieces) < 2_000
    assert [piece.text for piece in pieces if piece.is_quote] == ["the quote"]
    assert [piece.text for piece in pieces if piece.is_gap] == [
        "49,301 more characters",
        "49,301 more characters",
    ]


def test_many_short_lines_do_not_push_the_quote_out_of_sight() -> None:
    content = "\n".join(f"line {i}" for i in range(100)) + "\nthe quote\n" + "\n".join("more" for _ in range(100))
    before, quote = [piece for piece in cut_message(content, quote="the quote") if not piece.is_gap][:2]
    assert before.text.count("\n") < 10
    assert quote.is_quote


def test_a_short_message_is_shown_whole() -> None:
    assert [piece.text for piece in cut_message("short")] == ["short"]


def test_a_whole_message_leaves_nothing_out() -> None:
    content = "line\n" * 5_000
    assert "".join(piece.text for piece in cut_message(content, whole=True)) == content


def test_a_long_transcript_is_shown_in_windows(home: Path, tmp_path: Path, open_page: OpenPage) -> None:
    contents = [f"Task: count {i} " + "z" * 10_000 for i in range(100)]
    path = write_rows(tmp_path / "long.jsonl", [make_row(talk(*contents), trial_name="long", result="1.0")])
    with open_store(home) as store:
        extract(store, import_sample(store, path), home)
    app = open_page("review")
    app.button(key="later_messages").click().run()
    shown = [text for text in list_texts(app) if text.startswith("Task: count")]
    assert sum(len(text) for text in list_texts(app)) < 60_000
    assert 0 < len(shown) <= WINDOW + 3, "the window, and the task text"
    whole = next(button for button in app.button if button.label.startswith("Show all"))
    whole.click().run()
    assert any(len(text) > 10_000 for text in list_texts(app))
