"""The figures are what counting the hints one by one gives, after everything that can change them."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from core.curation import decisions
from core.models import Dataset, Evidence, EvidenceStatus, Finding, Hint, HintState, Origin, Severity, ToolText
from core.store import Store, open_store
from core.store.quality import Bar, HintChoice, ListKind, ModelAcceptance, QualityScope
from tests.workspaces import import_sample


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with open_store(tmp_path / "home") as opened:
        yield opened


@pytest.fixture
def dataset(store: Store) -> Dataset:
    return import_sample(store)


RULES = Origin(extractor="rules", batch=1)
MODEL = Origin(extractor="llm", model="m", batch=2)
PERSON = Origin(extractor="person")


def save(store: Store, trial_id: int, *hints: tuple[str, list[Origin], list[str]], **more: list[Finding]) -> None:
    """Hints by id with their origins and the statuses of their quotes."""
    attempt = store.traces.list_attempts(trial_id)[0]
    built = [
        Hint(
            id=name,
            trial_id=trial_id,
            position=0,
            text=ToolText(name="curl", purpose="Sends a request", example="curl -s x"),
            proposed_text=ToolText(name="curl", purpose="Sends a request", example="curl -s x"),
            origins=origins,
            attempt_ids=[attempt.id],
            evidence=[
                Evidence(attempt_id=attempt.id, message=0, quote=f"q{i}", status=EvidenceStatus(status))
                for i, status in enumerate(statuses)
            ],
        )
        for name, origins, statuses in hints
    ]
    store.curation.replace_hints(trial_id, hints=built, findings=more.get("findings", []))


def finding(hint_id: str, code: str, severity: Severity = Severity.BLOCK) -> Finding:
    return Finding(code=code, severity=severity, message=f"It is {code}.", hint_id=hint_id)


def list_ids(store: Store, scope: QualityScope, kind: ListKind, value: str = "", verdict: str = "") -> set[str]:
    choice = HintChoice(kind, value, verdict)
    listed = store.quality.list_hints(scope, choice)
    assert store.quality.count_listed(scope, choice) == len(listed)
    return {hint.hint_id for hint in listed}


def test_figures_follow_every_change(store: Store, dataset: Dataset) -> None:
    trial = store.traces.list_trials(dataset.id)[0]
    scope = QualityScope(dataset.id)
    save(store, trial.id, ("a", [RULES], ["exact", "missing"]), ("b", [MODEL], ["missing"]))
    assert store.quality.get_totals(scope) == (1, 2, 14, 0, 1, 0)
    save(
        store, trial.id, ("a", [RULES], ["repointed"]), ("c", [PERSON], []),
        findings=[finding("c", "secret"), finding("c", "secret"), finding("a", "generic", Severity.WARN)],
    )  # fmt: skip
    assert store.quality.get_totals(scope) == (1, 2, 14, 1, 1, 0)
    quotes = {item.status: (item.quotes, item.hints) for item in store.quality.list_quotes(scope)}
    assert quotes == {status: (1, 1) if status == "repointed" else (0, 0) for status in EvidenceStatus}
    assert [(item.code, item.hints) for item in store.quality.list_findings(scope)] == [("secret", 1), ("generic", 1)]
    assert list_ids(store, scope, "blocked") == list_ids(store, scope, "finding", "secret") == {"c"}
    assert list_ids(store, scope, "unproven") == {"c"}


def test_rejected_hints_count_for_acceptance_alone(store: Store, dataset: Dataset) -> None:
    trial = store.traces.list_trials(dataset.id)[0]
    scope = QualityScope(dataset.id)
    save(store, trial.id, ("a", [MODEL], ["exact"]), ("b", [MODEL], ["exact"]))
    decisions.reject_hint(store, store.curation.get_hint("a"), reason="x", reviewer="Mira", action_id="1")
    assert store.quality.get_totals(scope).hints == 1
    assert list_ids(store, scope, "all") == {"b"}
    assert store.quality.list_acceptance(scope) == [ModelAcceptance("llm", "m", 0, 0, 1, 1)]
    store.curation.replace_findings(trial.id, [finding("a", "generic")])
    [found] = store.quality.list_findings(scope)
    assert (found.accepted, found.rejected) == (0, 1)
    assert list_ids(store, scope, "model", "llm/m", "rejected") == {"a"}


def test_hint_of_two_batches_counts_once_for_the_dataset_and_once_for_each(store: Store, dataset: Dataset) -> None:
    trial = store.traces.list_trials(dataset.id)[0]
    again = MODEL.model_copy(update={"batch": 3})
    save(store, trial.id, ("a", [MODEL, again, RULES], ["exact"]), ("b", [RULES], ["exact"]))
    assert store.quality.get_totals(QualityScope(dataset.id)).hints == 2
    assert {batch: store.quality.get_totals(QualityScope(dataset.id, batch)).hints for batch in (1, 2, 3, 4)} == {
        1: 2, 2: 1, 3: 1, 4: 0,
    }  # fmt: skip
    assert [(each.extractor, each.undecided) for each in store.quality.list_acceptance(QualityScope(dataset.id))] == [
        ("llm", 1),
        ("rules", 2),
    ]
    assert list_ids(store, QualityScope(dataset.id, 3), "all") == {"a"}


def test_what_nobody_looked_at_is_undecided(store: Store, dataset: Dataset) -> None:
    trial = store.traces.list_trials(dataset.id)[0]
    save(store, trial.id, ("a", [RULES], ["exact"]))
    decisions.approve_trial(store, trial, reviewer="unattended", action_id="1")
    assert store.curation.get_hint("a").state is HintState.ACCEPTED
    assert store.quality.list_acceptance(QualityScope(dataset.id)) == [ModelAcceptance("rules", "", 0, 0, 0, 1)]


def test_bars_count_trials_and_the_list_behind_a_bar_holds_their_hints(store: Store, dataset: Dataset) -> None:
    first, second, third = store.traces.list_trials(dataset.id)[:3]
    scope = QualityScope(dataset.id)
    save(store, first.id, ("a", [RULES], ["exact"]), ("b", [RULES], ["exact"]))
    save(store, second.id, ("c", [RULES], ["exact"]))
    save(store, third.id, ("d", [RULES], ["exact"]))
    assert store.quality.list_hints_per_trial(scope) == [Bar(1, 2), Bar(2, 1)]
    assert store.quality.list_words_per_trial(scope) == [Bar(0, 3)]
    assert store.quality.list_support(scope) == [Bar(1, 4)]
    assert store.quality.get_totals(scope, word_budget=10).over_budget == 1
    assert list_ids(store, scope, "over_budget", "10") == {"a", "b"}
    assert list_ids(store, scope, "trial_hints", "1") == {"c", "d"}
    assert list_ids(store, scope, "trial_words", "0") == {"a", "b", "c", "d"}
    assert list_ids(store, scope, "support", "1") == {"a", "b", "c", "d"}


def test_figures_of_hints_that_aggregation_drops_are_gone(store: Store, dataset: Dataset) -> None:
    trial = store.traces.list_trials(dataset.id)[0]
    save(store, trial.id, ("a", [RULES], ["exact"]))
    save(store, trial.id)
    assert store.quality.get_totals(QualityScope(dataset.id)) == (0, 0, 0, 0, 0, 0)


def test_an_older_workspace_is_filled_with_the_same_figures(store: Store, dataset: Dataset) -> None:
    from core.store import quality_tables

    trial = store.traces.list_trials(dataset.id)[0]
    save(store, trial.id, ("a", [MODEL, RULES], ["exact", "missing"]), ("b", [PERSON], []))
    decisions.reject_hint(store, store.curation.get_hint("b"), reason="x", reviewer="Mira", action_id="1")
    kept = store.quality._rows("SELECT * FROM hint_figures")
    with store.quality.write():
        store.quality._connection.execute("DELETE FROM hint_figures")
        store.quality._connection.execute(quality_tables.FILL)
    assert store.quality._rows("SELECT * FROM hint_figures") == kept
    assert len(kept) == 3
