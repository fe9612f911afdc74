"""A trial's attempts as the rules read them: what each executed, and what a trial shows with its proof."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property

from core.extraction.attempt import AttemptInput
from core.models import HintText, Outcome, Quote, Role
from core.traces.actions import Action, Fix, Loop, find_fixes, find_loops, list_actions
from core.traces.secrets import mask_secrets

_SUCCESSFUL = frozenset({Outcome.SUCCESS, Outcome.PARTIAL})
_ENDING = frozenset({"finish", "submit", "answer", "final_answer", "attempt_completion", "task_complete"})
_VALUE = re.compile(r"[\w{][\w.@:{}$?!|+-]*[\w}]")
_MINIMUM_VALUE = 4


@dataclass(frozen=True)
class Lesson:
    """One hint of a trial, with the quotes of each attempt that shows it."""

    text: HintText
    quotes: dict[int, list[Quote]] = field(default_factory=dict)
    """By attempt id; an attempt without a quote does not support it."""


@dataclass(frozen=True)
class Digest:
    """One attempt and what it executed; calls with a secret in them are left out."""

    attempt: AttemptInput
    actions: tuple[Action, ...]

    @property
    def id(self) -> int:
        """The attempt's id."""
        return self.attempt.attempt_id

    @property
    def is_successful(self) -> bool:
        """True for a success, also a partial one."""
        return self.attempt.outcome in _SUCCESSFUL

    @property
    def is_failed(self) -> bool:
        """True where the dataset says that it failed; an exception or no result says nothing."""
        return self.attempt.outcome is Outcome.FAILURE

    @cached_property
    def loops(self) -> list[Loop]:
        """What failed again and again, the longest of those that lie inside each other."""
        return [loop for loop in find_loops(self.actions) if not loop.is_nested]

    @cached_property
    def fixes(self) -> list[Fix]:
        """The errors that were overcome."""
        return find_fixes(self.actions)


@dataclass(frozen=True)
class TrialDigest:
    """All attempts of a trial that are read, in order."""

    task_text: str
    attempts: tuple[Digest, ...]

    @property
    def successes(self) -> list[Digest]:
        """The successful attempts."""
        return [each for each in self.attempts if each.is_successful]

    @property
    def failures(self) -> list[Digest]:
        """The failed attempts."""
        return [each for each in self.attempts if each.is_failed]

    @cached_property
    def answer_values(self) -> frozenset[str]:
        """Numbers, names and flags of the final answers that the task does not name: no hint may give them away."""
        found = (value for each in self.attempts for value in _list_answer_values(each))
        return frozenset(value for value in found if value not in self.task_text)

    def gives_away(self, text: str) -> bool:
        """True if a text holds a value of a final answer."""
        return any(value in self.answer_values for value in _VALUE.findall(text))

    def hide_answers(self, text: str) -> str:
        """The text with the values of final answers replaced by dots."""
        return _VALUE.sub(lambda match: "..." if match.group() in self.answer_values else match.group(), text)


def digest_trial(attempts: Sequence[AttemptInput]) -> TrialDigest:
    """The attempts of one trial, at least one, read."""
    task = next((attempt.task_text for attempt in attempts if attempt.task_text), "")
    return TrialDigest(task, tuple(_digest(attempt) for attempt in attempts))


def _digest(attempt: AttemptInput) -> Digest:
    actions = list_actions(attempt.messages)
    return Digest(attempt, tuple(action for action in actions if mask_secrets(action.command) == action.command))


def _list_answer_values(digest: Digest) -> list[str]:
    """What the last reply and the ending call say that looks like a value: long enough, with a digit in it."""
    said = [message.content for message in digest.attempt.messages if message.role is Role.ASSISTANT][-1:]
    ended = [action.command for action in digest.actions if (action.program or action.tool).lower() in _ENDING]
    programs = {name for action in digest.actions for name in action.names}
    words = (word for text in [*said, *ended] for word in _VALUE.findall(text))
    return [word for word in words if _is_value(word) and word not in programs]


def _is_value(word: str) -> bool:
    if "{" in word and "}" in word:
        return True
    # a file name such as step2.py is no answer
    is_file = re.search(r"\.[A-Za-z]\w{0,4}$", word) is not None
    return len(word) >= _MINIMUM_VALUE and any(map(str.isdigit, word)) and not is_file
