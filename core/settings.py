"""Where the workspace is and which keys there are. Read once at start, passed on; never stored or logged.

`.streamlit/secrets.toml` wins over the environment, as Streamlit exports it at start.
"""

import os
import tomllib
from collections.abc import Mapping
from pathlib import Path

from pydantic import BaseModel, ConfigDict, SecretStr

from core.errors import UsageError

PROJECT_ROOT = Path(__file__).resolve().parent.parent
LOG_NAME = "worker.log"
"""In the workspace's folder: what the worker has to say beside its jobs' states."""
SECRETS_FILE = PROJECT_ROOT / ".streamlit" / "secrets.toml"
NAMES = ("OPENAI_API_KEY", "OPENAI_BASE_URL", "HF_TOKEN", "HF_ENDPOINT", "TRACE_HINTS_HOME")


class Settings(BaseModel):
    """The environment of one process."""

    model_config = ConfigDict(frozen=True)

    home: Path
    """Folder of the workspace: holds `trace_hints.db`."""
    openai_api_key: SecretStr | None = None
    openai_base_url: str | None = None
    """None means OpenAI's own server."""
    hf_token: SecretStr | None = None
    hf_endpoint: str | None = None
    """None means the Hugging Face Hub."""

    @property
    def openai_key(self) -> str:
        """The key as text; empty if there is none."""
        return self.openai_api_key.get_secret_value() if self.openai_api_key else ""

    @property
    def has_model_server(self) -> bool:
        """True if a key or an address is set: only then can the `llm` extractor run."""
        return self.openai_api_key is not None or self.openai_base_url is not None


def load_settings(*, environ: Mapping[str, str] | None = None, secrets_file: Path = SECRETS_FILE) -> Settings:
    """The settings of this process; empty values count as unset.

    Args:
        environ: The environment; None means this process's own.
        secrets_file: A TOML file whose top-level values win over the environment; may be missing.

    Raises:
        UsageError: The secrets file is not valid TOML.
    """
    values = {name: (os.environ if environ is None else environ).get(name, "") for name in NAMES}
    values |= {name: value for name, value in _load_secrets(secrets_file).items() if name in NAMES}
    return Settings(
        home=Path(values["TRACE_HINTS_HOME"] or PROJECT_ROOT / "workspace").expanduser().resolve(),
        openai_api_key=SecretStr(values["OPENAI_API_KEY"]) if values["OPENAI_API_KEY"] else None,
        openai_base_url=values["OPENAI_BASE_URL"] or None,
        hf_token=SecretStr(values["HF_TOKEN"]) if values["HF_TOKEN"] else None,
        hf_endpoint=values["HF_ENDPOINT"].rstrip("/") or None,
    )


def _load_secrets(path: Path) -> dict[str, str]:
    if not path.is_file():
        return {}
    try:
        return {name: str(value) for name, value in tomllib.loads(path.read_text("utf-8")).items()}
    except tomllib.TOMLDecodeError as error:
        raise UsageError(f"{path.name} is not valid TOML ({error}). Mend the file or remove it.") from None


def export_hub_settings(settings: Settings) -> None:
    """Put the Hub's address and token into the environment; call before huggingface_hub is imported."""
    if settings.hf_endpoint:
        os.environ["HF_ENDPOINT"] = settings.hf_endpoint
    if settings.hf_token:
        os.environ["HF_TOKEN"] = settings.hf_token.get_secret_value()


def build_worker_environment(settings: Settings) -> dict[str, str]:
    """The environment for a worker process: this one's, with the settings made explicit."""
    given = {
        "TRACE_HINTS_HOME": str(settings.home),
        "OPENAI_API_KEY": settings.openai_key,
        "OPENAI_BASE_URL": settings.openai_base_url or "",
        "HF_TOKEN": settings.hf_token.get_secret_value() if settings.hf_token else "",
        "HF_ENDPOINT": settings.hf_endpoint or "",
    }
    kept = {name: value for name, value in os.environ.items() if name not in given}
    return kept | {name: value for name, value in given.items() if value}
