"""Two origins of a hint from one batch are one row of its figures. Part of migration m021: never edited.

The triggers of m016 say OR IGNORE, which SQLite overrides where the statement that fires them handles conflicts itself.
"""

from core.store.quality_tables import ADD_HINT

_EACH = "SELECT key, COALESCE(json_extract(value, '$.batch'), 0) AS batch_id"
_ONE = "SELECT MIN(key) AS key, COALESCE(json_extract(value, '$.batch'), 0) AS batch_id"
_ADD_HINT = ADD_HINT.replace(_EACH, _ONE).replace(
    "FROM json_each({hint}.origins)) o", "FROM json_each({hint}.origins) GROUP BY 2) o"
)


def build_script() -> str:
    """The two triggers, made anew."""
    return f"""
    DROP TRIGGER quality_of_new_hints;
    DROP TRIGGER quality_of_origins;
    CREATE TRIGGER quality_of_new_hints AFTER INSERT ON hints BEGIN {_ADD_HINT.format(hint="NEW")} END;
    CREATE TRIGGER quality_of_origins AFTER UPDATE OF origins ON hints WHEN NEW.origins <> OLD.origins BEGIN
        DELETE FROM hint_figures WHERE hint_id = NEW.id;
        {_ADD_HINT.format(hint="NEW")}
    END;
"""
