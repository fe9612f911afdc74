"""The hints of a trial: clusters, support by attempts, order, and what a person decided."""

import random
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.curation.aggregation import MAXIMUM_EVIDENCE, build_hints
from core.curation.evidence import QuotableAttempt
from core.curation.similarity import get_main_words
from core.models import (
    AttemptHints,
    CriterionText,
    EvidenceStatus,
    Extractor,
    Hint,
    HintKind,
    HintState,
    HintText,
    Message,
    Origin,
    Outcome,
    PitfallText,
    ProposedHint,
    Quote,
    Role,
    StrategyText,
    ToolText,
)
from core.store.curation import Proposal

S, F, P, U = Outcome.SUCCESS, Outcome.FAILURE, Outcome.PARTIAL, Outcome.UNKNOWN
TEXT = "the agent runs ls and curl and python and then it stops at message 7"


def propose(
    attempt: int,
    *texts: HintText,
    outcome: Outcome = S,
    quote: str = "the agent runs",
    extractor: Extractor = Extractor.LLM,
) -> Proposal:
    hints = [ProposedHint(text=text, evidence=[Quote(message=0, quote=quote)]) for text in texts]
    origin = Origin(extractor=extractor.value, model="m" if extractor is Extractor.LLM else None, prompt_version="p")
    return Proposal(attempt + 100, attempt, outcome, origin, AttemptHints(hints=hints))


def build(proposals: Sequence[Proposal], known: Sequence[Hint] = ()) -> list[Hint]:
    attempts = {
        item.attempt_id: QuotableAttempt(item.attempt_id, [Message(role=Role.USER, content=TEXT)]) for item in proposals
    }
    return build_hints(proposals, trial_id=1, trial_key="k 0", attempts=attempts, known=known)


def decide(hint: Hint, state: HintState = HintState.ACCEPTED, text: HintText | None = None) -> Hint:
    return hint.model_copy(update={"state": state, "text": text or hint.text, "version": hint.version + 1})


def list_texts(hints: Sequence[Hint]) -> list[str]:
    return [get_main_words(hint.text) for hint in hints]


def tool(name: str, example: str = "") -> ToolText:
    return ToolText(name=name, example=example)


def step(words: str) -> StrategyText:
    return StrategyText(do=words)


def pitfall(words: str) -> PitfallText:
    return PitfallText(avoid=words)


def criterion(words: str) -> CriterionText:
    return CriterionText(text=words)


# --- clusters


def test_tools_are_united_those_of_successful_attempts_first() -> None:
    hints = build(
        [
            propose(1, tool("wget"), tool("curl"), outcome=F),
            propose(2, tool("jq"), outcome=P),
            propose(3, tool("curl"), tool("ls"), outcome=S),
            propose(4, tool("wget"), outcome=F),
        ]
    )
    # among those of successes by support, then in order of appearance; what only failures used is kept
    assert list_texts(hints) == ["curl", "jq", "ls", "wget"]
    assert [hint.attempt_ids for hint in hints] == [[101, 103], [102], [103], [101, 104]]


def test_support_counts_attempts_not_mentions() -> None:
    twice = propose(1, step("Read the task."), step("read the task"))
    (hint,) = build(
        [
            twice,
            propose(2, step("Read the task."), outcome=F),
            propose(1, step("Read the task."), extractor=Extractor.RULES),
        ]
    )
    assert hint.attempt_ids == [101, 102]
    assert [origin.extractor for origin in hint.origins] == ["llm", "rules"]


def test_one_members_words_are_kept_unchanged() -> None:
    variants = [
        "List every column of the table before writing the converter script.",
        "List every column of the table before writing the whole converter script.",
        "list every column of the table, before writing the converter script",
    ]
    (hint,) = build([propose(number, step(text)) for number, text in enumerate(variants, start=1)])
    assert hint.text in [step(text) for text in variants]
    assert hint.proposed_text == hint.text


def test_the_words_of_a_verified_member_win_then_those_of_a_success_then_the_shorter_ones() -> None:
    long, short = step("Read the whole task text first now"), step("read the whole task text first now")
    (hint,) = build([propose(1, short, quote="invented words"), propose(2, long, outcome=F)])
    assert hint.text == long
    (hint,) = build([propose(1, short, outcome=F), propose(2, long, outcome=S)])
    assert hint.text == long
    (hint,) = build([propose(1, tool("ls", "a longer example")), propose(2, tool("ls", "short"))])
    assert hint.text == tool("ls", "short")


def test_hints_come_in_publishing_order() -> None:
    hints = build([propose(1, criterion("c"), pitfall("p"), step("s"), tool("t"))])
    assert [hint.kind for hint in hints] == list(HintKind)
    assert [hint.position for hint in hints] == [0, 1, 2, 3]


def test_steps_stay_in_the_order_of_a_successful_attempt() -> None:
    failed = propose(1, step("count the rows"), step("open the file"), outcome=F)
    worked = propose(2, step("open the file"), step("count the rows"), step("write the answer"), outcome=S)
    assert list_texts(build([failed, worked])) == ["open the file", "count the rows", "write the answer"]


def test_pitfalls_and_criteria_come_by_support() -> None:
    hints = build(
        [
            propose(1, pitfall("guess the date"), criterion("the file exists"), outcome=F),
            propose(2, pitfall("skip the tests"), criterion("all tests pass"), outcome=F),
            propose(3, pitfall("skip the tests"), criterion("all tests pass"), outcome=F),
        ]
    )
    assert list_texts(hints) == ["skip the tests", "guess the date", "all tests pass", "the file exists"]


def test_other_values_or_the_opposite_stay_apart() -> None:
    texts = ["Set the limit to 30", "Set the limit to 60", "Do not set the limit to 30"]
    assert len(build([propose(number, step(text)) for number, text in enumerate(texts, start=1)])) == 3


# --- evidence


def test_evidence_of_all_members_is_united_the_best_members_first() -> None:
    proposals = [
        propose(1, step("Read the task."), outcome=F, quote="runs ls"),
        propose(2, step("read the task"), outcome=S, quote="and curl"),
        propose(3, step("Read the task."), outcome=S, quote="never said"),
    ]
    (hint,) = build(proposals)
    assert [(item.attempt_id, item.quote, item.status.value) for item in hint.evidence] == [
        (102, "and curl", "exact"), (101, "runs ls", "exact"), (103, "never said", "missing"),
    ]  # fmt: skip


def test_evidence_is_bounded_and_found_quotes_push_missing_ones_out() -> None:
    missing = [propose(number, step("Read."), quote="never said") for number in range(1, 5)]
    found = [propose(number, step("Read.")) for number in range(5, 5 + MAXIMUM_EVIDENCE)]
    (hint,) = build([*missing, *found])
    assert len(hint.evidence) == MAXIMUM_EVIDENCE
    assert {item.status for item in hint.evidence} == {EvidenceStatus.EXACT}
    assert len(hint.attempt_ids) == 4 + MAXIMUM_EVIDENCE


def test_two_extractors_with_the_same_words_for_an_attempt_are_one_hint_in_either_order() -> None:
    by_model = propose(1, step("Read the task."), quote="and curl")
    by_rules = propose(1, step("Read the task."), quote="runs ls", extractor=Extractor.RULES)
    assert build([by_model, by_rules]) == build([by_rules, by_model])


def test_no_proposals_no_hints() -> None:
    assert build([]) == []
    assert build([propose(1)]) == []


# --- what a person decided


@pytest.mark.parametrize("state", [HintState.ACCEPTED, HintState.REJECTED])
def test_a_decided_hint_is_never_touched(state: HintState) -> None:
    first = propose(1, step("Read the whole task text first."), outcome=F)
    (hint,) = build([first])
    decided = decide(hint, state)
    better = propose(2, step("read the whole task text first"), outcome=S, quote="and curl")
    (after,) = build([first, better], [decided])
    assert (after.id, after.text, after.state, after.version) == (decided.id, decided.text, state, decided.version)
    assert after.evidence == decided.evidence
    assert after.attempt_ids == [101, 102]


def test_an_edited_hint_keeps_its_words_and_takes_the_support_of_both_wordings() -> None:
    (hint,) = build([propose(1, step("Read the task."))])
    edited = decide(hint, HintState.PROPOSED, step("Study the demands of the customer."))
    proposals = [propose(1, step("Read the task.")), propose(2, step("study the demands of the customer"))]
    (after,) = build(proposals, [edited])
    assert (after.id, after.text, after.proposed_text) == (hint.id, edited.text, hint.text)
    assert after.attempt_ids == [101, 102]


def test_a_rejected_hint_is_not_proposed_again_in_other_words() -> None:
    (hint,) = build([propose(1, step("List every column of the table before writing the converter script"))])
    rejected = decide(hint, HintState.REJECTED)
    again = propose(2, step("List every column of the table before writing the whole converter script"))
    (after,) = build([again], [rejected])
    assert (after.id, after.state) == (hint.id, HintState.REJECTED)


def test_a_decided_hint_stays_although_nobody_proposes_it_any_more() -> None:
    (hint,) = build([propose(1, step("Read the task."))])
    hints = build([propose(1, step("Open the file."))], [decide(hint)])
    assert list_texts(hints) == ["Open the file.", "Read the task."]


def test_an_undecided_hint_that_nobody_proposes_any_more_goes() -> None:
    known = build([propose(1, step("Read the task."))])
    assert list_texts(build([propose(1, step("Open the file."))], known)) == ["Open the file."]


def test_a_hint_that_a_person_wrote_stays() -> None:
    (hint,) = build([propose(1, step("Read the task."))])
    own = hint.model_copy(
        update={
            "id": "own",
            "origins": [Origin(extractor="person")],
            "text": step("Mine."),
            "proposed_text": step("Mine."),
        }
    )
    assert list_texts(build([propose(1, step("Read the task."))], [own])) == ["Read the task.", "Mine."]


def test_the_same_words_have_the_same_id_in_every_workspace() -> None:
    one, other = build([propose(1, step("Read."))]), build([propose(5, step("Read."), outcome=F)])
    assert one[0].id == other[0].id
    elsewhere = build_hints([], trial_id=1, trial_key="k 1", attempts={}, known=[])
    assert elsewhere == []


# --- properties

SENTENCES = [
    "Read the task.",
    "read the task",
    "Open port 80 on the host and wait until the server answers",
    "Open the port 80 on host and wait until the server answers",
    "Open port 81 on the host and wait until the server answers",
    "Do not open port 80 on the host and wait until the server answers",
    "ls",
    "curl",
]
sentence = st.sampled_from(SENTENCES)
some_text = st.one_of(sentence.map(tool), sentence.map(step), sentence.map(pitfall), sentence.map(criterion))
quotes = st.sampled_from(["the agent runs", "ls and curl", "never said"])
drawn_proposals = st.lists(
    st.tuples(
        st.integers(1, 4),
        st.sampled_from([Extractor.LLM, Extractor.RULES]),
        st.lists(some_text, max_size=5),
        quotes,
    ),
    max_size=6,
    unique_by=lambda drawn: (drawn[0], drawn[1]),
).map(
    lambda drawn: [
        propose(number, *texts, outcome=(S, F, P, U)[number - 1], quote=quote, extractor=extractor)
        for number, extractor, texts, quote in drawn
    ]
)


@given(drawn_proposals, st.randoms(use_true_random=False))
def test_the_order_of_proposals_does_not_matter(proposals: list[Proposal], shuffler: random.Random) -> None:
    shuffled = list(proposals)
    shuffler.shuffle(shuffled)
    assert build(shuffled) == build(proposals)


@given(drawn_proposals)
def test_aggregating_again_changes_nothing(proposals: list[Proposal]) -> None:
    hints = build(proposals)
    assert build(proposals, hints) == hints


@given(drawn_proposals, st.data())
def test_decisions_survive_any_number_of_aggregations(proposals: list[Proposal], data: st.DataObject) -> None:
    hints = [
        decide(hint, data.draw(st.sampled_from(list(HintState)))) if data.draw(st.booleans()) else hint
        for hint in build(proposals)
    ]
    after = build(proposals, hints)
    assert {hint.id: (hint.text, hint.state, hint.evidence) for hint in after} == {
        hint.id: (hint.text, hint.state, hint.evidence) for hint in hints
    }
    assert build(proposals, after) == after


@given(drawn_proposals)
def test_every_hint_is_somebodys_words_and_every_proposal_is_counted(proposals: list[Proposal]) -> None:
    hints = build(proposals)
    said = [item.text for proposal in proposals for item in proposal.hints.hints]
    assert all(hint.text in said for hint in hints)
    assert {attempt_id for hint in hints for attempt_id in hint.attempt_ids} == {
        proposal.attempt_id for proposal in proposals if proposal.hints.hints
    }
    assert len({hint.id for hint in hints}) == len(hints)
