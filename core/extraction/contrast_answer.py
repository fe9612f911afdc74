"""What the model is asked to answer of two attempts, and how that becomes proposed hints of their trial."""

import re
from collections.abc import Iterator, Mapping
from typing import Annotated

from core.extraction.answer import (
    AnsweredCriterion,
    AnsweredHint,
    AnsweredPitfall,
    AnsweredQuote,
    AnsweredStep,
    AnsweredTool,
)
from core.extraction.contrast import ContrastInput
from core.extraction.forms import AnswerForm, AnswerModel, at_most
from core.models import ContrastHint, ContrastHints, ContrastQuote

MOST_COMPARED_TOOLS = 1
MOST_COMPARED_STEPS = 2
MOST_COMPARED_PITFALLS = 2
MOST_COMPARED_CRITERIA = 1

_NUMBER = re.compile(r"\d+")


class AnsweredContrastQuote(AnsweredQuote):
    """Where the proof stands, with the label of its attempt, e.g. `A2`."""

    attempt: str


class ContrastAnswer(AnswerModel):
    """Everything the model has to say of two attempts."""

    parted: str
    tools: Annotated[list[AnsweredTool[AnsweredContrastQuote]], *at_most(MOST_COMPARED_TOOLS)]
    strategy: Annotated[list[AnsweredStep[AnsweredContrastQuote]], *at_most(MOST_COMPARED_STEPS)]
    pitfalls: Annotated[list[AnsweredPitfall[AnsweredContrastQuote]], *at_most(MOST_COMPARED_PITFALLS)]
    criteria: Annotated[list[AnsweredCriterion[AnsweredContrastQuote]], *at_most(MOST_COMPARED_CRITERIA)]


CONTRAST_FORM = AnswerForm("contrast", ContrastAnswer)


def parse_contrast(text: str, contrast: ContrastInput) -> ContrastHints:
    """The hints in a model's answer of two attempts.

    Raises:
        ValueError: There is no JSON object, it has not the asked-for form, or it quotes an attempt that was not shown;
            the message can be shown to the model.
    """
    answer = CONTRAST_FORM.read(text)
    return ContrastHints(
        succeeded_id=contrast.succeeded.attempt.id,
        failed_id=contrast.failed.attempt.id,
        parted=answer.parted,
        hints=list(_list_hints(answer, contrast.labels)),
    )


def _list_hints(answer: ContrastAnswer, labels: Mapping[str, int]) -> Iterator[ContrastHint]:
    for item in (*answer.tools, *answer.strategy, *answer.pitfalls, *answer.criteria):
        text = item.build_text()
        if text is not None:
            yield ContrastHint(text=text, evidence=list(_list_quotes(item, labels)))


def _list_quotes(item: AnsweredHint[AnsweredContrastQuote], labels: Mapping[str, int]) -> Iterator[ContrastQuote]:
    for proof in item.evidence:
        # "2", "attempt 2" and "A2 message 5" mean A2, too
        number = _NUMBER.search(proof.attempt)
        attempt_id = labels.get(f"A{int(number[0])}") if number else None
        if attempt_id is None:
            raise ValueError(f'evidence.attempt: "{proof.attempt[:40]}" is none of {", ".join(labels)}')
        if proof.quote:
            yield ContrastQuote(attempt_id=attempt_id, message=proof.message, quote=proof.quote)
