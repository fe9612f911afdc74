"""The pages' way to the workspace: settings are read anew, connections live for one operation."""

from contextlib import AbstractContextManager

from core.settings import load_settings
from core.store import Store, open_store


def open_workspace() -> AbstractContextManager[Store]:
    """The store of this process's workspace, closed at the end of the block.

    Raises:
        WorkspaceError: It cannot be opened.
    """
    return open_store(load_settings().home)
