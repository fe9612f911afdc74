"""What every extractor gets to see of an attempt. The verifier's output is not in here, on purpose."""

from pydantic import BaseModel

from core.models import Message, Outcome
from core.store import Store


class AttemptInput(BaseModel):
    """One attempt, ready to be read."""

    attempt_id: int
    conversation_id: str
    task_text: str
    outcome: Outcome
    messages: list[Message]
    tool_definitions: str | None = None
    """JSON of the tools the agent was offered; not all of them were used."""


def load_attempt_input(store: Store, attempt_id: int) -> AttemptInput:
    """Everything an extractor may know of an attempt.

    Raises:
        UsageError: There is no such attempt.
    """
    attempt = store.traces.get_attempt(attempt_id)
    return AttemptInput.model_construct(
        attempt_id=attempt.id,
        conversation_id=attempt.conversation_id,
        task_text=store.traces.get_trial(attempt.trial_id).source_task_text,
        outcome=attempt.outcome,
        messages=store.traces.load_messages(attempt.conversation_id),
        tool_definitions=store.traces.find_tool_definitions(attempt_id),
    )
