import json

import pytest

from core.extraction.answer import ATTEMPT_FORM
from core.extraction.attempt import load_attempt_input
from core.extraction.estimate import CHARACTERS_PER_MESSAGE, PROMPT_CHARACTERS
from core.extraction.prompt import build_prompt
from core.models import Dataset
from core.store import Store

SCHEMA_CHARACTERS = len(json.dumps(ATTEMPT_FORM.schema, separators=(",", ":")))


def test_the_estimate_of_the_prompt_is_true_of_every_attempt_of_the_sample(store: Store, dataset: Dataset) -> None:
    estimated = sent = 0
    for trial in store.traces.list_trials(dataset.id):
        for attempt in store.traces.list_attempts(trial.id):
            read = load_attempt_input(store, attempt.id)
            prompt = build_prompt(read, secret=b"workspace one")
            assert prompt.left_out is None
            real = SCHEMA_CHARACTERS + sum(len(message["content"]) for message in prompt.messages)
            trace = len(read.task_text) + sum(len(message.content) for message in read.messages)
            around = PROMPT_CHARACTERS + CHARACTERS_PER_MESSAGE * len(read.messages)
            assert real == pytest.approx(trace + around, rel=0.03)
            assert real - trace == pytest.approx(around, rel=0.04), "also without the trace, which is exact anyway"
            estimated, sent = estimated + trace + around, sent + real
    assert sent == pytest.approx(estimated, rel=0.01)


def test_a_server_without_schemas_gets_about_the_same_number_of_characters() -> None:
    assert len(ATTEMPT_FORM.text_addition) == pytest.approx(SCHEMA_CHARACTERS, rel=0.15)
