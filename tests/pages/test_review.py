from collections.abc import Callable
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from core.curation import decisions
from core.models import Finding, Hint, HintState, Severity, ToolText, TrialStatus
from core.store import Store, open_store
from pages.review.actions import OTHER
from tests.pages.conftest import OpenPage, list_markdown, list_texts

FIRST = 1
"""The trial `book-flight-sfo-wifi`, with four attempts and thirteen hints."""


def list_hints(home: Path, trial_id: int = FIRST) -> list[Hint]:
    with open_store(home) as store:
        return store.curation.list_hints(trial_id)


def list_actions(home: Path, trial_id: int = FIRST) -> list[tuple[str, str]]:
    with open_store(home) as store:
        return [(item.reviewer, item.action) for item in store.decisions.list_decisions(trial_id)]


def change(home: Path, action: Callable[[Store], None]) -> None:
    with open_store(home) as store:
        action(store)


def block(home: Path, hint: Hint, code: str = "no-verified-quote") -> None:
    finding = Finding(code=code, severity=Severity.BLOCK, message="It cannot be trusted.", hint_id=hint.id)
    change(home, lambda store: store.curation.replace_findings(hint.trial_id, [finding]))


def get_queue(app: AppTest) -> list[str]:
    names: list[str] = app.dataframe[0].value["Trial"].tolist()
    return names


def click(app: AppTest, key: str) -> AppTest:
    app.button(key=key).click().run()
    assert not app.exception, app.exception
    return app


def test_without_hints_the_page_leads_to_batches(open_page: OpenPage) -> None:
    app = open_page("review")
    assert list_texts(app) == ["No hints to review yet. Extract hints from imported traces first."]
    assert [button.label for button in app.button] == ["Go to Batches"]


def test_approving_is_a_decision_and_opens_the_next_trial(reviewing: Path, open_page: OpenPage) -> None:
    app = open_page("review", trial="1")
    assert app.button(key="approve_1").label == "Approve 13"
    click(app, "approve_1")
    with open_store(reviewing) as store:
        assert store.traces.get_trial(FIRST).status is TrialStatus.APPROVED
        assert {hint.state for hint in store.curation.list_hints(FIRST)} == {HintState.ACCEPTED}
    assert list_actions(reviewing)[-1] == ("reviewer", "approve")
    assert app.query_params["trial"] == "2"
    assert "book-flight-sfo-wifi" not in get_queue(app)


def test_decisions_carry_the_name_in_the_sidebar(reviewing: Path, open_page: OpenPage) -> None:
    app = open_page("review", trial="1")
    app.text_input(key="reviewer").set_value("Mira").run()
    click(app, "approve_1")
    assert list_actions(reviewing)[-1] == ("Mira", "approve")
    with open_store(reviewing) as store:
        assert store.workspace.find_reviewer() == "Mira"


def test_rejecting_asks_for_a_reason_and_keeps_it(reviewing: Path, open_page: OpenPage) -> None:
    app = click(open_page("review", trial="2"), "reject_trial_2")
    assert "reason_1_2" in {button.key for button in app.button}
    click(app, "reason_2_2")
    with open_store(reviewing) as store:
        assert store.traces.get_trial(2).status is TrialStatus.REJECTED
        assert store.decisions.list_decisions(2)[-1].reason == "Wrong advice"
    assert app.query_params["trial"] == "3"


def test_a_reason_of_ones_own_cannot_be_empty(reviewing: Path, open_page: OpenPage) -> None:
    app = click(open_page("review", trial="2"), "reject_trial_2")
    click(app, "reason_other_2")
    click(app, "reject_with_words_trial 2")
    assert "Say in a few words why it is rejected." in list_texts(app)
    app.text_input(key="reject_words_trial 2").set_value("It is about another task.")
    click(app, "reject_with_words_trial 2")
    with open_store(reviewing) as store:
        assert store.decisions.list_decisions(2)[-1].reason == "It is about another task."


def test_a_decided_trial_can_be_reopened(reviewing: Path, open_page: OpenPage) -> None:
    app = click(open_page("review", trial="1"), "approve_1")
    app.query_params["trial"] = "1"
    app.run()
    click(app, "reopen_1")
    assert list_actions(reviewing)[-1][1] == "reopen"
    assert app.button(key="approve_1").label == "Approve", "what was accepted stays accepted"


def test_a_hint_is_accepted_and_taken_back(reviewing: Path, open_page: OpenPage) -> None:
    hint = list_hints(reviewing)[0]
    app = click(open_page("review", trial="1"), f"accept_{hint.id}")
    assert list_hints(reviewing)[0].state is HintState.ACCEPTED
    click(app, f"take_back_{hint.id}")
    assert list_hints(reviewing)[0].state is HintState.PROPOSED
    assert [action for _, action in list_actions(reviewing)] == ["accept", "take back"]


def test_a_hint_is_rejected_with_a_reason_from_the_menu(reviewing: Path, open_page: OpenPage) -> None:
    hint = list_hints(reviewing)[0]
    app = open_page("review", trial="1")
    app.menu_button(key=f"reject_{hint.id}").click("Gives the answer away").run()
    assert list_hints(reviewing)[0].state is HintState.REJECTED
    with open_store(reviewing) as store:
        assert store.decisions.list_decisions(FIRST)[-1].reason == "Gives the answer away"
    assert app.button(key="approve_1").label == "Approve 12"


def test_a_hint_is_rejected_in_ones_own_words(reviewing: Path, open_page: OpenPage) -> None:
    hint = list_hints(reviewing)[0]
    app = open_page("review", trial="1")
    app.menu_button(key=f"reject_{hint.id}").click(OTHER).run()
    app.text_input(key=f"reject_words_{hint.id}").set_value("Only this flight.")
    click(app, f"reject_with_words_{hint.id}")
    with open_store(reviewing) as store:
        assert store.decisions.list_decisions(FIRST)[-1].reason == "Only this flight."


def test_every_field_of_a_hint_can_be_edited(reviewing: Path, open_page: OpenPage) -> None:
    hint = list_hints(reviewing)[0]
    app = click(open_page("review", trial="1"), f"edit_{hint.id}")
    assert {area.key for area in app.text_area} == {f"edit_{hint.id}_{name}" for name in ("name", "purpose", "example")}
    assert app.button(key="approve_1").disabled, "what is typed would be left out"
    app.text_area(key=f"edit_{hint.id}_purpose").set_value("Look the traveller up")
    click(app, f"save_{hint.id}")
    text = list_hints(reviewing)[0].text
    assert isinstance(text, ToolText)
    assert text.purpose == "Look the traveller up"
    assert list_actions(reviewing) == [("reviewer", "edit")]
    assert not app.text_area, "the editor is closed"


def test_a_needed_field_cannot_be_emptied(reviewing: Path, open_page: OpenPage) -> None:
    hint = list_hints(reviewing)[0]
    app = click(open_page("review", trial="1"), f"edit_{hint.id}")
    app.text_area(key=f"edit_{hint.id}_name").set_value("  ")
    click(app, f"save_{hint.id}")
    assert "The field “Name” cannot be empty." in list_texts(app)
    assert list_actions(reviewing) == []


def test_a_conflict_shows_both_texts_and_loses_neither(reviewing: Path, open_page: OpenPage) -> None:
    hint = list_hints(reviewing)[0]
    assert isinstance(hint.text, ToolText)
    theirs = hint.text.model_copy(update={"purpose": "Theirs"})
    app = click(open_page("review", trial="1"), f"edit_{hint.id}")
    change(
        reviewing,
        lambda store: decisions.edit_hint(store, hint, theirs, reviewer="Jonas", action_id=decisions.new_action_id()),
    )
    app.text_area(key=f"edit_{hint.id}_purpose").set_value("Mine")
    click(app, f"save_{hint.id}")
    assert any(text.startswith("Not saved: somebody else changed this hint first.") for text in list_texts(app))
    assert any("Theirs" in text for text in list_texts(app))
    assert app.text_area(key=f"edit_{hint.id}_purpose").value == "Mine"
    assert list_hints(reviewing)[0].text == theirs
    click(app, f"save_{hint.id}")
    assert list_hints(reviewing)[0].text.model_dump()["purpose"] == "Mine"
    assert [who for who, _ in list_actions(reviewing)] == ["Jonas", "reviewer"]


def test_a_decision_on_what_somebody_else_decided_is_a_conflict(reviewing: Path, open_page: OpenPage) -> None:
    app = open_page("review", trial="1")
    with open_store(reviewing) as store:
        trial = store.traces.get_trial(FIRST)
        decisions.reject_trial(store, trial, reason="Too vague", reviewer="Jonas", action_id=decisions.new_action_id())
    click(app, "approve_1")
    assert any("Somebody else changed book-flight-sfo-wifi first" in text for text in list_texts(app))
    with open_store(reviewing) as store:
        assert store.traces.get_trial(FIRST).status is TrialStatus.REJECTED


def test_approving_leaves_blocked_hints_out(reviewing: Path, open_page: OpenPage) -> None:
    hint = list_hints(reviewing)[2]
    block(reviewing, hint)
    app = open_page("review", trial="1")
    assert app.button(key=f"accept_{hint.id}").disabled
    assert "Publishes 12 of 13 hints" in list_texts(app)
    assert ":red-badge[Hint 3 blocks]" in list_markdown(app)
    assert app.button(key="approve_1").label == "Approve 12, leave out 1"
    click(app, "approve_1")
    assert list_hints(reviewing)[2].state is HintState.PROPOSED


def test_a_block_is_overridden_with_a_reason(reviewing: Path, open_page: OpenPage) -> None:
    hint = list_hints(reviewing)[2]
    block(reviewing, hint)
    app = click(open_page("review", trial="1"), f"override_{hint.id}_no-verified-quote")
    assert "Say why the hint may be published anyway." in list_texts(app)
    app.text_area(key=f"why_{hint.id}_no-verified-quote").set_value("I ran it myself.")
    click(app, f"override_{hint.id}_no-verified-quote")
    assert list_actions(reviewing) == [("reviewer", "override no-verified-quote")]
    assert app.button(key="approve_1").label == "Approve 13"


def test_a_secret_cannot_be_overridden(reviewing: Path, open_page: OpenPage) -> None:
    hint = list_hints(reviewing)[2]
    block(reviewing, hint, "secret")
    app = open_page("review", trial="1")
    assert f"override_{hint.id}_secret" not in {button.key for button in app.button}


def test_a_blocked_trial_stands_first_in_the_queue(reviewing: Path, open_page: OpenPage) -> None:
    block(reviewing, list_hints(reviewing, 5)[0])
    app = open_page("review")
    assert get_queue(app)[0] == "sqlite-dedupe-orders__Zp31xVc"
    assert app.dataframe[0].value["State"].tolist()[0] == "1 block"


def test_hints_by_rules_say_so(reviewing: Path, open_page: OpenPage) -> None:
    captions = [caption.value for caption in open_page("review", trial="1").caption]
    assert "3 of 4 attempts, 2 successful; made by rules" in captions


def test_the_task_text_is_edited(reviewing: Path, open_page: OpenPage) -> None:
    app = click(open_page("review", trial="1"), "edit_task_1")
    assert (
        app.text_area(key="task_text_1").value
        == "User: Book flight to SFO with WiFi\nTask: Do whatever the user asked."
    )
    app.text_area(key="task_text_1").set_value("")
    click(app, "save_task_1")
    assert "The task text cannot be empty." in list_texts(app)
    app.text_area(key="task_text_1").set_value("Book a flight to SFO.")
    click(app, "save_task_1")
    with open_store(reviewing) as store:
        assert store.traces.get_trial(FIRST).task_text == "Book a flight to SFO."
    assert "Book a flight to SFO." in list_texts(app)


def test_before_and_after_show_what_will_be_published(reviewing: Path, open_page: OpenPage) -> None:
    app = click(open_page("review", trial="1"), "switch_view")
    before, after = app.code[-2].value, app.code[-1].value
    assert before == "User: Book flight to SFO with WiFi\nTask: Do whatever the user asked."
    assert after.startswith(before + "\n\n---\n\n# Hints\n")
    assert "### get_user_context" in after


def test_the_history_names_who_did_what_to_which_hint(reviewing: Path, open_page: OpenPage) -> None:
    hint = list_hints(reviewing)[1]
    app = click(open_page("review", trial="1"), f"accept_{hint.id}")
    history = app.dataframe[-1].value
    assert history[["Who", "What", "Hint"]].values.tolist() == [["reviewer", "accept", "2"]]


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ({"search": "nginx"}, ["nginx-strip-prefix__Jm5tR2c", "nginx-strip-prefix__Uc8wK4y"]),
        ({"search": "100%"}, []),
        ({"show": "Approved"}, ["git-restore-branch"]),
        ({"show": "To check"}, []),
    ],
)
def test_search_and_filter_are_in_the_address(
    reviewing: Path, open_page: OpenPage, query: dict[str, str], names: list[str]
) -> None:
    with open_store(reviewing) as store:
        trial = store.traces.get_trial(2)
        decisions.approve_trial(store, trial, reviewer="Mira", action_id=decisions.new_action_id())
    app = open_page("review", trial="1", **query)
    if names:
        assert get_queue(app) == names
    else:
        assert "No trial matches. Show all, or clear the search." in list_texts(app)


def test_next_and_previous_walk_the_list(reviewing: Path, open_page: OpenPage) -> None:
    app = open_page("review", trial="1")
    assert app.button(key="previous_1").disabled
    click(app, "next_1")
    assert app.query_params["trial"] == "2"
    click(app, "previous_2")
    assert app.query_params["trial"] == "1"


def test_when_all_is_decided_the_page_leads_to_publishing(reviewing: Path, open_page: OpenPage) -> None:
    with open_store(reviewing) as store:
        for trial in store.traces.list_trials(1):
            decisions.approve_trial(store, trial, reviewer="Mira", action_id=decisions.new_action_id())
    app = open_page("review")
    assert "All 13 trials are decided." in list_texts(app)
    assert app.button(key="go_publish").label == "Publish 13 trials"
