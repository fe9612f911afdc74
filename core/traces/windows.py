"""The first half of an import: rows are read in windows, and of each window only maximal conversations are written.

What is a prefix of a row in another window is found later, when all rows of a trial are known.
"""

from collections.abc import Iterator, Sequence
from hashlib import blake2b
from itertools import islice
from typing import Any

import orjson

from core.errors import SourceError
from core.models import Dataset
from core.progress import Progress
from core.store import Store
from core.store.staging import StagedConversation, StagedRow
from core.traces.conversations import ConversationReader, build_chain
from core.traces.options import ImportOptions
from core.traces.report import ImportReport
from core.traces.rows import ReadRow, SetAside, list_missing_columns, read_row
from core.traces.sources import Row, Source
from core.traces.text import normalise_text

WINDOW_ROWS = 200
WINDOW_CHARACTERS = 16_000_000
SAMPLE_ROWS = 200


def stage_rows(
    store: Store, source: Source, dataset: Dataset, options: ImportOptions, report: ImportReport, progress: Progress
) -> None:
    """Stream all rows of a source into staging, and count them.

    Raises:
        SourceError: No rows, no episode rows, or a source that cannot be read to the end.
        JobStopped: Somebody cancelled.
    """
    store.staging.begin()
    total = source.count_rows()
    texts_seen: set[str] = set()
    for rows, aside in _read_windows(source, options):
        staged, conversations, texts = _stage_window(rows)
        new_texts = {text_id: text for text_id, text in texts.items() if text_id not in texts_seen}
        texts_seen = (texts_seen | set(new_texts)) if len(texts_seen) < 50_000 else set(new_texts)
        store.staging.save(
            dataset_id=dataset.id, rows=staged, set_aside=aside, conversations=conversations, texts=new_texts
        )
        report.rows += len(rows) + len(aside)
        report.set_aside += len(aside)
        report.set_aside_reasons.update(item.reason for item in aside)
        report.characters_per_row += sum(len(message.content) for row in rows for message in row.messages)
        progress("reading rows", done=report.rows, total=total)
    if report.rows == 0:
        raise SourceError(f"{source.identity.source} holds no rows. Check the file, or choose another split.")
    if report.rows == report.set_aside:
        reasons = ", ".join(f"{count} {reason}" for reason, count in report.set_aside_reasons.most_common(3))
        raise SourceError(
            f"{source.identity.source} holds no episode rows: {reasons}. Export the conversations with them."
        )


def _read_windows(source: Source, options: ImportOptions) -> Iterator[tuple[list[ReadRow], list[SetAside]]]:
    reader = ConversationReader()
    rows: list[ReadRow] = []
    aside: list[SetAside] = []
    characters = 0
    for number, raw in enumerate(check_columns(source)):
        row = read_row(raw, row_number=number, group_by=options.group_by, reader=reader)
        if isinstance(row, SetAside):
            aside.append(row)
        else:
            rows.append(row)
            characters += sum(len(message.content) for message in row.messages)
        if len(rows) + len(aside) >= WINDOW_ROWS or characters >= WINDOW_CHARACTERS:
            yield rows, aside
            rows, aside, characters = [], [], 0
    if rows or aside:
        yield rows, aside


def check_columns(source: Source) -> Iterator[Row]:
    """The source's rows, refused before the first one if required columns are missing from a first look."""
    stream = source.list_rows()
    first = list(islice(stream, SAMPLE_ROWS))
    columns = {name for row in first for name in row}
    missing = list_missing_columns(columns)
    if first and missing:
        plural = "columns" if len(missing) > 1 else "column"
        names = missing[0] if len(missing) == 1 else f"{', '.join(missing[:-1])} and {missing[-1]}"
        has = ", ".join(normalise_text(name).replace("\n", " ") for name in sorted(columns)[:12]) or "none"
        raise SourceError(
            f"{source.identity.source} holds no episode rows: {plural} {names} missing (it has: {has}). "
            "Each row must be one episode with trial_name, episode and conversations; "
            "export the traces in that form or rename the columns."
        )
    yield from first
    yield from stream


def _stage_window(
    rows: Sequence[ReadRow],
) -> tuple[list[StagedRow], list[StagedConversation], dict[str, str]]:
    chains = {row.row_number: [digest.hex() for digest in build_chain(row.messages)] for row in rows}
    # under task grouping one source trial name may stand in several trials
    covering: dict[tuple[str, str, str], int] = {}
    for row in sorted(rows, key=lambda row: -len(row.messages)):
        for digest in chains[row.row_number]:
            covering.setdefault((row.trial_key, row.source_trial_name, digest), row.row_number)
    staged: list[StagedRow] = []
    conversations: list[StagedConversation] = []
    texts: dict[str, str] = {}
    for row in rows:
        chain = chains[row.row_number]
        is_maximal = covering[row.trial_key, row.source_trial_name, chain[-1]] == row.row_number
        if is_maximal:
            conversations.append(
                StagedConversation(
                    id=chain[-1],
                    characters=sum(len(message.content) for message in row.messages),
                    messages=[(m.role.value, m.content, m.call_ids, m.answers) for m in row.messages],
                )
            )
        staged.append(StagedRow(row.row_number, row.trial_key, _build_facts(row, chain, is_maximal, texts)))
    return staged, conversations, texts


def _build_facts(row: ReadRow, chain: list[str], is_stored: bool, texts: dict[str, str]) -> bytes:
    seen = [
        (index, message.secrets, message.notes)
        for index, message in enumerate(row.messages)
        if is_stored and (message.secrets or message.notes)
    ]
    facts: dict[str, Any] = {
        **{name: getattr(row, name) for name in _PLAIN_FACTS},
        "chain": "".join(chain),
        "stored": is_stored,
        "seen": seen,
    }
    for name in _LONG_FACTS:
        text = getattr(row, name)
        facts[name] = None if text is None else _add_text(text, texts)
    return orjson.dumps(facts)


_PLAIN_FACTS = (
    "row_number",
    "trial_name",
    "source_trial_name",
    "episode",
    "task",
    "result",
    "run_id",
    "agent",
    "model",
)
_LONG_FACTS = ("instruction", "verifier_output", "tool_definitions")
DIGEST_CHARACTERS = 32


def _add_text(text: str, texts: dict[str, str]) -> str:
    text_id = blake2b(text.encode(), digest_size=16).hexdigest()
    texts[text_id] = text
    return text_id
