"""The import rules of the design, checked by walking the syntax trees; a broken rule names the file that breaks it."""

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from core.settings import PROJECT_ROOT

STAGES = ("traces", "extraction", "curation", "publishing")
FREE = {"core.models", "core.errors", "core.settings", "core.progress", "core.store"}
KNOW_ALL_STAGES = {
    "core.pipeline",
    "core.worker",
    "core.heart",
    "core.job_run",
    "core.cli",
    "core.cli_options",
    "core.cli_batches",
    "core.cli_shown",
    "core.cli_publish",
    "core.augment",
    "core.elsewhere",
    "core.publish_commands",
    "core.carry_command",
    "core.batch_commands",
    "core.steering",
    "core.jobs",
    "core.__main__",
}
ONLY_IN = {
    "streamlit": ("app.py", "pages/"),
    "openai": ("core/extraction/",),
    "sqlite3": ("core/store/",),
    "sqlite_utils": ("core/store/",),
}
HUB_WRITES = re.compile(
    r"create_(commit|repo|branch|tag|pull_request|discussion)|delete_(repo|file|files|folder|branch|tag)"
    r"|upload_(file|folder|large_folder)|push_to_hub|preupload_lfs_files|merge_pull_request|move_repo"
    r"|update_repo_(settings|visibility)|super_squash_history|CommitOperation(Add|Delete|Copy)|DatasetCard"
)
SQL = re.compile(
    r"\s*(SELECT\b.*\bFROM\b|SELECT\s+\w+\(|WITH\s+\w+\s+AS\s*\(|INSERT\s+(OR\s+\w+\s+)?INTO\b|UPDATE\s+\w+\s+SET\b"
    r"|DELETE\s+FROM\b|(CREATE|DROP|ALTER)\s+(TEMP\s+|UNIQUE\s+)?(TABLE|INDEX|TRIGGER|VIEW)\b|PRAGMA\s+\w+"
    r"|BEGIN\s+(IMMEDIATE|EXCLUSIVE)\b)",
    re.DOTALL,
)


class Import(NamedTuple):
    """One imported module, in full, e.g. `core.traces.hub`."""

    module: str
    line: int


def list_violations(root: Path) -> list[str]:
    """What breaks a rule below a project's root: `path:line: what`, in order of paths."""
    paths = [*sorted((root / "core").rglob("*.py")), *sorted((root / "pages").rglob("*.py")), root / "app.py"]
    return [
        f"{path.relative_to(root).as_posix()}:{line}: {what}"
        for path in paths
        if path.exists()
        for line, what in sorted(_check_file(path.relative_to(root), ast.parse(path.read_text("utf-8"))))
    ]


def _check_file(path: Path, tree: ast.Module) -> Iterator[tuple[int, str]]:
    name, module = path.as_posix(), _name_module(path)
    for imported in _list_imports(tree, module, is_package=path.name == "__init__.py"):
        what = _check_import(name, module, imported.module)
        if what:
            yield imported.line, what
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and SQL.match(node.value):
            if not name.startswith("core/store/"):
                yield node.lineno, "SQL belongs in core/store"
        elif _writes_to_hub(node) and not name.startswith("core/publishing/"):
            yield getattr(node, "lineno", 0), "writing to the Hub belongs in core/publishing"


def _check_import(name: str, module: str, imported: str) -> str | None:
    top = imported.split(".")[0]
    if top in ONLY_IN and not name.startswith(ONLY_IN[top]):
        return f"{top} belongs in {' and '.join(ONLY_IN[top])}"
    if not name.startswith("core/"):
        return _check_page(name, imported)
    if top in ("pages", "app"):
        return f"core never imports {top}"
    if top == "tests":
        return "the product never imports its tests"
    return _check_core(module, imported) if top == "core" else None


def _check_page(name: str, imported: str) -> str | None:
    parts = imported.split(".")
    if parts[0] == "tests":
        return "the product never imports its tests"
    if parts[0] == "app":
        return "nobody imports the frame"
    is_other = len(parts) > 1 and parts[0] == "pages" and parts[1] != "shared"
    if is_other and name.startswith("pages/") and not name.startswith(f"pages/{parts[1]}/"):
        return f"a page does not import another one (pages.{parts[1]}): share it in pages/shared"
    return None


def _check_core(module: str, imported: str) -> str | None:
    owner, target = ".".join(module.split(".")[:2]), ".".join(imported.split(".")[:2])
    stage, other = owner.removeprefix("core."), target.removeprefix("core.")
    if target in ("core", owner) or module in KNOW_ALL_STAGES:
        return None
    if target in KNOW_ALL_STAGES:
        return f"{target} knows all stages, and none knows it"
    if owner == "core.store":
        allowed = target in ("core.models", "core.errors")
        return None if allowed else f"core.store imports models, errors and itself only, not {target}"
    if stage in STAGES:
        is_earlier = other in STAGES and STAGES.index(other) < STAGES.index(stage)
        return None if target in FREE or is_earlier else f"the stage {stage} may not import {target}"
    return f"only {', '.join(sorted(KNOW_ALL_STAGES))} know stages and store" if other in (*STAGES, "store") else None


def _name_module(path: Path) -> str:
    parts = path.with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def _list_imports(tree: ast.Module, module: str, *, is_package: bool) -> Iterator[Import]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (Import(alias.name, node.lineno) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = node.module or ""
            if node.level:
                parents = module.split(".")
                above = parents[: len(parents) - node.level + is_package]
                base = ".".join([*above, *([base] if base else [])])
            # `from core import traces` imports core.traces
            yield from (Import(f"{base}.{alias.name}", node.lineno) for alias in node.names)
        elif isinstance(node, ast.Call) and ast.unparse(node.func).split(".")[-1] in ("import_module", "__import__"):
            yield from (Import(str(it.value), node.lineno) for it in node.args if isinstance(it, ast.Constant))


def _writes_to_hub(node: ast.AST) -> bool:
    if isinstance(node, ast.Attribute):
        return HUB_WRITES.fullmatch(node.attr) is not None
    if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("huggingface_hub"):
        return any(HUB_WRITES.fullmatch(alias.name) for alias in node.names)
    return False


def test_the_product_keeps_the_import_rules() -> None:
    assert list_violations(PROJECT_ROOT) == []


def test_the_product_is_what_was_checked() -> None:
    # an empty walk would keep every rule
    assert {path.name for path in (PROJECT_ROOT / "core").iterdir() if path.is_dir()} >= {*STAGES, "store"}
    assert (PROJECT_ROOT / "app.py").exists()
    assert len(list((PROJECT_ROOT / "pages").rglob("*.py"))) > 6


def write_tree(root: Path, files: dict[str, str]) -> Path:
    for name, text in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)
    return root


GOOD = {
    "app.py": "import streamlit as st\nfrom pages.shared import store\n",
    "pages/overview/page.py": "import streamlit\nfrom core import pipeline\nfrom pages.overview import parts\n",
    "pages/shared/store.py": "from core.store import open_store\nfrom core.settings import load_settings\n",
    "core/models.py": '"""Only words: SELECT the best FROM all."""\nimport pydantic\n',
    "core/settings.py": "from core.errors import UsageError\n",
    "core/store/database.py": 'import sqlite3\nfrom core.models import Trial\nSQL = "SELECT 1 FROM x"\n',
    "core/traces/hub.py": "from huggingface_hub import HfApi\nfrom core.store import Store\nimport core.traces.rows\n",
    "core/extraction/llm.py": "import openai\nfrom core.traces.actions import x\nfrom core.progress import Progress\n",
    "core/curation/checks.py": "import core.extraction.answer\nfrom ..traces import secrets\nfrom . import evidence\n",
    "core/publishing/hub.py": "from core.curation import checks\n\ndef f(api):\n    api.create_commit()\n",
    "core/pipeline.py": "from core.publishing import hub\nfrom core.traces import rows\n",
    "core/cli.py": "import core.worker\nfrom core.extraction import llm\n",
}  # fmt: skip

BAD = {
    "core imports a page": ("core/jobs.py", "from pages.shared import store", "core never imports pages"),
    "core imports the frame": ("core/cli.py", "import app", "core never imports app"),
    "a stage imports a page": ("core/curation/x.py", "import pages.review", "core never imports pages"),
    "core imports tests": ("core/worker.py", "from tests import builders", "never imports its tests"),
    "a page imports tests": ("pages/review/page.py", "import tests.builders", "never imports its tests"),
    "traces imports extraction": ("core/traces/x.py", "from core.extraction import llm", "the stage traces"),
    "traces imports curation": ("core/traces/x.py", "import core.curation.checks", "the stage traces"),
    "extraction imports curation": ("core/extraction/x.py", "from core.curation import x", "the stage extraction"),
    "extraction imports publishing": ("core/extraction/x.py", "from ..publishing import x", "the stage extraction"),
    "curation imports publishing": ("core/curation/x.py", "from core import publishing", "the stage curation"),
    "a stage imports the pipeline": ("core/publishing/x.py", "from core import pipeline", "knows all stages"),
    "a stage imports inside a function": (
        "core/traces/x.py", "def f():\n    from core.curation import x", "the stage traces",
    ),
    "a stage imports for types only": (
        "core/traces/x.py", "if TYPE_CHECKING:\n    from core.publishing import x", "the stage traces",
    ),
    "a stage imports by name": (
        "core/traces/x.py", "importlib.import_module('core.curation.checks')", "the stage traces",
    ),
    "the store imports a stage": ("core/store/x.py", "from core.traces import rows", "core.store imports models"),
    "the store imports settings": ("core/store/x.py", "from core.settings import x", "core.store imports models"),
    "models import the store": ("core/models.py", "from core.store import Store", "know stages and store"),
    "settings import a stage": ("core/settings.py", "import core.traces.text", "know stages and store"),
    "a new module imports a stage": ("core/other.py", "from core.traces import rows", "know stages and store"),
    "streamlit in core": ("core/jobs.py", "import streamlit", "streamlit belongs in"),
    "streamlit in a stage": ("core/curation/x.py", "from streamlit.testing import v1", "streamlit belongs in"),
    "openai in a page": ("pages/batches/page.py", "import openai", "openai belongs in"),
    "openai in another stage": ("core/curation/x.py", "from openai import OpenAI", "openai belongs in"),
    "sqlite3 in core": ("core/worker.py", "import sqlite3", "sqlite3 belongs in"),
    "sqlite_utils in a page": ("pages/shared/x.py", "import sqlite_utils", "sqlite_utils belongs in"),
    "SELECT in a page": ("pages/shared/x.py", 'Q = "SELECT * FROM trials"', "SQL belongs in"),
    "SQL over several lines": ("core/curation/x.py", 'Q = """\n  SELECT a\n  FROM b"""', "SQL belongs in"),
    "INSERT in a stage": ("core/traces/x.py", 'Q = f"INSERT INTO {t} VALUES (1)"', "SQL belongs in"),
    "INSERT OR IGNORE": ("core/traces/x.py", 'Q = "INSERT OR IGNORE INTO t VALUES (1)"', "SQL belongs in"),
    "UPDATE in the frame": ("app.py", 'Q = "UPDATE trials SET a = 1"', "SQL belongs in"),
    "DELETE in a stage": ("core/publishing/x.py", 'Q = "DELETE FROM trials"', "SQL belongs in"),
    "CREATE in a stage": ("core/publishing/x.py", 'Q = "CREATE TEMP TABLE t (a)"', "SQL belongs in"),
    "PRAGMA in the worker": ("core/worker.py", 'Q = "PRAGMA user_version"', "SQL belongs in"),
    "a commit from a page": ("pages/publish/page.py", "api.create_commit(r)", "writing to the Hub"),
    "a repository from core": ("core/cli.py", "from huggingface_hub import create_repo", "writing to the Hub"),
    "an upload from a stage": ("core/traces/hub.py", "HfApi().upload_folder(x)", "writing to the Hub"),
    "a push from a stage": ("core/curation/x.py", "table.push_to_hub('a/b')", "writing to the Hub"),
    "a deletion from the worker": ("core/worker.py", "f = api.delete_repo", "writing to the Hub"),
    "a page imports another page": ("pages/review/page.py", "from pages.publish import parts", "another one"),
    "somebody imports the frame": ("pages/review/page.py", "import app", "nobody imports the frame"),
}  # fmt: skip


def test_a_tree_that_keeps_the_rules_has_no_violations(tmp_path: Path) -> None:
    assert list_violations(write_tree(tmp_path, GOOD)) == []


@pytest.mark.parametrize(("name", "text", "what"), BAD.values(), ids=BAD)
def test_a_broken_rule_is_caught_and_names_the_file(tmp_path: Path, name: str, text: str, what: str) -> None:
    (violation,) = list_violations(write_tree(tmp_path, GOOD | {name: f"{text}\n"}))
    assert violation.startswith(f"{name}:")
    assert what in violation


def test_a_command_starts_without_the_libraries_that_only_some_need() -> None:
    """Each of these takes longer to load than a short command takes to run."""
    heavy = ("datasets", "huggingface_hub", "numpy", "openai", "pandas", "streamlit")
    code = f"import sys, core.cli; print(*(name for name in {heavy!r} if name in sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], cwd=PROJECT_ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.split() == []
