"""Errors as the Hub answers them: the client tells them apart by `X-Error-Code`."""

from tests.standins.wire import Reply, json_reply


class HubError(Exception):
    """An answer that is not a success."""

    def __init__(self, status: int, message: str, *, code: str = "", headers: dict[str, str] | None = None) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.headers = headers or {}

    def to_reply(self) -> Reply:
        """The reply that carries this error."""
        one_line = str(self).encode("ascii", "replace").decode().replace("\n", " ")
        headers = {"X-Error-Message": one_line, **self.headers}
        if self.code:
            headers["X-Error-Code"] = self.code
        return json_reply({"error": str(self)}, status=self.status, headers=headers)


def repo_not_found(*, signed_in: bool) -> HubError:
    """The Hub does not say whether a repository is missing or private."""
    if signed_in:
        return HubError(404, "Repository not found", code="RepoNotFound")
    return HubError(401, "Invalid username or password.", code="RepoNotFound")


def revision_not_found(revision: str) -> HubError:
    """No such branch, tag or commit."""
    return HubError(404, f"Invalid rev id: {revision}", code="RevisionNotFound")


def entry_not_found(path: str, sha: str) -> HubError:
    """No such file at that commit."""
    return HubError(404, f"{path} does not exist", code="EntryNotFound", headers={"X-Repo-Commit": sha})


def gated(repo_id: str, *, signed_in: bool) -> HubError:
    """The files need an approved request."""
    message = f"Access to dataset {repo_id} is restricted and you are not in the authorized list."
    return HubError(403 if signed_in else 401, message, code="GatedRepo")
