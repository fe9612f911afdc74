"""Workspaces for tests, made through the product's own doors."""

from pathlib import Path

from pydantic import SecretStr

from core.models import Dataset, Extractor, JobKind
from core.settings import Settings
from core.store import Store
from core.store.batch_models import Batch, BatchConfig
from core.traces.importing import import_source
from core.traces.options import ImportOptions
from core.traces.sources import FileSource

SAMPLE = Path(__file__).parent.parent / "core" / "traces" / "sample.jsonl"


def import_sample(store: Store, path: Path = SAMPLE) -> Dataset:
    """The sample that ships, or another file, imported."""
    return import_source(store, FileSource(path), ImportOptions()).dataset


def make_settings(home: Path, *, base_url: str | None = None, key: str | None = None) -> Settings:
    """Settings that read nothing from the environment."""
    return Settings(home=home, openai_base_url=base_url, openai_api_key=SecretStr(key) if key else None)


def create_batch(store: Store, dataset: Dataset, config: BatchConfig | None = None) -> Batch:
    """A batch with its job, ready to be run."""
    config = config or BatchConfig(extractor=Extractor.RULES)
    job = store.jobs.create_job(JobKind.EXTRACT, params=config.model_dump(mode="json"), dataset_id=dataset.id)
    batch = store.batches.create_batch(job_id=job.id, dataset_id=dataset.id, config=config)
    store.batches.ensure_requests(batch.id)
    return batch
