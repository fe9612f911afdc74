import pytest

from core.curation.checks import CHECKS, NEVER_OVERRIDDEN, check_hint, check_hints
from core.models import (
    CriterionText,
    Evidence,
    EvidenceStatus,
    Hint,
    HintText,
    Origin,
    Outcome,
    PitfallText,
    Severity,
    StrategyText,
    ToolText,
)

KEY = "AKIA" + "ABCDEFGH23456789"
EXACT, REPOINTED, MISSING = EvidenceStatus.EXACT, EvidenceStatus.REPOINTED, EvidenceStatus.MISSING
LLM, PERSON = Origin(extractor="llm", model="m"), Origin(extractor="person")


def make_hint(
    text: HintText, *statuses: EvidenceStatus, origin: Origin = LLM, attempt_ids: tuple[int, ...] = (1,)
) -> Hint:
    evidence = [Evidence(attempt_id=1, message=0, quote="q", status=status) for status in statuses]
    return Hint(
        id="h", trial_id=1, position=0, text=text, proposed_text=text, origins=[origin],
        attempt_ids=list(attempt_ids), evidence=evidence,
    )  # fmt: skip


def check(hint: Hint, outcomes: dict[int, Outcome] | None = None) -> list[tuple[str, str]]:
    findings = check_hint(hint, outcomes=outcomes or {1: Outcome.SUCCESS})
    assert all(finding.hint_id == hint.id and finding.message.endswith(".") for finding in findings)
    return [(finding.code, finding.severity.value) for finding in findings]


def test_a_good_hint_has_no_findings() -> None:
    for text in (
        ToolText(name="ls"),
        StrategyText(do="Read."),
        PitfallText(avoid="guess", instead="ask"),
        CriterionText(text="Done."),
    ):
        assert check(make_hint(text, EXACT)) == []
        assert check(make_hint(text, MISSING, REPOINTED)) == [("quote-not-found", "warn")]


@pytest.mark.parametrize("statuses", [(), (MISSING,), (MISSING, MISSING)])
def test_a_hint_without_a_verified_quote_is_blocked(statuses: tuple[EvidenceStatus, ...]) -> None:
    assert check(make_hint(CriterionText(text="Done."), *statuses)) == [("no-verified-quote", "block")]


def test_a_hint_that_a_person_wrote_needs_no_quote_but_is_told() -> None:
    assert check(make_hint(CriterionText(text="Done."), origin=PERSON)) == [("no-quote", "warn")]


@pytest.mark.parametrize(
    "text",
    [
        ToolText(name="curl", example=f"curl -H 'X-Key: {KEY}'"),
        ToolText(name=KEY),
        ToolText(name="a", purpose=KEY),
        StrategyText(do=f"Use {KEY}"),
        StrategyText(do="a", why=KEY),
        StrategyText(do="a", check=KEY),
        PitfallText(avoid="a", instead=KEY),
        PitfallText(avoid=KEY, instead="b"),
        PitfallText(avoid="a", instead="b", when=KEY),
        PitfallText(avoid="a", instead="b", symptom=KEY),
        CriterionText(text=KEY),
        CriterionText(text="a", basis=KEY),
    ],
)
def test_a_key_in_any_field_blocks_and_is_not_repeated_in_the_message(text: HintText) -> None:
    hint = make_hint(text, EXACT)
    assert check(hint) == [("secret", "block")]
    assert KEY not in check_hint(hint, outcomes={})[0].message
    assert "secret" in NEVER_OVERRIDDEN


@pytest.mark.parametrize(
    ("outcome", "is_told"),
    [
        (Outcome.SUCCESS, False),
        (Outcome.PARTIAL, False),
        (Outcome.FAILURE, True),
        (Outcome.ERROR, True),
        (Outcome.UNKNOWN, True),
    ],
)
def test_a_step_that_no_success_took_is_a_warning(outcome: Outcome, is_told: bool) -> None:
    found = check(make_hint(StrategyText(do="Read."), EXACT), {1: outcome})
    assert found == ([("no-success-behind-step", "warn")] if is_told else [])


def test_one_success_among_several_attempts_is_enough_for_a_step() -> None:
    hint = make_hint(StrategyText(do="Read."), EXACT, attempt_ids=(1, 2))
    assert check(hint, {1: Outcome.FAILURE, 2: Outcome.SUCCESS}) == []


def test_pitfalls_of_failures_are_no_warning() -> None:
    assert check(make_hint(PitfallText(avoid="guess", instead="ask"), EXACT), {1: Outcome.FAILURE}) == []


@pytest.mark.parametrize("instead", ["", "  "])
def test_a_pitfall_should_say_what_to_do_instead(instead: str) -> None:
    assert check(make_hint(PitfallText(avoid="guess", instead=instead), EXACT)) == [("no-instead", "warn")]


def test_every_check_names_its_code_and_severity_in_its_docstring() -> None:
    for function in CHECKS:
        assert function.__doc__
        assert any(f"({severity.value}" in function.__doc__ for severity in Severity)


def test_findings_of_several_hints_stay_with_their_hints() -> None:
    good = make_hint(CriterionText(text="Done."), EXACT)
    bad = make_hint(CriterionText(text="Done."), MISSING).model_copy(update={"id": "bad"})
    assert [finding.hint_id for finding in check_hints([good, bad], outcomes={})] == ["bad"]
