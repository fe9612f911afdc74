"""Every error a user can meet. A message says what is wrong, then what to do.

TraceHintsError
├── UsageError             command line or environment alone show it to be wrong
├── SourceError            a trace dataset cannot be read
├── WorkspaceError         the workspace file cannot be used
│   ├── WorkspaceFullError   the disk or the file has no room: nothing of this write was saved
│   └── WorkspaceBusyError   another program holds the file: nothing of this write was saved
├── ConflictError          somebody else changed it first; both versions are kept
├── ModelServerError       the model's server refuses everything: the batch stops
├── ProcessLostError       a process that worked for the worker was ended from outside
├── PublishError           nothing was published, or the message says what was
│   └── PublishConflictError   the target, or what goes there, is not what was looked at; nothing was published
└── JobStopped             a job of the worker did not finish
    ├── JobParked          it waits for a person to do something elsewhere
    ├── JobPostponed       it waits for something elsewhere, and goes on by itself
    └── WorkerReplaced     another worker took over: nothing more may be saved
"""


class TraceHintsError(Exception):
    """The one class that pages and command line turn into a sentence instead of a traceback."""

    exit_code = 1


class UsageError(TraceHintsError):
    """A bad option, no key, or a missing or malformed repository name."""

    exit_code = 2


class SourceError(TraceHintsError):
    """A missing file or repository, missing columns, no rows, or rows that cannot be read."""


class WorkspaceError(TraceHintsError):
    """The workspace was made by a newer version, or cannot be written."""


class WorkspaceFullError(WorkspaceError):
    """There is no room for a write; nothing of it was saved, and it can be done again once there is."""


class WorkspaceBusyError(WorkspaceError):
    """Another program holds the write lock for too long; nothing was saved, and it can be done again."""


class ConflictError(TraceHintsError):
    """A save against an older version. The other text stays in the history."""


class ModelServerError(TraceHintsError):
    """A refused key, an unknown model, a spent budget or an unreachable server."""


class ProcessLostError(TraceHintsError):
    """It ran out of memory, or somebody ended it; what was saved stays, and the next run does the rest."""


class PublishError(TraceHintsError):
    """The repository or folder refuses, or holds something else; it is unchanged."""


class PublishConflictError(PublishError):
    """Somebody else changed the target, or the decisions changed since the preview; a new preview shows both."""


class JobStopped(TraceHintsError):  # noqa: N818 - a pause is no error
    """A job ended as stopped, cancelled or paused; the message is its recorded reason."""


class JobParked(JobStopped):
    """The job is paused until a person did what the message says, and resumed it."""


class JobPostponed(JobStopped):
    """The job is queued again, and not looked at before some seconds have passed; other jobs may run meanwhile."""

    def __init__(self, message: str, *, seconds: float) -> None:
        """Say what is waited for, and for how long."""
        super().__init__(message)
        self.seconds = seconds


class WorkerReplaced(JobStopped):
    """The lease is somebody else's now."""
