"""The hints that defects are seeded into: what the rules propose for the sample and the real traces."""

import tempfile
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path
from typing import NamedTuple

from core.curation.context import TrialContext
from core.curation.curate import curate_dataset
from core.curation.trial_loading import TraceReader, load_context
from core.extraction.batch import run_batch
from core.models import Extractor, Finding, Hint, Trial
from core.progress import no_progress
from core.store import open_store
from core.store.batch_models import BatchConfig
from tests.workspaces import SAMPLE, create_batch, import_sample, make_settings

REAL = Path(__file__).parents[3] / "shared" / "data" / "traces"


class Ground(NamedTuple):
    """A trial with its hints and what the checks say of them."""

    trial: Trial
    context: TrialContext
    findings: list[Finding]


def list_files() -> list[Path]:
    """The sample, then the real traces if they are there."""
    return [SAMPLE, *sorted(REAL.glob("*.parquet"))]


def iterate_grounds(path: Path) -> Iterator[Ground]:
    """The trials of a file after extraction by rules and curation; each is loaded whole."""
    with tempfile.TemporaryDirectory() as folder, open_store(Path(folder)) as store:
        dataset = import_sample(store, path)
        batch = create_batch(store, dataset, BatchConfig(extractor=Extractor.RULES))
        settings = make_settings(Path(folder))
        run_batch(store, batch, settings=settings, progress=no_progress, check_lease=lambda: None)
        curate_dataset(store, dataset)
        for trial in store.traces.list_trials(dataset.id):
            hints = store.curation.list_hints(trial.id)
            context = load_context(trial, hints, TraceReader(store).load_attempts(trial.id), repeated={})
            yield Ground(trial, context, store.curation.list_findings(trial.id))


def build_hash(trial: Trial, hint: Hint) -> str:
    """Names a hint's words in its trial without saying them."""
    return sha256(f"{trial.name}\n{hint.text.model_dump_json()}".encode()).hexdigest()[:20]
