from pathlib import Path

import pytest

from core.publishing.options import Layout, PublishOptions
from tests.benchmarks.publishing import measure
from tests.benchmarks.publishing_data import make_workspace, write_source_tasks


@pytest.mark.parametrize("layout", list(Layout))
def test_benchmark_builds_what_it_says(tmp_path: Path, layout: Layout) -> None:
    make_workspace(tmp_path / "home", 3)
    write_source_tasks(tmp_path / "source", 3)
    options = PublishOptions(prefix="p", layout=layout, tasks=str(tmp_path / "source"))
    found = measure(tmp_path / "home", options)
    assert found["tasks"] == 3
    assert found["bytes_per_task"] > 1_000
    assert found["seconds"] > 0
