"""Hints that nearly say the same: a model proposes one wording, and nothing changes until a person accepts it."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from core import pipeline
from core.curation.near_duplicates import list_near_duplicates
from core.extraction.instructions import MERGE_VERSION
from core.extraction.merge_answer import MERGE_FORM, parse_merges
from core.extraction.merge_prompt import build_merge_prompt
from core.models import (
    CriterionText,
    Hint,
    HintState,
    HintText,
    JobState,
    Origin,
    PitfallText,
    RequestKind,
    StrategyText,
)
from core.progress import no_progress
from core.store import Store, open_store
from core.store.batch_models import Batch, BatchConfig
from tests.builders import import_list, make_row, talk
from tests.responders import answer_hints
from tests.standins.llm import LlmServer
from tests.workspaces import make_settings

ONE = "install the package with pip before the tests"
OTHER = "install the package with pip before you start"
PITFALL: dict[str, Any] = {"avoid": "guess", "instead": "ask once", "symptom": ""}


def make_hint(number: int, text: HintText, **values: Any) -> Hint:
    defaults: dict[str, Any] = {"proposed_text": text, "origins": [Origin(extractor="llm")], "attempt_ids": [1]}
    return Hint(id=f"h{number}", trial_id=1, position=number, text=text, evidence=[], **(defaults | values))


def list_groups(*texts: HintText, **values: Any) -> list[list[str]]:
    return list_near_duplicates([make_hint(number, text, **values) for number, text in enumerate(texts)])


def test_hints_with_many_common_words_are_a_group_and_others_are_not() -> None:
    far = StrategyText(do="Read the log of the server.")
    assert list_groups(StrategyText(do=ONE), far, StrategyText(do=OTHER)) == [["h0", "h2"]]


def test_other_kinds_opposites_and_decided_hints_are_left_alone() -> None:
    assert list_groups(StrategyText(do=ONE), CriterionText(text=OTHER)) == []
    assert list_groups(StrategyText(do=ONE), StrategyText(do=f"never {ONE}")) == []
    assert list_groups(StrategyText(do=ONE), StrategyText(do=OTHER), state=HintState.ACCEPTED) == []
    assert list_groups(StrategyText(do=ONE), StrategyText(do=OTHER), proposed_text=StrategyText(do="x")) == []


def test_groups_are_few_and_small() -> None:
    many = [StrategyText(do=f"{ONE} {number}") for number in range(20)]
    assert [len(group) for group in list_groups(*many)] == [4, 4, 4]


def test_the_prompt_holds_the_hints_with_secrets_masked_between_boundaries() -> None:
    hints = [make_hint(1, StrategyText(do="use AKIAIOSFODNN7EXAMPLE")), make_hint(2, StrategyText(do=OTHER))]
    system, user = build_merge_prompt({"G1": hints}, secret=b"one")
    assert "[G1] strategy" in user["content"]
    assert "AKIAIOSFODNN7EXAMPLE" not in user["content"]
    assert '"When {when}, don\'t {avoid}; {instead}."' in system["content"]
    boundary = user["content"].split()[1]
    assert user["content"].count(boundary) == 2
    assert boundary not in build_merge_prompt({"G1": hints}, secret=b"two")[1]["content"]


def test_an_answer_of_another_kind_is_none_and_an_unknown_group_is_said_to_the_model() -> None:
    groups = {"G1": [make_hint(1, StrategyText(do=ONE)), make_hint(2, StrategyText(do=OTHER))]}
    empty: dict[str, Any] = {"strategy": [], "pitfalls": [], "criteria": []}
    step = {"group": "G1", "do": "install it", "why": "", "check": ""}
    (merged,) = parse_merges(json.dumps(empty | {"strategy": [step]}), groups).hints
    assert (merged.hint_ids, merged.text) == (["h1", "h2"], StrategyText(do="install it"))
    criterion = {"group": "G1", "text": "installed", "basis": ""}
    assert parse_merges(json.dumps(empty | {"criteria": [criterion]}), groups).hints == []
    with pytest.raises(ValueError, match="is none of G1"):
        parse_merges(json.dumps(empty | {"strategy": [step | {"group": "G7"}]}), groups)
    assert MERGE_FORM.schema["additionalProperties"] is False


def answer(request: dict[str, Any]) -> str:
    """Of the two attempts, pitfalls that nearly say the same."""
    prompt = request["messages"][1]["content"]
    if " HINTS =====" in prompt:
        return answer_hints(request)
    found = json.loads(answer_hints(request))
    when = "the package is missing before tests" if "touch a" in prompt else "the package is missing in the tests again"
    pitfall = PITFALL | {"when": when, "evidence": found["criteria"][0]["evidence"]}
    return json.dumps(found | {"pitfalls": [pitfall], "strategy": []})


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with open_store(tmp_path / "home") as opened:
        yield opened


def run(store: Store, llm: LlmServer, **config: Any) -> Batch:
    """Launch and run it as the worker does; once more if it was launched before."""
    values = {"extractor": "llm", "model": "m", "suggest_merges": True, "max_rpm": 100_000} | config
    datasets = store.traces.list_datasets()
    if not datasets:
        rows = [
            make_row(talk("Task: mend the package", f"```bash\ntouch {name}\n```", "done"), episode=name, result=1.0)
            for name in "ab"
        ]
        datasets = [import_list(store, rows).dataset]
    settings = make_settings(store.home, base_url=llm.base_url)
    job = pipeline.start_extraction(store, datasets[0], BatchConfig.model_validate(values), settings=settings)
    batch = store.batches.get_batch_of_job(job.id)
    store.batches.ensure_requests(batch.id)
    pipeline.run_extraction(store, job, settings=settings, progress=no_progress, check_lease=lambda: None)
    return batch


def test_a_merged_wording_is_stored_as_a_suggestion_and_changes_no_hint(store: Store) -> None:
    with LlmServer(responder=answer) as llm:
        batch = run(store, llm)
        assert len(llm.requests) == 3
    assert store.batches.count_attempts(batch.id) == (2, 0, 0)
    assert store.batches.count_merges(batch.id) == (1, 0, 0)
    assert store.batches.count_requests(batch.id) == (3, 0, 0)
    (trial,) = store.traces.list_trials(batch.dataset_id)
    (suggestion,) = store.suggestions.list_suggestions(trial.id)
    hints = {hint.id: hint for hint in store.curation.list_hints(trial.id)}
    texts = [hints[hint_id].text for hint_id in suggestion.hint_ids]
    assert all(isinstance(text, PitfallText) for text in texts)
    assert isinstance(suggestion.text, PitfallText)
    assert suggestion.text.when.endswith("(merged)")
    assert suggestion.text not in [hint.text for hint in hints.values()]
    assert (suggestion.kind, suggestion.state, suggestion.origin.prompt_version) == ("merge", "open", MERGE_VERSION)
    assert suggestion.origin.batch == batch.id


def test_nothing_is_suggested_unless_somebody_asks_for_it(store: Store) -> None:
    with LlmServer(responder=answer) as llm:
        batch = run(store, llm, suggest_merges=False)
        assert len(llm.requests) == 2
    assert store.batches.count_merges(batch.id).total == 0


def test_a_second_batch_asks_for_no_merge_again_and_a_dismissed_one_stays_so(store: Store) -> None:
    with LlmServer(responder=answer) as llm:
        batch = run(store, llm)
        (trial,) = store.traces.list_trials(batch.dataset_id)
        (suggestion,) = store.suggestions.list_suggestions(trial.id)
        store.suggestions.save_suggestion_state(suggestion.id, "dismissed")
        store.jobs.finish_job(batch.job_id, JobState.FINISHED)
        llm.reset()
        again = run(store, llm)
        assert again.id != batch.id
        assert llm.requests == []
    assert [item.state for item in store.suggestions.list_suggestions(trial.id)] == ["dismissed"]


def test_a_failed_merge_is_a_row_with_its_reason_and_no_attempt_fails_by_it(store: Store) -> None:
    def refuse(request: dict[str, Any]) -> str:
        return "No." if " HINTS =====" in request["messages"][1]["content"] else answer(request)

    with LlmServer(responder=refuse) as llm:
        batch = run(store, llm)
    assert store.batches.count_attempts(batch.id) == (2, 0, 0)
    (group,) = store.answers.list_failures(batch.id)
    assert (group.kind, group.reason, group.requests) == (RequestKind.MERGE, "invalid after repair", 1)
