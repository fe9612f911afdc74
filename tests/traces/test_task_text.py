"""Where the task stands: domain section 4, and shape 12."""

from pathlib import Path

import pytest

from core.models import Message, Role
from core.store import Store
from core.traces.task_text import TaskText, find_task_text
from core.traces.templates import TEMPLATES, find_template, strip_template
from tests.builders import FORMATS, import_list, import_path, make_row, say, talk, write_rows

TERMINUS = (
    "You are an AI assistant tasked with solving command-line tasks in a Linux environment.\n\n"
    'Format your response as JSON: {{"commands": []}}\n\n'
    "Task Description:\n{task}\n\n"
    "Current terminal state:\nCurrent Terminal Screen:\nroot@box:/app#\n"
)
SETTING = "SETTING: You are an autonomous programmer, and you're working directly in the command line."
CTF_SETTING = "SETTING: You are a skilled cybersecurity professional, and you work in the command line."
OPENHANDS = "You are OpenHands agent, a helpful AI assistant that can interact with a computer to solve tasks."
EXAMPLE = (
    "Here's a running example of how to perform a task with the provided tools.\n"
    "--------------------- START OF EXAMPLE ---------------------\nUSER: Create a list.\n"
    "--------------------- NEW TASK DESCRIPTION ---------------------\n"
    "Create hello.txt.\n"
    "--------------------- END OF NEW TASK DESCRIPTION ---------------------\n"
    "PLEASE follow the format strictly!"
)
BOOKING = "User: Book flight to SFO with WiFi\nTask: Do whatever the user asked."


def read(*conversations: list[dict[str, object]], instruction: str | None = None, **options: object) -> TaskText:
    messages = [
        [Message(role=Role(str(said["role"])), content=str(said["content"])) for said in conversation]
        for conversation in conversations
    ]
    return find_task_text(messages, instruction=instruction, **options)  # type: ignore[arg-type]


def test_the_whole_message_with_the_marker_is_kept() -> None:
    assert read(talk(BOOKING, "ok")) == TaskText(BOOKING, 'marker "Task:" in message 0', is_fallback=False)


@pytest.mark.parametrize("marker", ["Task Description:", "Task:", "## Task"])
def test_each_marker_counts_at_the_start_of_a_line_only(marker: str) -> None:
    text = f"Read this.\n{marker} sort\nThen go."
    assert read(talk(text, "ok")).text == text
    inside = read(talk(f"Read the {marker} sort", "ok"))
    assert inside == TaskText(
        f"Read the {marker} sort", "fallback: the first user message (message 0)", is_fallback=True
    )


def test_the_longest_marker_in_a_message_is_the_one_that_counts() -> None:
    text = "Task: see below\nTask Description: sort"
    assert read(talk(text)).source == 'marker "Task Description:" in message 0'
    assert read(talk(text), cut_at_marker=True).text == "Task Description: sort"
    assert read(talk(text), markers=("Task:", "Task Description:")).source == 'marker "Task Description:" in message 0'


def test_the_first_user_message_with_a_marker_holds_the_task() -> None:
    talked = [
        say("system", "Task: not this"),
        say("user", "Hello"),
        say("assistant", "Task: nor this"),
        *talk("Task: sort"),
    ]
    assert read(talked) == TaskText("Task: sort", 'marker "Task:" in message 3', is_fallback=False)


def test_markers_are_configurable_and_empty_ones_are_ignored() -> None:
    text = "Intro\n## Objective\nSort."
    assert read(talk(text), markers=("# Task", "## Objective", "")).source == 'marker "## Objective" in message 0'
    assert read(talk("Task: sort"), markers=("# Task", "")).is_fallback


@pytest.mark.parametrize(
    "text",
    [
        "Task: sort\nTask: sort again\n## Task\nTask Description: last",
        "Task: write `# Hints` first\n\n---\n\n# Hints\n\n## Available Tools\n### ls",
        "Task:",
        "Tâche\nTask: 请按名称排序文件 🗂️\nотсортируй",
        "任务：排序\n## Task 排序",
        "\n\nTask: blanks around   \n\n",
        "Task: see\nCurrent terminal state:\nnothing",
    ],
)
def test_a_task_text_stays_as_it_is_byte_for_byte(store: Store, text: str) -> None:
    assert read(talk(text, "ok")).text == text
    assert import_list(store, [make_row(talk(text, "ok"))]).trial.trial.task_text == text


@pytest.mark.parametrize("suffix", FORMATS)
def test_the_booking_example_stays_whole_through_an_import(store: Store, tmp_path: Path, suffix: str) -> None:
    path = write_rows(tmp_path / f"a{suffix}", [make_row([say("system", "Policy"), *talk(BOOKING, "ok")])])
    trial = import_path(store, path).trial
    assert (trial.trial.task_text, trial.trial.task_source) == (BOOKING, 'marker "Task:" in message 1')
    assert trial.findings == []


def test_cutting_at_the_marker_drops_only_what_stands_in_front() -> None:
    text = "A preamble\nof two lines\nTask: sort\nTask: and more"
    assert read(talk(text), cut_at_marker=True).text == "Task: sort\nTask: and more"
    assert read(talk(text)).text == text


# --- templates


def test_terminus_keeps_what_stands_between_its_first_marker_and_its_last_screen() -> None:
    task = "Sort it.\nTask Description: a trap\nCurrent terminal state: a trap, too\nEnd of task."
    prompt = TERMINUS.format(task=task)
    found = read(talk(prompt, "{}"))
    assert found == TaskText(task, 'marker "Task Description:" in message 0', is_fallback=False)
    assert read(talk(prompt, "{}"), cut_at_marker=True).text == task


def test_terminus_without_a_screen_keeps_everything_behind_the_marker() -> None:
    assert read(talk(TERMINUS.format(task="Sort.").partition("Current")[0], "{}")).text == "Sort."


def test_a_task_inside_a_terminus_prompt_may_hold_our_headings() -> None:
    task = "Sort.\n\n---\n\n# Hints\n- none\n\nNão é inglês."
    assert read(talk(TERMINUS.format(task=task), "{}")).text == task


def test_a_terminus_prompt_is_recognised_whatever_the_markers_are() -> None:
    assert read(talk(TERMINUS.format(task="Sort."), "{}"), markers=("# Goal",)).text == "Sort."


@pytest.mark.parametrize("setting", [SETTING, CTF_SETTING, f"{SETTING}\nTask: not this"])
def test_the_setting_of_swe_agent_is_never_the_task(setting: str) -> None:
    issue = "We're currently solving the following issue.\nISSUE: broken"
    talked = [say("user", setting), say("user", issue), say("assistant", "ls")]
    assert read(talked) == TaskText(issue, "fallback: the first user message (message 1)", is_fallback=True)
    assert read(talked, instruction=setting).text == issue


def test_the_system_prompt_of_openhands_is_never_the_task() -> None:
    talked = [say("user", OPENHANDS), say("user", "Create hello.txt."), say("assistant", "ok")]
    assert read(talked).text == "Create hello.txt."
    assert read([say("user", OPENHANDS), say("user", EXAMPLE)]).text == "Create hello.txt."


def test_every_known_template_is_recognised_by_its_opening() -> None:
    openings = [TERMINUS.format(task="x"), SETTING, OPENHANDS, EXAMPLE]
    assert [find_template(text) for text in openings] == list(TEMPLATES)
    assert find_template("Please tell me about SETTING: You are") is None
    assert strip_template("plain") == "plain"
    assert strip_template(SETTING) is None
    assert strip_template("You are an AI assistant tasked with solving command-line tasks. No marker.") is None


# --- observations


@pytest.mark.parametrize("marker", ["Task:", "Task Description:", "## Task"])
def test_an_observation_that_looks_like_a_marker_is_not_the_task(marker: str) -> None:
    observation = f"$ cat todo.md\n{marker} buy milk"
    call = '<tool_call>\n{"name": "bash", "arguments": {"command": "cat todo.md"}}\n</tool_call>'
    talked = [say("user", "Help me."), say("assistant", call), say("user", observation), say("assistant", "done")]
    assert read(talked).text == "Help me."
    with_tool_role = [say("user", "Help me."), say("assistant", call), say("tool", observation)]
    assert read(with_tool_role).text == "Help me."


def test_an_observation_is_not_the_task_by_fallback_either() -> None:
    call = '<tool_call>\n{"name": "bash", "arguments": {"command": "ls"}}\n</tool_call>'
    talked = [say("user", SETTING), say("assistant", call), say("user", "README.md"), say("assistant", "done")]
    assert read(talked).text == ""


def test_what_a_person_says_later_may_hold_the_task() -> None:
    talked = talk("Hi.", "How can I help?", "Task: sort my files", "Done.")
    assert read(talked) == TaskText("Task: sort my files", 'marker "Task:" in message 2', is_fallback=False)


# --- fallbacks


def test_without_a_marker_the_instruction_column_is_the_task() -> None:
    found = read(talk("Hi.", "ok"), instruction="Sort the files.")
    assert found == TaskText("Sort the files.", "fallback: the instruction column", is_fallback=True)


@pytest.mark.parametrize("instruction", [None, "", " \n", SETTING, TERMINUS.format(task="x"), OPENHANDS, EXAMPLE])
def test_an_instruction_that_is_empty_or_a_template_is_passed_over(instruction: str | None) -> None:
    assert read(talk("Hi.", "ok"), instruction=instruction).text == "Hi."


def test_a_marker_beats_the_instruction_column() -> None:
    assert read(talk("Task: sort", "ok"), instruction="Something else").text == "Task: sort"


@pytest.mark.parametrize("suffix", FORMATS)
def test_the_instruction_counts_only_if_it_is_equal_in_all_rows_of_the_trial(
    store: Store, tmp_path: Path, suffix: str
) -> None:
    def import_with(*instructions: str | None) -> str:
        rows = [
            make_row(talk("Hi.", str(n)), instruction=text, task=str(instructions))
            for n, text in enumerate(instructions)
        ]
        path = write_rows(tmp_path / f"{len(list(tmp_path.iterdir()))}{suffix}", rows)
        return import_path(store, path).trial.trial.task_source

    assert import_with("Sort.", "Sort.") == "fallback: the instruction column"
    assert import_with("Sort.", "Count.") == "fallback: the first user message (message 0)"
    assert import_with("Sort.", None) == "fallback: the first user message (message 0)"


def test_the_first_user_message_of_the_attempt_that_appeared_first_is_the_last_resort() -> None:
    first = [say("system", "s"), say("user", " "), say("user", "Sort."), say("assistant", "ok")]
    assert read(first, talk("Count.", "ok")).source == "fallback: the first user message (message 2)"
    assert read(first, talk("Count.", "ok")).text == "Sort."


@pytest.mark.parametrize(
    "conversation", [[say("assistant", "hello")], [say("system", "s"), say("tool", "t")], [say("user", SETTING)]]
)
def test_without_any_task_the_text_is_empty_and_the_trial_is_blocked(
    store: Store, conversation: list[dict[str, object]]
) -> None:
    trial = import_list(store, [make_row(conversation)]).trial
    assert trial.trial.task_text == ""
    assert [(finding.code, finding.severity) for finding in trial.findings] == [("empty-task", "block")]


def test_a_fallback_is_a_finding_that_names_its_source(store: Store) -> None:
    (finding,) = import_list(store, [make_row(talk("Hi.", "ok"), instruction="Sort.")]).trial.findings
    assert (finding.code, finding.severity) == ("task-by-fallback", "info")
    assert "the instruction column" in finding.message


# --- disagreement


def test_attempts_that_name_different_tasks_are_a_warning(store: Store) -> None:
    found = import_list(store, [make_row(talk("Task: sort", "a")), make_row(talk("Task: count", "b"))])
    assert found.trial.trial.task_text == "Task: sort"
    assert [(finding.code, finding.severity) for finding in found.trial.findings] == [("task-texts-disagree", "warn")]
    assert found.report.disagreeing_tasks == 1


def test_attempts_whose_fallbacks_differ_are_a_warning_too(store: Store) -> None:
    found = import_list(store, [make_row(talk("Sort.", "a")), make_row(talk("Count.", "b"))])
    assert found.trial.trial.task_text == "Sort."
    assert found.trial.finding_codes == ["task-texts-disagree", "task-by-fallback"]
    assert found.report.disagreeing_tasks == 1


def test_white_space_is_no_disagreement() -> None:
    assert not read(talk("Task:  sort\n", "a"), talk("Task: sort", "b")).disagrees
    assert not read(talk("Sort it. ", "a"), talk("Sort  it.", "b")).disagrees


def test_attempts_of_which_only_some_have_a_marker_do_not_disagree() -> None:
    found = read(talk("Hello.", "a"), talk("Task: sort", "b"))
    assert (found.text, found.disagrees) == ("Task: sort", False)


def test_an_instruction_for_all_attempts_leaves_nothing_to_disagree_on() -> None:
    assert not read(talk("Hi.", "a"), talk("Hello.", "b"), instruction="Sort.").disagrees
