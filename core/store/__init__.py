"""The only SQL. `open_store` is the one door; methods speak in domain words."""

from core.store.database import open_store
from core.store.store import Store

__all__ = ["Store", "open_store"]
