"""The tables, as numbered migrations. A migration that has landed is never edited: add the next one.

Times are UTC ISO texts in `_utc` columns. Columns named state, status or edited are derived from decisions.
"""

from sqlite3 import complete_statement

from core.store import quality_origins, quality_states, quality_tables
from core.store.queue_tables import build_later_script, build_script
from core.store.sqlite import Database, Migrations

migrations = Migrations("trace_hints")


@migrations()
def m001_traces(db: Database) -> None:
    """What was imported: datasets, trials, attempts, episodes, and conversations stored once."""
    _create(
        db,
        """
        CREATE TABLE workspace (name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT;
        CREATE TABLE datasets (
            id INTEGER PRIMARY KEY, key TEXT NOT NULL UNIQUE, name TEXT NOT NULL, source TEXT NOT NULL,
            source_kind TEXT NOT NULL, config TEXT, split TEXT, revision TEXT, group_by TEXT NOT NULL,
            markers TEXT NOT NULL, cut_at_marker INTEGER NOT NULL, ready INTEGER NOT NULL DEFAULT 0,
            report TEXT, created_utc TEXT NOT NULL
        ) STRICT;
        CREATE TABLE conversations (
            id TEXT PRIMARY KEY, message_count INTEGER NOT NULL, characters INTEGER NOT NULL, messages BLOB NOT NULL
        ) STRICT;
        CREATE TABLE texts (id TEXT PRIMARY KEY, content BLOB NOT NULL) STRICT;
        CREATE TABLE trials (
            id INTEGER PRIMARY KEY, dataset_id INTEGER NOT NULL REFERENCES datasets(id) ON DELETE CASCADE,
            number INTEGER NOT NULL, name TEXT NOT NULL, task TEXT, source_task_text TEXT NOT NULL,
            edited_task_text TEXT, task_source TEXT NOT NULL, status TEXT NOT NULL DEFAULT 'open',
            version INTEGER NOT NULL DEFAULT 0, UNIQUE (dataset_id, number)
        ) STRICT;
        CREATE INDEX trials_by_name ON trials (dataset_id, name);
        CREATE TABLE attempts (
            id INTEGER PRIMARY KEY, trial_id INTEGER NOT NULL REFERENCES trials(id) ON DELETE CASCADE,
            number INTEGER NOT NULL, source_trial_name TEXT NOT NULL,
            conversation_id TEXT NOT NULL REFERENCES conversations(id), outcome TEXT NOT NULL, result TEXT,
            run_id TEXT, agent TEXT, model TEXT,
            verifier_output_id TEXT REFERENCES texts(id), tool_definitions_id TEXT REFERENCES texts(id),
            UNIQUE (trial_id, number)
        ) STRICT;
        CREATE INDEX attempts_by_conversation ON attempts (conversation_id);
        CREATE INDEX attempts_by_verifier_output ON attempts (verifier_output_id);
        CREATE INDEX attempts_by_tool_definitions ON attempts (tool_definitions_id);
        CREATE TABLE episodes (
            dataset_id INTEGER NOT NULL REFERENCES datasets(id) ON DELETE CASCADE, row_number INTEGER NOT NULL,
            attempt_id INTEGER NOT NULL REFERENCES attempts(id) ON DELETE CASCADE, name TEXT NOT NULL,
            message_count INTEGER NOT NULL, PRIMARY KEY (dataset_id, row_number)
        ) STRICT;
        CREATE INDEX episodes_by_attempt ON episodes (attempt_id, message_count);
        CREATE TABLE set_aside (
            dataset_id INTEGER NOT NULL REFERENCES datasets(id) ON DELETE CASCADE, row_number INTEGER NOT NULL,
            reason TEXT NOT NULL, PRIMARY KEY (dataset_id, row_number)
        ) STRICT;
        """,
    )


@migrations()
def m002_jobs(db: Database) -> None:
    """The worker's queue and its lease."""
    _create(
        db,
        """
        CREATE TABLE jobs (
            id INTEGER PRIMARY KEY, kind TEXT NOT NULL,
            dataset_id INTEGER REFERENCES datasets(id) ON DELETE SET NULL, state TEXT NOT NULL DEFAULT 'queued',
            wanted TEXT, stage TEXT NOT NULL DEFAULT '', done INTEGER NOT NULL DEFAULT 0, total INTEGER,
            failed INTEGER NOT NULL DEFAULT 0, reason TEXT, error_code INTEGER, params TEXT NOT NULL, result TEXT,
            created_by TEXT NOT NULL DEFAULT '', created_utc TEXT NOT NULL, started_utc TEXT, finished_utc TEXT
        ) STRICT;
        CREATE INDEX jobs_by_state ON jobs (state, id);
        CREATE TABLE lease (
            id INTEGER PRIMARY KEY CHECK (id = 1), owner TEXT NOT NULL, epoch INTEGER NOT NULL, pid INTEGER NOT NULL,
            fingerprint TEXT NOT NULL, heartbeat REAL NOT NULL,
            should_leave INTEGER NOT NULL DEFAULT 0
        ) STRICT;
        """,
    )


@migrations()
def m003_extraction(db: Database) -> None:
    """Batches, their requests, every reply that was paid for, and the proposals made of them."""
    _create(
        db,
        """
        CREATE TABLE batches (
            id INTEGER PRIMARY KEY, job_id INTEGER NOT NULL REFERENCES jobs(id),
            dataset_id INTEGER NOT NULL REFERENCES datasets(id) ON DELETE CASCADE,
            extractor TEXT NOT NULL, model TEXT, config TEXT NOT NULL
        ) STRICT;
        CREATE INDEX batches_by_dataset ON batches (dataset_id, id);
        CREATE INDEX batches_by_job ON batches (job_id);
        CREATE TABLE requests (
            id INTEGER PRIMARY KEY, batch_id INTEGER NOT NULL REFERENCES batches(id) ON DELETE CASCADE,
            kind TEXT NOT NULL, attempt_id INTEGER NOT NULL REFERENCES attempts(id) ON DELETE CASCADE,
            body_hash TEXT, state TEXT NOT NULL DEFAULT 'pending', reused INTEGER NOT NULL DEFAULT 0,
            sent INTEGER NOT NULL DEFAULT 0, reason TEXT, detail TEXT, finished_utc TEXT,
            UNIQUE (batch_id, kind, attempt_id)
        ) STRICT;
        CREATE INDEX requests_by_state ON requests (batch_id, state, id);
        CREATE INDEX requests_by_attempt ON requests (attempt_id, state);
        CREATE TABLE replies (
            id INTEGER PRIMARY KEY, body_hash TEXT NOT NULL, batch_id INTEGER, request_id INTEGER, job_id INTEGER,
            model TEXT NOT NULL, http_status INTEGER, raw TEXT NOT NULL, valid INTEGER NOT NULL, kind TEXT NOT NULL,
            tokens_in INTEGER NOT NULL DEFAULT 0, tokens_cached INTEGER NOT NULL DEFAULT 0,
            tokens_out INTEGER NOT NULL DEFAULT 0, cost_usd REAL, latency_seconds REAL NOT NULL,
            created_utc TEXT NOT NULL
        ) STRICT;
        CREATE INDEX replies_by_body ON replies (body_hash, valid);
        CREATE INDEX replies_by_batch ON replies (batch_id, id);
        CREATE TABLE server_modes (
            server TEXT NOT NULL, model TEXT NOT NULL, mode TEXT NOT NULL, PRIMARY KEY (server, model)
        ) STRICT;
        CREATE TABLE proposals (
            attempt_id INTEGER NOT NULL REFERENCES attempts(id) ON DELETE CASCADE, extractor TEXT NOT NULL,
            batch_id INTEGER NOT NULL REFERENCES batches(id) ON DELETE CASCADE, model TEXT,
            prompt_version TEXT NOT NULL, content TEXT NOT NULL, PRIMARY KEY (attempt_id, extractor)
        ) STRICT;
        """,
    )


@migrations()
def m004_curation(db: Database) -> None:
    """Hints, their evidence and findings, and every decision on them."""
    _create(
        db,
        """
        CREATE TABLE hints (
            id TEXT PRIMARY KEY, trial_id INTEGER NOT NULL REFERENCES trials(id) ON DELETE CASCADE,
            kind TEXT NOT NULL, position INTEGER NOT NULL, text TEXT NOT NULL, proposed_text TEXT NOT NULL,
            state TEXT NOT NULL DEFAULT 'proposed', version INTEGER NOT NULL DEFAULT 0, origins TEXT NOT NULL,
            attempt_ids TEXT NOT NULL
        ) STRICT;
        CREATE INDEX hints_by_trial ON hints (trial_id, position);
        CREATE TABLE evidence (
            hint_id TEXT NOT NULL REFERENCES hints(id) ON DELETE CASCADE, position INTEGER NOT NULL,
            attempt_id INTEGER NOT NULL REFERENCES attempts(id) ON DELETE CASCADE, message INTEGER NOT NULL,
            quote TEXT NOT NULL, status TEXT NOT NULL, PRIMARY KEY (hint_id, position)
        ) STRICT;
        CREATE TABLE findings (
            id INTEGER PRIMARY KEY, trial_id INTEGER NOT NULL REFERENCES trials(id) ON DELETE CASCADE,
            hint_id TEXT REFERENCES hints(id) ON DELETE CASCADE, code TEXT NOT NULL, severity TEXT NOT NULL,
            message TEXT NOT NULL, overridden INTEGER NOT NULL DEFAULT 0
        ) STRICT;
        CREATE INDEX findings_by_trial ON findings (trial_id);
        CREATE TABLE decisions (
            seq INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, reviewer TEXT NOT NULL, at_utc TEXT NOT NULL,
            trial_id INTEGER NOT NULL REFERENCES trials(id) ON DELETE CASCADE, hint_id TEXT, action TEXT NOT NULL,
            before TEXT, after TEXT, reason TEXT
        ) STRICT;
        CREATE INDEX decisions_by_trial ON decisions (trial_id, seq);
        CREATE INDEX decisions_by_time ON decisions (at_utc);
        CREATE TRIGGER decisions_are_never_updated BEFORE UPDATE ON decisions
            BEGIN SELECT RAISE(ABORT, 'a decision is a row that is never updated'); END;
        """,
    )


@migrations()
def m005_publications(db: Database) -> None:
    """What was published where, and from which trials."""
    _create(
        db,
        """
        CREATE TABLE publications (
            id INTEGER PRIMARY KEY, dataset_id INTEGER NOT NULL REFERENCES datasets(id) ON DELETE CASCADE,
            job_id INTEGER REFERENCES jobs(id), repo TEXT, path TEXT, revision TEXT, url TEXT,
            private INTEGER NOT NULL DEFAULT 0, prefix TEXT NOT NULL, trials INTEGER NOT NULL,
            unchanged INTEGER NOT NULL DEFAULT 0, published_by TEXT NOT NULL, created_utc TEXT NOT NULL
        ) STRICT;
        CREATE INDEX publications_by_dataset ON publications (dataset_id, id);
        CREATE TABLE publication_trials (
            publication_id INTEGER NOT NULL REFERENCES publications(id) ON DELETE CASCADE,
            trial_id INTEGER NOT NULL REFERENCES trials(id) ON DELETE CASCADE, content_hash TEXT NOT NULL,
            PRIMARY KEY (publication_id, trial_id)
        ) STRICT;
        CREATE INDEX publication_trials_by_trial ON publication_trials (trial_id);
        """,
    )


@migrations()
def m006_figures_of_batches(db: Database) -> None:
    """Counts that are kept instead of counted, live figures, estimates, what was left out, and remote batches.

    Asking how far a batch of 100,000 is must not take longer than asking for one of ten.
    """
    _create(
        db,
        """
        ALTER TABLE batches ADD COLUMN estimate TEXT;
        ALTER TABLE batches ADD COLUMN server TEXT;
        ALTER TABLE batches ADD COLUMN live TEXT;
        ALTER TABLE requests ADD COLUMN left_out TEXT;
        ALTER TABLE requests ADD COLUMN hints INTEGER NOT NULL DEFAULT 0;
        ALTER TABLE jobs ADD COLUMN not_before_utc TEXT;
        CREATE INDEX requests_by_finish ON requests (batch_id, finished_utc);
        CREATE INDEX requests_by_body ON requests (body_hash);
        CREATE INDEX valid_replies_by_model ON replies (model, id, tokens_out, latency_seconds) WHERE valid = 1;
        CREATE TABLE batch_counts (
            batch_id INTEGER PRIMARY KEY REFERENCES batches(id) ON DELETE CASCADE,
            total INTEGER NOT NULL DEFAULT 0, done INTEGER NOT NULL DEFAULT 0, failed INTEGER NOT NULL DEFAULT 0,
            reused INTEGER NOT NULL DEFAULT 0, sent INTEGER NOT NULL DEFAULT 0, hints INTEGER NOT NULL DEFAULT 0,
            replies INTEGER NOT NULL DEFAULT 0, tokens_in INTEGER NOT NULL DEFAULT 0,
            tokens_cached INTEGER NOT NULL DEFAULT 0, tokens_out INTEGER NOT NULL DEFAULT 0,
            cost_usd REAL NOT NULL DEFAULT 0.0, unpriced INTEGER NOT NULL DEFAULT 0,
            first_answers INTEGER NOT NULL DEFAULT 0, first_valid INTEGER NOT NULL DEFAULT 0,
            repaired INTEGER NOT NULL DEFAULT 0
        ) STRICT;
        INSERT INTO batch_counts
            SELECT b.id,
            (SELECT COUNT(*) FROM requests r WHERE r.batch_id = b.id),
            (SELECT COUNT(*) FROM requests r WHERE r.batch_id = b.id AND r.state = 'done'),
            (SELECT COUNT(*) FROM requests r WHERE r.batch_id = b.id AND r.state = 'failed'),
            (SELECT COALESCE(SUM(r.reused), 0) FROM requests r WHERE r.batch_id = b.id),
            (SELECT COALESCE(SUM(r.sent), 0) FROM requests r WHERE r.batch_id = b.id),
            0,
            (SELECT COUNT(*) FROM replies y WHERE y.batch_id = b.id),
            (SELECT COALESCE(SUM(y.tokens_in), 0) FROM replies y WHERE y.batch_id = b.id),
            (SELECT COALESCE(SUM(y.tokens_cached), 0) FROM replies y WHERE y.batch_id = b.id),
            (SELECT COALESCE(SUM(y.tokens_out), 0) FROM replies y WHERE y.batch_id = b.id),
            (SELECT COALESCE(SUM(y.cost_usd), 0.0) FROM replies y WHERE y.batch_id = b.id),
            (SELECT COUNT(*) - COUNT(y.cost_usd) FROM replies y WHERE y.batch_id = b.id),
            (SELECT COUNT(*) FROM replies y WHERE y.batch_id = b.id AND y.http_status = 200 AND y.kind = 'attempt'),
            (SELECT COUNT(*) FROM replies y WHERE y.batch_id = b.id AND y.kind = 'attempt' AND y.valid),
            (SELECT COUNT(*) FROM replies y WHERE y.batch_id = b.id AND y.kind = 'repair' AND y.valid)
            FROM batches b;
        CREATE TRIGGER a_batch_is_counted AFTER INSERT ON batches
            BEGIN INSERT INTO batch_counts (batch_id) VALUES (NEW.id); END;
        CREATE TRIGGER an_answer_is_counted AFTER UPDATE OF state, sent, reused, hints ON requests
            BEGIN UPDATE batch_counts SET
                done = done + (NEW.state = 'done') - (OLD.state = 'done'),
                failed = failed + (NEW.state = 'failed') - (OLD.state = 'failed'),
                reused = reused + NEW.reused - OLD.reused, sent = sent + NEW.sent - OLD.sent,
                hints = hints + NEW.hints - OLD.hints
            WHERE batch_id = NEW.batch_id; END;
        CREATE TRIGGER a_reply_is_counted AFTER INSERT ON replies
            BEGIN UPDATE batch_counts SET
                replies = replies + 1, tokens_in = tokens_in + NEW.tokens_in,
                tokens_cached = tokens_cached + NEW.tokens_cached, tokens_out = tokens_out + NEW.tokens_out,
                cost_usd = cost_usd + COALESCE(NEW.cost_usd, 0.0), unpriced = unpriced + (NEW.cost_usd IS NULL),
                first_answers = first_answers + (NEW.http_status IS 200 AND NEW.kind = 'attempt'),
                first_valid = first_valid + (NEW.kind = 'attempt' AND NEW.valid),
                repaired = repaired + (NEW.kind = 'repair' AND NEW.valid)
            WHERE batch_id = NEW.batch_id; END;
        CREATE TABLE throughput (
            batch_id INTEGER NOT NULL REFERENCES batches(id) ON DELETE CASCADE, at_unix INTEGER NOT NULL,
            sent INTEGER NOT NULL, answered INTEGER NOT NULL, tokens INTEGER NOT NULL,
            PRIMARY KEY (batch_id, at_unix)
        ) STRICT, WITHOUT ROWID;
        CREATE TABLE remote_batches (
            id INTEGER PRIMARY KEY, batch_id INTEGER NOT NULL REFERENCES batches(id) ON DELETE CASCADE,
            key TEXT NOT NULL, requests INTEGER NOT NULL, input_file_id TEXT, remote_id TEXT, status TEXT NOT NULL,
            output_file_id TEXT, error_file_id TEXT, created_utc TEXT NOT NULL, collected_utc TEXT,
            UNIQUE (batch_id, key)
        ) STRICT;
        """,
    )


@migrations()
def m007_parts(db: Database) -> None:
    """Which part of a batch, answered elsewhere, holds a request, and what is set aside for the part."""
    _create(
        db,
        """
        ALTER TABLE requests ADD COLUMN part_id INTEGER REFERENCES remote_batches(id) ON DELETE SET NULL;
        CREATE INDEX requests_by_part ON requests (part_id, state) WHERE part_id IS NOT NULL;
        ALTER TABLE remote_batches ADD COLUMN reserved_usd REAL NOT NULL DEFAULT 0.0;
        """,
    )


@migrations()
def m008_key_of_batches(db: Database) -> None:
    """A mark of the key that a batch was answered with: a changed one can be noticed, and no key be read from it."""
    _create(db, "ALTER TABLE batches ADD COLUMN key_mark TEXT;\n")


@migrations()
def m009_tries(db: Database) -> None:
    """Which replies belong to a try that failed before it was retried: a resume goes on from the others."""
    _create(db, "ALTER TABLE requests ADD COLUMN asked_after INTEGER NOT NULL DEFAULT 0;\n")


@migrations()
def m010_ready(db: Database) -> None:
    """Whether a batch has all its requests: they are added in portions, and only a whole batch runs."""
    _create(db, "ALTER TABLE batches ADD COLUMN ready INTEGER NOT NULL DEFAULT 1;\n")


@migrations()
def m013_places_and_suggestions(db: Database) -> None:
    """Where in a hint a finding holds, for which words it was overridden; words that a model proposes."""
    _create(
        db,
        """
        ALTER TABLE findings ADD COLUMN place TEXT NOT NULL DEFAULT '';
        CREATE INDEX findings_by_hint ON findings (hint_id);
        CREATE TABLE overrides (
            hint_id TEXT NOT NULL REFERENCES hints(id) ON DELETE CASCADE, code TEXT NOT NULL, message TEXT NOT NULL,
            words TEXT NOT NULL, PRIMARY KEY (hint_id, code, message, words)
        ) STRICT;
        INSERT OR IGNORE INTO overrides (hint_id, code, message, words)
            SELECT f.hint_id, f.code, f.message, h.text FROM findings f JOIN hints h ON h.id = f.hint_id
            WHERE f.overridden;
        CREATE TABLE suggestions (
            id TEXT PRIMARY KEY, trial_id INTEGER NOT NULL REFERENCES trials(id) ON DELETE CASCADE,
            position INTEGER NOT NULL, kind TEXT NOT NULL, hint_ids TEXT NOT NULL, text TEXT NOT NULL,
            origin TEXT NOT NULL, state TEXT NOT NULL DEFAULT 'open'
        ) STRICT;
        CREATE INDEX suggestions_by_trial ON suggestions (trial_id, position);
        """,
    )


@migrations()
def m014_repeated_words(db: Database) -> None:
    """Which hints' words stand on many trials; filled by the next curation."""
    _create(
        db,
        """
        CREATE TABLE repeated_words (
            dataset_id INTEGER NOT NULL REFERENCES datasets(id) ON DELETE CASCADE, words_key TEXT NOT NULL,
            tasks INTEGER NOT NULL, PRIMARY KEY (dataset_id, words_key)
        ) STRICT, WITHOUT ROWID;
        """,
    )


@migrations()
def m016_quality(db: Database) -> None:
    """What the page Quality sums up, kept per hint: 12,000 trials are summed in the time of a click."""
    _create(db, quality_tables.build_script())


@migrations()
def m017_queue(db: Database) -> None:
    """What the queue shows of a trial and what can be searched: 12,000 trials are listed at once."""
    _create(db, build_script())


@migrations()
def m018_steps(db: Database) -> None:
    """What each decision changed, so that it can be undone; reservations; approvals that were audited."""
    _create(
        db,
        """
        ALTER TABLE decisions ADD COLUMN step_id TEXT;
        ALTER TABLE decisions ADD COLUMN changes TEXT;
        ALTER TABLE decisions ADD COLUMN version INTEGER;
        ALTER TABLE decisions ADD COLUMN trial_version INTEGER;
        CREATE INDEX decisions_by_step ON decisions (step_id, seq);
        CREATE INDEX decisions_by_hint ON decisions (hint_id, seq);
        CREATE TABLE steps (
            seq INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, reviewer TEXT NOT NULL, at_utc TEXT NOT NULL,
            kind TEXT NOT NULL, action TEXT NOT NULL, trial_id INTEGER REFERENCES trials(id) ON DELETE CASCADE,
            page TEXT NOT NULL DEFAULT '', target TEXT, applied_by TEXT NOT NULL, undone_by TEXT,
            has_effect INTEGER NOT NULL DEFAULT 0, finished INTEGER NOT NULL DEFAULT 1
        ) STRICT;
        CREATE INDEX steps_by_reviewer ON steps (reviewer, kind, seq);
        CREATE TABLE reservations (
            trial_id INTEGER PRIMARY KEY REFERENCES trials(id) ON DELETE CASCADE, reviewer TEXT NOT NULL,
            since_utc TEXT NOT NULL, until_utc TEXT NOT NULL
        ) STRICT;
        CREATE TABLE audits (
            step_id TEXT PRIMARY KEY, dataset_id INTEGER NOT NULL REFERENCES datasets(id) ON DELETE CASCADE,
            seed INTEGER NOT NULL, percent REAL NOT NULL, bound REAL NOT NULL
        ) STRICT;
        CREATE TABLE audited_trials (
            step_id TEXT NOT NULL REFERENCES audits(step_id) ON DELETE CASCADE,
            trial_id INTEGER NOT NULL REFERENCES trials(id) ON DELETE CASCADE, PRIMARY KEY (step_id, trial_id)
        ) STRICT;
        CREATE INDEX audited_by_trial ON audited_trials (trial_id);
        """,
    )


@migrations()
def m019_faster_decisions(db: Database) -> None:
    """Finding what undid a step takes no longer the more was decided; accepting a hint counts nothing anew."""
    _create(
        db,
        f"""
        CREATE INDEX steps_by_target ON steps (target, seq) WHERE target IS NOT NULL;
        {build_later_script()}
        """,
    )


@migrations()
def m021_origins_of_one_batch(db: Database) -> None:
    """A hint with two origins of one batch can be saved: they are one row of the figures of quality."""
    _create(db, quality_origins.build_script())


@migrations()
def m023_history_of_publishing(db: Database) -> None:
    """How far a publication got, what it was made of, and how to tell whether a trial changed since."""
    _create(
        db,
        """
        ALTER TABLE publications ADD COLUMN kind TEXT NOT NULL DEFAULT 'publish';
        ALTER TABLE publications ADD COLUMN state TEXT NOT NULL DEFAULT 'published';
        ALTER TABLE publications ADD COLUMN parent TEXT;
        ALTER TABLE publications ADD COLUMN pull_request TEXT;
        ALTER TABLE publications ADD COLUMN options TEXT NOT NULL DEFAULT '{}';
        ALTER TABLE publications ADD COLUMN manifest_sha256 TEXT;
        ALTER TABLE publications ADD COLUMN tasks INTEGER;
        ALTER TABLE publications ADD COLUMN added INTEGER;
        ALTER TABLE publications ADD COLUMN changed INTEGER;
        ALTER TABLE publications ADD COLUMN removed INTEGER;
        ALTER TABLE publications ADD COLUMN last_decision INTEGER;
        CREATE INDEX publications_by_job ON publications (job_id);
        ALTER TABLE publication_trials ADD COLUMN decisions TEXT NOT NULL DEFAULT '[]';
        ALTER TABLE publication_trials ADD COLUMN words_sha256 TEXT;
        """,
    )


@migrations()
def m024_previews(db: Database) -> None:
    """What a publication would be, as a job of the worker found it, and its tasks with their differences."""
    _create(
        db,
        """
        CREATE TABLE previews (
            id INTEGER PRIMARY KEY, job_id INTEGER NOT NULL UNIQUE REFERENCES jobs(id),
            dataset_id INTEGER NOT NULL REFERENCES datasets(id) ON DELETE CASCADE,
            stamp TEXT NOT NULL, content BLOB NOT NULL, created_utc TEXT NOT NULL
        ) STRICT;
        CREATE INDEX previews_by_dataset ON previews (dataset_id, id);
        CREATE TABLE preview_tasks (
            preview_id INTEGER NOT NULL REFERENCES previews(id) ON DELETE CASCADE, position INTEGER NOT NULL,
            folder TEXT NOT NULL, trial_name TEXT NOT NULL, change TEXT NOT NULL, difference BLOB,
            PRIMARY KEY (preview_id, position)
        ) STRICT, WITHOUT ROWID;
        """,
    )


@migrations()
def m011_contrasts(db: Database) -> None:
    """What a model says of two attempts of a trial, and how many requests of a batch ask for that.

    A request's subject is its attempt; that of a contrast is the trial of its attempt.
    """
    _create(
        db,
        """
        CREATE TABLE contrasts (
            trial_id INTEGER PRIMARY KEY REFERENCES trials(id) ON DELETE CASCADE,
            batch_id INTEGER NOT NULL REFERENCES batches(id) ON DELETE CASCADE, model TEXT,
            prompt_version TEXT NOT NULL, content TEXT NOT NULL
        ) STRICT;
        CREATE INDEX contrasts_by_batch ON contrasts (batch_id);
        CREATE INDEX valid_contrasts_by_model ON replies (model, id, tokens_out, latency_seconds)
            WHERE valid = 1 AND kind = 'contrast';
        ALTER TABLE batch_counts ADD COLUMN contrasts INTEGER NOT NULL DEFAULT 0;
        ALTER TABLE batch_counts ADD COLUMN contrasts_done INTEGER NOT NULL DEFAULT 0;
        ALTER TABLE batch_counts ADD COLUMN contrasts_failed INTEGER NOT NULL DEFAULT 0;
        CREATE TRIGGER a_contrast_is_counted AFTER UPDATE OF state ON requests WHEN NEW.kind = 'contrast'
            BEGIN UPDATE batch_counts SET
                contrasts_done = contrasts_done + (NEW.state = 'done') - (OLD.state = 'done'),
                contrasts_failed = contrasts_failed + (NEW.state = 'failed') - (OLD.state = 'failed')
            WHERE batch_id = NEW.batch_id; END;
        """,
    )


@migrations()
def m012_merges(db: Database) -> None:
    """Which hints a request asks to merge, and how many requests of a batch do."""
    _create(
        db,
        """
        ALTER TABLE requests ADD COLUMN subject TEXT;
        ALTER TABLE batch_counts ADD COLUMN merges INTEGER NOT NULL DEFAULT 0;
        ALTER TABLE batch_counts ADD COLUMN merges_done INTEGER NOT NULL DEFAULT 0;
        ALTER TABLE batch_counts ADD COLUMN merges_failed INTEGER NOT NULL DEFAULT 0;
        CREATE TRIGGER a_merge_is_counted AFTER UPDATE OF state ON requests WHEN NEW.kind = 'merge'
            BEGIN UPDATE batch_counts SET
                merges_done = merges_done + (NEW.state = 'done') - (OLD.state = 'done'),
                merges_failed = merges_failed + (NEW.state = 'failed') - (OLD.state = 'failed')
            WHERE batch_id = NEW.batch_id; END;
        """,
    )


@migrations()
def m025_servers(db: Database) -> None:
    """Which servers, and with which keys, a batch was answered by; who answered before is known no more."""
    _create(
        db,
        """
        CREATE TABLE batch_servers (
            id INTEGER PRIMARY KEY, batch_id INTEGER NOT NULL REFERENCES batches(id) ON DELETE CASCADE,
            server TEXT NOT NULL, key_mark TEXT, done INTEGER NOT NULL
        ) STRICT;
        CREATE INDEX servers_by_batch ON batch_servers (batch_id);
        INSERT INTO batch_servers (batch_id, server, key_mark, done)
            SELECT id, server, key_mark, 0 FROM batches WHERE server IS NOT NULL;
        CREATE TRIGGER a_server_is_noted AFTER UPDATE OF server, key_mark ON batches
            WHEN NEW.server IS NOT NULL AND (NEW.server IS NOT OLD.server OR NEW.key_mark IS NOT OLD.key_mark)
            BEGIN INSERT INTO batch_servers (batch_id, server, key_mark, done)
                VALUES (NEW.id, NEW.server, NEW.key_mark,
                    COALESCE((SELECT done FROM batch_counts WHERE batch_id = NEW.id), 0)); END;
        """,
    )


@migrations()
def m026_offers_of_the_queue(db: Database) -> None:
    """What the queue's filters offer is read from an index, not from all findings and proposals."""
    _create(
        db,
        """
        CREATE INDEX findings_by_code ON findings (code, trial_id);
        CREATE INDEX proposals_by_batch ON proposals (batch_id, model);
        """,
    )


@migrations()
def m027_states_in_quality(db: Database) -> None:
    """A decision writes only what it changed into the figures of quality."""
    _create(db, quality_states.build_script())


@migrations()
def m028_refused_parameters(db: Database) -> None:
    """What a server does not take for a model is found out once."""
    _create(
        db,
        """
        CREATE TABLE refused_parameters (
            server TEXT NOT NULL, model TEXT NOT NULL, parameter TEXT NOT NULL,
            PRIMARY KEY (server, model, parameter)
        ) STRICT;
        """,
    )


def _create(db: Database, script: str) -> None:
    # executescript would commit the migration's transaction, so statements go one by one
    statement = ""
    for line in script.splitlines(keepends=True):
        statement += line
        # a trigger's inner semicolon does not end its statement
        if statement.strip() and complete_statement(statement):
            db.execute(statement)
            statement = ""
