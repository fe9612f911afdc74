"""Trials from the store as the checks see them. A conversation that several attempts share is read once."""

from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from typing import TypeVar

from core.curation.context import AttemptContext, TrialContext
from core.models import Attempt, Hint, Message, Trial
from core.store import Store
from core.store.repeated import build_words_key
from core.traces.actions import Action, list_actions

KEPT_CONVERSATIONS = 32
Value = TypeVar("Value")


class TraceReader:
    """Messages and actions of a store's attempts; the last few conversations are kept."""

    def __init__(self, store: Store) -> None:
        """Nothing is read before it is asked for."""
        self._store = store
        self._messages: OrderedDict[str, Sequence[Message]] = OrderedDict()
        self._actions: OrderedDict[str, Sequence[Action]] = OrderedDict()

    def load_attempts(self, trial_id: int) -> Mapping[int, AttemptContext]:
        """A trial's attempts by id, in order of first appearance."""
        return {attempt.id: self._build(attempt) for attempt in self._store.traces.list_attempts(trial_id)}

    def _build(self, attempt: Attempt) -> AttemptContext:
        key = attempt.conversation_id
        return AttemptContext(
            attempt.id,
            attempt.number,
            attempt.outcome,
            lambda: _keep(self._messages, key, lambda: self._store.traces.load_messages(key)),
            load_verifier_output=lambda: self._store.traces.find_verifier_output(attempt.id),
            read_actions=lambda messages: _keep(self._actions, key, lambda: list_actions(messages)),
        )


def load_context(
    trial: Trial, hints: Sequence[Hint], attempts: Mapping[int, AttemptContext], *, repeated: Mapping[str, int]
) -> TrialContext:
    """A trial as the checks of these hints see it.

    Args:
        trial: Its task text is the one that will be published.
        hints: All of them, in publishing order.
        attempts: By id.
        repeated: Tasks of the dataset by the hash of a hint's words, where they are many.
    """
    others = {hint.id: repeated.get(build_words_key(hint.text), 0) - 1 for hint in hints} if repeated else {}
    return TrialContext(
        task_text=trial.task_text,
        attempts=attempts,
        hints=hints,
        repeated={hint_id: count for hint_id, count in others.items() if count > 0},
    )


def _keep(kept: OrderedDict[str, Value], key: str, make: Callable[[], Value]) -> Value:
    if key in kept:
        kept.move_to_end(key)
        return kept[key]
    value = kept[key] = make()
    if len(kept) > KEPT_CONVERSATIONS:
        kept.popitem(last=False)
    return value
