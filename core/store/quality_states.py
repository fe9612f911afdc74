"""A decision writes into a hint's figures only what it changed. Part of migration m027: never edited.

The triggers of m016 counted the words anew whenever a state changed, and wrote that a person decided every time.
"""

from core.store.quality_tables import WORDS


def build_script() -> str:
    """The triggers of hints and decisions, made anew."""
    return f"""
    DROP TRIGGER quality_of_hints;
    DROP TRIGGER quality_of_decisions;
    CREATE TRIGGER quality_of_states AFTER UPDATE OF state ON hints WHEN NEW.state <> OLD.state
        BEGIN UPDATE hint_figures SET state = NEW.state WHERE hint_id = NEW.id; END;
    CREATE TRIGGER quality_of_hints AFTER UPDATE OF text, proposed_text, attempt_ids ON hints BEGIN
        UPDATE hint_figures SET words = {WORDS.format(hint="NEW")},
            support = json_array_length(NEW.attempt_ids), edited = NEW.text <> NEW.proposed_text
        WHERE hint_id = NEW.id;
    END;
    CREATE TRIGGER quality_of_decisions AFTER INSERT ON decisions
        WHEN NEW.hint_id IS NOT NULL AND NEW.reviewer <> 'unattended'
        BEGIN UPDATE hint_figures SET by_person = 1 WHERE hint_id = NEW.hint_id AND by_person = 0; END;
"""
