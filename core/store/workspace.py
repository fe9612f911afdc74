"""Facts about the workspace itself."""

import secrets

from core.store.part import Part


class Workspace(Part):
    """Names and values that belong to no dataset."""

    def get_secret(self) -> bytes:
        """32 random bytes, made once per workspace and kept; they key the boundary around trace text."""
        with self.write():
            self._connection.execute(
                "INSERT OR IGNORE INTO workspace (name, value) VALUES ('secret', ?)", (secrets.token_hex(32),)
            )
        return bytes.fromhex(self._value("SELECT value FROM workspace WHERE name = 'secret'"))

    def find_reviewer(self) -> str | None:
        """The name under which somebody reviewed here last, or None before the first one."""
        name: str | None = self._value("SELECT value FROM workspace WHERE name = 'reviewer'")
        return name

    def save_reviewer(self, name: str) -> None:
        """Remember a reviewer's name for the next visit."""
        with self.write():
            self._connection.execute(
                "INSERT INTO workspace (name, value) VALUES ('reviewer', ?) "
                "ON CONFLICT DO UPDATE SET value = excluded.value",
                (name,),
            )

    def find_server_mode(self, *, server: str, model: str) -> str | None:
        """The output mode that a server was found to support for a model, or None if nobody tried yet."""
        mode: str | None = self._value("SELECT mode FROM server_modes WHERE server = ? AND model = ?", (server, model))
        return mode

    def find_refused_parameters(self, *, server: str, model: str) -> set[str]:
        """The parameters that a server was found not to take for a model, e.g. `temperature`."""
        rows = self._rows("SELECT parameter FROM refused_parameters WHERE server = ? AND model = ?", (server, model))
        return {str(row["parameter"]) for row in rows}

    def save_refused_parameter(self, *, server: str, model: str, parameter: str) -> None:
        """Remember it, for this and every later batch."""
        with self.write():
            self._connection.execute(
                "INSERT OR IGNORE INTO refused_parameters (server, model, parameter) VALUES (?, ?, ?)",
                (server, model, parameter),
            )

    def save_server_mode(self, *, server: str, model: str, mode: str) -> None:
        """Remember it, for this and every later batch."""
        with self.write():
            self._connection.execute(
                "INSERT INTO server_modes (server, model, mode) VALUES (?, ?, ?) "
                "ON CONFLICT DO UPDATE SET mode = excluded.mode",
                (server, model, mode),
            )
