"""Comparisons as requests of a batch: chosen, asked in all three ways, kept, reused, retried, counted, aggregated."""

import re
from pathlib import Path
from typing import Any

import pytest

from core.curation.curate import curate_dataset
from core.errors import JobParked, JobPostponed, JobStopped, ModelServerError
from core.extraction.batch import run_batch
from core.extraction.estimate import estimate_batch
from core.extraction.instructions import CONTRAST_VERSION
from core.extraction.prices import choose_price
from core.extraction.retry import RetryPolicy
from core.models import Dataset, EvidenceStatus, Extractor, HintKind, Outcome, RequestKind
from core.progress import no_progress
from core.store import Store
from core.store.batch_models import Batch, BatchConfig
from pages.review.left_out import describe_contrast_left_out
from pages.review.trial_view import build_trial_view
from tests.builders import import_list, make_row, run_sql, talk
from tests.engines import read_requests, run_engine
from tests.extraction.conftest import KEY, MODEL
from tests.responders import answer_hints
from tests.standins.llm import LlmServer
from tests.workspaces import create_batch, make_settings

ATTEMPTS, CONTRASTS = 26, 6
QUICK = RetryPolicy(base_seconds=0.01, max_seconds=0.05)


def make_config(**changes: Any) -> BatchConfig:
    values = {"extractor": Extractor.LLM, "model": MODEL, "contrast": True, "batch_size": 20, "max_rpm": 100_000}
    return BatchConfig.model_validate(values | changes)


def launch(store: Store, dataset: Dataset, llm: LlmServer, **changes: Any) -> Batch:
    batch = create_batch(store, dataset, make_config(**changes))
    run(store, batch, llm)
    return batch


def run(store: Store, batch: Batch, llm: LlmServer, **values: Any) -> None:
    settings = make_settings(Path("unused"), base_url=llm.base_url, key=KEY)
    defaults: dict[str, Any] = {"progress": no_progress, "check_lease": lambda: None, "retry": QUICK}
    run_batch(store, batch, settings=settings, **(defaults | values))


def count_forms(llm: LlmServer) -> tuple[int, int]:
    """Requests of attempts and of comparisons that were sent."""
    names = [request.json["response_format"]["json_schema"]["name"] for request in llm.requests]
    return names.count("hints"), names.count("contrast")


def list_kinds(store: Store, batch: Batch) -> list[RequestKind]:
    return [request.kind for request in store.answers.list_all_pending(batch.id)]


def refuse_contrasts(request: dict[str, Any]) -> str:
    is_contrast = "WHAT BOTH DID" in request["messages"][1]["content"]
    return "I would rather not." if is_contrast else answer_hints(request)


def test_each_trial_with_a_success_and_a_failure_is_compared_once_after_its_attempts(
    store: Store, dataset: Dataset, llm: LlmServer
) -> None:
    batch = launch(store, dataset, llm)
    assert count_forms(llm) == (ATTEMPTS, CONTRASTS)
    assert store.batches.count_requests(batch.id) == (ATTEMPTS + CONTRASTS, 0, 0)
    assert store.batches.count_attempts(batch.id) == (ATTEMPTS, 0, 0)
    assert store.batches.count_contrasts(batch.id) == (CONTRASTS, 0, 0)
    usage = store.batches.get_usage(batch.id)
    assert usage.requests == usage.sent == ATTEMPTS + CONTRASTS
    kinds = run_sql(store.home, "SELECT kind, COUNT(*), SUM(valid) FROM replies GROUP BY kind ORDER BY kind")
    assert kinds == [("attempt", ATTEMPTS, ATTEMPTS), ("contrast", CONTRASTS, CONTRASTS)]
    trial = store.traces.list_trials(dataset.id)[0]
    contrast = store.answers.find_contrast(trial.id)
    assert contrast is not None
    numbers = {attempt.id: attempt for attempt in store.traces.list_attempts(trial.id)}
    assert numbers[contrast.succeeded_id].outcome is Outcome.SUCCESS
    assert numbers[contrast.failed_id].outcome is Outcome.FAILURE


def test_what_the_model_was_not_shown_of_the_two_is_kept_and_said(store: Store, llm: LlmServer) -> None:
    rows = [
        make_row(
            talk("Task: x", *("same " * 2_000, "ok"), *(f"```bash\n{name} {'y' * 9_000}\n```", "ok") * 20),
            episode=f"episode-{name}",
            result=result,
        )
        for name, result in (("a", 1.0), ("b", 0.0))
    ]
    dataset = import_list(store, rows).dataset
    launch(store, dataset, llm)
    [trial] = store.traces.list_trials(dataset.id)
    numbers = {attempt.id: attempt.number for attempt in store.traces.list_attempts(trial.id)}
    words = describe_contrast_left_out(store, trial.id, numbers)
    for number in (1, 2):
        assert re.search(rf"Of attempt {number} the model was shown \d+ of 43 messages: \d+ left out", words)
    view = build_trial_view(store, trial.id)
    assert view["contrast"]["left_out"] == words
    # what is left out of a comparison is not left out of an attempt
    assert store.answers.find_left_out(min(numbers)) is None


def test_nothing_is_compared_if_nobody_wants_it_or_by_rules(store: Store, dataset: Dataset) -> None:
    assert set(list_kinds(store, create_batch(store, dataset, make_config(contrast=False)))) == {RequestKind.ATTEMPT}
    rules = create_batch(store, dataset, make_config(extractor=Extractor.RULES))
    assert set(list_kinds(store, rules)) == {RequestKind.ATTEMPT}


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"first_trials": 2}, 2),
        ({"trial": "git-restore-branch"}, 1),
        ({"trial": "csv-to-parquet-sales__h8Wq3Nt"}, 0),
        ({"min_success": 0.6}, 1),
        ({"only": "new"}, CONTRASTS),
        ({"only": "failed"}, 0),
    ],
)
def test_the_choice_of_trials_holds_for_comparisons(
    store: Store, dataset: Dataset, changes: dict[str, Any], expected: int
) -> None:
    batch = create_batch(store, dataset, make_config(**changes))
    assert list_kinds(store, batch).count(RequestKind.CONTRAST) == expected
    assert store.batches.count_contrasts(batch.id).pending == expected
    assert estimate_batch(store, dataset.id, batch.config, price=None).contrasts == expected


def test_errors_and_unknown_outcomes_are_not_compared(store: Store) -> None:
    rows = [
        make_row(talk("Task: x", f"```bash\n{index}\n```", "ok"), episode=f"episode-{index}", result=result)
        for index, result in enumerate(("AgentTimeoutError", 1.0, "", None))
    ]
    batch = create_batch(store, import_list(store, rows).dataset, make_config())
    assert list_kinds(store, batch) == [RequestKind.ATTEMPT] * 4


def test_hints_of_a_comparison_are_supported_by_the_attempts_they_quote(
    store: Store, dataset: Dataset, llm: LlmServer
) -> None:
    launch(store, dataset, llm)
    curate_dataset(store, dataset)
    trial = store.traces.list_trials(dataset.id)[0]
    contrast = store.answers.find_contrast(trial.id)
    assert contrast is not None
    hints = [
        hint
        for hint in store.curation.list_hints(trial.id)
        if {origin.prompt_version for origin in hint.origins} == {CONTRAST_VERSION}
    ]
    assert {hint.kind for hint in hints} == {HintKind.STRATEGY, HintKind.PITFALL}
    for hint in hints:
        assert set(hint.attempt_ids) == {contrast.succeeded_id, contrast.failed_id}
        assert {item.attempt_id for item in hint.evidence} == {contrast.succeeded_id, contrast.failed_id}
        assert {item.status for item in hint.evidence} == {EvidenceStatus.EXACT}
        assert {origin.model for origin in hint.origins} == {MODEL}


def test_a_trial_of_which_only_the_comparison_was_answered_counts_as_extracted(store: Store, dataset: Dataset) -> None:
    def refuse_attempts(request: dict[str, Any]) -> str:
        is_contrast = "WHAT BOTH DID" in request["messages"][1]["content"]
        return answer_hints(request) if is_contrast else "I would rather not."

    with LlmServer(responder=refuse_attempts) as llm:
        batch = launch(store, dataset, llm, first_trials=3)
    assert store.batches.count_attempts(batch.id) == (0, 11, 0)
    trials = [trial.id for trial in store.traces.list_trials(dataset.id)[:3]]
    assert store.curation.list_extracted_trials(dataset.id, batch_id=batch.id) == trials
    curate_dataset(store, dataset, batch_id=batch.id)
    assert all(store.curation.list_hints(trial) for trial in trials)


def test_a_second_batch_sends_no_comparison_again(store: Store, dataset: Dataset, llm: LlmServer) -> None:
    launch(store, dataset, llm)
    llm.reset()
    again = launch(store, dataset, llm)
    assert llm.requests == []
    assert store.batches.count_contrasts(again.id).done == CONTRASTS
    assert store.batches.get_usage(again.id).reused == ATTEMPTS + CONTRASTS
    new = create_batch(store, dataset, make_config(only="new"))
    assert store.batches.count_requests(new.id).total == 0


def test_a_failed_comparison_is_a_row_with_its_reason_and_can_be_asked_again_alone(
    store: Store, dataset: Dataset
) -> None:
    with LlmServer(key=KEY, responder=refuse_contrasts) as llm:
        batch = launch(store, dataset, llm)
    assert store.batches.count_attempts(batch.id) == (ATTEMPTS, 0, 0)
    assert store.batches.count_contrasts(batch.id) == (0, CONTRASTS, 0)
    (group,) = store.answers.list_failures(batch.id)
    assert (group.kind, group.reason, group.requests) == (RequestKind.CONTRAST, "invalid after repair", CONTRASTS)
    assert store.overview.count_stages(dataset.id).failed_attempts == 0
    with LlmServer(key=KEY, responder=answer_hints) as llm:
        failed = create_batch(store, dataset, make_config(only="failed"))
        assert list_kinds(store, failed) == [RequestKind.CONTRAST] * CONTRASTS
        assert store.answers.retry_failed(batch.id) == CONTRASTS
        run(store, batch, llm)
        assert count_forms(llm) == (0, CONTRASTS)
        assert store.batches.count_contrasts(batch.id) == (CONTRASTS, 0, 0)
    assert list_kinds(store, create_batch(store, dataset, make_config(only="failed"))) == []


@pytest.mark.parametrize("fault", ["429", "500", "drop", "malformed", "wrong_schema", "truncated", "empty_choices"])
def test_passing_faults_are_overcome_for_comparisons_too(
    store: Store, dataset: Dataset, llm: LlmServer, fault: str
) -> None:
    llm.set_faults({"fault": fault, "every": 3, "retry_after": 0} if fault == "429" else {"fault": fault, "every": 3})
    batch = launch(store, dataset, llm, batch_size=1, trial="git-restore-branch")
    assert store.batches.count_requests(batch.id) == (4, 0, 0)
    assert store.batches.get_usage(batch.id).sent == len(llm.requests) > 4


def test_an_invalid_answer_is_repaired_with_what_was_wrong_and_found_again(store: Store, dataset: Dataset) -> None:
    answers = iter(['{"parted": "x"}'])

    def answer(request: dict[str, Any]) -> str:
        is_first = "WHAT BOTH DID" in request["messages"][1]["content"]
        return next(answers, answer_hints(request)) if is_first else answer_hints(request)

    with LlmServer(key=KEY, responder=answer) as llm:
        batch = launch(store, dataset, llm, trial="git-restore-branch", batch_size=1)
        last = llm.requests[-1].json
        assert "strategy: Field required" in last["messages"][-1]["content"]
        assert last["response_format"]["json_schema"]["name"] == "contrast"
        assert store.batches.get_usage(batch.id).repaired == 1
        llm.reset()
        launch(store, dataset, llm, trial="git-restore-branch")
        assert llm.requests == []


def test_a_pause_leaves_comparisons_open_and_the_next_run_goes_on(
    store: Store, dataset: Dataset, llm: LlmServer
) -> None:
    def progress(stage: str, *, done: int = 0, total: int | None = None, failed: int = 0) -> None:
        if done >= ATTEMPTS:
            raise JobStopped("Paused by a person.")

    batch = create_batch(store, dataset, make_config(batch_size=1))
    with pytest.raises(JobStopped):
        run(store, batch, llm, progress=progress)
    assert store.batches.count_attempts(batch.id).done == ATTEMPTS
    before = len(llm.requests)
    run(store, batch, llm)
    assert store.batches.count_requests(batch.id) == (ATTEMPTS + CONTRASTS, 0, 0)
    assert len(llm.requests) <= ATTEMPTS + CONTRASTS
    assert len(llm.requests) >= before


def test_a_server_without_schemas_is_told_the_form_of_a_comparison_in_words(
    store: Store, dataset: Dataset, llm: LlmServer
) -> None:
    llm.set_faults({"fault": "no_json_object", "share": 1.0})
    batch = launch(store, dataset, llm, trial="git-restore-branch", batch_size=1)
    assert store.batches.count_requests(batch.id) == (4, 0, 0)
    assert '"parted"' in llm.requests[-1].json["messages"][0]["content"]


def test_the_budget_holds_for_comparisons(store: Store, dataset: Dataset, llm: LlmServer) -> None:
    launch(store, dataset, llm, contrast=False)
    batch = create_batch(store, dataset, make_config(budget_usd=0.003, batch_size=1))
    with pytest.raises(ModelServerError, match="budget"):
        run(store, batch, llm)
    assert store.batches.count_attempts(batch.id).done == ATTEMPTS, "answered before, so free"
    counts, usage = store.batches.count_contrasts(batch.id), store.batches.get_usage(batch.id)
    assert counts.done
    assert counts.pending
    assert usage.cost_usd is not None
    assert usage.cost_usd <= 0.003


def test_the_same_two_attempts_under_two_trials_are_asked_once_and_kept_with_their_own(
    store: Store, llm: LlmServer
) -> None:
    rows = [
        make_row(
            talk("Task: x", f"```bash\ntouch {name}\n```", "<output>done</output>"),
            trial_name=trial,
            episode=name,
            result=result,
        )
        for trial in ("t1", "t2")
        for name, result in (("good", 1.0), ("bad", 0.0))
    ]
    imported = import_list(store, rows)
    batch = launch(store, imported.dataset, llm)
    assert count_forms(llm) == (2, 1)
    assert store.batches.count_contrasts(batch.id).done == 2
    for found in imported.trials:
        contrast = store.answers.find_contrast(found.trial.id)
        assert contrast is not None
        own = {attempt.attempt.id for attempt in found.attempts}
        assert {contrast.succeeded_id, contrast.failed_id} == own
        assert {quote.attempt_id for hint in contrast.hints for quote in hint.evidence} == own


def test_comparisons_are_written_to_files_and_read_back(store: Store, dataset: Dataset, tmp_path: Path) -> None:
    folder = tmp_path / "requests"
    batch = create_batch(store, dataset, make_config(way="files", folder=str(folder)))
    settings = make_settings(Path("unused"))

    def look() -> None:
        run_batch(store, batch, settings=settings, progress=no_progress, check_lease=lambda: None)

    with pytest.raises(JobParked):
        look()
    names = [request["body"]["response_format"]["json_schema"]["name"] for request in read_requests(folder)]
    assert (names.count("hints"), names.count("contrast")) == (ATTEMPTS, CONTRASTS)
    run_engine(folder, change=lambda results: results[:-1])
    look()
    assert store.batches.count_contrasts(batch.id) == (CONTRASTS - 1, 1, 0)
    (group,) = store.answers.list_failures(batch.id)
    assert (group.kind, group.reason) == (RequestKind.CONTRAST, "no result")
    run_engine(folder)
    look()
    assert store.batches.count_requests(batch.id) == (ATTEMPTS + CONTRASTS, 0, 0)
    assert run_sql(store.home, "SELECT COUNT(*), COUNT(DISTINCT trial_id) FROM contrasts") == [(6, 6)]
    kinds = run_sql(store.home, "SELECT kind, COUNT(*) FROM replies GROUP BY kind ORDER BY kind")
    assert kinds == [("attempt", ATTEMPTS), ("contrast", CONTRASTS)]


def test_comparisons_go_through_the_batch_api_and_serve_live_afterwards(
    store: Store, dataset: Dataset, llm: LlmServer
) -> None:
    batch = create_batch(store, dataset, make_config(way="batch_api"))
    for _ in range(10):
        try:
            run(store, batch, llm)
            break
        except JobPostponed:
            continue
    assert store.batches.count_contrasts(batch.id) == (CONTRASTS, 0, 0)
    assert store.batches.count_attempts(batch.id) == (ATTEMPTS, 0, 0)
    llm.reset()
    launch(store, dataset, llm)
    assert llm.requests == []


def test_the_estimate_counts_comparisons_and_comes_true(store: Store, dataset: Dataset, llm: LlmServer) -> None:
    config = make_config()
    price = choose_price(config)
    estimate = estimate_batch(store, dataset.id, config, price=price)
    without = estimate_batch(store, dataset.id, make_config(contrast=False), price=price)
    assert (estimate.attempts, estimate.contrasts, estimate.requests) == (ATTEMPTS, CONTRASTS, ATTEMPTS + CONTRASTS)
    assert without.requests == without.attempts == ATTEMPTS
    assert (without.row_requests, without.row_tokens_in) == (estimate.row_requests, estimate.row_tokens_in)
    assert estimate.tokens_in > without.tokens_in
    assert estimate.cost_usd is not None
    assert without.cost_usd is not None
    assert estimate.cost_usd > without.cost_usd
    batch = launch(store, dataset, llm)
    usage = store.batches.get_usage(batch.id)
    # a real server bills the schema, too; the stand-in counts the messages only
    schemas = sum(len(str(request.json["response_format"]["json_schema"]["schema"])) for request in llm.requests) // 4
    assert estimate.tokens_in == pytest.approx(usage.tokens_in + schemas, rel=0.06)
    assert usage.sent == estimate.requests


def test_what_a_model_made_of_attempts_is_offered_and_its_opinion_only_where_the_dataset_has_none(
    store: Store, dataset: Dataset, llm: LlmServer
) -> None:
    launch(store, dataset, llm)
    opinions: dict[Outcome, set[Outcome | None]] = {}
    for trial in store.traces.list_trials(dataset.id):
        outcomes = {attempt.id: attempt.outcome for attempt in store.traces.list_attempts(trial.id)}
        readings = store.answers.list_readings(trial.id)
        assert [reading.attempt_id for reading in readings] == list(outcomes)
        for reading in readings:
            assert reading.happened == "The agent worked on the task."
            opinions.setdefault(outcomes[reading.attempt_id], set()).add(reading.opinion)
    assert opinions[Outcome.SUCCESS] == opinions[Outcome.FAILURE] == opinions[Outcome.PARTIAL] == {None}
    assert opinions[Outcome.UNKNOWN] == opinions[Outcome.ERROR] == {Outcome.UNKNOWN}
