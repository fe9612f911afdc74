"""Tools that were executed and worked, with the most typical call as their example."""

import re
from collections import Counter, defaultdict
from collections.abc import Sequence
from typing import Any

from core.extraction.rules_purposes import describe_purpose, read_descriptions
from core.extraction.rules_trial import Digest, Lesson, TrialDigest
from core.extraction.rules_wording import (
    find_written_file,
    is_inline_script,
    quote_actions,
    read_arguments,
    shorten_command,
    tidy,
)
from core.models import ToolText
from core.traces.actions import Action
from core.traces.programs import BUILTINS, EDITOR_COMMANDS, VIEWERS

MAXIMUM_TOOLS = 5
_MAXIMUM_EDITOR_COMMANDS = 2
_QUOTED = 2
_EDITING = EDITOR_COMMANDS | {"insert", "set_cursors"}
_MAXIMUM_ARGUMENTS = 8
HARNESS_TOOLS = frozenset(
    [
        "finish",
        "submit",
        "exit",
        "task_complete",
        "mark_task_complete",
        "attempt_completion",
        "think",
        "wait",
        "final_answer",
    ]
)
"""The harness's own verbs: everybody who gets the task has them anyway."""
_TELLING_VIEWERS = frozenset(
    ["jq", "yq", "xxd", "strings", "file", "hexdump", "od", "search_dir", "find_file", "search_file", "open"]
)
_EVERYDAY = (
    BUILTINS
    | (VIEWERS - _TELLING_VIEWERS)
    | frozenset(
        [
            "mkdir",
            "rm",
            "cp",
            "mv",
            "touch",
            "chmod",
            "chown",
            "ln",
            "rmdir",
            "bash",
            "sh",
            "tmux",
            "xargs",
            "seq",
            "sed",
            "awk",
            "kill",
            "pkill",
            "goto",
        ]
    )
)
"""What everybody knows: it would only make the list long."""


def get_name(action: Action) -> str:
    """What a reader would call the tool: the program of a command line, else the function."""
    return (action.program or action.tool) if action.is_shell else action.tool


def is_worth_naming(action: Action) -> bool:
    """False for the harness's verbs and for what everybody uses everywhere."""
    name = get_name(action)
    is_everyday = action.is_shell and name in _EVERYDAY
    return bool(name) and name.lower() not in HARNESS_TOOLS and not is_everyday


def find_tools(trial: TrialDigest) -> list[Lesson]:
    """The tools of the attempts that did not fail; none where all failed, for what they used may be why."""
    used: dict[str, dict[int, list[Action]]] = defaultdict(lambda: defaultdict(list))
    for digest in trial.attempts:
        written = {_get_base(find_written_file(action)) for action in digest.actions} - {""}
        for action in digest.actions:
            if not action.failed and is_worth_naming(action) and not _is_own(action, written):
                used[get_name(action)][digest.id].append(action)
    by_id = {digest.id: digest for digest in trial.attempts}
    chosen = [name for name, uses in used.items() if any(not by_id[each].is_failed for each in uses)]
    ranked = sorted(chosen, key=lambda name: _rank_tool(name, used[name], by_id))
    return [lesson for name in _drop_surplus(ranked, used) if (lesson := _build(trial, name, used[name], by_id))]


def _is_own(action: Action, written: set[str]) -> bool:
    """True for a script of the agent's, and for the program that the task is about (`./rock`)."""
    name = get_name(action)
    return name in written or (action.is_shell and name != "gradlew" and f"./{name}" in action.command)


def _drop_surplus(names: Sequence[str], used: dict[str, dict[int, list[Action]]]) -> list[str]:
    """Commands of one agent's own editor only where nothing else was used."""
    kept = [name for name in names if not _is_editor_command(name, used[name])]
    return kept[:MAXIMUM_TOOLS] or list(names[:_MAXIMUM_EDITOR_COMMANDS])


def _is_editor_command(name: str, uses: dict[int, list[Action]]) -> bool:
    return name in _EDITING and all(action.is_shell for actions in uses.values() for action in actions)


def _rank_tool(name: str, uses: dict[int, list[Action]], by_id: dict[int, Digest]) -> tuple[object, ...]:
    successes = sum(by_id[each].is_successful for each in uses)
    calls = sum(len(actions) for actions in uses.values())
    return (_is_editor_command(name, uses), -successes, -len(uses), -calls, name)


def _build(trial: TrialDigest, name: str, uses: dict[int, list[Action]], by_id: dict[int, Digest]) -> Lesson | None:
    order = sorted(uses, key=lambda each: (not by_id[each].is_successful, by_id[each].is_failed))
    calls = [(action, by_id[each].attempt.messages) for each in order for action in uses[each]]
    # an answered call proves more than one whose answer nobody saw
    answered = [call for call in calls if call[0].observation is not None]
    descriptions = read_descriptions(next(iter(by_id.values())).attempt.tool_definitions)
    typical = _find_typical([action for action, _ in answered or calls], trial)
    purpose = describe_purpose(name, answered or calls, descriptions, own=_list_own_modules(trial)) or _count_uses(
        trial, uses, by_id
    )
    text = ToolText(name=name, purpose=trial.hide_answers(purpose), example=_write_example(typical, trial))
    quotes = {
        each: quote_actions(by_id[each].attempt.messages, _pick(uses[each], typical))
        for each in uses
    }  # fmt: skip
    return Lesson(text, {each: found for each, found in quotes.items() if found}) if any(quotes.values()) else None


def _list_own_modules(trial: TrialDigest) -> frozenset[str]:
    written = (find_written_file(action) for digest in trial.attempts for action in digest.actions)
    return frozenset(_get_base(path).removesuffix(".py") for path in written if path.endswith(".py"))


def _count_uses(trial: TrialDigest, uses: dict[int, list[Action]], by_id: dict[int, Digest]) -> str:
    if len(trial.attempts) == 1:
        times = sum(len(actions) for actions in uses.values())
        return f"Worked {times} times in this task" if times > 1 else "Worked in this task"
    good = sum(by_id[each].is_successful for each in uses)
    return f"Worked in {len(uses)} of {len(trial.attempts)} attempts, {good} of them successful"


def _pick(actions: list[Action], typical: Action) -> list[Action]:
    shape = _get_shape(typical)
    return sorted(actions, key=lambda action: (action is not typical, _get_shape(action) != shape))[:_QUOTED]


def _find_typical(actions: Sequence[Action], trial: TrialDigest) -> Action:
    """The call whose options and argument names are the most frequent; of those one that is short and says nothing."""
    shapes = Counter(map(_get_shape, actions))
    return min(
        actions,
        key=lambda action: (
            is_inline_script(action) or bool(find_written_file(action)),
            trial.gives_away(action.command) and action.is_shell,
            "\n" in action.command.strip(),
            action.is_shell and tidy(action.command) != action.command,
            len(action.command) > 120,
            -shapes[_get_shape(action)],
            len(action.command) < 8,
            len(action.command),
            action.command,
        ),
    )


def _get_shape(action: Action) -> tuple[str, ...]:
    if not action.is_shell:
        return tuple(sorted(read_arguments(action)))
    return tuple(word for word in action.command.split() if word.startswith("-"))[:8]


def _write_example(action: Action, trial: TrialDigest) -> str:
    if action.is_shell:
        example = shorten_command(action.command)
        is_whole = not example.endswith(" ...")
        return example if is_whole and not trial.gives_away(action.command) else ""
    arguments = read_arguments(action)
    if not arguments:
        return action.tool if action.command == action.tool else shorten_command(trial.hide_answers(action.command))
    # of another case's values only those that the task itself names would be right again
    is_loading = action.tool.startswith("load")
    pairs = [f'"{key}": {_write_value(value, trial, is_loading)}' for key, value in arguments.items()]
    shown = ", ".join([*pairs[:_MAXIMUM_ARGUMENTS], *(["..."] if len(pairs) > _MAXIMUM_ARGUMENTS else [])])
    return f"{action.tool} {{{shown}}}"


def _write_value(value: Any, trial: TrialDigest, is_loading: bool) -> str:
    if isinstance(value, bool) or value is None:
        return str(value).lower().replace("none", "null")
    if isinstance(value, list):
        return "[...]"
    if isinstance(value, dict):
        return "{...}"
    text = str(value)
    is_word = re.fullmatch(r"[A-Za-z_-]{2,40}", text) is not None
    # a name with digits is somebody's or of this case only
    if not is_word or not (is_loading or text.casefold() in trial.task_text.casefold()):
        return '"..."' if isinstance(value, str) else "..."
    return f'"{text}"' if isinstance(value, str) else text


def _get_base(path: str) -> str:
    return path.rsplit("/", 1)[-1]
