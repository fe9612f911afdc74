"""What of an attempt the model was not shown: kept with its answer, and marked in the transcript for the reviewer."""

from pydantic import BaseModel


class SqueezedMessage(BaseModel):
    """A message of which the model saw head and tail only."""

    index: int
    characters_left_out: int


class LeftOut(BaseModel):
    """What was left out of one attempt over the input limit; characters are counted after masking."""

    messages: int
    """Of the whole attempt."""
    ranges: list[tuple[int, int]]
    """First and last index of messages that were left out whole, ascending and apart from each other."""
    squeezed: list[SqueezedMessage]
    """Ascending by index; none of them lies in a range."""
    task_characters_left_out: int = 0
    characters: int
    """Of task text and messages."""
    characters_sent: int
    """Of these, what the model was shown."""

    @property
    def messages_left_out(self) -> int:
        """How many messages were left out whole."""
        return sum(last - first + 1 for first, last in self.ranges)
