"""Datasets for the workbench: few trials whose hints are known word for word, made through the product's own doors."""

import json
from pathlib import Path
from typing import Any

from core.curation.curate import curate_dataset
from core.models import (
    AttemptHints,
    ContrastHints,
    CriterionText,
    Dataset,
    Extractor,
    Hint,
    JobKind,
    PitfallText,
    ProposedHint,
    Quote,
    RequestKind,
    StrategyText,
    ToolText,
    Trial,
)
from core.store import Store, open_store
from core.store.batch_models import Answer, BatchConfig
from tests.builders import make_row, say, write_rows
from tests.curation.proposals import propose, save_proposals
from tests.workspaces import import_sample

SEARCH, ASK, LOOK, INVENTED, TOLD = range(5)
"""The hints of a trial as the workbench numbers them, from 0: the tool, two steps, the pitfall without proof, the
criterion."""
TASK = "Task: change the flight of passenger {name}."
QUOTE = "What is your user id?"
SAID = "The new flight leaves at 9:40 and nothing has to be paid."


def write_attempt(name: str, *, success: bool, more: int = 0, number: int = 0) -> list[dict[str, Any]]:
    """A conversation of 8 messages, and pairs of talk behind it."""
    call = json.dumps({"name": "search_flights", "arguments": {"origin": "EWR", "passenger": name}})
    failed = "Error: no flight found" if not success else json.dumps({"flight": "HAT270", "price": 0})
    return [
        say("system", "You help travellers. Be brief."),
        say("user", TASK.format(name=name)),
        say("assistant", f"Hello. {QUOTE} I need it before I can search."),
        say("user", f"It is {name}_17."),
        say("assistant", f"I look for flights.\n<tool_call>\n{call}\n</tool_call>"),
        say("tool", failed),
        say("assistant", SAID if success else "I am sorry, I cannot help with that."),
        say("user", f"Thank you. This was try {number}." if success else "That is bad."),
        *(say("user" if i % 2 else "assistant", f"More talk, part {i}.") for i in range(more)),
    ]


def list_proposed(*, success: bool) -> list[ProposedHint]:
    """What an extractor says of one of these attempts."""
    if not success:
        text = PitfallText(when="the search fails", avoid="give up at once", instead="search the day before")
        return [propose(text, "these words stand nowhere in the attempt", message=6)]
    return [
        propose(ToolText(name="search_flights", purpose="Find flights by origin"), '"origin": "EWR"', message=4),
        propose(StrategyText(do="Ask for the user id first"), QUOTE, message=2),
        propose(StrategyText(do="Look up the flights of that user"), "I look for flights.", message=4),
        ProposedHint(
            text=CriterionText(text="The traveller knows when the flight leaves"),
            evidence=[Quote(message=6, quote="leaves at 9:40"), Quote(message=7, quote="Thank you.")],
        ),
    ]


def make_dataset(home: Path, name: str, *, trials: int = 3, attempts: int = 2, more: int = 0) -> Dataset:
    """A dataset of its own; its trials are `<name>-0__agent` and so on, half of each trial's attempts succeed."""
    rows = [
        make_row(
            write_attempt(f"{name}_{trial}", success=number % 2 == 0, more=more, number=number),
            trial_name=f"{name}-{trial}__agent",
            episode=f"episode-{number}",
            result="1.0" if number % 2 == 0 else "0.0",
            model="gpt-4o",
        )
        for trial in range(trials)
        for number in range(attempts)
    ]
    path = write_rows(home.parent / f"{name}.jsonl", rows)
    with open_store(home) as store:
        dataset = import_sample(store, path)
        proposals = {
            attempt.id: list_proposed(success=attempt.number % 2 == 1)
            for trial in store.traces.list_trials(dataset.id)
            for attempt in store.traces.list_attempts(trial.id)
        }
        save_proposals(store, dataset, proposals)
        curate_dataset(store, dataset)
    return dataset


def list_trials(home: Path, dataset: Dataset) -> list[Trial]:
    with open_store(home) as store:
        return store.traces.list_trials(dataset.id)


def list_hints(store: Store, trial_id: int) -> list[Hint]:
    """In publishing order, as the workbench numbers them."""
    return store.curation.list_hints(trial_id)


def save_readings(home: Path, trial: Trial, readings: list[AttemptHints], *, parted: str) -> None:
    """What a model said of the trial's attempts, in their order, and of its comparison of the first two."""
    with open_store(home) as store:
        job = store.jobs.create_job(JobKind.EXTRACT, params={}, dataset_id=trial.dataset_id)
        config = BatchConfig(extractor=Extractor.LLM, model="m")
        batch = store.batches.create_batch(job_id=job.id, dataset_id=trial.dataset_id, config=config)
        store.batches.ensure_requests(batch.id)
        request = store.answers.list_all_pending(batch.id)[0].id
        ids = [attempt.id for attempt in store.traces.list_attempts(trial.id)]
        contrast = ContrastHints(succeeded_id=ids[0], failed_id=ids[1], parted=parted).model_dump_json()
        answers = [
            *(
                Answer(request, attempt_id, None, [], reading.model_dump_json(), 1)
                for attempt_id, reading in zip(ids, readings, strict=True)
            ),
            Answer(request, ids[0], None, [], contrast, 1, kind=RequestKind.CONTRAST),
        ]
        store.answers.save_answers(batch, answers, prompt_version="p")
