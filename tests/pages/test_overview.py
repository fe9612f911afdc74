from pathlib import Path

import pytest

from core.curation import decisions
from core.curation.unattended import approve_unattended
from core.curation.undo import undo
from core.store import open_store
from core.store.overview import StageCounts
from pages.overview.funnel import list_bars
from tests.pages.conftest import OpenPage, list_texts, wait_until
from tests.workspaces import import_sample


def test_an_empty_workspace_offers_the_sample(open_page: OpenPage) -> None:
    app = open_page("overview")
    assert [button.label for button in app.button] == ["Import the sample", "Import your own traces"]
    assert not app.metric


def test_what_is_imported_leads_to_extraction(home: Path, open_page: OpenPage) -> None:
    with open_store(home) as store:
        import_sample(store)
    app = open_page("overview")
    assert "Extract hints from 13 trials" in app.markdown[0].value
    assert app.button(key="next_1").label == "Extract"


def test_what_is_extracted_leads_to_review(reviewing: Path, open_page: OpenPage) -> None:
    app = open_page("overview")
    assert app.button(key="next_1").label == "Review"
    assert not app.metric, "figures of a review that has not begun"


def test_the_button_opens_the_page(reviewing: Path, open_page: OpenPage) -> None:
    app = open_page("overview")
    app.button(key="next_1").click().run()
    assert not app.exception
    # the workbench is a component, and the only page without a title
    assert [element.type for element in app.main if element.type == "bidi_component"] == ["bidi_component"]
    assert not app.title


def test_decisions_make_figures(reviewing: Path, open_page: OpenPage) -> None:
    with open_store(reviewing) as store:
        for trial in store.traces.list_trials(1)[:3]:
            decisions.approve_trial(store, trial, reviewer="Mira", action_id=decisions.new_action_id())
        trial = store.traces.list_trials(1)[3]
        decisions.reject_trial(store, trial, reason="Too vague", reviewer="Jonas", action_id=decisions.new_action_id())
    app = open_page("overview")
    figures = {metric.label: metric.value for metric in app.metric}
    assert figures == {"Decided today": "4", "Per hour": "–", "Approved": "75 %", "Hints edited": "0 %"}
    assert app.dataframe[0].value["Reviewer"].tolist() == ["Mira", "Jonas"]


def test_what_was_undone_was_not_decided(reviewing: Path, open_page: OpenPage) -> None:
    with open_store(reviewing) as store:
        for trial in store.traces.list_trials(1)[:2]:
            decisions.approve_trial(store, trial, reviewer="Mira", action_id=decisions.new_action_id())
        undo(store, reviewer="Mira", action_id=decisions.new_action_id())
    app = open_page("overview")
    assert {metric.label: metric.value for metric in app.metric}["Decided today"] == "1"
    assert app.dataframe[0].value["Today"].tolist() == ["1"]


def test_each_reviewer_has_a_pace_and_people_who_decided_the_same_agree_or_not(
    reviewing: Path, open_page: OpenPage
) -> None:
    new_id = decisions.new_action_id
    with open_store(reviewing) as store:
        trials = store.traces.list_trials(1)
        first = store.curation.list_hints(trials[0].id)[0]
        decisions.edit_hint(
            store,
            first,
            first.text.model_copy(update={"purpose": "Find what is free"}),
            reviewer="Mira",
            action_id=new_id(),
        )
        for trial in trials[:5]:
            decisions.approve_trial(store, store.traces.get_trial(trial.id), reviewer="Mira", action_id=new_id())
        for trial in trials[:2]:
            decisions.reopen_trial(store, store.traces.get_trial(trial.id), reviewer="Jo\u202e", action_id=new_id())
        again = [store.traces.get_trial(trial.id) for trial in trials[:2]]
        decisions.approve_trial(store, again[0], reviewer="Jo\u202e", action_id=new_id())
        decisions.reject_trial(store, again[1], reason="no", reviewer="Jo\u202e", action_id=new_id())
    app = open_page("overview")
    mira, jo = app.dataframe[0].value.to_dict("records")
    assert (mira["Reviewer"], mira["Today"], mira["Approved"]) == ("Mira", "5", "100 %")
    assert int(mira["Per hour"].replace(",", "")) > 0
    assert mira["Edited"] not in ("0 %", "\u2013")
    assert (jo["Reviewer"], jo["Today"], jo["Per hour"], jo["Approved"]) == ("Jo[RLO]", "2", "\u2013", "50 %")
    assert "They agree on 1 of 2 trials that two or more people decided." in [item.value for item in app.caption]


def test_what_nobody_reviewed_is_no_figure(reviewing: Path, open_page: OpenPage) -> None:
    with open_store(reviewing) as store:
        dataset = store.traces.get_dataset(1)
        for trial in store.traces.list_trials(1):
            approve_unattended(store, trial, dataset_key=dataset.key)
    assert not open_page("overview").metric


@pytest.mark.parametrize(
    ("stages", "words"),
    [
        (
            StageCounts(62, 212, 62, 38, 35, 3, 20, 3, 9),
            [" trials", ", 3 attempts failed", ", 24 wait", ", 3 rejected", ", 15 ready"],
        ),
        (StageCounts(5, 5, 0, 0, 0, 0, 0, 0, 0), [" trials", "", "", "", ""]),
        # a trial can be approved without hints, and a publication can hold more than is approved now
        (StageCounts(5, 5, 1, 3, 2, 0, 4, 0, 0), [" trials", "", "", "", ""]),
    ],
)
def test_the_funnel_never_counts_below_zero(stages: StageCounts, words: list[str]) -> None:
    assert [note for _, _, note in list_bars(stages)] == words


def test_the_sample_is_imported_by_the_button(home: Path, open_page: OpenPage) -> None:
    app = open_page("overview")
    app.button[0].click().run()
    assert not app.exception
    assert any("sample.jsonl" in text for text in list_texts(app)), "what is being imported"

    def is_imported() -> bool:
        with open_store(home) as store:
            return bool(store.traces.list_datasets())

    wait_until(is_imported)
    app.run()
    assert app.button(key="next_1").label == "Extract"
