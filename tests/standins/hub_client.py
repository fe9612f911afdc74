"""Running code in a process of its own that knows a stand-in Hub and nothing else."""

import json
import os
import subprocess
import sys
import textwrap
from pathlib import Path
from typing import Any

from tests.standins.hub import HubServer
from tests.standins.hub_process import HubProcess

_PRELUDE = """
import json, os
from huggingface_hub import CommitOperationAdd as Add, CommitOperationDelete as Delete, HfApi, hf_hub_download
from huggingface_hub.errors import *
import httpx2
api = HfApi()
make = lambda name="tester/made", **options: api.create_repo(name, repo_type="dataset", **options)
sha = lambda name="tester/made", **options: api.dataset_info(name, **options).sha
def commit(operations, name="tester/made", **options):
    return api.create_commit(name, operations, commit_message="publish", repo_type="dataset", **options)
def status_of(action):
    try:
        action()
    except HfHubHTTPError as error:
        return [type(error).__name__, error.response.status_code]
"""


def run_client(hub: HubServer | HubProcess, home: Path, code: str, **options: Any) -> Any:
    """What the code leaves in `result`, run in a process that knows this Hub only.

    Args:
        hub: a running Hub.
        home: working directory of the code; the client's caches go below it.
        code: Python; `_PRELUDE` above is there already.
        options: `token` and `xet`, see `HubServer.environment`.
    """
    program = f"{_PRELUDE}\n{textwrap.dedent(code)}\nprint(json.dumps(result))"
    environment = os.environ | hub.environment(home=home / "home", **options)
    command = [sys.executable, "-c", program]
    run = subprocess.run(command, env=environment, cwd=home, capture_output=True, text=True, timeout=60)
    assert run.returncode == 0, run.stderr
    return json.loads(run.stdout.splitlines()[-1])
