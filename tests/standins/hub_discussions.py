"""The Hub's routes for discussions and pull requests, as far as the client reads them."""

from typing import Any

from tests.standins.hub_call import Call
from tests.standins.hub_errors import HubError
from tests.standins.hub_repos import Discussion, Repo
from tests.standins.hub_write import open_discussion
from tests.standins.wire import Reply, json_reply


def list_discussions(call: Call) -> Reply:
    """All discussions, newest first, on one page."""
    repo = call.get_repo()
    listing = [_summary(repo, discussion) for discussion in reversed(repo.discussions)]
    return json_reply({"discussions": listing, "count": len(listing), "start": 0})


def create_discussion(call: Call) -> Reply:
    """A discussion, or a pull request without changes yet."""
    call.check_signed_in()
    repo, wanted = call.get_repo(), call.request.json()
    base = "refs/heads/main" if wanted.get("pullRequest") else None
    discussion = open_discussion(repo, wanted["title"], author=call.user, base=base)
    if base:
        repo.refs[f"refs/pr/{discussion.number}"] = repo.refs[base]
    return json_reply(_summary(repo, discussion))


def show_discussion(call: Call) -> Reply:
    """One discussion with its details."""
    repo = call.get_repo()
    return json_reply(_details(repo, _get(repo, call)))


def merge_pull_request(call: Call) -> Reply:
    """Put the pull request's files onto its base."""
    repo = call.get_writable_repo()
    discussion = _get(repo, call)
    if not discussion.is_pull_request or discussion.status != "open":
        raise HubError(400, "only an open pull request can be merged")
    files = repo.get_commit(f"refs/pr/{discussion.number}").files
    merged = repo.add_commit(discussion.base, files, title=discussion.title, description="", author=call.user)
    discussion.status, discussion.merge_commit = "merged", merged.sha
    return json_reply(_details(repo, discussion))


def _get(repo: Repo, call: Call) -> Discussion:
    number = int(call.params["number"])
    if not 1 <= number <= len(repo.discussions):
        raise HubError(404, f"Discussion {number} not found")
    return repo.discussions[number - 1]


def _summary(repo: Repo, discussion: Discussion) -> dict[str, Any]:
    return {
        "num": discussion.number,
        "title": discussion.title,
        "status": discussion.status,
        "isPullRequest": discussion.is_pull_request,
        "author": {"name": discussion.author},
        "createdAt": discussion.created_at,
        "repo": {"name": repo.id, "type": "dataset"},
    }


def _details(repo: Repo, discussion: Discussion) -> dict[str, Any]:
    details = _summary(repo, discussion) | {"events": []}
    if discussion.is_pull_request:
        details["changes"] = {"base": discussion.base, "mergeCommitId": discussion.merge_commit}
        details["filesWithConflicts"] = []
    return details
