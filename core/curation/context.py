"""What a check may know of a hint's trial: one value object, built once per trial; whatever is costly is made late."""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property, lru_cache

from core.curation.evidence import QuotableAttempt
from core.curation.final_answer import ends_run, find_final_answer, gives_answer
from core.curation.rendering import render_hint
from core.curation.secret_scan import find_secret
from core.curation.similarity import list_stems
from core.curation.values import holds_value, list_expected
from core.models import Hint, HintState, Message, Outcome, Role, StrategyText
from core.traces.actions import Action, action_key, list_actions
from core.traces.secrets import mask_secrets
from core.traces.templates import strip_agent_instructions, strip_template

SUCCESSFUL = frozenset({Outcome.SUCCESS, Outcome.PARTIAL})


class AttemptContext:
    """One attempt, with everything that is read out of it kept."""

    def __init__(
        self,
        attempt_id: int,
        number: int,
        outcome: Outcome,
        load_messages: Callable[[], Sequence[Message]],
        *,
        load_verifier_output: Callable[[], str | None] = lambda: None,
        read_actions: Callable[[Sequence[Message]], Sequence[Action]] = list_actions,
    ) -> None:
        """Nothing is loaded before it is needed, and nothing twice.

        Args:
            attempt_id: Id in the store.
            number: 1-based within the trial, shown as A1.
            outcome: What the dataset says.
            load_messages: All messages, in order.
            load_verifier_output: What the verifier expected; None if nobody knows.
            read_actions: What messages executed.
        """
        self.id = attempt_id
        self.number = number
        self.outcome = outcome
        self._load_messages = load_messages
        self._load_verifier_output = load_verifier_output
        self._read_actions = read_actions

    @property
    def name(self) -> str:
        """As pages call it, e.g. `A1`."""
        return f"A{self.number}"

    @cached_property
    def messages(self) -> Sequence[Message]:
        """All messages, in order."""
        return self._load_messages()

    @cached_property
    def actions(self) -> Sequence[Action]:
        """What it executed, in order."""
        return self._read_actions(self.messages)

    @cached_property
    def quotable(self) -> QuotableAttempt:
        """Its messages, ready for quotes."""
        return QuotableAttempt(self.id, self.messages)

    @cached_property
    def verifier_output(self) -> str:
        """What the verifier said; empty if the source does not say."""
        return self._load_verifier_output() or ""

    @cached_property
    def final_answer_start(self) -> int:
        """Index of the message where its final answer begins."""
        return find_final_answer(self.messages)

    @cached_property
    def final_answer(self) -> str:
        """What the agent said from there on."""
        turns = self.messages[self.final_answer_start :]
        return "\n".join(message.content for message in turns if message.role is Role.ASSISTANT)

    def answers_with(self, value: str) -> bool:
        """True if the final answer gives a value, and not only as a part of a command that was run there."""
        return holds_value(self.final_answer, value) and not any(
            holds_value(action.command, value) and not gives_answer(action)
            for action in self.actions
            if action.message >= self.final_answer_start
        )

    @cached_property
    def solution(self) -> Sequence[str]:
        """The commands that it ran with success, folded, each once; not those that only display or end the run."""
        commands: dict[str, str] = {}
        for action in self.actions:
            if not action.failed and not action.shows_only and not ends_run(action):
                commands.setdefault(action_key(action), fold_words(action.command))
        return list(dict.fromkeys(command for command in commands.values() if len(command) > 6))

    @cached_property
    def template_text(self) -> str:
        """The text of the agents' prompt templates around its task; empty if there is none that we know."""
        return "\n".join(text for text in map(_cut_own_text, self.messages) if text)


@dataclass(frozen=True)
class TrialContext:
    """A trial as its hints' checks see it."""

    task_text: str
    """As it will be published."""
    attempts: Mapping[int, AttemptContext]
    """By id, in order of first appearance."""
    hints: Sequence[Hint] = ()
    """All hints of the trial, in publishing order."""
    repeated: Mapping[str, int] = field(default_factory=dict)
    """How many trials with other task texts have a hint with the same words, by hint id; only counts above 0."""

    @cached_property
    def outcomes(self) -> dict[int, Outcome]:
        """The outcome of each attempt, by id."""
        return {item.id: item.outcome for item in self.attempts.values()}

    @cached_property
    def expected_values(self) -> Mapping[str, str]:
        """What the verifiers expected, by its lower-case form; without what the task text says."""
        found: dict[str, str] = {}
        for attempt in self.attempts.values():
            for value in list_expected(attempt.verifier_output) if attempt.verifier_output else ():
                found.setdefault(value.casefold().replace(",", ""), value)
        return {key: value for key, value in found.items() if not holds_value(self.task_text, value)}

    @cached_property
    def may_hold_secret(self) -> bool:
        """False if no hint of the trial holds a secret: one search for all of them, as most trials have none."""
        words = (str(value) for hint in self.hints for value in hint.text.model_dump().values())
        return find_secret("\n".join(words)) is not None

    @cached_property
    def task_words(self) -> str:
        """The words of the task text, folded."""
        return fold_words(self.task_text)

    @cached_property
    def template_words(self) -> Sequence[str]:
        """The words of the agents' prompt templates, folded: each once, however many attempts had it."""
        texts = dict.fromkeys(attempt.template_text for attempt in self.attempts.values())
        return [words for words in dict.fromkeys(map(_fold_template, texts)) if words.strip()]

    @cached_property
    def word_counts(self) -> Mapping[str, int]:
        """Words of each hint as it will be published, by id."""
        return {hint.id: len(render_hint(hint.text).split()) for hint in self.hints}

    @cached_property
    def kept_hints(self) -> Sequence[Hint]:
        """The hints that nobody rejected."""
        return [hint for hint in self.hints if hint.state is not HintState.REJECTED]

    def list_before(self, hint: Hint) -> list[Hint]:
        """The hints that nobody rejected and that stand before this one."""
        before = next((place for place, item in enumerate(self.hints) if item.id == hint.id), len(self.hints))
        return [item for item in self.hints[:before] if item.state is not HintState.REJECTED]

    @cached_property
    def step_words(self) -> str:
        """The words of all steps that nobody rejected, folded."""
        steps = (hint.text.do for hint in self.kept_hints if isinstance(hint.text, StrategyText))
        return " ".join(map(fold_words, steps))

    @cached_property
    def executed(self) -> Mapping[str, Sequence[tuple[AttemptContext, Action]]]:
        """Every action by each name that it may rightly be called by, lower case."""
        found: dict[str, list[tuple[AttemptContext, Action]]] = {}
        for attempt in self.attempts.values():
            for action in attempt.actions:
                for name in dict.fromkeys((*action.names, action.program, action.family)):
                    if name:
                        found.setdefault(name.casefold(), []).append((attempt, action))
        return found

    def iterate_actions(self) -> Iterator[tuple[AttemptContext, Action]]:
        """Every action of every attempt, in order."""
        return ((attempt, action) for attempt in self.attempts.values() for action in attempt.actions)

    @cached_property
    def task_stems(self) -> frozenset[str]:
        """What the task text is about: its words without endings and fillers."""
        return frozenset(list_stems(self.task_text))

    def find_in_actions(self, words: str) -> bool:
        """True if a command of an attempt holds these words."""
        return any(words in action.command for _, action in self.iterate_actions())

    def is_in_earlier_messages(self, value: str) -> bool:
        """True if a message before an attempt's final answer holds a value."""
        return any(
            holds_value(message.content, value)
            for attempt in self.attempts.values()
            for message in attempt.messages[: attempt.final_answer_start]
        )

    def was_read(self, value: str) -> bool:
        """True if an attempt was told a value before the agent said it: by a person, a tool or a program."""
        firsts = (
            next((message for message in attempt.messages if holds_value(message.content, value)), None)
            for attempt in self.attempts.values()
        )
        return any(message is not None and message.role is not Role.ASSISTANT for message in firsts)


def _cut_own_text(message: Message) -> str:
    own = strip_agent_instructions(strip_template(message.content) or "")
    if own == message.content:
        return ""
    return message.content.replace(own, "\n") if own else message.content


_SPACES = re.compile(r"\s+")
_WORD = re.compile(r"\w+")


def fold_words(text: str) -> str:
    """The words alone, lower case, with a space around each: a run of them is found as a piece of it."""
    return f" {' '.join(_WORD.findall(text.casefold()))} "


@lru_cache(maxsize=16)
def _fold_template(text: str) -> str:
    """The same template stands around the tasks of many trials."""
    return fold_words(text)


def fold_command(text: str) -> str:
    """A command as examples are compared with it: white space as single spaces, secrets masked, lower case."""
    return _SPACES.sub(" ", mask_secrets(text)).strip().casefold()
