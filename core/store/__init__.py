"""The only SQL. `open_store` is the one door, `open_reader` its window; methods speak in domain words."""

from core.store.database import open_reader, open_store
from core.store.store import Store

__all__ = ["Store", "open_reader", "open_store"]
