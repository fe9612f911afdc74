"""Whatever stands in a row, it becomes an episode or is set aside by reason: nothing stops an import but bad JSON."""

import json
from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.errors import SourceError
from core.store import Store
from core.traces.conversations import ConversationReader
from core.traces.rows import KNOWN_COLUMNS, ReadRow, read_row
from tests.builders import import_path

COLUMNS = sorted(KNOWN_COLUMNS)
ANY_TEXT = st.one_of(
    st.text(st.characters(exclude_categories=()), max_size=8),
    st.sampled_from(["", "null", "[]", "{}", '"x"', "user", "assistant", "function_call", "nan", "main", "\0", "\r"]),
)
SCALARS = st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), ANY_TEXT)
KEYS = st.one_of(
    ANY_TEXT,
    st.sampled_from(["role", "content", "from", "value", "text", "type", "tool_calls", "function", "name", "id"]),
)
ANYTHING = st.recursive(
    SCALARS,
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(KEYS, inner, max_size=4)),
    max_leaves=12,
)
MESSAGE_FIELDS = [
    *("role", "content", "from", "value", "text", "tool_calls", "tool_call_id", "tool_call_ids", "function_call"),
]
MESSAGES = st.lists(st.dictionaries(st.sampled_from(MESSAGE_FIELDS), ANYTHING, max_size=5), max_size=4)
CONVERSATIONS = st.one_of(
    MESSAGES,
    MESSAGES.map(json.dumps),
    MESSAGES.map(json.dumps).map(json.dumps),
    st.dictionaries(st.sampled_from(MESSAGE_FIELDS), st.lists(ANYTHING, max_size=3), max_size=4),
    ANYTHING,
)
ROWS = st.fixed_dictionaries({}, optional=dict.fromkeys(COLUMNS, ANYTHING) | {"conversations": CONVERSATIONS})


@settings(max_examples=300, deadline=None)
@given(ROWS, st.sampled_from(["trial_name", "task"]))
def test_any_row_is_read_or_set_aside(row: dict[str, object], group_by: str) -> None:
    read = read_row(row, row_number=0, group_by=group_by, reader=ConversationReader())  # type: ignore[arg-type]
    if not isinstance(read, ReadRow):
        assert read.reason.encode("utf-8")
        return
    texts = [read.trial_key, read.trial_name, read.episode, *(message.content for message in read.messages)]
    others = [read.task, read.result, read.run_id, read.instruction, read.verifier_output, read.tool_definitions]
    ids = [each for message in read.messages for each in (*message.call_ids, message.answers)]
    for text in [*texts, *others, *ids]:
        assert text is None or ("\0" not in text and "\r" not in text and text.encode("utf-8") is not None)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(ROWS, min_size=1, max_size=6), st.sampled_from(["trial_name", "task"]))
def test_any_file_of_rows_is_imported_or_refused_in_a_sentence(
    store: Store, tmp_path: Path, rows: list[dict[str, object]], group_by: str
) -> None:
    path = tmp_path / "any.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), "utf-8")
    try:
        found = import_path(store, path, group_by=group_by)
    except SourceError as error:
        str(error).encode("utf-8")
        return
    report = found.report
    assert report.rows == len(rows) == report.episodes + report.set_aside
    assert sum(len(attempt.episodes) for attempt in found.attempts) == report.episodes
    for trial in found.trials:
        assert trial.trial.task_text.encode("utf-8") is not None
