"""Hints without a model, a key or a network: free, instant, and the same every time. Each with its proof.

Tools that were executed and worked, failures that came back or were mended, what successful attempts share and failed
ones lack, and the task's own demands. It never guesses: where the traces show nothing, there is no hint. What holds for
the trial is found by comparing its attempts; each attempt then proposes, in the same words, what it shows itself.
"""

from collections.abc import Collection, Sequence

from core.extraction.attempt import AttemptInput
from core.extraction.rules_criteria import find_criteria
from core.extraction.rules_pitfalls import find_pitfalls
from core.extraction.rules_strategy import find_strategy
from core.extraction.rules_tools import find_tools
from core.extraction.rules_trial import Digest, Lesson, digest_trial
from core.models import AttemptHints, ProposedHint

RULES_VERSION = "rules-2"


def extract_trial_by_rules(
    attempts: Sequence[AttemptInput], *, wanted: Collection[int] | None = None
) -> dict[int, AttemptHints]:
    """What each attempt of one trial shows, by attempt id: the same words wherever attempts show the same.

    Args:
        attempts: of one trial, in order, at least one.
        wanted: ids of the attempts to answer for; None: all of them. The others are compared with all the same.
    """
    trial = digest_trial(attempts)
    lessons = [*find_tools(trial), *find_strategy(trial), *find_pitfalls(trial), *find_criteria(trial)]
    return {
        digest.id: _propose(digest, lessons)
        for digest in trial.attempts
        if wanted is None or digest.id in wanted
    }  # fmt: skip


def _propose(digest: Digest, lessons: Sequence[Lesson]) -> AttemptHints:
    hints = [
        ProposedHint(text=lesson.text, evidence=lesson.quotes[digest.id])
        for lesson in lessons
        if digest.id in lesson.quotes
    ]
    failed = sum(action.failed for action in digest.actions)
    return AttemptHints(happened=f"{len(digest.actions)} actions, {failed} of them failed.", hints=hints)
