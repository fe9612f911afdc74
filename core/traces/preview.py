"""A first look at a source, before anything is imported: what its rows are, and what would be taken for the task.

It reads some rows and writes nothing. The attempts and task texts are found by the same rules as in the import.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from itertools import islice
from typing import NamedTuple

from core.errors import SourceError
from core.models import Grouping, Message
from core.traces.conversations import ConversationReader, ReadMessage, build_chain
from core.traces.options import ImportOptions
from core.traces.outcomes import build_result_key
from core.traces.prefixes import ChainedRow, find_attempts
from core.traces.rows import ReadRow, SetAside, read_row
from core.traces.sources import Row, Source, SourceIdentity
from core.traces.task_text import find_task_text
from core.traces.windows import check_columns

SAMPLE_ROWS = 200
SAMPLE_CHARACTERS = 20_000_000
SAMPLE_TRIALS = 5


class SourceSample(NamedTuple):
    """The first rows of a source, as they stand there."""

    identity: SourceIdentity
    total_rows: int | None
    """Rows of the whole source; None if only reading tells."""
    rows: list[Row]


class SampleTrial(NamedTuple):
    """A trial as the first rows show it."""

    name: str
    rows: int
    attempts: int
    task_text: str
    task_source: str
    """Where the task text was found, in words."""
    is_fallback: bool
    cut_text: str
    """What cutting at the marker drops; empty if that changes nothing."""


class SourcePreview(NamedTuple):
    """What the first rows of a source would become."""

    columns: list[str]
    rows: int
    """Rows looked at."""
    set_aside: list[SetAside]
    trials: int
    attempts: int
    samples: list[SampleTrial]
    shared_tasks: int
    """Tasks that several trial names share: grouping by task would compare their attempts."""


def load_sample(source: Source, *, rows: int = SAMPLE_ROWS) -> SourceSample:
    """The first rows of a source; fewer if they are very long.

    Raises:
        SourceError: It cannot be read, holds no rows, or lacks required columns.
    """
    sample: list[Row] = []
    characters = 0
    # the import's own check, so that the same source is refused in the same words
    for row in islice(check_columns(source), rows):
        sample.append(row)
        characters += len(str(row))
        if characters > SAMPLE_CHARACTERS:
            break
    if not sample:
        raise SourceError(f"{source.identity.source} holds no rows. Check the file, or choose another split.")
    return SourceSample(source.identity, source.count_rows(), sample)


def build_preview(sample: SourceSample, options: ImportOptions, *, samples: int = SAMPLE_TRIALS) -> SourcePreview:
    """What the sampled rows would become with these options.

    Args:
        sample: The first rows of a source.
        options: Grouping, markers, and whether to cut at them.
        samples: So many trials are shown with their task text, in order of first appearance.
    """
    reader = ConversationReader()
    read = [read_row(row, row_number=i, group_by=options.group_by, reader=reader) for i, row in enumerate(sample.rows)]
    rows = [row for row in read if isinstance(row, ReadRow)]
    by_trial: defaultdict[str, list[ReadRow]] = defaultdict(list)
    for row in rows:
        by_trial[row.trial_key].append(row)
    trials = [_find_conversations(members) for members in by_trial.values()]
    return SourcePreview(
        columns=list(dict.fromkeys(name for row in sample.rows for name in row)),
        rows=len(sample.rows),
        set_aside=[row for row in read if isinstance(row, SetAside)],
        trials=len(trials),
        attempts=sum(len(conversations) for conversations in trials),
        samples=[
            _build_sample(members, conversations, options)
            for members, conversations in islice(zip(by_trial.values(), trials, strict=True), samples)
        ],
        shared_tasks=count_shared_tasks(rows),
    )


def count_shared_tasks(rows: Iterable[ReadRow]) -> int:
    """Tasks that rows of several source trial names share."""
    names: defaultdict[str, set[str]] = defaultdict(set)
    for row in rows:
        if row.task is not None:
            names[row.task].add(row.source_trial_name)
    return sum(len(group) > 1 for group in names.values())


def recommend_grouping(preview: SourcePreview) -> Grouping:
    """By task where several trial names share one: only then can attempts be compared."""
    return Grouping.TASK if preview.shared_tasks else Grouping.TRIAL_NAME


def _find_conversations(rows: Sequence[ReadRow]) -> list[list[ReadMessage]]:
    """The maximal conversations of one trial, the one that appeared first in front."""
    by_source: defaultdict[str, list[ChainedRow]] = defaultdict(list)
    messages = {row.row_number: row.messages for row in rows}
    for row in rows:
        chain = tuple(digest.hex() for digest in build_chain(row.messages))
        by_source[row.source_trial_name].append(
            ChainedRow(row.row_number, chain, build_result_key(row.result), row.run_id)
        )
    found = [attempt for group in by_source.values() for attempt in find_attempts(group)]
    found.sort(key=lambda attempt: attempt.first_row_number)
    return [messages[attempt.maximal.row_number] for attempt in found]


def _build_sample(
    rows: Sequence[ReadRow], conversations: Sequence[Sequence[ReadMessage]], options: ImportOptions
) -> SampleTrial:
    messages = [
        [Message(role=item.role, content=item.content, call_ids=item.call_ids, answers=item.answers) for item in one]
        for one in conversations
    ]
    instructions = {row.instruction for row in rows}
    instruction = instructions.pop() if len(instructions) == 1 else None
    whole, cut = (
        find_task_text(messages, instruction=instruction, markers=options.markers, cut_at_marker=cut_at_marker)
        for cut_at_marker in (False, True)
    )
    kept = cut if options.cut_at_marker else whole
    return SampleTrial(
        name=rows[0].trial_name,
        rows=len(rows),
        attempts=len(conversations),
        task_text=kept.text,
        task_source=kept.source,
        is_fallback=kept.is_fallback,
        cut_text=whole.text.removesuffix(cut.text) if cut.text != whole.text else "",
    )
