"""The queue: what is listed, in which order, found by which words, and columns that triggers keep true."""

from pathlib import Path
from typing import Any

import pytest

from core.curation.curate import curate_dataset
from core.curation.decisions import accept_hint, edit_hint, edit_task_text, new_action_id, reject_hint, reject_trial
from core.curation.queue_view import QUEUE_COLUMNS, build_queue_rows
from core.models import CriterionText, Dataset, Extractor, HintText, Outcome, PitfallText, StrategyText, ToolText
from core.store import Store, open_store
from core.store.migrations import migrations
from core.store.queue_models import OutcomeMix, QueueEntry, QueueFilter, QueueSort, QueueStatus
from tests.builders import import_list, make_row, run_sql, talk
from tests.curation.proposals import propose, save_proposals

ANN = "Ann"
SORT = StrategyText(do="Sort the list with -k1.", check="it is Übersichtlich")
BAD = PitfallText(avoid="guess -x", instead="look")
TRIALS: dict[str, list[object]] = {
    "alpha": [1.0, 0.0],
    "beta": [1.0],
    "gamma": [0.0, 0.0, 0.0],
    "delta": [None],
    "epsilon": [1.0, None],
}
"""Results of the attempts, by trial."""


@pytest.fixture
def dataset(store: Store) -> Dataset:
    rows = [
        make_row(talk(f"Task: do {name} with 100% of _care_", f"sort list.txt {n}"), trial_name=name, result=result)
        for name, results in TRIALS.items()
        for n, result in enumerate(results)
    ]
    return import_list(store, rows).dataset


@pytest.fixture
def extracted(store: Store, dataset: Dataset) -> Dataset:
    """Alpha has a good hint of both attempts, beta one that blocks, gamma one that only warns; the rest has none."""
    alpha, beta, gamma = (find_attempts(store, dataset, name) for name in ("alpha", "beta", "gamma"))
    first = {
        alpha[0]: [propose(SORT, "sort list.txt 0", message=1)],
        alpha[1]: [propose(SORT, "sort list.txt 1", message=1)],
        beta[0]: [propose(BAD, "never said")],
    }
    save_proposals(store, dataset, first)
    warned = PitfallText(avoid="hurry -x")
    save_proposals(
        store, dataset, {gamma[0]: [propose(warned, "sort list.txt 0", message=1)]}, extractor=Extractor.RULES
    )
    curate_dataset(store, dataset)
    return dataset


def find_attempts(store: Store, dataset: Dataset, name: str) -> list[int]:
    (trial,) = [trial for trial in store.traces.list_trials(dataset.id) if trial.name == name]
    return [attempt.id for attempt in store.traces.list_attempts(trial.id)]


def list_names(store: Store, dataset: Dataset, **wanted: Any) -> list[str]:
    return [entry.name for entry in list_entries(store, dataset, **wanted)]


def list_entries(store: Store, dataset: Dataset, **wanted: Any) -> list[QueueEntry]:
    return store.queue.list_entries(QueueFilter(dataset_id=dataset.id, **wanted))


def find_entry(store: Store, dataset: Dataset, name: str) -> QueueEntry:
    (entry,) = [entry for entry in list_entries(store, dataset, status="all") if entry.name == name]
    return entry


def test_what_has_most_to_check_comes_first(store: Store, extracted: Dataset) -> None:
    assert list_names(store, extracted) == ["beta", "gamma", "alpha"]
    assert list_names(store, extracted, status="check") == ["beta", "gamma"]
    assert list_names(store, extracted, status="all", sort=QueueSort.FIRST) == list(TRIALS)


@pytest.mark.parametrize(
    ("sort", "names"),
    [
        (QueueSort.NAME, ["alpha", "beta", "gamma"]),
        (QueueSort.SUPPORT, ["alpha", "beta", "gamma"]),
        (QueueSort.NEWEST, ["gamma", "beta", "alpha"]),
    ],
)
def test_the_order_is_the_one_asked_for(store: Store, extracted: Dataset, sort: QueueSort, names: list[str]) -> None:
    assert list_names(store, extracted, sort=sort) == names


@pytest.mark.parametrize(
    ("wanted", "names"),
    [
        ({"outcomes": OutcomeMix.SUCCESSFUL}, ["beta"]),
        ({"outcomes": OutcomeMix.MIXED}, ["alpha", "epsilon"]),
        ({"outcomes": OutcomeMix.UNSUCCESSFUL}, ["gamma"]),
        ({"outcomes": OutcomeMix.UNKNOWN}, ["delta"]),
        ({"findings": "any"}, ["beta", "gamma"]),
        ({"findings": "blocking"}, ["beta"]),
        ({"findings": "no-instead"}, ["gamma"]),
        ({"findings": "' OR 1 --"}, []),
        ({"extractor": Extractor.RULES}, ["gamma"]),
        ({"extractor": Extractor.LLM}, ["alpha", "beta"]),
        ({"model": "m"}, ["alpha", "beta", "gamma"]),
        ({"model": "another"}, []),
        ({"attempts_min": 2}, ["alpha", "gamma", "epsilon"]),
        ({"attempts_min": 2, "attempts_max": 2}, ["alpha", "epsilon"]),
        ({"search": "GAMM"}, ["gamma"]),
        ({"search": "sort the list"}, ["alpha"]),
        ({"search": "übersichtlich"}, ["alpha"]),
        ({"search": "do beta with"}, ["beta"]),
        ({"search": "100% of"}, list(TRIALS)),
        ({"search": "100% or"}, []),
        ({"search": "avoid"}, []),
        ({"search": '"'}, []),
        ({"search": 'he said "x"'}, []),
        ({"search": "be"}, ["alpha", "beta"]),
        ({"search": "0%"}, list(TRIALS)),
        ({"search": "_"}, list(TRIALS)),
        ({"search": "lta"}, ["delta"]),
        ({"search": "\0"}, list(TRIALS)),
        ({"search": "sort", "findings": "any"}, []),
    ],
)
def test_a_filter_lists_what_it_says(
    store: Store, extracted: Dataset, wanted: dict[str, Any], names: list[str]
) -> None:
    assert list_names(store, extracted, status="all", sort=QueueSort.FIRST, **wanted) == names


def test_edited_means_a_person_changed_words_of_a_hint_or_of_the_task(store: Store, extracted: Dataset) -> None:
    assert list_names(store, extracted, edited=True) == []
    (hint,) = store.curation.list_hints(find_entry(store, extracted, "beta").trial_id)
    edit_hint(store, hint, PitfallText(avoid="run", instead="walk"), reviewer=ANN, action_id=new_action_id())
    trial = store.traces.get_trial(find_entry(store, extracted, "alpha").trial_id)
    edit_task_text(store, trial, "Entirely otherwise", reviewer=ANN, action_id=new_action_id())
    assert list_names(store, extracted, edited=True) == ["beta", "alpha"]
    assert list_names(store, extracted, edited=False) == ["gamma"]
    assert list_names(store, extracted, search="entirely") == ["alpha"]
    assert list_names(store, extracted, search="walk") == ["beta"]
    assert list_names(store, extracted, search="guess") == []
    assert find_entry(store, extracted, "alpha").task == "Entirely otherwise"


def test_counts_are_those_of_the_lists_whatever_else_is_filtered(store: Store, extracted: Dataset) -> None:
    trial = store.traces.get_trial(find_entry(store, extracted, "gamma").trial_id)
    reject_trial(store, trial, reason="r", reviewer=ANN, action_id=new_action_id())
    for more in ({}, {"search": "do "}, {"attempts_min": 2}, {"search": "alpha"}):
        wanted = QueueFilter(dataset_id=extracted.id, **more)
        counts = store.queue.count_by_status(wanted)
        for status in QueueStatus:
            assert counts[status] == len(store.queue.list_entries(wanted.model_copy(update={"status": status})))
    assert store.queue.count_by_status(QueueFilter(dataset_id=extracted.id)) == {
        QueueStatus.OPEN: 2, QueueStatus.CHECK: 1, QueueStatus.APPROVED: 0, QueueStatus.REJECTED: 1, QueueStatus.ALL: 5
    }  # fmt: skip


def test_an_entry_says_what_is_known_without_opening_the_trial(store: Store, extracted: Dataset) -> None:
    entry = find_entry(store, extracted, "alpha")
    assert entry.outcomes == (Outcome.SUCCESS, Outcome.FAILURE)
    assert (entry.hints, entry.blocks, entry.warnings, entry.support, entry.is_extracted) == (1, 0, 0, 2, True)
    assert entry.task == "Task: do alpha with 100% of _care_"
    assert find_entry(store, extracted, "delta").is_extracted is False


def test_deciding_on_a_hint_changes_what_its_trial_has_to_check(store: Store, extracted: Dataset) -> None:
    beta = find_entry(store, extracted, "beta")
    assert (beta.blocks, beta.support) == (1, 1)
    (hint,) = store.curation.list_hints(beta.trial_id)
    reject_hint(store, hint, reason="r", reviewer=ANN, action_id=new_action_id())
    beta = find_entry(store, extracted, "beta")
    assert (beta.blocks, beta.support, beta.hints) == (0, 0, 1)


def test_a_filter_is_read_from_the_address() -> None:
    query = {
        "search": "a & b=c",
        "status": "approved",
        "outcomes": "mixed",
        "findings": "secret",
        "extractor": "llm",
        "model": "gpt",
        "edited": "no",
        "attempts_min": "2",
        "attempts_max": "8",
        "sort": "name",
    }
    assert QueueFilter.from_query(3, {}) == QueueFilter(dataset_id=3)
    assert QueueFilter.from_query(3, query) == QueueFilter(
        dataset_id=3,
        search="a & b=c",
        status=QueueStatus.APPROVED,
        outcomes=OutcomeMix.MIXED,
        findings="secret",
        extractor=Extractor.LLM,
        model="gpt",
        edited=False,
        attempts_min=2,
        attempts_max=8,
        sort=QueueSort.NAME,
    )


def test_what_an_address_says_wrongly_is_left_at_its_default() -> None:
    query = {"status": "nonsense", "attempts_min": "many", "sort": "name", "edited": "perhaps", "trial": "7"}
    assert QueueFilter.from_query(1, query) == QueueFilter(dataset_id=1, sort=QueueSort.NAME)


def test_rows_for_the_browser_are_arrays_in_the_named_order(store: Store, extracted: Dataset) -> None:
    rows = build_queue_rows(list_entries(store, extracted))
    assert {len(row) for row in rows} == {len(QUEUE_COLUMNS)}
    assert dict(zip(QUEUE_COLUMNS, rows[0], strict=True)) | {"trial_id": 0} == {
        "trial_id": 0, "name": "beta", "status": "o", "outcomes": "s", "hints": 1, "blocks": 1, "warnings": 0,
        "task": "Task: do beta with 100% of _care_",
    }  # fmt: skip


def test_the_filters_offer_the_codes_and_models_of_the_dataset_alone(store: Store, extracted: Dataset) -> None:
    other = import_list(store, [make_row(talk("Task: another", "look -x"), trial_name="zeta")]).dataset
    clean = import_list(store, [make_row(talk("Task: a third", "look -y"), trial_name="eta")]).dataset
    secret = StrategyText(do="Use the key sk-proj-abcdefghijklmnopqrstuvwxyz0123456789ABCD.")
    hint = propose(secret, "look -x", message=1)
    save_proposals(store, other, {find_attempts(store, other, "zeta")[0]: [hint]}, model="another")
    curate_dataset(store, other)
    for dataset in (extracted, other, clean):
        codes = {item.code for trial in store.traces.list_trials(dataset.id) for item in
                 store.curation.list_findings(trial.id)}  # fmt: skip
        assert store.queue.list_codes(dataset.id) == sorted(codes)
    assert store.queue.list_codes(other.id) != store.queue.list_codes(extracted.id) != []
    assert store.queue.list_codes(clean.id) == store.queue.list_models(clean.id) == []
    assert store.queue.list_models(other.id) == ["another"] != store.queue.list_models(extracted.id)


def test_an_older_workspace_gets_the_columns_and_the_search_for_what_it_holds(
    tmp_path: Path, store: Store, extracted: Dataset
) -> None:
    home = store.home
    before = list_entries(store, extracted, status="all")
    found = list_names(store, extracted, search="sort the list")
    objects = run_sql(home, "SELECT type, name FROM sqlite_master WHERE sql IS NOT NULL ORDER BY type = 'table'")
    known = {"queue_facts", "hint_words", "trial_search", "hint_search", "trials_for_queue", "steps_by_target"}
    for kind, name in objects:
        of_queue = kind == "trigger" and name.startswith(
            ("facts_", "search_", "words_", "a_trial_has_facts", "task_of")
        )
        if name in known or of_queue:
            run_sql(home, f"DROP {kind} {name}")
    run_sql(home, "DELETE FROM _sqlite_migrations WHERE name IN ('m017_queue', 'm019_faster_decisions')")
    run_sql(home, f"PRAGMA user_version = {len(migrations._migrations) - 2}")
    with open_store(home) as again:
        assert list_entries(again, extracted, status="all") == before
        assert list_names(again, extracted, search="sort the list") == found == ["alpha"]


def test_the_kept_columns_are_what_counting_anew_gives(store: Store, extracted: Dataset) -> None:
    (hint,) = store.curation.list_hints(find_entry(store, extracted, "alpha").trial_id)
    accept_hint(store, hint, reviewer=ANN, action_id=new_action_id())
    texts: list[HintText] = [CriterionText(text="It is done."), ToolText(name="sort")]
    save_proposals(store, extracted, {hint.attempt_ids[0]: [propose(text, "never said") for text in texts]})
    curate_dataset(store, extracted)
    entry = find_entry(store, extracted, "alpha")
    assert (entry.hints, entry.blocks, entry.support) == (3, 2, 2)
