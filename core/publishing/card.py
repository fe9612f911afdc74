"""The dataset's card (`README.md`): what it is, who looked at it, and how to use it. Pure; no time, no publisher."""

import json
from collections import Counter
from dataclasses import dataclass, field

from core.models import Dataset, HintKind, Origin
from core.publishing.names import describe_source
from core.publishing.task_rows import TasksIdentity
from core.publishing.tasks import BuiltTask, list_origins

DATA_PATH = "data/train-00000-of-00001.parquet"
HINTS_PATH = "hints/train-00000-of-00001.parquet"
_UNPACK = """\
```python
import io, pathlib, tarfile
from datasets import load_dataset

# REPOSITORY: the name of this repository
for task in load_dataset("REPOSITORY", split="train"):
    folder = pathlib.Path("tasks") / task["path"]
    folder.mkdir(parents=True)
    with tarfile.open(fileobj=io.BytesIO(task["task_binary"])) as archive:
        archive.extractall(folder, filter="data")
```"""
_KIND_WORDS = {
    HintKind.TOOL: "tools",
    HintKind.STRATEGY: "strategy steps",
    HintKind.PITFALL: "pitfalls",
    HintKind.CRITERION: "success criteria",
}


@dataclass
class CardFacts:
    """Counts over the published tasks."""

    tasks: int = 0
    reviewed: int = 0
    with_verifier: int = 0
    hints: Counter[HintKind] = field(default_factory=Counter)
    origins: set[Origin] = field(default_factory=set)

    def add(self, task: BuiltTask) -> None:
        """Count one more task."""
        self.tasks += 1
        self.reviewed += task.is_reviewed
        self.with_verifier += task.has_verifier
        self.hints.update(hint.kind for hint in task.hints)
        self.origins.update(task.origins)


def build_card(
    dataset: Dataset,
    facts: CardFacts,
    *,
    example: str,
    licence: str | None = None,
    tasks_identity: TasksIdentity | None = None,
) -> str:
    """The card with the configurations that `load_dataset` reads.

    Args:
        dataset: The source of the traces.
        facts: Of the published tasks.
        example: Name of one task's folder.
        licence: Of the source, as its card names it.
        tasks_identity: Where source tasks came from, if any did.
    """
    carried = choose_licence(licence, tasks_identity)
    parts = [
        _build_yaml(carried),
        f"# Tasks with hints from {_code(describe_source(dataset))}",
        _describe_contents(dataset, facts, tasks_identity),
        f"**Review.** {_describe_review(facts)}",
        f"**Verifier.** {_describe_verifier(facts)}",
        f"**Licence.** {_describe_licence(carried)}",
        "## Use",
        f"Each row of the default configuration is one task: its folder's name (`path`, e.g. `{example}`) and a tar.gz "
        "of the folder's contents (`task_binary`). The configuration `hints` holds the same tasks as readable rows: "
        "the instruction, and each hint with the number of attempts behind it.",
        _UNPACK,
        "`instruction.md` holds the task and its hints, `metadata.json` (or `trace_hints_metadata.json`) where they "
        "come from, `trace_hints.json` in this repository which decisions they rest on.",
    ]
    return "\n\n".join(parts) + "\n"


def choose_licence(licence: str | None, tasks_identity: TasksIdentity | None) -> str | None:
    """The licence that holds for everything in the repository, or None if none is known to."""
    if tasks_identity is not None and tasks_identity.licence != licence:
        return None
    return licence


def _build_yaml(licence: str | None) -> str:
    lines = ["---", *([f"license: {json.dumps(licence)}"] if licence else []), "tags:", "- trace-hints", "configs:"]
    for name, path in (("default", DATA_PATH), ("hints", HINTS_PATH)):
        lines += [f"- config_name: {name}", *(["  default: true"] if name == "default" else [])]
        lines += ["  data_files:", "  - split: train", f"    path: {path}"]
    return "\n".join([*lines, "---"])


def _describe_contents(dataset: Dataset, facts: CardFacts, tasks_identity: TasksIdentity | None) -> str:
    revision = f" at revision {_code(dataset.revision)}" if dataset.revision else ""
    counts = ", ".join(f"{facts.hints[kind]} {words}" for kind, words in _KIND_WORDS.items())
    text = (
        f"{facts.tasks} agent tasks whose instructions carry hints learned from past attempts, "
        f"made by Trace Hints from the traces in {_code(describe_source(dataset))}{revision}. Hints: {counts}."
    )
    proposed = [
        f"{word} {', '.join(_code(name) for name in names)}"
        for word, names in zip(
            ("extractor", "model", "prompt"), list_origins(sorted(facts.origins, key=repr)).values(), strict=True
        )
        if names
    ]
    text += f" They were proposed by: {'; '.join(proposed)}." if proposed else ""
    if tasks_identity is not None:
        text += f" Apart from the instructions, the tasks are those of {_code(tasks_identity.source)}."
    return text


def _describe_review(facts: CardFacts) -> str:
    if facts.reviewed == facts.tasks:
        return "A person approved each of these tasks."
    if not facts.reviewed:
        return "No person reviewed these tasks: their hints were accepted automatically."
    return (
        f"A person approved {facts.reviewed} of these {facts.tasks} tasks; no person reviewed the others. "
        "`reviewed` in each task's metadata says which."
    )


def _describe_verifier(facts: CardFacts) -> str:
    if not facts.with_verifier:
        return "The tasks have no verifier: nothing in them checks whether a solution is right."
    if facts.with_verifier == facts.tasks:
        return "Each task has the verifier of its source task (`tests/test.sh`)."
    return f"{facts.with_verifier} of {facts.tasks} tasks have the verifier of their source task; the others have none."


def _describe_licence(licence: str | None) -> str:
    if licence:
        return f"The source's card names the licence {_code(licence)}; it is carried over."
    return "No licence is known to hold for everything here. Ask the source's authors before you build on it."


def _code(text: str) -> str:
    return f"`{' '.join(text.replace('`', chr(39)).split())}`"
