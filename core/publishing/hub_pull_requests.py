"""Pull requests of ours that are open already: the same contents are proposed once."""

from typing import NamedTuple

from huggingface_hub import HfApi

from core.publishing.files import CommitFiles
from core.publishing.hub_calls import Calls
from core.publishing.hub_tree import holds_files, list_tree

_LOOKED_AT = 10
"""The newest open ones with our title."""


class PullRequest(NamedTuple):
    """One that holds what is to be published."""

    url: str
    reference: str
    """What it is read by, e.g. `refs/pr/3`."""
    revision: str


def find_pull_request(api: HfApi, repo: str, title: str, files: CommitFiles, calls: Calls) -> PullRequest | None:
    """The newest open pull request with this title that holds exactly these files, or None."""

    def load() -> list[int]:
        found = api.get_repo_discussions(
            repo, repo_type="dataset", discussion_type="pull_request", discussion_status="open"
        )
        return sorted((item.num for item in found if item.title == title), reverse=True)

    for number in calls.run(load)[:_LOOKED_AT]:
        reference = f"refs/pr/{number}"
        if holds_files(list_tree(api, repo, reference, calls), files):
            info = calls.run(lambda at=reference: api.dataset_info(repo, revision=at))  # type: ignore[misc]
            return PullRequest(f"{api.endpoint}/datasets/{repo}/discussions/{number}", reference, info.sha or "")
    return None
