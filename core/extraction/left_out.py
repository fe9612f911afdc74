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

    def shift(self, by: int) -> "LeftOut":
        """The same of messages whose indexes begin later."""
        return self.model_copy(
            update={
                "ranges": [(first + by, last + by) for first, last in self.ranges],
                "squeezed": [item.model_copy(update={"index": item.index + by}) for item in self.squeezed],
            }
        )


class ContrastLeftOut(BaseModel):
    """What of two compared attempts was not shown; what both did is shown of one of them and counts for both."""

    attempts: dict[int, LeftOut]
    """By attempt id; none of them is whole."""


def join_left_out(first: LeftOut, second: LeftOut) -> LeftOut:
    """One of two stretches of an attempt, the second behind the first."""
    ranges = [*first.ranges, *second.ranges]
    if first.ranges and second.ranges and first.ranges[-1][1] + 1 == second.ranges[0][0]:
        joined = (first.ranges[-1][0], second.ranges[0][1])
        ranges = [*first.ranges[:-1], joined, *second.ranges[1:]]
    return LeftOut(
        messages=first.messages + second.messages,
        ranges=ranges,
        squeezed=[*first.squeezed, *second.squeezed],
        task_characters_left_out=first.task_characters_left_out + second.task_characters_left_out,
        characters=first.characters + second.characters,
        characters_sent=first.characters_sent + second.characters_sent,
    )
