"""A workspace to measure the review with, made through the product's own doors from generated rows."""

import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from core.curation.curate import curate_dataset
from core.models import CriterionText, HintText, PitfallText, ProposedHint, StrategyText, ToolText
from core.store import Store, open_store
from core.traces.importing import import_source
from core.traces.options import ImportOptions
from core.traces.sources import SourceIdentity
from tests.builders import make_row, say
from tests.curation.proposals import propose, save_proposals

BIG = "the-big-one"
WORDS = [f"word{number}" for number in range(2_000)]
Messages = list[dict[str, Any]]


class GeneratedSource:
    """Rows one after another: long trials first, then the big one, then short ones."""

    def __init__(self, *, trials: int, long: int) -> None:
        self._trials, self._long = trials, long
        self.identity = SourceIdentity("file", "generated", "generated.jsonl", None, None, f"{trials} {long}")

    def count_rows(self) -> int | None:
        return None

    def list_rows(self) -> Iterator[dict[str, Any]]:
        for number in range(self._long):
            for attempt in range(8):
                messages = write_messages(number * 8 + attempt, count=60, size=5_000)
                yield make_row(
                    messages, trial_name=f"long-{number:04}", episode=f"episode-{attempt}", result=str(attempt % 2)
                )
        yield make_row(write_messages(-1, count=400, size=20_000), trial_name=BIG, result="1.0")
        for number in range(self._long + 1, self._trials):
            yield make_row(write_messages(10**6 + number, count=6, size=300), trial_name=f"wish {number}", result="1.0")


def write_messages(seed: int, *, count: int, size: int) -> Messages:
    """A conversation of agent and tool whose quotes stand at known places."""
    chance = random.Random(seed)
    messages = [say("user", f"Task: the wish number {seed}")]
    for index in range(1, count):
        filler = "\n".join(" ".join(chance.choices(WORDS, k=10)) for _ in range(size // 75))
        words = f"This is message {index} of {seed}.\n{filler}"
        messages.append(say("assistant" if index % 2 else "tool", words))
    return messages


def list_proposed(seed: int, count: int) -> list[ProposedHint]:
    """Hints whose quotes lie spread over the conversation."""
    places = [count // 2, count // 3, count - 2, 1, count // 4, 2]
    texts: list[HintText] = [
        ToolText(name="search", purpose="Find what was asked for"),
        StrategyText(do=f"Begin with the wish number {seed}"),
        StrategyText(do="Compare what comes back"),
        PitfallText(when="nothing comes back", avoid="give up", instead="ask again"),
        CriterionText(text="The wish is granted"),
        CriterionText(text="Nothing else was changed"),
    ]
    return [
        propose(text, f"This is message {place} of {seed}.", message=place)
        for text, place in zip(texts, places, strict=True)
    ]


def fill_workspace(home: Path, *, trials: int, long: int) -> None:
    """Import, hints and checks, as a batch would leave them."""
    with open_store(home) as store:
        dataset = import_source(store, GeneratedSource(trials=trials, long=long), ImportOptions()).dataset
        proposals = {}
        for trial in store.traces.list_trials(dataset.id):
            for attempt in store.traces.list_attempts(trial.id):
                proposals[attempt.id] = list_proposed(_read_seed(store, attempt.conversation_id), attempt.message_count)
        save_proposals(store, dataset, proposals)
        curate_dataset(store, dataset)


def _read_seed(store: Store, conversation_id: str) -> int:
    return int(store.traces.load_messages(conversation_id)[0].content.rsplit(" ", 1)[1])
