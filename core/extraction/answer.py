"""What the model is asked to answer, as a schema, and how an answer becomes proposed hints.

The schema is built once: building it for every call would cost more than the call.
"""

from typing import Any

from pydantic import BaseModel, ConfigDict, ValidationError

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


class _Strict(BaseModel):
    model_config = ConfigDict(extra="ignore")


class AnsweredQuote(_Strict):
    """Where the proof stands."""

    message: int
    """Number of the message, as shown in the prompt."""
    quote: str
    """Copied character by character from that message."""


class AnsweredTool(_Strict):
    """A tool that was really executed and worked."""

    name: str
    purpose: str
    example: str
    evidence: list[AnsweredQuote]


class AnsweredStep(_Strict):
    """One step of what worked."""

    do: str
    why: str
    check: str
    evidence: list[AnsweredQuote]


class AnsweredPitfall(_Strict):
    """What cost time or the success, and what to do instead."""

    when: str
    avoid: str
    instead: str
    symptom: str
    evidence: list[AnsweredQuote]


class AnsweredCriterion(_Strict):
    """How to tell that the task is done."""

    text: str
    basis: str
    evidence: list[AnsweredQuote]


class ModelAnswer(_Strict):
    """Everything the model has to say of one attempt."""

    happened: str
    failure_cause: str
    outcome_opinion: Outcome
    tools: list[AnsweredTool]
    strategy: list[AnsweredStep]
    pitfalls: list[AnsweredPitfall]
    criteria: list[AnsweredCriterion]


def _build_schema() -> dict[str, Any]:
    schema = ModelAnswer.model_json_schema()
    for part in [schema, *schema.get("$defs", {}).values()]:
        part.pop("description", None)
        part.pop("title", None)
        if "properties" in part:
            # what strict mode demands: every field named, nothing beside them
            part["required"] = list(part["properties"])
            part["additionalProperties"] = False
            for field in part["properties"].values():
                field.pop("title", None)
    return schema


ANSWER_SCHEMA = _build_schema()


def parse_answer(text: str) -> AttemptHints:
    """The hints in a model's answer; fences and prose around the JSON object are ignored.

    Raises:
        ValueError: There is no JSON object, or it has not the asked-for form; the message can be shown to the model.
    """
    begin, end = text.find("{"), text.rfind("}")
    if begin < 0 or end < begin:
        raise ValueError("The answer holds no JSON object.")
    try:
        answer = ModelAnswer.model_validate_json(text[begin : end + 1])
    except ValidationError as error:
        problems = [
            f"{'.'.join(str(part) for part in item['loc']) or 'JSON'}: {item['msg']}" for item in error.errors()
        ]
        raise ValueError("; ".join(problems[:5])) from None
    return _build_hints(answer)


def _build_hints(answer: ModelAnswer) -> AttemptHints:
    hints: list[ProposedHint] = []
    for tool in answer.tools:
        _add(hints, ToolText(name=tool.name, purpose=tool.purpose, example=tool.example), tool.name, tool.evidence)
    for step in answer.strategy:
        _add(hints, StrategyText(do=step.do, why=step.why, check=step.check), step.do, step.evidence)
    for item in answer.pitfalls:
        text = PitfallText(when=item.when, avoid=item.avoid, instead=item.instead, symptom=item.symptom)
        _add(hints, text, item.avoid, item.evidence)
    for criterion in answer.criteria:
        _add(hints, CriterionText(text=criterion.text, basis=criterion.basis), criterion.text, criterion.evidence)
    return AttemptHints(
        happened=answer.happened, failure_cause=answer.failure_cause, opinion=answer.outcome_opinion, hints=hints
    )


def _add(hints: list[ProposedHint], text: HintText, main: str, evidence: list[AnsweredQuote]) -> None:
    if main.strip():
        quotes = [Quote(message=item.message, quote=item.quote) for item in evidence if item.quote.strip()]
        hints.append(ProposedHint(text=text, evidence=quotes))
