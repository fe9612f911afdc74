"""What the model is asked to answer of one attempt, and how an answer becomes proposed hints."""

from collections.abc import Iterator
from typing import Annotated, Generic, Literal, TypeVar

from core.extraction.forms import AnswerForm, AnswerModel, at_most
from core.models import (
    AttemptHints,
    CriterionText,
    HintText,
    Outcome,
    PitfallText,
    ProposedHint,
    Quote,
    StrategyText,
    ToolText,
)

MOST_TOOLS = 4
MOST_STEPS = 5
MOST_PITFALLS = 3
MOST_CRITERIA = 3
MOST_QUOTES = 3
"""Of one hint."""


class AnsweredQuote(AnswerModel):
    """Where the proof stands."""

    message: int
    """Number of the message, as shown in the prompt."""
    quote: str
    """Copied character by character from that message."""


Proof = TypeVar("Proof", bound=AnsweredQuote)


class AnsweredHint(AnswerModel, Generic[Proof]):
    """What every hint has. The proof comes first: it is looked for before anything is made of it."""

    evidence: Annotated[list[Proof], *at_most(MOST_QUOTES, least=1)]

    def build_text(self) -> HintText | None:
        """The hint's words; None if the main ones are missing, and then it is no hint."""
        raise NotImplementedError


class AnsweredTool(AnsweredHint[Proof]):
    """A tool that was really executed and worked."""

    name: str
    purpose: str
    example: str

    def build_text(self) -> HintText | None:
        """Without a name there is no tool."""
        return ToolText(name=self.name, purpose=self.purpose, example=self.example) if self.name else None


class AnsweredStep(AnsweredHint[Proof]):
    """One step of what worked."""

    do: str
    why: str
    check: str

    def build_text(self) -> HintText | None:
        """Without anything to do there is no step."""
        return StrategyText(do=self.do, why=self.why, check=self.check) if self.do else None


class AnsweredPitfall(AnsweredHint[Proof]):
    """What cost time or the success, and what to do instead."""

    when: str
    avoid: str
    instead: str
    symptom: str

    def build_text(self) -> HintText | None:
        """Without anything to avoid there is no pitfall."""
        if not self.avoid:
            return None
        return PitfallText(when=self.when, avoid=self.avoid, instead=self.instead, symptom=self.symptom)


class AnsweredCriterion(AnsweredHint[Proof]):
    """How to tell that the task is done."""

    text: str
    basis: str

    def build_text(self) -> HintText | None:
        """Without words there is no criterion."""
        return CriterionText(text=self.text, basis=self.basis) if self.text else None


class ModelAnswer(AnswerModel):
    """Everything the model has to say of one attempt. What happened comes first: it is thought before it is advised."""

    happened: str
    failure_cause: str
    outcome_opinion: Literal["success", "partial", "failure", "unknown"]
    tools: Annotated[list[AnsweredTool[AnsweredQuote]], *at_most(MOST_TOOLS)]
    strategy: Annotated[list[AnsweredStep[AnsweredQuote]], *at_most(MOST_STEPS)]
    pitfalls: Annotated[list[AnsweredPitfall[AnsweredQuote]], *at_most(MOST_PITFALLS)]
    criteria: Annotated[list[AnsweredCriterion[AnsweredQuote]], *at_most(MOST_CRITERIA)]


ATTEMPT_FORM = AnswerForm("hints", ModelAnswer)


def parse_answer(text: str) -> AttemptHints:
    """The hints in a model's answer of one attempt; a hint without its main words is none.

    Raises:
        ValueError: There is no JSON object, or it has not the asked-for form; the message can be shown to the model.
    """
    answer = ATTEMPT_FORM.read(text)
    return AttemptHints(
        happened=answer.happened,
        failure_cause=answer.failure_cause,
        opinion=Outcome(answer.outcome_opinion),
        hints=list(_list_hints(answer)),
    )


def _list_hints(answer: ModelAnswer) -> Iterator[ProposedHint]:
    for item in (*answer.tools, *answer.strategy, *answer.pitfalls, *answer.criteria):
        text = item.build_text()
        if text is not None:
            quotes = [Quote(message=proof.message, quote=proof.quote) for proof in item.evidence if proof.quote]
            yield ProposedHint(text=text, evidence=quotes)
