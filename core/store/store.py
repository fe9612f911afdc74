"""The store of one workspace: one attribute per subject."""

from pathlib import Path

from core.store.answers import Answers
from core.store.audits import Audits
from core.store.batches import Batches
from core.store.carrying import Carrying
from core.store.curation import Curation
from core.store.decisions import Decisions
from core.store.jobs import Jobs
from core.store.lease import Leases
from core.store.numbering import Numbering
from core.store.overview import Overview
from core.store.previews import Previews
from core.store.publications import Publications
from core.store.quality import Quality
from core.store.queue import Queue
from core.store.remote import RemoteParts
from core.store.repeated import Repeated
from core.store.reservations import Reservations
from core.store.servers import Servers
from core.store.sqlite import Database
from core.store.staging import Staging
from core.store.steps import Steps
from core.store.subjects import Subjects
from core.store.suggestions import Suggestions
from core.store.traces import Traces
from core.store.words import TrialWords
from core.store.workspace import Workspace


class Store:
    """Everything a workspace holds. Made by `open_store`, used for one operation, then closed."""

    def __init__(self, database: Database, home: Path) -> None:
        """All parts share one connection, so that their writes can share a transaction."""
        self.home = home
        self.workspace = Workspace(database)
        self.traces = Traces(database)
        self.staging = Staging(database)
        self.numbering = Numbering(database)
        self.jobs = Jobs(database)
        self.leases = Leases(database)
        self.batches = Batches(database)
        self.servers = Servers(database)
        self.answers = Answers(database)
        self.remote = RemoteParts(database)
        self.curation = Curation(database)
        self.repeated = Repeated(database)
        self.suggestions = Suggestions(database)
        self.decisions = Decisions(database)
        self.steps = Steps(database)
        self.carrying = Carrying(database)
        self.subjects = Subjects(database)
        self.queue = Queue(database)
        self.audits = Audits(database)
        self.reservations = Reservations(database)
        self.publications = Publications(database)
        self.previews = Previews(database)
        self.words = TrialWords(database)
        self.overview = Overview(database)
        self.quality = Quality(database)
