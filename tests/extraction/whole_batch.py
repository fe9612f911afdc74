"""A batch of all attempts of a dataset, run from start to end against a stand-in."""

from pathlib import Path

from core.extraction.batch import run_batch
from core.extraction.retry import RetryPolicy
from core.models import Dataset, Extractor
from core.progress import no_progress
from core.store import Store
from core.store.batch_models import Batch, BatchConfig
from tests.extraction.conftest import MODEL
from tests.standins.llm import LlmServer
from tests.workspaces import create_batch, make_settings

QUICK = RetryPolicy(base_seconds=0.01, max_seconds=0.05)


def run(store: Store, dataset: Dataset, llm: LlmServer, *, batch_size: int, **changes: bool) -> Batch:
    """The batch, once nothing of it is left to do."""
    values = {"extractor": Extractor.LLM, "model": MODEL, "batch_size": batch_size, "max_rpm": 100_000}
    batch = create_batch(store, dataset, BatchConfig.model_validate(values | changes))
    settings = make_settings(Path("unused"), base_url=llm.base_url)
    run_batch(store, batch, settings=settings, progress=no_progress, check_lease=lambda: None, retry=QUICK)
    return batch
