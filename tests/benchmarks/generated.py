"""What the benchmarks of the extraction are made of: generated traces, and one answer that validates."""

import json
import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import orjson

ATTEMPTS_PER_TRIAL = 5
MESSAGES = 12
WORDS = [
    "build",
    "test",
    "config",
    "service",
    "returned",
    "error",
    "warning",
    "module",
    "package",
    "install",
    "path",
    "timeout",
    "retry",
    "cache",
    "index",
    "table",
    "column",
    "value",
    "request",
    "response",
    "server",
    "client",
    "socket",
    "file",
    "directory",
    "permission",
    "denied",
    "branch",
    "merge",
    "commit",
    "deploy",
    "container",
    "image",
    "volume",
    "network",
    "address",
    "port",
    "process",
    "signal",
    "memory",
    "limit",
    "queue",
    "worker",
    "thread",
]


def write_rows(path: Path, *, attempts: int, characters: int) -> Path:
    """A JSONL file with one row per attempt, each conversation so many characters long and unlike every other one."""
    with path.open("wb") as file:
        for number in range(attempts):
            file.write(orjson.dumps(_make_row(number, characters)) + b"\n")
    return path


def _make_row(number: int, characters: int) -> dict[str, Any]:
    trial, attempt = divmod(number, ATTEMPTS_PER_TRIAL)
    task = f"Repair service {trial}: its tests must pass again, and /app/report-{trial}.txt must say what was wrong."
    size = (characters - 2 * len(task)) // MESSAGES
    chance = random.Random(number)
    texts = [_make_text(chance, size, index) for index in range(MESSAGES)]
    texts[0] = f"{task}\n{texts[0]}"
    conversation = [
        {"role": "assistant" if index % 2 else "user", "content": text[:size] if index else text}
        for index, text in enumerate(texts)
    ]
    return {
        "trial_name": f"trial-{trial}",
        "episode": f"episode-{attempt}",
        "task": task,
        "conversations": conversation,
        "result": float(number % 2),
    }


def _make_text(chance: random.Random, size: int, index: int) -> str:
    lines = _list_commands(chance) if index % 2 else _list_outputs(chance)
    text = ""
    while len(text) < size:
        text += next(lines)
    return text[:size]


def _list_commands(chance: random.Random) -> Iterator[str]:
    while True:
        words = chance.sample(WORDS, 12)
        yield f"I look at the {' '.join(words[:8])}.\n```bash\ncd /app/{words[8]} && ./{words[9]} --{words[10]}\n```\n"


def _list_outputs(chance: random.Random) -> Iterator[str]:
    while True:
        words = chance.sample(WORDS, 9)
        yield f"[{chance.randrange(10**6):06}] {words[0]}/{words[1]}.py:{chance.randrange(99)}: {' '.join(words[2:])}\n"


def _quote(message: int) -> list[dict[str, Any]]:
    return [{"message": message, "quote": "FAILED tests/test_service.py::test_report - AssertionError: no such table"}]


ANSWER = json.dumps(
    {
        "happened": "The agent read the failing tests, repaired the migration and ran the tests until they passed. "
        "Then it wrote the report that the task asks for.",
        "failure_cause": "",
        "outcome_opinion": "success",
        "tools": [
            {
                "name": name,
                "purpose": "Runs the service's own tests and shows the first one that fails",
                "example": f"{name} -x tests/test_service.py --maxfail=1",
                "evidence": _quote(number),
            }
            for number, name in enumerate(("pytest", "sqlite3"), start=3)
        ],
        "strategy": [
            {
                "do": f"Step {number}: run the tests first and read the first failure before anything is changed.",
                "why": "The first failure names the missing table, and all later ones follow from it.",
                "check": "The output ends with the number of tests that passed.",
                "evidence": _quote(number),
            }
            for number in range(1, 5)
        ],
        "pitfalls": [
            {
                "when": "the migration is run twice",
                "avoid": "delete the database file to get rid of the error",
                "instead": "look up which migrations were applied already",
                "symptom": "sqlite3.OperationalError: table already exists",
                "evidence": _quote(number),
            }
            for number in (5, 7)
        ],
        "criteria": [
            {
                "text": "All tests pass and the report names the table that was missing.",
                "basis": "the task text",
                "evidence": _quote(number),
            }
            for number in (0, 2)
        ],
    }
)


def answer_prepared(request: dict[str, Any]) -> str:
    """The same valid answer to everything: a responder for the stand-in."""
    return ANSWER
