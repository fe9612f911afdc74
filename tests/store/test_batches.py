"""Extraction as rows: which attempts a batch chooses, what came back, and that nothing is paid for twice."""

import sqlite3
from typing import Any

import pytest

from core.models import AttemptHints, Dataset, Extractor, JobKind
from core.store import Store
from core.store.batch_models import (
    Answer,
    Batch,
    BatchConfig,
    BatchCounts,
    ChosenTotals,
    CutReckoning,
    LiveFigures,
    Reply,
    Throughput,
)
from tests.builders import import_list, make_row, talk

LLM, RULES = Extractor.LLM, Extractor.RULES
EMPTY = AttemptHints().model_dump_json()


@pytest.fixture
def dataset(store: Store) -> Dataset:
    """Four trials with 1, 2, 1 and 1 attempts, and another dataset beside it."""
    import_list(store, [make_row(talk("Task: other", "a"))])
    names = ["a", "b", "b", "c", "d"]
    return import_list(
        store, [make_row(talk("Task: x", str(n)), trial_name=name) for n, name in enumerate(names)]
    ).dataset


def list_attempt_ids(store: Store, dataset: Dataset) -> list[int]:
    trials = store.traces.list_trials(dataset.id)
    return [attempt.id for trial in trials for attempt in store.traces.list_attempts(trial.id)]


def create_batch(
    store: Store,
    dataset: Dataset,
    *,
    extractor: Extractor = LLM,
    **choice: Any,
) -> Batch:
    config = BatchConfig(extractor=extractor, model="m", **choice)
    job = store.jobs.create_job(JobKind.EXTRACT, params={}, dataset_id=dataset.id)
    batch = store.batches.create_batch(job_id=job.id, dataset_id=dataset.id, config=config)
    store.batches.ensure_requests(batch.id, portion=2)
    return batch


def list_chosen(store: Store, batch: Batch) -> list[int]:
    return [request.attempt_id for request in store.answers.list_pending(batch.id, after=0, limit=99)]


def make_reply(body: str, *, valid: bool = True, cost: float | None = 0.5, raw: str = "{}") -> Reply:
    return Reply(
        body_hash=body,
        kind="attempt",
        model="m",
        http_status=200,
        raw=raw,
        valid=valid,
        tokens_in=100,
        tokens_cached=10,
        tokens_out=20,
        cost_usd=cost,
        latency_seconds=0.1,
    )


def answer(
    store: Store, batch: Batch, attempt_id: int, *, is_failed: bool = False, is_open: bool = False, replies: int = 1
) -> None:
    """One request of a batch is answered."""
    request = next(
        item for item in store.answers.list_pending(batch.id, after=0, limit=99) if item.attempt_id == attempt_id
    )
    body = f"body {attempt_id}"
    made = Answer(
        request_id=request.id,
        attempt_id=attempt_id,
        body_hash=body,
        replies=[make_reply(body, valid=not is_failed)] * replies,
        content=None if is_failed or is_open else EMPTY,
        sent=replies,
        is_open=is_open,
        reason="refused" if is_failed else None,
        detail="no" if is_failed else None,
    )
    store.answers.save_answers(batch, [made], prompt_version="p1")


NOT_CUT = CutReckoning(characters_per_message=0, most_characters=1_000_000, cut_characters=0)


def sum_chosen(store: Store, dataset: Dataset, config: BatchConfig) -> tuple[int, int]:
    """Attempts and characters."""
    totals = store.batches.sum_chosen(dataset.id, config, NOT_CUT)
    assert totals.attempts == store.batches.count_chosen(dataset.id, config)
    return totals.attempts, totals.characters - totals.task_characters


# --- which attempts


def test_a_batch_has_one_pending_request_per_attempt_of_its_dataset(store: Store, dataset: Dataset) -> None:
    batch = create_batch(store, dataset)
    assert list_chosen(store, batch) == list_attempt_ids(store, dataset)
    assert store.batches.count_requests(batch.id) == BatchCounts(done=0, failed=0, pending=5)
    assert store.batches.count_requests(batch.id).total == 5


@pytest.mark.parametrize(("first", "count"), [(1, 1), (2, 3), (4, 5), (99, 5)])
def test_the_first_trials_are_the_first_in_order_of_appearance(
    store: Store, dataset: Dataset, first: int, count: int
) -> None:
    batch = create_batch(store, dataset, first_trials=first)
    assert list_chosen(store, batch) == list_attempt_ids(store, dataset)[:count]
    config = BatchConfig(extractor=LLM, first_trials=first)
    assert sum_chosen(store, dataset, config) == (count, 8 * count)


def test_new_means_without_hints_of_this_extractor(store: Store, dataset: Dataset) -> None:
    first, *others = list_attempt_ids(store, dataset)
    answer(store, create_batch(store, dataset), first)
    assert list_chosen(store, create_batch(store, dataset, only="new")) == others
    assert list_chosen(store, create_batch(store, dataset, only="new", extractor=RULES)) == [first, *others]
    assert list_chosen(store, create_batch(store, dataset, only="new", first_trials=2)) == others[:2]


def test_failed_means_failed_and_never_answered_by_this_extractor(store: Store, dataset: Dataset) -> None:
    one, two, three, four, five = list_attempt_ids(store, dataset)
    batch = create_batch(store, dataset)
    for attempt_id in (one, two, three):
        answer(store, batch, attempt_id, is_failed=True)
    answer(store, batch, four)
    assert list_chosen(store, create_batch(store, dataset, only="failed")) == [one, two, three]
    assert list_chosen(store, create_batch(store, dataset, only="failed", first_trials=1)) == [one]
    assert list_chosen(store, create_batch(store, dataset, only="failed", extractor=RULES)) == []
    # answered by a later batch
    answer(store, create_batch(store, dataset, only="failed"), two)
    assert list_chosen(store, create_batch(store, dataset, only="failed")) == [one, three]
    assert five not in (one, two, three, four)


def test_hints_of_the_rules_do_not_hide_what_the_model_failed_on(store: Store, dataset: Dataset) -> None:
    first = list_attempt_ids(store, dataset)[0]
    answer(store, create_batch(store, dataset), first, is_failed=True)
    answer(store, create_batch(store, dataset, extractor=RULES), first)
    assert list_chosen(store, create_batch(store, dataset, only="failed")) == [first]
    assert sum_chosen(store, dataset, BatchConfig(extractor=LLM, only="failed")) == (1, 8)


def test_the_chosen_are_counted_as_they_are_chosen(store: Store, dataset: Dataset) -> None:
    answer(store, create_batch(store, dataset), list_attempt_ids(store, dataset)[0], is_failed=True)
    for only, count in (("all", 5), ("new", 5), ("failed", 1)):
        config = BatchConfig.model_validate({"extractor": LLM, "only": only})
        assert sum_chosen(store, dataset, config) == (count, 8 * count)
    assert store.batches.sum_chosen(99, BatchConfig(extractor=LLM), NOT_CUT) == ChosenTotals(*[0] * 6)


# --- what came back


def test_requests_are_counted_by_state(store: Store, dataset: Dataset) -> None:
    one, two, *_ = list_attempt_ids(store, dataset)
    batch = create_batch(store, dataset)
    answer(store, batch, one)
    answer(store, batch, two, is_failed=True)
    assert store.batches.count_requests(batch.id) == BatchCounts(1, 1, 3)


def test_pending_requests_come_in_order_and_in_portions(store: Store, dataset: Dataset) -> None:
    batch = create_batch(store, dataset)
    first = store.answers.list_pending(batch.id, after=0, limit=2)
    rest = store.answers.list_pending(batch.id, after=first[-1].id, limit=99)
    assert [item.attempt_id for item in [*first, *rest]] == list_attempt_ids(store, dataset)


def test_a_request_that_must_be_asked_again_keeps_what_it_cost(store: Store, dataset: Dataset) -> None:
    first = list_attempt_ids(store, dataset)[0]
    batch = create_batch(store, dataset)
    answer(store, batch, first, is_open=True, replies=2)
    assert store.batches.count_requests(batch.id) == BatchCounts(0, 0, 5)
    assert store.batches.get_usage(batch.id).sent == 2
    answer(store, batch, first)
    assert store.batches.count_requests(batch.id) == BatchCounts(1, 0, 4)
    assert store.batches.get_usage(batch.id).sent == 3
    assert store.batches.get_usage(batch.id).requests == 3


def test_failed_requests_can_be_made_pending_again(store: Store, dataset: Dataset) -> None:
    one, two, *_ = list_attempt_ids(store, dataset)
    batch = create_batch(store, dataset)
    answer(store, batch, one, is_failed=True)
    answer(store, batch, two)
    assert store.answers.retry_failed(batch.id) == 1
    assert store.answers.retry_failed(batch.id) == 0
    assert store.batches.count_requests(batch.id) == BatchCounts(1, 0, 4)
    assert store.answers.list_failures(batch.id) == []


def test_failures_are_grouped_by_reason_the_most_frequent_first(store: Store, dataset: Dataset) -> None:
    ids = list_attempt_ids(store, dataset)
    batch = create_batch(store, dataset)
    pending = {item.attempt_id: item.id for item in store.answers.list_pending(batch.id, after=0, limit=99)}
    for number, (attempt_id, reason) in enumerate(zip(ids, ["truncated", "refused", "refused"], strict=False)):
        failed = Answer(
            pending[attempt_id], attempt_id, None, [], content=None, sent=1, reason=reason, detail=f"detail {number}"
        )
        store.answers.save_answers(batch, [failed], prompt_version="p")
    groups = store.answers.list_failures(batch.id)
    assert [(group.reason, group.requests) for group in groups] == [("refused", 2), ("truncated", 1)]
    assert (groups[0].detail, groups[0].trial_name) == ("detail 2", "b")


def test_a_second_answer_replaces_the_hints_of_the_same_extractor_only(store: Store, dataset: Dataset) -> None:
    trial = store.traces.list_trials(dataset.id)[0]
    (attempt,) = store.traces.list_attempts(trial.id)
    for extractor in (LLM, RULES, LLM):
        answer(store, create_batch(store, dataset, extractor=extractor), attempt.id)
    proposals = store.curation.list_proposals(trial.id)
    assert [proposal.origin.extractor for proposal in proposals] == ["llm", "rules"]


def test_answers_are_saved_all_or_nothing(store: Store, dataset: Dataset) -> None:
    batch = create_batch(store, dataset)
    first = store.answers.list_pending(batch.id, after=0, limit=1)[0]
    good = Answer(first.id, first.attempt_id, "b", [make_reply("b")], content=EMPTY, sent=1)
    bad = good._replace(attempt_id=999)
    with pytest.raises(sqlite3.IntegrityError):
        store.answers.save_answers(batch, [good, bad], prompt_version="p")
    assert store.batches.count_requests(batch.id) == BatchCounts(0, 0, 5)
    assert store.batches.get_usage(batch.id).requests == 0
    assert store.answers.find_valid_reply("b") is None


# --- money


def test_only_a_reply_that_validated_is_used_again_in_any_batch(store: Store, dataset: Dataset) -> None:
    attempt_id = list_attempt_ids(store, dataset)[0]
    batch = create_batch(store, dataset)
    request = store.answers.list_pending(batch.id, after=0, limit=1)[0]
    replies = [make_reply("b", valid=False, raw="broken"), make_reply("b", raw="good"), make_reply("c", valid=False)]
    store.answers.save_answers(
        batch, [Answer(request.id, attempt_id, "b", replies, content=EMPTY, sent=3)], prompt_version="p"
    )
    assert store.answers.find_valid_reply("b") == "good"
    assert store.answers.find_valid_reply("c") is None
    assert store.answers.find_valid_reply("d") is None


def test_a_reply_outlives_its_dataset_so_that_a_reimport_pays_nothing(store: Store, dataset: Dataset) -> None:
    answer(store, create_batch(store, dataset), list_attempt_ids(store, dataset)[0])
    body = f"body {list_attempt_ids(store, dataset)[0]}"
    with store.traces.write():
        store.traces._connection.execute("DELETE FROM datasets")
    assert store.batches.list_batches() == []
    assert store.answers.find_valid_reply(body) == "{}"


def test_usage_counts_every_reply_and_one_run_alone(store: Store, dataset: Dataset) -> None:
    one, two, three, *_ = list_attempt_ids(store, dataset)
    batch = create_batch(store, dataset)
    answer(store, batch, one)
    answer(store, batch, two, is_failed=True, replies=2)
    usage = store.batches.get_usage(batch.id)
    assert usage[:6] == (3, 3, 300, 30, 60, 1.5)
    answer(store, batch, three)
    assert store.batches.get_usage(batch.id).since(usage)[:6] == (1, 1, 100, 10, 20, 0.5)
    assert store.batches.get_usage(create_batch(store, dataset).id)[:6] == (0, 0, 0, 0, 0, 0.0)


def test_the_cost_is_unknown_if_one_price_is(store: Store, dataset: Dataset) -> None:
    batch = create_batch(store, dataset)
    first = store.answers.list_pending(batch.id, after=0, limit=1)[0]
    replies = [make_reply("a"), make_reply("b", cost=None)]
    made = Answer(first.id, first.attempt_id, "b", replies, content=EMPTY, sent=2)
    store.answers.save_answers(batch, [made], prompt_version="p")
    assert store.batches.get_usage(batch.id).cost_usd is None
    assert store.batches.get_usage(batch.id).tokens_in == 200


def test_batches_are_listed_newest_first_and_found_by_their_job(store: Store, dataset: Dataset) -> None:
    batches = [create_batch(store, dataset) for _ in range(3)]
    assert store.batches.list_batches(limit=2) == [batches[2], batches[1]]
    assert store.batches.list_batches(dataset_id=99) == []
    assert store.batches.find_batch_of_job(batches[1].job_id) == batches[1]
    assert store.batches.find_batch_of_job(99) is None
    with pytest.raises(LookupError):
        store.batches.get_batch(99)


# --- selections and figures


def test_one_trial_is_chosen_by_its_name(store: Store, dataset: Dataset) -> None:
    name = store.traces.list_trials(dataset.id)[1].name
    chosen = list_chosen(store, create_batch(store, dataset, trial=name))
    trials = {store.traces.get_trial(store.traces.get_attempt(attempt_id).trial_id).name for attempt_id in chosen}
    assert trials == {name}
    assert sum_chosen(store, dataset, BatchConfig(extractor=LLM, trial="nobody")) == (0, 0)


def test_trials_are_chosen_by_their_share_of_successes(store: Store) -> None:
    rows = [
        make_row(talk("Task: x", f"{trial}{number}"), trial_name=trial, episode=f"e{number}", result=result)
        for trial, results in {"all": "11", "half": "10", "none": "00"}.items()
        for number, result in enumerate(results)
    ]
    dataset = import_list(store, rows).dataset
    cases: list[tuple[dict[str, Any], set[str]]] = [
        ({"min_success": 1.0}, {"all"}),
        ({"max_success": 0.0}, {"none"}),
        ({"min_success": 0.1, "max_success": 0.9}, {"half"}),
        ({"min_success": 0.0, "max_success": 1.0}, {"all", "half", "none"}),
    ]
    for bounds, names in cases:
        chosen = list_chosen(store, create_batch(store, dataset, **bounds))
        found = {store.traces.get_trial(store.traces.get_attempt(attempt_id).trial_id).name for attempt_id in chosen}
        assert found == names


def test_live_figures_and_server_are_kept_and_forgotten(store: Store, dataset: Dataset) -> None:
    batch = create_batch(store, dataset)
    live = LiveFigures(at_unix=5.0, in_flight=3, sent_in_last_minute=40, rpm=500, mode="json_schema")
    store.batches.save_live(batch.id, live)
    store.batches.save_server(batch.id, "http://host/v1/")
    assert store.batches.get_batch(batch.id).live == live
    assert store.batches.get_batch(batch.id).server == "http://host/v1/"
    store.batches.save_live(batch.id, None)
    assert store.batches.get_batch(batch.id).live is None


def test_throughput_is_added_up_in_rows_of_a_few_seconds(store: Store, dataset: Dataset) -> None:
    batch = create_batch(store, dataset)
    for at_unix in (100.0, 104.9, 105.0):
        store.batches.add_throughput(batch.id, at_unix=at_unix, sent=2, answered=1, tokens=10)
    assert store.batches.list_throughput(batch.id) == [Throughput(100, 4, 2, 20), Throughput(105, 2, 1, 10)]
    assert store.batches.list_throughput(batch.id, since_unix=105) == [Throughput(105, 2, 1, 10)]


def test_limits_change_and_what_is_asked_does_not(store: Store, dataset: Dataset) -> None:
    batch = create_batch(store, dataset, budget_usd=1.0, max_tpm=5_000)
    other = {"budget_usd": 2.5, "max_rpm": 7, "max_tpm": None, "batch_size": 3}
    store.batches.change_limits(batch.id, batch.config.model_copy(update=other | {"first_trials": 1}))
    assert store.batches.get_batch(batch.id).config == batch.config.model_copy(update=other)


def test_the_last_answers_come_newest_first_with_what_was_said(store: Store, dataset: Dataset) -> None:
    one, two, three, *_ = list_attempt_ids(store, dataset)
    batch = create_batch(store, dataset)
    answer(store, batch, one)
    answer(store, batch, two, is_failed=True)
    answer(store, batch, three, is_open=True)
    last = store.answers.list_last_answers(batch.id, limit=5)
    assert [(item.attempt_id, item.state, item.reason, item.content) for item in last] == [
        (two, "failed", "refused", None),
        (one, "done", None, EMPTY),
    ]
    assert len(store.answers.list_last_answers(batch.id, limit=1)) <= 1


def test_averages_come_from_valid_replies_of_the_same_model(store: Store, dataset: Dataset) -> None:
    one, two, *_ = list_attempt_ids(store, dataset)
    batch = create_batch(store, dataset)
    assert store.answers.find_typical_reply("m") is None
    answer(store, batch, one)
    answer(store, batch, two, is_failed=True, replies=3)
    typical = store.answers.find_typical_reply("m")
    assert typical is not None
    assert typical.replies == 1
    assert store.answers.find_typical_reply("other") is None


def test_first_answers_and_repairs_are_counted(store: Store, dataset: Dataset) -> None:
    batch = create_batch(store, dataset)
    first, second, *_ = store.answers.list_pending(batch.id, after=0, limit=9)
    repaired = [make_reply("a", valid=False), make_reply("a")._replace(kind="repair")]
    for request, replies in ((first, repaired), (second, [make_reply("b")])):
        made = Answer(request.id, request.attempt_id, "b", replies, EMPTY, len(replies), hints=3)
        store.answers.save_answers(batch, [made], prompt_version="p")
    usage = store.batches.get_usage(batch.id)
    assert (usage.first_answers, usage.first_valid, usage.repaired, usage.hints) == (2, 1, 1, 6)
