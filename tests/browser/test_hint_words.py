"""A hint reads on its card in the browser as it is published: two implementations, one wording."""

import json
from itertools import product

from playwright.sync_api import Browser

from core.curation.rendering import render_hint
from core.models import CriterionText, HintText, PitfallText, StrategyText, ToolText
from pages.review.component import FOLDER

ENDS = (
    "",
    "Ask first",
    "Ask first.",
    "ask first!",
    "Ask first\u2026",
    "cd ..",
    "  spread\n over\r\nlines  twice. ",
    "\u00e9t\u00e9\u3002",
)
WHENS = ("", "the date is missing", "When the date is missing.", "when  two spaces", "Whenever it rains")
AVOIDS = ("", "guess", "Don't guess.", "don\u2019t guess", "do not guess", "donate")


def list_texts() -> list[HintText]:
    """Hints of each kind, with everything that the wording takes care of."""
    return [
        *(StrategyText(do=do, check=check, why="Why not") for do, check in product(ENDS, ENDS)),
        *(PitfallText(when=w, avoid=a, instead=i, symptom="s") for w, a, i in product(WHENS, AVOIDS, ENDS)),
        *(CriterionText(text=text, basis="b") for text in ENDS),
    ]


def read_card(browser: Browser, texts: list[HintText], call: str) -> list[str]:
    source = (FOLDER / "js" / "words.js").read_text("utf-8")
    page = browser.new_page()
    try:
        found = page.evaluate(
            f"(texts) => {{ {source}\n return texts.map({call}); }}", [text.model_dump(mode="json") for text in texts]
        )
    finally:
        page.close()
    return [str(words) for words in found]


def test_steps_pitfalls_and_criteria_read_as_they_are_published(browser: Browser) -> None:
    texts = list_texts()
    assert read_card(browser, texts, "hintWords") == [render_hint(text) for text in texts]


def test_a_tool_has_the_name_purpose_and_example_that_are_published(browser: Browser) -> None:
    texts: list[HintText] = [
        ToolText(name=name, purpose=purpose, example=example)
        for name, purpose, example in product(("curl", " find.py\n"), ENDS, ("", "curl -X POST"))
    ]
    # on the card a purpose is a sentence, in the file a field
    call = "(text) => JSON.stringify([hintPieces(text)[0][1], cutStop(text.purpose), text.example])"
    wanted = []
    for text in texts:
        heading, *fields = render_hint(text).split("\n")
        values = dict(field.removeprefix("**").split("**: ") for field in fields)
        wanted.append([heading.removeprefix("### "), values.get("Purpose", ""), values.get("Example", "").strip("`")])
    assert read_card(browser, texts, call) == [
        json.dumps(item, ensure_ascii=False, separators=(",", ":")) for item in wanted
    ]
