"""The table behind the figures of quality, and the triggers that keep it true. Part of migration m016: never edited.

Twelve thousand trials have a hundred thousand hints: what is summed stands in one narrow table, batch by batch. A hint
has a row for each batch that proposed it (0: a person); `is_first` and `is_first_of_model` keep it from counting twice.
"""

_SHOWN = "'name', 'purpose', 'example', 'do', 'check', 'when', 'avoid', 'instead', 'text'"
WORDS = (
    "(SELECT COALESCE(SUM(length(trim(value)) - length(replace(trim(value), ' ', '')) + 1), 0) "
    f"FROM json_each({{hint}}.text) WHERE key IN ({_SHOWN}) AND trim(value) <> '')"
)
_TABLES = """
    CREATE TABLE hint_figures (
        dataset_id INTEGER NOT NULL, batch_id INTEGER NOT NULL, trial_id INTEGER NOT NULL,
        hint_id TEXT NOT NULL REFERENCES hints(id) ON DELETE CASCADE, extractor TEXT NOT NULL, model TEXT NOT NULL,
        is_first INTEGER NOT NULL, is_first_of_model INTEGER NOT NULL, state TEXT NOT NULL, words INTEGER NOT NULL,
        support INTEGER NOT NULL, edited INTEGER NOT NULL, by_person INTEGER NOT NULL, exact INTEGER NOT NULL,
        repointed INTEGER NOT NULL, approximate INTEGER NOT NULL, missing INTEGER NOT NULL,
        PRIMARY KEY (dataset_id, batch_id, trial_id, hint_id)
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX hint_figures_by_hint ON hint_figures (hint_id, is_first, by_person, state);
    CREATE INDEX findings_by_hint_and_code ON findings (hint_id, code, severity, overridden);
"""
_COUNT = "(SELECT COUNT(*) FROM evidence e WHERE e.hint_id = {hint}.id AND e.status = '{status}')"
_COUNTS = ", ".join(_COUNT.replace("{status}", each) for each in ("exact", "repointed", "approximate", "missing"))
ADD_HINT = f"""
    INSERT OR IGNORE INTO hint_figures
        SELECT t.dataset_id, o.batch_id, t.id, {{hint}}.id, o.extractor, o.model,
        ROW_NUMBER() OVER (PARTITION BY {{hint}}.id ORDER BY o.key) = 1,
        ROW_NUMBER() OVER (PARTITION BY {{hint}}.id, o.extractor, o.model ORDER BY o.key) = 1,
        {{hint}}.state, {WORDS}, json_array_length({{hint}}.attempt_ids), {{hint}}.text <> {{hint}}.proposed_text,
        EXISTS (SELECT 1 FROM decisions d WHERE d.hint_id = {{hint}}.id AND d.reviewer <> 'unattended'), {_COUNTS}
        FROM (
            SELECT key, COALESCE(json_extract(value, '$.batch'), 0) AS batch_id,
            json_extract(value, '$.extractor') AS extractor, COALESCE(json_extract(value, '$.model'), '') AS model
            FROM json_each({{hint}}.origins)) o JOIN trials t ON t.id = {{hint}}.trial_id;
"""
FILL = f"""
    INSERT OR IGNORE INTO hint_figures
        SELECT t.dataset_id, COALESCE(json_extract(o.value, '$.batch'), 0), t.id, h.id,
        json_extract(o.value, '$.extractor'), COALESCE(json_extract(o.value, '$.model'), ''),
        ROW_NUMBER() OVER (PARTITION BY h.id ORDER BY o.key) = 1,
        ROW_NUMBER() OVER (PARTITION BY h.id, json_extract(o.value, '$.extractor'), json_extract(o.value, '$.model')
            ORDER BY o.key) = 1,
        h.state, {WORDS.format(hint="h")}, json_array_length(h.attempt_ids), h.text <> h.proposed_text,
        EXISTS (SELECT 1 FROM decisions d WHERE d.hint_id = h.id AND d.reviewer <> 'unattended'),
        {_COUNTS.format(hint="h")}
        FROM hints h JOIN trials t ON t.id = h.trial_id, json_each(h.origins) o;
"""
_QUOTES = ("exact", "repointed", "approximate", "missing")
_ADD_QUOTE = ", ".join(f"{each} = {each} + (NEW.status = '{each}')" for each in _QUOTES)
_DROP_QUOTE = ", ".join(f"{each} = {each} - (OLD.status = '{each}')" for each in _QUOTES)
_MOVE_QUOTE = ", ".join(f"{each} = {each} + (NEW.status = '{each}') - (OLD.status = '{each}')" for each in _QUOTES)
_TRIGGERS = f"""
    CREATE TRIGGER quality_of_new_hints AFTER INSERT ON hints BEGIN {ADD_HINT.format(hint="NEW")} END;
    CREATE TRIGGER quality_of_origins AFTER UPDATE OF origins ON hints WHEN NEW.origins <> OLD.origins BEGIN
        DELETE FROM hint_figures WHERE hint_id = NEW.id;
        {ADD_HINT.format(hint="NEW")}
    END;
    CREATE TRIGGER quality_of_hints AFTER UPDATE OF text, proposed_text, state, attempt_ids ON hints BEGIN
        UPDATE hint_figures SET state = NEW.state, words = {WORDS.format(hint="NEW")},
            support = json_array_length(NEW.attempt_ids), edited = NEW.text <> NEW.proposed_text
        WHERE hint_id = NEW.id;
    END;
    CREATE TRIGGER quality_of_new_quotes AFTER INSERT ON evidence
        BEGIN UPDATE hint_figures SET {_ADD_QUOTE} WHERE hint_id = NEW.hint_id; END;
    CREATE TRIGGER quality_of_old_quotes AFTER DELETE ON evidence
        BEGIN UPDATE hint_figures SET {_DROP_QUOTE} WHERE hint_id = OLD.hint_id; END;
    CREATE TRIGGER quality_of_quotes AFTER UPDATE OF status ON evidence
        BEGIN UPDATE hint_figures SET {_MOVE_QUOTE} WHERE hint_id = NEW.hint_id; END;
    CREATE TRIGGER quality_of_decisions AFTER INSERT ON decisions
        WHEN NEW.hint_id IS NOT NULL AND NEW.reviewer <> 'unattended'
        BEGIN UPDATE hint_figures SET by_person = 1 WHERE hint_id = NEW.hint_id; END;
"""


def build_script() -> str:
    """The table, filled from what is there, and the triggers."""
    return _TABLES + FILL + _TRIGGERS
