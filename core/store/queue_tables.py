"""The tables behind the queue, and the triggers that keep them true. Part of migrations m017, m019: never edited.

What a trigger sets is worked out anew from the rows of the one trial, so that it cannot drift from them.
"""

_SET_OUTCOMES = """
    UPDATE queue_facts SET (outcomes, attempts, successes, unknown) = (
        SELECT COALESCE(group_concat(outcome), ''), COUNT(*), COALESCE(SUM(outcome = 'success'), 0),
        COALESCE(SUM(outcome = 'unknown'), 0)
        FROM (SELECT outcome FROM attempts WHERE trial_id = {trial} ORDER BY number))
    WHERE trial_id = {trial};
"""
_SET_HINTS = """
    UPDATE queue_facts SET (hints, support, edited) = (
        SELECT COUNT(*), COALESCE(MAX(CASE WHEN state <> 'rejected' THEN json_array_length(attempt_ids) END), 0),
        COALESCE(SUM(text <> proposed_text), 0)
        + (SELECT edited_task_text IS NOT NULL FROM trials WHERE id = {trial})
        FROM hints WHERE trial_id = {trial})
    WHERE trial_id = {trial};
"""
_SET_FINDINGS = """
    UPDATE queue_facts SET (blocks, warnings) = (
        SELECT COUNT(DISTINCT CASE WHEN f.severity = 'block' AND NOT f.overridden THEN COALESCE(f.hint_id, f.code) END),
        COUNT(DISTINCT CASE WHEN f.severity = 'warn' THEN COALESCE(f.hint_id, f.code) END)
        FROM findings f LEFT JOIN hints h ON h.id = f.hint_id
        WHERE f.trial_id = {trial} AND COALESCE(h.state, 'proposed') <> 'rejected')
    WHERE trial_id = {trial};
"""
_SET_BATCH = """
    UPDATE queue_facts SET batch_id = (
        SELECT COALESCE(MAX(p.batch_id), 0) FROM attempts a JOIN proposals p ON p.attempt_id = a.id
        WHERE a.trial_id = (SELECT trial_id FROM attempts WHERE id = {attempt}))
    WHERE trial_id = (SELECT trial_id FROM attempts WHERE id = {attempt});
"""
_WORDS = "(SELECT COALESCE(group_concat(value, char(10)), '') FROM json_each({text}) WHERE key <> 'kind')"
_BEGINNING = "substr(COALESCE({row}.edited_task_text, {row}.source_task_text), 1, 120)"
_TRIAL_TEXTS = "name, source_task_text, edited_task_text"

_TABLES = f"""
    CREATE TABLE queue_facts (
        trial_id INTEGER PRIMARY KEY REFERENCES trials(id) ON DELETE CASCADE,
        outcomes TEXT NOT NULL DEFAULT '', attempts INTEGER NOT NULL DEFAULT 0,
        successes INTEGER NOT NULL DEFAULT 0, unknown INTEGER NOT NULL DEFAULT 0,
        hints INTEGER NOT NULL DEFAULT 0, support INTEGER NOT NULL DEFAULT 0, edited INTEGER NOT NULL DEFAULT 0,
        blocks INTEGER NOT NULL DEFAULT 0, warnings INTEGER NOT NULL DEFAULT 0, batch_id INTEGER NOT NULL DEFAULT 0
    ) STRICT;
    CREATE TABLE hint_words (
        seq INTEGER PRIMARY KEY, hint_id TEXT NOT NULL UNIQUE, trial_id INTEGER NOT NULL, words TEXT NOT NULL
    ) STRICT;
    CREATE VIRTUAL TABLE trial_search USING fts5({_TRIAL_TEXTS}, content='trials', content_rowid='id',
        tokenize='trigram');
    CREATE VIRTUAL TABLE hint_search USING fts5(words, content='hint_words', content_rowid='seq', tokenize='trigram');
"""
_FILL = f"""
    INSERT INTO queue_facts (trial_id) SELECT id FROM trials;
    {_SET_OUTCOMES.replace("{trial}", "queue_facts.trial_id").replace("WHERE trial_id = queue_facts.trial_id;", ";")}
    {_SET_HINTS.replace("{trial}", "queue_facts.trial_id").replace("WHERE trial_id = queue_facts.trial_id;", ";")}
    {_SET_FINDINGS.replace("{trial}", "queue_facts.trial_id").replace("WHERE trial_id = queue_facts.trial_id;", ";")}
    UPDATE queue_facts SET batch_id = (SELECT COALESCE(MAX(p.batch_id), 0) FROM attempts a
        JOIN proposals p ON p.attempt_id = a.id WHERE a.trial_id = queue_facts.trial_id);
    INSERT INTO hint_words (hint_id, trial_id, words)
        SELECT h.id, h.trial_id, {_WORDS.format(text="h.text")} FROM hints h;
    INSERT INTO trial_search (trial_search) VALUES ('rebuild');
    INSERT INTO hint_search (hint_search) VALUES ('rebuild');
"""


def build_script() -> str:
    """Tables, what they hold at first, and triggers, as one script."""
    return "".join([_TABLES, _FILL, *_list_facts_triggers(), *_list_search_triggers()])


def build_later_script() -> str:
    """Of m019: whether a hint is accepted changes no facts, only whether it is rejected; the task text's beginning."""
    script = (_SET_HINTS + _SET_FINDINGS).format(trial="NEW.trial_id")
    condition = (
        "WHEN NEW.text <> OLD.text OR NEW.attempt_ids <> OLD.attempt_ids "
        "OR (NEW.state = 'rejected') <> (OLD.state = 'rejected')"
    )
    event = f"UPDATE OF state, text, attempt_ids ON hints {condition}"
    keep_task = f"UPDATE queue_facts SET task = {_BEGINNING.format(row='NEW')} WHERE trial_id = NEW.id;"
    return "".join(
        [
            "DROP TRIGGER facts_of_hints_changed;\n",
            _on("facts_of_hints_changed", event, script),
            "ALTER TABLE queue_facts ADD COLUMN task TEXT NOT NULL DEFAULT '';\n",
            f"UPDATE queue_facts SET task = {_BEGINNING.format(row='t')} FROM trials t WHERE t.id = trial_id;\n",
            # a list that reads no task text is read from the index alone
            "CREATE INDEX trials_for_queue ON trials (dataset_id, number, id, status, name);\n",
            "DROP TRIGGER a_trial_has_facts;\n",
            _on(
                "a_trial_has_facts",
                "INSERT ON trials",
                f"INSERT INTO queue_facts (trial_id, task) VALUES (NEW.id, {_BEGINNING.format(row='NEW')});",
            ),
            _on("task_of_facts", "UPDATE OF source_task_text, edited_task_text ON trials", keep_task),
        ]
    )


def _list_facts_triggers() -> list[str]:
    hints = _SET_HINTS + _SET_FINDINGS
    return [
        _on("a_trial_has_facts", "INSERT ON trials", "INSERT INTO queue_facts (trial_id) VALUES (NEW.id);"),
        _on("facts_of_task_text", "UPDATE OF edited_task_text ON trials", _SET_HINTS.format(trial="NEW.id")),
        *_on_each("attempts", "outcome", "facts_of_attempts", _SET_OUTCOMES),
        *_on_each("hints", "state, text, attempt_ids", "facts_of_hints", hints),
        *_on_each("findings", "overridden", "facts_of_findings", _SET_FINDINGS),
        _on("facts_of_proposal", "INSERT ON proposals", _SET_BATCH.format(attempt="NEW.attempt_id")),
        _on("facts_of_proposal_again", "UPDATE ON proposals", _SET_BATCH.format(attempt="NEW.attempt_id")),
        _on("facts_without_proposal", "DELETE ON proposals", _SET_BATCH.format(attempt="OLD.attempt_id")),
    ]


def _list_search_triggers() -> list[str]:
    words = _WORDS.format(text="NEW.text")
    add_trial = _write_index("trial_search", "id", _TRIAL_TEXTS, "NEW")
    drop_trial = _write_index("trial_search", "id", _TRIAL_TEXTS, "OLD")
    add_hint = _write_index("hint_search", "seq", "words", "NEW")
    drop_hint = _write_index("hint_search", "seq", "words", "OLD")
    add_words = f"INSERT INTO hint_words (hint_id, trial_id, words) VALUES (NEW.id, NEW.trial_id, {words});"
    return [
        _on("search_trial", "INSERT ON trials", add_trial),
        _on("search_trial_again", f"UPDATE OF {_TRIAL_TEXTS} ON trials", drop_trial + add_trial),
        _on("search_no_trial", "DELETE ON trials", drop_trial),
        _on("words_of_hint", "INSERT ON hints", add_words),
        _on("words_of_hint_again", "UPDATE OF text ON hints", f"UPDATE hint_words SET words = {words} "
            "WHERE hint_id = NEW.id AND NEW.text <> OLD.text;"),
        _on("words_of_no_hint", "DELETE ON hints", "DELETE FROM hint_words WHERE hint_id = OLD.id;"),
        _on("search_hint", "INSERT ON hint_words", add_hint),
        _on("search_hint_again", "UPDATE ON hint_words", drop_hint + add_hint),
        _on("search_no_hint", "DELETE ON hint_words", drop_hint),
    ]  # fmt: skip


def _on(name: str, event: str, script: str) -> str:
    return f"CREATE TRIGGER {name} AFTER {event} BEGIN\n{script}\nEND;\n"


def _on_each(table: str, columns: str, name: str, script: str) -> list[str]:
    return [
        _on(f"{name}_added", f"INSERT ON {table}", script.format(trial="NEW.trial_id")),
        _on(f"{name}_changed", f"UPDATE OF {columns} ON {table}", script.format(trial="NEW.trial_id")),
        _on(f"{name}_removed", f"DELETE ON {table}", script.format(trial="OLD.trial_id")),
    ]


def _write_index(table: str, key: str, columns: str, row: str) -> str:
    # an index on another table's content takes words out only by being told what they were
    values = ", ".join(f"{row}.{column}" for column in (key, *columns.split(", ")))
    if row == "NEW":
        return f"INSERT INTO {table} (rowid, {columns}) VALUES ({values});\n"
    return f"INSERT INTO {table} ({table}, rowid, {columns}) VALUES ('delete', {values});\n"
