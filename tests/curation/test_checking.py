"""Checks on a trial as it lies in the store: saved after an edit, live while somebody types."""

import pytest

from core.curation.checking import check_draft, check_trial_again
from core.curation.curate import curate_dataset
from core.models import Finding, Hint, PitfallText, Severity
from core.store import Store
from tests.builders import import_list, make_row, talk
from tests.curation.proposals import propose, save_proposals


@pytest.fixture
def hint(store: Store) -> Hint:
    """The only one of its trial; nothing is wrong with it."""
    dataset = import_list(store, [make_row(talk("Task: sort `a.txt`", "sort a.txt"), result="1.0")]).dataset
    (trial,) = store.traces.list_trials(dataset.id)
    (attempt,) = store.traces.list_attempts(trial.id)
    text = PitfallText(when="`a.txt` is long", avoid="read `a.txt` whole", instead="sort it with `sort a.txt`")
    save_proposals(store, dataset, {attempt.id: [propose(text, "sort a.txt", message=1)]})
    curate_dataset(store, dataset)
    (found,) = store.curation.list_hints(trial.id)
    return found


def list_codes(store: Store, hint: Hint) -> list[str]:
    return [item.code for item in store.curation.list_findings(hint.trial_id) if item.hint_id == hint.id]


def test_a_draft_is_checked_and_nothing_of_it_is_saved(store: Store, hint: Hint) -> None:
    text = hint.text.model_copy(update={"instead": ""})
    assert [item.code for item in check_draft(store, hint, text)] == ["no-instead"]
    assert list_codes(store, hint) == []
    assert store.curation.get_hint(hint.id) == hint


def test_checking_again_drops_what_no_longer_holds(store: Store, hint: Hint) -> None:
    old = Finding(code="gone", severity=Severity.WARN, message="It was so.", place="avoid", hint_id=hint.id)
    store.curation.replace_findings(hint.trial_id, [old])
    assert store.curation.list_findings(hint.trial_id)[0] == old
    check_trial_again(store, hint.trial_id)
    assert list_codes(store, hint) == []


def find_overridden(store: Store, hint: Hint) -> dict[str, bool]:
    return {item.message: item.overridden for item in store.curation.list_findings(hint.trial_id) if item.hint_id}


def test_what_was_overridden_stays_so_only_while_it_says_the_same(store: Store, hint: Hint) -> None:
    block = Finding(code="leak", severity=Severity.BLOCK, message="'A1' gives it away.", hint_id=hint.id)
    store.curation.replace_findings(hint.trial_id, [block])
    assert store.curation.override_finding(hint.id, "leak")
    other = block.model_copy(update={"message": "'B2' gives it away."})
    store.curation.replace_findings(hint.trial_id, [block, other])
    assert find_overridden(store, hint) == {block.message: True, other.message: False}


def test_an_override_comes_back_with_the_words_it_was_made_for(store: Store, hint: Hint) -> None:
    block = Finding(code="leak", severity=Severity.BLOCK, message="'A1' gives it away.", hint_id=hint.id)
    store.curation.replace_findings(hint.trial_id, [block])
    store.curation.override_finding(hint.id, "leak")
    for words, is_overridden in ((PitfallText(avoid="run"), False), (hint.text, True)):
        store.subjects.save_text(hint.id, words)
        store.curation.replace_findings(hint.trial_id, [block])
        assert find_overridden(store, hint) == {block.message: is_overridden}


def test_an_override_that_was_taken_back_is_gone(store: Store, hint: Hint) -> None:
    block = Finding(code="leak", severity=Severity.BLOCK, message="'A1' gives it away.", hint_id=hint.id)
    store.curation.replace_findings(hint.trial_id, [block])
    store.curation.override_finding(hint.id, "leak")
    store.subjects.save_overridden(hint.id, "leak", ())
    assert find_overridden(store, hint) == {block.message: False}
    store.curation.replace_findings(hint.trial_id, [block])
    assert find_overridden(store, hint) == {block.message: False}
