"""The part of a card that says how to load the tasks, how to run them in Harbor, and what they cannot do. Pure.

The name of the repository is not in it: the same files may lie anywhere.
"""

from collections.abc import Iterator

from core.publishing.card_facts import Card, CardFacts
from core.publishing.options import Layout, Unmatched

_LOAD = """\
```python
from datasets import load_dataset

# REPOSITORY: the name of this repository, or the path of a copy
tasks = load_dataset("REPOSITORY", split="train")
hints = load_dataset("REPOSITORY", "hints", split="train")
```"""
_UNPACK = """\
```python
import io, pathlib, tarfile

for task in tasks:
    folder = pathlib.Path("tasks") / task["path"]
    folder.mkdir(parents=True)
    with tarfile.open(fileobj=io.BytesIO(task["task_binary"])) as archive:
        archive.extractall(folder, filter="data")
```"""
_RUN = """\
```bash
harbor run {place} --agent AGENT --model MODEL{option}
```"""


def describe_use(facts: CardFacts, card: Card) -> Iterator[str]:
    """Paragraphs and code."""
    is_packed = card.options.layout is Layout.ARCHIVE
    yield _LOAD
    if is_packed:
        yield (
            f"A row of the default configuration is one task: its folder's name (`path`, e.g. `{card.example}`) and a "
            "tar.gz of the folder's contents (`task_binary`). To unpack them:"
        )
        yield _UNPACK
    else:
        yield (
            f"The tasks lie in this repository as folders below `tasks`, e.g. `tasks/{card.example}`. A row of the "
            "default configuration names one (`path`) and its `files`; their contents are in the folder."
        )
    yield (
        "The configuration `hints` has one readable row per trial: the task's text, each hint with the number of "
        "attempts behind it, the whole instruction, the outcomes of the attempts and the share that succeeded of "
        "those whose outcome is known (`base_pass_rate`, null if none is)."
    )
    yield "To run the tasks in Harbor (`pip install harbor`):"
    place = "--path tasks" if is_packed else "--repo https://huggingface.co/datasets/REPOSITORY"
    option = "" if facts.with_verifier == facts.tasks else " --disable-verification"
    yield _RUN.format(place=place, option=option)
    if 0 < facts.with_verifier < facts.tasks:
        yield "That runs them all and scores none; to score those with a verifier, leave out the option and the others."
    yield (
        "`instruction.md` holds the task and its hints, `metadata.json` (or `trace_hints_metadata.json`) where they "
        "come from, `trace_hints.json` in this repository which decisions they rest on."
    )


def describe_limits(facts: CardFacts, card: Card) -> str:
    """What a user must not expect, as a list."""
    limits = [
        "A hint says what past attempts showed. It may not hold for another agent, model or environment",
        "`base_pass_rate` counts the attempts in the traces whose outcome is known; with few of them it says little",
    ]
    if facts.with_verifier < facts.tasks:
        limits.append(
            "Tasks without a verifier are in a standard environment (Ubuntu 24.04 with Python), which may lack what "
            "their text speaks of, and cannot be scored"
        )
    if card.options.tasks is not None and card.options.unmatched is Unmatched.LEAVE_OUT:
        limits.append("Trials whose source task was not found are left out")
    if card.options.layout is Layout.FOLDERS:
        limits.append(
            "A repository on the Hub keeps no file modes, so that no script is executable there (Harbor makes the test "
            "script so), and no empty folders: `.gitkeep` holds their place"
        )
    if facts.twins and card.tasks_identity is not None:
        limits.append("A task and its twin share the name in `task.toml`, where it has one; run them as two jobs")
    return "\n".join(f"- {limit}." for limit in limits)
