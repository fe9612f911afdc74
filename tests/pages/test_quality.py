from pathlib import Path

from core.curation import decisions
from core.models import Finding, Severity
from core.store import open_store
from core.store.quality import QualityScope
from tests.pages.conftest import OpenPage, list_markdown, list_texts
from tests.workspaces import import_sample

IMAGE = "![x](https://tracker.example/x.png)"


def test_an_empty_workspace_leads_to_the_import(open_page: OpenPage) -> None:
    app = open_page("quality")
    assert list_texts(app) == ["Nothing is imported yet."]
    assert [button.label for button in app.button] == ["Import traces"]


def test_a_dataset_without_hints_leads_to_the_extraction(home: Path, open_page: OpenPage) -> None:
    with open_store(home) as store:
        import_sample(store)
    app = open_page("quality")
    assert list_texts(app) == ["There are no hints to judge yet."]
    app.button[0].click().run()
    assert app.title[0].value == "Batches"


def test_the_figures_are_those_of_the_store(reviewing: Path, open_page: OpenPage) -> None:
    app = open_page("quality")
    with open_store(reviewing) as store:
        totals = store.quality.get_totals(QualityScope(1))
    figures = {metric.label: metric.value for metric in app.metric}
    assert figures["Hints"] == str(totals.hints)
    assert figures["Proven by a quote"] == "100 %"
    tables = [list(frame.value.columns) for frame in app.dataframe]
    assert ["Quotes", "Count", "Share", "Hints"] in tables
    assert ["Words", "Trials"] in tables
    assert "No reviewer decided on a hint yet." in list_texts(app)


def test_a_number_opens_its_hints_with_a_way_to_each(reviewing: Path, open_page: OpenPage) -> None:
    app = open_page("quality")
    app.button(key="quality_open_all").click().run()
    assert not app.exception
    with open_store(reviewing) as store:
        first = next(
            (trial, hints[0]) for trial in store.traces.list_trials(1) if (hints := store.curation.list_hints(trial.id))
        )
        total = store.quality.get_totals(QualityScope(1)).hints
    listed = next(frame.value for frame in app.dataframe if "Review" in frame.value.columns)
    assert len(listed) == total
    assert listed["Review"][0] == f"/review?trial={first[0].id}&hint={first[1].id}"
    assert listed["Trial"][0] == first[0].name


def test_decisions_of_reviewers_are_shown_by_model_and_by_check(reviewing: Path, open_page: OpenPage) -> None:
    with open_store(reviewing) as store:
        trial = next(each for each in store.traces.list_trials(1) if len(store.curation.list_hints(each.id)) > 2)
        one, two = store.curation.list_hints(trial.id)[:2]
        decisions.accept_hint(store, one, reviewer="Mira", action_id="1")
        decisions.reject_hint(store, two, reason="x", reviewer="Mira", action_id="2")
        found = Finding(code="generic", severity=Severity.WARN, message="Generic.", hint_id=two.id)
        store.curation.replace_findings(trial.id, [found])
    app = open_page("quality")
    by_columns = {tuple(frame.value.columns): frame.value for frame in app.dataframe}
    models = by_columns["Model", "Verdict", "Hints", "Share"]
    assert models.to_numpy().tolist() == [["rules", "accepted", 1, "50%"], ["rules", "rejected", 1, "50%"]]
    checks = by_columns["Check", "Accepted all the same", "Rejected", "Agreed"]
    assert checks.to_numpy().tolist() == [["generic", 0, 1, "100%"]]


def test_no_text_of_a_trace_is_rendered(reviewing: Path, open_page: OpenPage) -> None:
    with open_store(reviewing) as store:
        trial = store.traces.list_trials(1)[0]
        hint = store.curation.list_hints(trial.id)[0]
        text = hint.text.model_copy(update={"name": IMAGE, "purpose": IMAGE})
        decisions.edit_hint(store, hint, text, reviewer="Mira", action_id="1")
        store.curation.replace_findings(
            trial.id, [Finding(code="x", severity=Severity.WARN, message=IMAGE, hint_id=hint.id)]
        )
    app = open_page("quality")
    app.button(key="quality_open_all").click().run()
    shown = next(frame.value for frame in app.dataframe if "Review" in frame.value.columns)
    assert any("tracker" in value for value in shown["Hint"]), "it is shown"
    assert "tracker" not in list_markdown(app)
