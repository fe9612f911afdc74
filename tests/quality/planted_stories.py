"""Traces made to be found out: one story with a known tool, loop, error-then-fix, decisive step and secret answer.

The same story in every notation; only how a call is written differs.
"""

import json
from collections.abc import Callable
from typing import Any, NamedTuple

SECRET = "QX7-4419-ZEBRA"
"""The answer: in the final reply of the success and in what the verifier expected, never in the task."""
LOOP_ERROR = "Error: format auto is not supported, name one of csv, tsv"
FIX_ERROR = "ModuleNotFoundError: No module named 'tabulate'"
FIX = "pip install tabulate"
DECISIVE = "salescheck --strict"
TOOL = "salestool"
INSTALLED = "Successfully installed tabulate"
CHECKED = "All totals verified"
FIRST_REPLY = "I will look at the sales."


class Step(NamedTuple):
    """A command line and what it answered."""

    command: str
    answer: str


class Story(NamedTuple):
    """The two attempts of one trial in one notation."""

    notation: str
    rows: list[dict[str, Any]]
    """A success and a failure."""


_LOADED = Step("salestool load data/sales.csv --format csv", "412 rows loaded")
_REPORTED = "region code of the best month"
_SUCCESS = (
    _LOADED,
    Step("python3 report.py data/sales.csv", f'Traceback (most recent call last):\n  File "report.py"\n{FIX_ERROR}'),
    Step(FIX, INSTALLED),
    Step("python3 report.py data/sales.csv", _REPORTED),
    Step(DECISIVE, CHECKED),
)
_FAILURE = (
    *[Step("salestool load data/sales.csv --format auto", LOOP_ERROR)] * 3,
    _LOADED,
)
_NOT_DONE = "I could not find out."


def list_stories() -> list[Story]:
    """One trial per notation, in a fixed order."""
    return [_tell(notation, write, role) for notation, (write, role) in _NOTATIONS.items()]


def get_task(notation: str) -> str:
    """The task text of a notation's trial; each is its own."""
    return (
        f"Task: Name the region code of the best month in data/sales.csv ({notation} case). "
        "The answer must be exactly one code."
    )


def _tell(notation: str, write: Callable[[str], Any], role: str) -> Story:
    name = f"planted-{notation}"
    return Story(
        notation,
        [
            _make_row(notation, name, "episode-0", _SUCCESS, f"The region code is {SECRET}.", "1.0", write, role),
            _make_row(notation, name, "episode-1", _FAILURE, _NOT_DONE, "0.0", write, role),
        ],
    )


def _make_row(
    notation: str,
    name: str,
    episode: str,
    steps: tuple[Step, ...],
    last: str,
    result: str,
    write: Callable[[str], Any],
    role: str,
) -> dict[str, Any]:
    messages: list[dict[str, Any]] = [{"role": "user", "content": f"{_PROMPTS.get(notation, '')}{get_task(notation)}"}]
    for number, step in enumerate(steps):
        said = write(step.command)
        reply: dict[str, Any] = said if isinstance(said, dict) else {"content": f"{FIRST_REPLY}\n{said}"}
        answer: dict[str, Any] = {"role": role, "content": f"{_ANSWERS.get(notation, '')}{step.answer}"}
        if "tool_calls" in reply:
            reply["tool_calls"][0]["id"] = answer["tool_call_id"] = f"call_{number}"
        messages += [{"role": "assistant", **reply}, answer]
    messages.append({"role": "assistant", "content": last})
    return {
        "trial_name": name,
        "task": name,
        "episode": episode,
        "conversations": messages,
        "result": result,
        "verifier_output": f"expected {SECRET}",
    }


def _write_terminus(command: str) -> str:
    commands = [{"keystrokes": f"{command}\n", "duration": 1.0}]
    return json.dumps({"analysis": "", "plan": "", "commands": commands, "task_complete": False})


def _write_tool_call(command: str) -> str:
    return f"<tool_call>\n{json.dumps({'name': 'bash', 'arguments': {'command': command}})}\n</tool_call>"


def _write_openai(command: str) -> dict[str, Any]:
    call = {"name": "execute_bash", "arguments": json.dumps({"command": command})}
    return {"content": None, "tool_calls": [{"type": "function", "function": call}]}


def _write_fence(command: str) -> str:
    return f"```bash\n{command}\n```"


def _write_swe_agent(command: str) -> str:
    return f"DISCUSSION\nNext.\n```\n{command}\n```"


def _write_react(command: str) -> str:
    return f"Thought: next.\nAction: bash\nAction Input: {command}"


def _write_function(command: str) -> str:
    return f"<function=execute_bash>\n<parameter=command>{command}</parameter>\n</function>"


def _write_invoke(command: str) -> str:
    return f'<invoke name="bash">\n<parameter name="command">{command}</parameter>\n</invoke>'


def _write_element(command: str) -> str:
    return f"<execute_bash>\n{command}\n</execute_bash>"


_NOTATIONS: dict[str, tuple[Callable[[str], Any], str]] = {
    "terminus": (_write_terminus, "user"),
    "tool_call": (_write_tool_call, "user"),
    "openai": (_write_openai, "tool"),
    "fence": (_write_fence, "user"),
    "swe_agent": (_write_swe_agent, "user"),
    "react": (_write_react, "user"),
    "function": (_write_function, "user"),
    "invoke": (_write_invoke, "user"),
    "element": (_write_element, "user"),
}
_PROMPTS = {
    "fence": "Answer with exactly ONE bash code block.\n",
    "swe_agent": "(Current directory: /app)\nbash-$\n",
}
_ANSWERS = {"terminus": "New Terminal Output:\n", "react": "Observation: ", "fence": "<output>\n"}
