"""Design section 6, to the letter."""

import re

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from core.curation.rendering import (
    SEPARATOR,
    RenderedHint,
    build_hints_section,
    list_source_episodes,
    render_hint,
    render_instruction,
)
from core.models import (
    CriterionText,
    Episode,
    Evidence,
    EvidenceStatus,
    HintKind,
    HintText,
    PitfallText,
    StrategyText,
    ToolText,
)

DESIGN = """\
# Hints

## Available Tools
### curl
**Purpose**: Query the flight API
**Example**: `curl -X POST https://api.flights.example/search`

## Suggested Strategy
1. Extract the requirements. Check: every demand of the task is on the list.
2. Query the API.

## Common Pitfalls
- When the date is missing, don't search with a guess; ask for it once. (from episode-0, episode-3)

## Success Criteria
The flight is booked with WiFi and the confirmation is shown.
"""
DESIGN_HINTS = [
    RenderedHint(
        ToolText(
            name="curl", purpose="Query the flight API", example="curl -X POST https://api.flights.example/search"
        ),
        ["episode-0"],
    ),
    RenderedHint(
        StrategyText(do="Extract the requirements.", check="every demand of the task is on the list."), ["episode-1"]
    ),
    RenderedHint(StrategyText(do="Query the API", why="never published")),
    RenderedHint(
        PitfallText(when="the date is missing", avoid="search with a guess", instead="ask for it once."),
        ["episode-0", "episode-3"],
    ),
    RenderedHint(CriterionText(text="The flight is booked with WiFi and the confirmation is shown")),
]


def render_one(text: HintText) -> str:
    return build_hints_section([RenderedHint(text)])


def make_pitfall(when: str, avoid: str, instead: str) -> PitfallText:
    return PitfallText(when=when, avoid=avoid, instead=instead)


def test_instruction_is_the_one_in_the_design() -> None:
    assert render_instruction("Book a flight.", DESIGN_HINTS) == f"Book a flight.{SEPARATOR}{DESIGN}"


def test_kinds_come_in_publishing_order_and_keep_the_order_within() -> None:
    assert build_hints_section(DESIGN_HINTS[::-1]).splitlines()[2] == "## Available Tools"
    mixed = [DESIGN_HINTS[3], DESIGN_HINTS[1], DESIGN_HINTS[4], DESIGN_HINTS[2], DESIGN_HINTS[0]]
    assert build_hints_section(mixed) == DESIGN


def test_source_episodes_are_an_option() -> None:
    assert "(from" not in render_instruction("Task", DESIGN_HINTS, show_sources=False)


def test_trial_without_hints_is_its_task_text_alone() -> None:
    empty: list[HintText] = [
        ToolText(name=" "),
        StrategyText(do=""),
        make_pitfall("x", "", " "),
        CriterionText(text="\n"),
    ]
    assert render_instruction("Task\n", []) == "Task\n"
    assert render_instruction("Task\n", [RenderedHint(text) for text in empty]) == "Task\n"


@pytest.mark.parametrize("kept", range(5))
def test_sections_without_content_are_left_out(kept: int) -> None:
    section = build_hints_section([DESIGN_HINTS[kept]])
    assert section.count("## ") - section.count("### ") == 1


@pytest.mark.parametrize(
    ("text", "heading"),
    [
        ("Do it.\n# Hints\nBe quick.", "# Hints from past attempts"),
        ("#  hints  ##\r\nBe quick.", "# Hints from past attempts"),
        ("Do it. # Hints", "# Hints"),
        ("## Hints\nBe quick.", "# Hints"),
        ("    # Hints", "# Hints"),
        ("# Hintsight", "# Hints"),
    ],
)
def test_task_text_with_hints_of_its_own_gets_another_heading(text: str, heading: str) -> None:
    assert render_instruction(text, DESIGN_HINTS).startswith(f"{text}{SEPARATOR}{heading}\n\n## Available Tools")


@pytest.mark.parametrize(
    ("pitfall", "expected"),
    [
        (make_pitfall("a", "b", "c"), "When a, don't b; c."),
        (make_pitfall("a", "b", ""), "When a, don't b."),
        (make_pitfall("", "b", "c"), "Don't b; c."),
        (make_pitfall("", "b", ""), "Don't b."),
        (make_pitfall("a", "", "check c"), "When a, check c."),
        (make_pitfall("", "", "check c"), "Check c."),
        (make_pitfall("a", "", ""), ""),
        (make_pitfall("a.", "b.", "c."), "When a, don't b; c."),
        (make_pitfall("When a", "Don't b", "c"), "When a, don't b; c."),
        (make_pitfall("when a", "do not b", "c!"), "When a, don't b; c!"),
        (make_pitfall("whenever a", "donate b", "c"), "When whenever a, don't donate b; c."),
    ],
)
def test_pitfall_reads_on_as_far_as_its_fields_exist(pitfall: PitfallText, expected: str) -> None:
    assert render_hint(pitfall) == expected


@pytest.mark.parametrize(
    ("step", "expected"),
    [
        (StrategyText(do="Run it", check="it ends"), "Run it. Check: it ends."),
        (StrategyText(do="Run it."), "Run it."),
        (StrategyText(do="Run `ls .`"), "Run `ls .`."),
        (StrategyText(do="Does it run?", check="is it done?"), "Does it run? Check: is it done?"),
        (StrategyText(do="Wait..."), "Wait..."),
        (StrategyText(do="", check="it ends"), "Check: it ends."),
        (StrategyText(do="Run\nit", check=" it\r\n ends.\n"), "Run it. Check: it ends."),
    ],
)
def test_step_ends_with_one_stop(step: StrategyText, expected: str) -> None:
    assert render_hint(step) == expected


def test_one_criterion_is_a_line_and_several_are_a_list() -> None:
    one, two = RenderedHint(CriterionText(text="A.")), RenderedHint(CriterionText(text="B"))
    assert build_hints_section([one]).endswith("## Success Criteria\nA.\n")
    assert build_hints_section([one, two]).endswith("## Success Criteria\n- A.\n- B.\n")


@pytest.mark.parametrize(
    ("example", "expected"),
    [
        ("ls -l\n", "**Example**: `ls -l`"),
        ("a\nb", "**Example**:\n```\na\nb\n```"),
        ("echo `date`", "**Example**:\n```\necho `date`\n```"),
        ("```\na\n```", "**Example**:\n````\n```\na\n```\n````"),
        ("a\r\n  b", "**Example**:\n```\na\n  b\n```"),
        ("a\x85b", "**Example**:\n```\na\x85b\n```"),
    ],
)
def test_example_with_backtick_or_line_break_is_a_block_with_a_longer_fence(example: str, expected: str) -> None:
    assert render_hint(ToolText(name="t", example=example)) == f"### t\n{expected}"


def test_tool_without_purpose_or_example_has_no_such_line() -> None:
    assert render_hint(ToolText(name="jq")) == "### jq"
    assert render_hint(ToolText(name="jq", purpose="Read JSON.")) == "### jq\n**Purpose**: Read JSON"


texts = st.text(max_size=40)
hints: st.SearchStrategy[HintText] = st.one_of(
    st.builds(ToolText, name=texts, purpose=texts, example=texts),
    st.builds(StrategyText, do=texts, check=texts),
    st.builds(PitfallText, when=texts, avoid=texts, instead=texts),
    st.builds(CriterionText, text=texts),
)


@settings(deadline=None)
@given(task=st.text(), texts=st.lists(hints, max_size=8), episodes=st.lists(texts, max_size=3))
def test_task_text_stands_unchanged_in_front(task: str, texts: list[HintText], episodes: list[str]) -> None:
    rendered = [RenderedHint(text, episodes) for text in texts]
    instruction = render_instruction(task, rendered)
    section = instruction[len(task) :]
    assert instruction.startswith(task)
    assert section == "" or section.startswith(f"{SEPARATOR}# Hints")
    assert (section == "") == (not any(render_hint(text) for text in texts))


@settings(deadline=None)
@given(text=hints.filter(lambda text: not isinstance(text, ToolText)), name=texts)
def test_no_field_breaks_its_line(text: HintText, name: str) -> None:
    assert len(render_hint(text).splitlines()) <= 1
    assert len(build_hints_section([RenderedHint(text, [name])]).splitlines()) in (0, 4)


@settings(deadline=None)
@given(steps=st.lists(texts, max_size=9))
def test_steps_are_numbered_without_gaps(steps: list[str]) -> None:
    section = build_hints_section([RenderedHint(StrategyText(do=step)) for step in steps])
    numbers = [int(line.split(".")[0]) for line in section.splitlines()[3:]]
    assert numbers == list(range(1, len(numbers) + 1))


structural = st.one_of(
    texts, st.sampled_from(["## Common Pitfalls", "# Hints", "- a", "7. b", "```", "> c", "### d", "---", "a\n## e"])
)
structural_hints: st.SearchStrategy[HintText] = st.one_of(
    st.builds(ToolText, name=structural, purpose=structural, example=structural),
    st.builds(StrategyText, do=structural, check=structural),
    st.builds(PitfallText, when=structural, avoid=structural, instead=structural),
    st.builds(CriterionText, text=structural),
)
SECTIONS = {
    HintKind.TOOL: "## Available Tools",
    HintKind.STRATEGY: "## Suggested Strategy",
    HintKind.PITFALL: "## Common Pitfalls",
    HintKind.CRITERION: "## Success Criteria",
}
BULLET = {HintKind.TOOL: "### ", HintKind.STRATEGY: r"\d+\. ", HintKind.PITFALL: "- "}


def read_back(section: str) -> dict[str, list[str]]:
    """The lines under each second heading, without what stands in fences."""
    found: dict[str, list[str]] = {}
    fence = ""
    for line in section.split("\n"):
        if fence:
            fence = "" if line == fence else fence
        elif line.startswith("```"):
            fence = line
        elif line.startswith("## "):
            found[line] = lines = []
        elif line and found:
            lines.append(line)
    return found


@settings(deadline=None)
@given(texts=st.lists(structural_hints, max_size=8))
@example(texts=[CriterionText(text="## Common Pitfalls")])
@example(texts=[CriterionText(text="```")])
@example(texts=[CriterionText(text="- a list")])
def test_sections_and_their_items_can_be_read_back_whatever_the_hints_say(texts: list[HintText]) -> None:
    section = build_hints_section([RenderedHint(text) for text in texts])
    expected = {kind: sum(text.kind is kind and bool(render_hint(text)) for text in texts) for kind in HintKind}
    found = read_back(section)
    assert list(found) == [SECTIONS[kind] for kind in HintKind if expected[kind]]
    for kind, heading in SECTIONS.items():
        lines = found.get(heading, [])
        # one criterion alone is a line of its own, with or without a bullet
        pattern = BULLET.get(kind) or ("- " if expected[kind] > 1 else "")
        assert sum(bool(re.match(pattern, line)) for line in lines) == expected[kind]


@settings(deadline=None)
@given(text=hints)
def test_pages_show_the_wording_that_is_published(text: HintText) -> None:
    wording = render_hint(text)
    assert wording in render_one(text)


@settings(deadline=None)
@given(example=st.text(alphabet="`a \n", min_size=1, max_size=30))
def test_no_example_closes_its_own_fence(example: str) -> None:
    lines = render_hint(ToolText(name="t", example=example)).split("\n")
    if lines[-1].startswith("```"):
        assert lines[2] == lines[-1]
        assert all(len(run) < len(lines[-1]) for line in lines[3:-1] for run in re.findall("`+", line))


def make_evidence(attempt: int, message: int, status: EvidenceStatus = EvidenceStatus.EXACT) -> Evidence:
    return Evidence(attempt_id=attempt, message=message, quote="q", status=status)


def make_episodes(attempt: int, **counts: int) -> list[Episode]:
    return [
        Episode(attempt_id=attempt, name=name.replace("_", "-"), row_number=row, message_count=count)
        for row, (name, count) in enumerate(counts.items())
    ]


def test_source_is_the_first_episode_that_contains_the_quoted_message() -> None:
    episodes = make_episodes(1, episode_10=6, episode_2=4, episode_0=2) + make_episodes(2, other_1=3)
    assert list_source_episodes([make_evidence(1, 1)], episodes) == ["episode-0"]
    assert list_source_episodes([make_evidence(1, 2)], episodes) == ["episode-2"]
    assert list_source_episodes([make_evidence(1, 9)], episodes) == []
    assert list_source_episodes([make_evidence(9, 0)], episodes) == []


def test_sources_are_unique_and_in_natural_order() -> None:
    episodes = make_episodes(1, episode_10=6, episode_2=4) + make_episodes(2, other_1=3)
    evidence = [make_evidence(1, 5), make_evidence(2, 0), make_evidence(1, 0), make_evidence(1, 1)]
    assert list_source_episodes(evidence, episodes) == ["episode-2", "episode-10", "other-1"]


def test_quote_that_was_found_nowhere_names_no_episode() -> None:
    evidence = [make_evidence(1, 0, EvidenceStatus.MISSING)]
    assert list_source_episodes(evidence, make_episodes(1, episode_0=2)) == []
    assert list_source_episodes([], make_episodes(1, episode_0=2)) == []


@settings(deadline=None)
@given(names=st.lists(st.text(alphabet="a0123456789-", max_size=12), unique=True))
def test_natural_order_takes_any_name(names: list[str]) -> None:
    episodes = [Episode(attempt_id=i, name=name, row_number=i, message_count=1) for i, name in enumerate(names)]
    found = list_source_episodes([make_evidence(i, 0) for i in range(len(names))], episodes)
    assert sorted(found) == sorted(names)
