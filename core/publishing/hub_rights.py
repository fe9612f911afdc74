"""Whose token it is and what it may do, asked before anything is built."""

from collections.abc import Mapping
from typing import Any, NamedTuple

from core.errors import PublishError

_WRITE = "repo.write"


class Rights(NamedTuple):
    """What the Hub says of a token."""

    user: str
    role: str
    """`read`, `write`, `fineGrained`, or empty if the Hub does not say."""
    organisations: tuple[str, ...] = ()
    writable: frozenset[str] | None = None
    """Users, organisations and repositories that a fine-grained token may write to; None: it does not say."""

    def may_create_in(self, owner: str) -> bool:
        """True unless the Hub is known to refuse a new repository there."""
        is_own = owner in (self.user, *self.organisations)
        return is_own and self.role != "read" and (self.writable is None or owner in self.writable)


def read_rights(answer: Mapping[str, Any]) -> Rights:
    """The rights in an answer of `whoami`.

    Source: `/api/whoami-v2` of the Hub.
    """
    token = (answer.get("auth") or {}).get("accessToken") or {}
    role = str(token.get("role") or "")
    scopes = (token.get("fineGrained") or {}).get("scoped") if role == "fineGrained" else None
    writable = None
    if isinstance(scopes, list):
        writable = frozenset(
            str(scope["entity"]["name"])
            for scope in scopes
            if _WRITE in (scope.get("permissions") or ()) and (scope.get("entity") or {}).get("name")
        )
    organisations = tuple(str(item["name"]) for item in answer.get("orgs") or () if item.get("name"))
    return Rights(str(answer["name"]), role, organisations, writable)


def check_may_publish(rights: Rights, repo: str, *, is_there: bool) -> None:
    """Refuse what the token's rights alone show to be impossible.

    Raises:
        PublishError: It may only read; or the repository would have to be made where it may make none.
    """
    owner = repo.split("/")[0]
    if rights.role == "read":
        raise PublishError(
            f"The token may not write to {repo}: it is one of {rights.user} that may only read. "
            "Set HF_TOKEN to one that may write."
        )
    if is_there or rights.may_create_in(owner):
        return
    if owner not in (rights.user, *rights.organisations):
        known = ", ".join((rights.user, *rights.organisations))
        raise PublishError(
            f"The token may not write to {repo}: there is no such repository, and {owner} is neither its user nor one "
            f"of the user's organisations ({known}). Check the name, or set HF_TOKEN to a token of {owner}."
        )
    raise PublishError(
        f"The token may not write to {repo}: it is fine-grained and has no write access to {owner}. "
        "Give it that on the Hub, or set HF_TOKEN to another one."
    )
