"""The worker's queue. A job's state, progress and outcome are rows; whoever asks reads the same truth."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import orjson

from core.errors import UsageError
from core.models import Job, JobKind, JobState
from core.store.part import Part, utc_now


class Jobs(Part):
    """Work for the worker, oldest first."""

    def create_job(
        self,
        kind: JobKind,
        *,
        params: Mapping[str, Any],
        dataset_id: int | None = None,
        created_by: str = "",
    ) -> Job:
        """A queued job."""
        with self.write():
            cursor = self._connection.execute(
                "INSERT INTO jobs (kind, dataset_id, params, created_by, created_utc) VALUES (?, ?, ?, ?, ?)",
                (kind, dataset_id, orjson.dumps(params).decode(), created_by, utc_now()),
            )
        return self.get_job(int(cursor.lastrowid or 0))

    def get_job(self, job_id: int) -> Job:
        """A job by its id.

        Raises:
            UsageError: There is none with this id.
        """
        row = self._row("SELECT * FROM jobs WHERE id = ?", (job_id,))
        if row is None:
            raise UsageError(f"There is no job {job_id} in this workspace.")
        return Job.model_validate(row)

    def list_jobs(self, kind: JobKind, *, limit: int = 20) -> list[Job]:
        """The newest jobs of a kind, newest first."""
        rows = self._rows("SELECT * FROM jobs WHERE kind = ? ORDER BY id DESC LIMIT ?", (kind, limit))
        return [Job.model_validate(row) for row in rows]

    def count_jobs(self, kind: JobKind) -> int:
        """How many jobs of a kind there are."""
        return int(self._value("SELECT COUNT(*) FROM jobs WHERE kind = ?", (kind,)))

    def find_open_job(
        self,
        kind: JobKind,
        *,
        params: Mapping[str, Any],
        dataset_id: int | None,
        with_stopped: bool = False,
        apart_from: Sequence[str] = (),
    ) -> Job | None:
        """The newest job with exactly these parameters that goes on or can; None if there is none.

        Args:
            kind: Of the job.
            params: All of them.
            dataset_id: None for an import.
            with_stopped: A job that was stopped counts, too: its cause may be gone.
            apart_from: Parameters that may differ, as JSON paths, e.g. `$.batch.max_rpm`.
        """
        row = self._row(
            f"SELECT * FROM jobs WHERE kind = ? AND {_leave_out('params', len(apart_from))} "
            f"= {_leave_out('?', len(apart_from))} AND dataset_id IS ? AND wanted IS NOT 'cancelled' "
            "AND (state IN ('queued', 'running', 'paused') OR (? AND state = 'stopped')) ORDER BY id DESC LIMIT 1",
            (kind, *apart_from, orjson.dumps(params).decode(), *apart_from, dataset_id, with_stopped),
        )
        return None if row is None else Job.model_validate(row)

    def continue_or_create(
        self, kind: JobKind, *, params: Mapping[str, Any], dataset_id: int | None = None, created_by: str = ""
    ) -> Job:
        """A queued job; the one that already does exactly this goes on if there is one."""
        known = self.find_open_job(kind, params=params, dataset_id=dataset_id)
        job = known or self.create_job(kind, params=params, dataset_id=dataset_id, created_by=created_by)
        self.resume_job(job.id)
        return self.get_job(job.id)

    def find_next_job(self) -> Job | None:
        """The oldest queued job whose time has come; None also if the worker was asked to leave it to another one."""
        row = self._row(
            "SELECT * FROM jobs WHERE state = 'queued' AND (not_before_utc IS NULL OR not_before_utc <= ?) "
            "AND NOT COALESCE((SELECT should_leave FROM lease), 0) ORDER BY id LIMIT 1",
            (utc_now(),),
        )
        return None if row is None else Job.model_validate(row)

    def has_work(self) -> bool:
        """True if something is queued or running."""
        return self._value("SELECT 1 FROM jobs WHERE state IN ('queued', 'running') LIMIT 1") is not None

    def requeue_running(self) -> None:
        """Called by a new owner: what ran under the old one is waiting again."""
        with self.write():
            self._connection.execute("UPDATE jobs SET state = 'queued' WHERE state = 'running'")

    def start_job(self, job_id: int) -> bool:
        """The worker has begun; False if it must not, because somebody paused or cancelled the job meanwhile."""
        with self.write():
            cursor = self._connection.execute(
                "UPDATE jobs SET state = 'running', started_utc = COALESCE(started_utc, ?), reason = NULL, "
                "error_code = NULL WHERE id = ? AND state = 'queued'",
                (utc_now(), job_id),
            )
        return cursor.rowcount == 1

    def save_progress(self, job_id: int, *, stage: str, done: int, total: int | None, failed: int) -> None:
        """Real counts of the current stage."""
        with self.write():
            self._connection.execute(
                "UPDATE jobs SET stage = ?, done = ?, total = ?, failed = ? WHERE id = ?",
                (stage, done, total, failed, job_id),
            )

    def finish_job(
        self,
        job_id: int,
        state: JobState,
        *,
        reason: str | None = None,
        error_code: int | None = None,
        result: str | None = None,
    ) -> None:
        """The job is over, or waits again; what somebody wanted of it is settled. A cancelled one stays cancelled."""
        with self.write():
            self._connection.execute(
                "UPDATE jobs SET state = ?, reason = ?, error_code = ?, result = COALESCE(?, result), wanted = NULL, "
                "not_before_utc = NULL, finished_utc = ? WHERE id = ? AND state <> 'cancelled'",
                (state, reason, error_code, result, None if state is JobState.QUEUED else utc_now(), job_id),
            )
            self._ensure_winding_up(job_id)

    def postpone_job(self, job_id: int, *, seconds: float) -> None:
        """Queue a running job again, but not before so many seconds have passed; what somebody wanted comes first."""
        later = (datetime.now(UTC) + timedelta(seconds=seconds)).isoformat(timespec="microseconds")
        with self.write():
            cursor = self._connection.execute(
                "UPDATE jobs SET state = 'queued', reason = NULL, error_code = NULL, not_before_utc = ? "
                "WHERE id = ? AND state = 'running' AND wanted IS NULL",
                (later, job_id),
            )
            if not cursor.rowcount and (wanted := self.find_wanted(job_id)) is not None:
                self.finish_job(job_id, wanted, reason=f"{wanted.value.capitalize()} by a person.")

    def find_wanted(self, job_id: int) -> JobState | None:
        """`paused` or `cancelled` if somebody asked for it, else None."""
        wanted = self._value("SELECT wanted FROM jobs WHERE id = ?", (job_id,))
        return None if wanted is None else JobState(wanted)

    def pause_job(self, job_id: int) -> None:
        """Ask for a pause; at once if the job has not begun. Idempotent."""
        self._want(job_id, JobState.PAUSED)

    def cancel_job(self, job_id: int) -> None:
        """Ask for the end, which is final; at once if the job is not running. Idempotent."""
        self._want(job_id, JobState.CANCELLED)

    def _want(self, job_id: int, state: JobState) -> None:
        waiting = ("queued",) if state is JobState.PAUSED else ("queued", "paused", "stopped")
        marks = ", ".join("?" * len(waiting))
        # whoever asked for the end is not overruled by somebody who asks for less
        settled = "AND wanted IS NOT 'cancelled'" if state is JobState.PAUSED else ""
        with self.write():
            self._connection.execute(
                "UPDATE jobs SET state = ?, wanted = NULL, finished_utc = ? "
                f"WHERE id = ? AND state IN ({marks}) {settled}",
                (state, utc_now(), job_id, *waiting),
            )
            self._connection.execute(
                f"UPDATE jobs SET wanted = ? WHERE id = ? AND state = 'running' {settled}", (state, job_id)
            )
            self._ensure_winding_up(job_id)

    def _ensure_winding_up(self, job_id: int) -> None:
        """A job that cancels what a server still has of a batch, if the batch's own job was cancelled."""
        self._connection.execute(
            "INSERT INTO jobs (kind, dataset_id, params, created_by, created_utc) "
            "SELECT ?1, j.dataset_id, json_object('batch_id', b.id), j.created_by, ?2 "
            "FROM jobs j JOIN batches b ON b.job_id = j.id WHERE j.id = ?3 AND j.state = 'cancelled' AND EXISTS "
            "(SELECT 1 FROM remote_batches r WHERE r.batch_id = b.id AND r.collected_utc IS NULL "
            "  AND r.input_file_id IS NOT NULL) "
            "AND NOT EXISTS (SELECT 1 FROM jobs w WHERE w.kind = ?1 AND w.params = json_object('batch_id', b.id) "
            "  AND w.state IN ('queued', 'running'))",
            (JobKind.WIND_UP, utc_now(), job_id),
        )

    def resume_job(self, job_id: int) -> None:
        """Queue a paused or stopped job again. Idempotent; a cancelled one stays cancelled."""
        with self.write():
            self._connection.execute(
                "UPDATE jobs SET state = 'queued', wanted = NULL, reason = NULL, error_code = NULL, "
                "not_before_utc = NULL, finished_utc = NULL WHERE id = ? AND state IN ('paused', 'stopped')",
                (job_id,),
            )
            self._connection.execute(
                "UPDATE jobs SET wanted = NULL WHERE id = ? AND state = 'running' AND wanted = 'paused'", (job_id,)
            )

    def restart_job(self, job_id: int) -> None:
        """Have a running job begin a new run, with what has changed meanwhile. Idempotent; a pause or end is kept."""
        with self.write():
            self._connection.execute(
                "UPDATE jobs SET wanted = 'queued' WHERE id = ? AND state = 'running' AND wanted IS NULL", (job_id,)
            )

    def requeue_job(self, job_id: int) -> None:
        """Queue a job again that is over, also a finished one: something in it is to be done again. Idempotent."""
        with self.write():
            self._connection.execute(
                "UPDATE jobs SET state = 'queued', wanted = NULL, reason = NULL, error_code = NULL, failed = 0, "
                "not_before_utc = NULL, finished_utc = NULL "
                "WHERE id = ? AND state IN ('finished', 'paused', 'stopped')",
                (job_id,),
            )


def _leave_out(json: str, paths: int) -> str:
    """SQL for a JSON text without so many paths, which are given as values."""
    return f"json_remove({', '.join([json, *'?' * paths])})"
