"""What the stand-in model answers: hints with quotes that really stand in the prompt, the same for the same prompt."""

import json
import re
from typing import Any

_CONTRAST_MESSAGE = re.compile(
    r"^\[(A\d+) message (\d+), (\w+)\]\n(.*?)(?=^\[A\d+ message \d+, |^\[messages? \d|^=====)", re.MULTILINE | re.DOTALL
)
_MESSAGE = re.compile(r"^\[message (\d+), (\w+)\]\n(.*?)(?=^\[message \d+, |^=====)", re.MULTILINE | re.DOTALL)


def answer_hints(request: dict[str, Any]) -> str:
    """One tool, one step (after a success), one pitfall and one criterion, each quoting the prompt."""
    prompt = request["messages"][1]["content"]
    if " HINTS =====" in prompt:
        return answer_merges(prompt)
    if _CONTRAST_MESSAGE.search(prompt):
        return answer_contrast(prompt)
    messages = [(int(number), role, text) for number, role, text in _MESSAGE.findall(prompt)]
    quotes = [(number, _pick_line(text)) for number, role, text in messages if role != "system" and _pick_line(text)]
    first, last = quotes[0], quotes[-1]
    said = {"message": last[0], "quote": last[1]}
    answer = {
        "happened": "The agent worked on the task.",
        "failure_cause": "",
        "outcome_opinion": "unknown",
        "tools": [{"name": "terminal", "purpose": "Runs commands", "example": "ls -la /app", "evidence": [said]}],
        "strategy": [],
        "pitfalls": [
            {
                "when": f"message {last[0]} comes back",
                "avoid": "stop there",
                "instead": "check the result",
                "symptom": "",
                "evidence": [said],
            }
        ],
        "criteria": [
            {
                "text": "The result is shown.",
                "basis": "the task text",
                "evidence": [{"message": first[0], "quote": first[1]}],
            }
        ],
    }
    if "SUCCEEDED" in prompt:
        answer["strategy"] = [{"do": "Read the task first.", "why": "", "check": "", "evidence": [said]}]
    return json.dumps(answer)


def answer_contrast(prompt: str) -> str:
    """One step and one pitfall, each quoting both attempts as far as they are shown from where they part."""
    messages = [
        (label, int(number), _pick_line(text))
        for label, number, role, text in _CONTRAST_MESSAGE.findall(prompt)
        if role != "system" and _pick_line(text)
    ]
    last = {label: {"attempt": label, "message": number, "quote": quote} for label, number, quote in messages}
    answer = {
        "parted": "The one checked first, the other did not.",
        "tools": [],
        "strategy": [{"evidence": list(last.values()), "do": "Compare before acting.", "why": "", "check": ""}],
        "pitfalls": [
            {
                "evidence": list(last.values()),
                "when": "both ways are open",
                "avoid": "take the first one",
                "instead": "take the one that was checked",
                "symptom": "",
            }
        ],
        "criteria": [],
    }
    return json.dumps(answer)


def answer_merges(prompt: str) -> str:
    """The first member of every group of pitfalls, said to be merged."""
    groups = re.findall(r"^\[(G\d+)\] pitfall\n(.*)$", prompt, re.MULTILINE)
    pitfalls = [{"group": label, **json.loads(words)} for label, words in groups]
    pitfalls = [{**item, "when": f"{item['when']} (merged)"} for item in pitfalls]
    return json.dumps({"strategy": [], "pitfalls": pitfalls, "criteria": []})


def _pick_line(text: str) -> str:
    lines = [line.strip() for line in text.splitlines()]
    return max((line for line in lines if 5 <= len(line) <= 120 and "[masked" not in line), key=len, default="")
