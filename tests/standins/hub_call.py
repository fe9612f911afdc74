"""Who asks the Hub for what: tokens, what they allow, and one request on its way to its route."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from tests.standins.hub_errors import HubError, gated, repo_not_found
from tests.standins.hub_repos import Repo
from tests.standins.hub_xet_store import XetStore
from tests.standins.wire import Reply, Request


@dataclass(frozen=True, slots=True)
class Token:
    """An access token: whose it is, what it may do, and in which namespaces beside the user's own."""

    user: str
    role: str = "write"
    """`read`, `write` or `fineGrained` (which may write here)."""
    orgs: tuple[str, ...] = ()

    def owns(self, repo_id: str) -> bool:
        """Whether the repository is in a namespace of the token's user."""
        return repo_id.split("/")[0] in (self.user, *self.orgs)

    def to_whoami(self) -> dict[str, Any]:
        """What `whoami` tells about it."""
        access: dict[str, Any] = {"displayName": f"{self.role} token", "role": self.role}
        if self.role == "fineGrained":
            entity = {"type": "user", "name": self.user}
            scoped = [{"entity": entity, "permissions": ["repo.content.read", "repo.write"]}]
            access["fineGrained"] = {"canReadGatedRepos": True, "global": [], "scoped": scoped}
        return {
            "type": "user",
            "id": f"id-{self.user}",
            "name": self.user,
            "fullname": self.user.title(),
            "email": f"{self.user}@example.com",
            "isPro": False,
            "orgs": [{"type": "org", "name": org, "roleInOrg": "write"} for org in self.orgs],
            "auth": {"type": "access_token", "accessToken": access},
        }


@dataclass(slots=True)
class HubState:
    """Everything that a Hub remembers."""

    tokens: dict[str, Token]
    repos: dict[str, Repo] = field(default_factory=dict)
    blobs: dict[str, bytes] = field(default_factory=dict, repr=False)
    """Large files by SHA-256: uploaded, not necessarily committed."""
    xet: XetStore = field(default_factory=XetStore)
    tree_page_size: int = 1000


@dataclass(slots=True)
class Call:
    """One request with its sender and the variable parts of its path."""

    state: HubState
    request: Request
    endpoint: str
    token: Token | None
    params: dict[str, str]

    @property
    def user(self) -> str:
        """Name of the sender; only for routes that have checked for one."""
        return self.token.user if self.token else "anonymous"

    def check_signed_in(self) -> Token:
        """The sender's token; raises HubError without one."""
        if self.token is None:
            raise HubError(401, "Invalid username or password.")
        return self.token

    def get_repo(self, *, with_files: bool = False) -> Repo:
        """The repository in the path, if the sender may see it.

        Args:
            with_files: whether the files' contents are asked for, which a gated repository refuses to most.
        """
        repo = self.state.repos.get(self.params["id"])
        is_owner = self.token is not None and repo is not None and self.token.owns(repo.id)
        if repo is None or (repo.private and not is_owner):
            raise repo_not_found(signed_in=self.token is not None)
        if with_files and repo.gated and not is_owner:
            raise gated(repo.id, signed_in=self.token is not None)
        return repo

    def get_writable_repo(self, *, as_pull_request: bool = False) -> Repo:
        """The repository in the path, if the sender may change it or propose a change."""
        repo = self.get_repo()
        token = self.check_signed_in()
        if token.role == "read" or not (as_pull_request or token.owns(repo.id)):
            hint = "" if as_pull_request else ": pass `create_pr=1` as a query parameter to create a Pull Request"
            raise HubError(403, f"Forbidden{hint}")
        return repo


Route = Callable[[Call], Reply]
"""Answers one kind of request; raises HubError."""


def authenticate(state: HubState, request: Request) -> Token | None:
    """The sender's token, None for an anonymous request; raises HubError for a token that nobody has."""
    scheme, _, secret = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer":
        return None
    if secret not in state.tokens:
        raise HubError(401, "Invalid credentials in Authorization header")
    return state.tokens[secret]
