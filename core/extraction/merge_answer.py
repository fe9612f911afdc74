"""What the model is asked to answer of hints that nearly say the same, and how that becomes suggestions."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Annotated

from core.extraction.forms import AnswerForm, AnswerModel, at_most
from core.models import CriterionText, Hint, HintText, MergedHint, MergedHints, PitfallText, StrategyText

MOST_MERGED = 3


class MergedStep(AnswerModel):
    """One step in the place of a group of steps."""

    group: str
    do: str
    why: str
    check: str


class MergedPitfall(AnswerModel):
    """One pitfall in the place of a group of pitfalls."""

    group: str
    when: str
    avoid: str
    instead: str
    symptom: str


class MergedCriterion(AnswerModel):
    """One criterion in the place of a group of criteria."""

    group: str
    text: str
    basis: str


class MergeAnswer(AnswerModel):
    """The groups that one wording does for; the others are left out."""

    strategy: Annotated[list[MergedStep], *at_most(MOST_MERGED)]
    pitfalls: Annotated[list[MergedPitfall], *at_most(MOST_MERGED)]
    criteria: Annotated[list[MergedCriterion], *at_most(MOST_MERGED)]


MERGE_FORM = AnswerForm("merge", MergeAnswer)


def parse_merges(text: str, groups: Mapping[str, Sequence[Hint]]) -> MergedHints:
    """The merged wordings in a model's answer; one without words, or of another kind than its group, is none.

    Args:
        text: The answer.
        groups: The hints of each group, by its label.

    Raises:
        ValueError: It has not the asked-for form, or names a group that was not shown.
    """
    merged = []
    for label, words in _list_words(MERGE_FORM.read(text)):
        if label not in groups:
            raise ValueError(f'group: "{label[:40]}" is none of {", ".join(groups)}')
        hints = groups[label]
        if words is not None and words.kind is hints[0].kind:
            merged.append(MergedHint(hint_ids=[hint.id for hint in hints], text=words))
    return MergedHints(hints=merged)


def _list_words(answer: MergeAnswer) -> Iterator[tuple[str, HintText | None]]:
    for step in answer.strategy:
        yield step.group, StrategyText(do=step.do, why=step.why, check=step.check) if step.do else None
    for item in answer.pitfalls:
        words = PitfallText(when=item.when, avoid=item.avoid, instead=item.instead, symptom=item.symptom)
        yield item.group, words if item.avoid else None
    for criterion in answer.criteria:
        yield criterion.group, CriterionText(text=criterion.text, basis=criterion.basis) if criterion.text else None
