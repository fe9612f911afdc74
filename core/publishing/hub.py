"""The only writer to the Hub: one commit, read back before anything is claimed.

Imported only when a repository is published to: huggingface_hub reads its address when it is imported.
"""

from collections.abc import Mapping
from contextlib import suppress
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

from huggingface_hub import CommitOperationAdd, CommitOperationDelete, HfApi, get_token
from huggingface_hub.errors import RepositoryNotFoundError
from huggingface_hub.hf_api import RepoFile
from huggingface_hub.utils.tqdm import disable_progress_bars

from core.errors import JobStopped, PublishError, UsageError
from core.progress import Progress
from core.publishing import manifest
from core.publishing.files import CARD_PATH, CommitFiles, hash_file
from core.publishing.hub_calls import ERRORS, Calls, HubTimeoutError, set_timeouts
from core.publishing.hub_commit import commit_files
from core.publishing.hub_errors import NO_TOKEN, translate_error
from core.publishing.hub_tree import holds_files, list_tree, load_file
from core.publishing.layouts import OUR_FOLDERS
from core.publishing.manifest import ManifestHead, ManifestSource
from core.settings import Settings

_HARMLESS = frozenset({".gitattributes", ".gitignore", CARD_PATH, "LICENSE", "LICENSE.md", "LICENSE.txt"})
"""What a repository without data may hold."""
_KEPT = frozenset({".gitattributes"})


class HubTarget(NamedTuple):
    """A repository as it was found; `head` guards the commit against anybody else's."""

    api: HfApi
    repo: str
    head: str | None
    """None: the repository does not exist yet."""
    tree: Mapping[str, RepoFile]
    manifest: ManifestHead | None
    """What it holds now, if it is ours."""
    is_ours: bool
    """True if it holds tasks of the same dataset, or nothing."""
    is_private: bool

    @property
    def url(self) -> str:
        """The repository's page."""
        return f"{self.api.endpoint}/datasets/{self.repo}"


class HubResult(NamedTuple):
    """What the repository's head is after publishing."""

    revision: str
    is_unchanged: bool


def find_target(
    repo: str, *, source: ManifestSource, private: bool, replace: bool, settings: Settings, calls: Calls
) -> HubTarget:
    """The repository to publish to. Nothing is written yet.

    Raises:
        PublishError: It holds something else, is public although a private one was asked for, or cannot be reached.
        UsageError: There is no token.
    """
    disable_progress_bars()
    set_timeouts()
    token = settings.hf_token.get_secret_value() if settings.hf_token else get_token()
    if not token:
        raise UsageError(NO_TOKEN)
    api = HfApi(endpoint=settings.hf_endpoint, token=token)
    try:
        if "/" not in repo:
            repo = f"{calls.run(api.whoami)['name']}/{repo}"
        return _look(api, repo, source=source, private=private, replace=replace, calls=calls)
    except ERRORS as error:
        raise translate_error(error, repo) from None


def _look(api: HfApi, repo: str, *, source: ManifestSource, private: bool, replace: bool, calls: Calls) -> HubTarget:
    try:
        info = calls.run(lambda: api.dataset_info(repo))
    except RepositoryNotFoundError:
        return HubTarget(api, repo, None, {}, None, is_ours=True, is_private=private)
    calls.run(lambda: api.auth_check(repo, repo_type="dataset", write=True))
    if private and not info.private:
        raise PublishError(f"{repo} exists and is public. Make it private in its settings, or name another repository.")
    head = info.sha or "main"
    tree = list_tree(api, repo, head, calls)
    found = _load_manifest(api, repo, head, tree, calls)
    is_empty = not set(tree) - _HARMLESS
    is_ours = is_empty or (found is not None and found.source.is_same_dataset(source))
    if not is_ours and not replace:
        what = "other data" if found is None else f"tasks of another dataset ({found.source.dataset})"
        raise PublishError(f"{repo} holds {what}. Name another repository, or give --replace to replace everything.")
    return HubTarget(api, repo, head, tree, found, is_ours=is_ours, is_private=bool(info.private))


def publish_files(target: HubTarget, files: CommitFiles, *, calls: Calls, progress: Progress) -> HubResult:
    """The commit that holds exactly these files, made, read back and compared; none if they are there already.

    Args:
        target: As `find_target` found it.
        files: The commit's files.
        calls: Their `on_wait` may stop the upload; nothing stops the commit.
        progress: May stop everything up to the commit.

    Raises:
        PublishError: Nothing was published; or the message says that the commit is in place and what is wrong.
    """
    stale = _list_stale(target, files)
    if not stale and holds_files(target.tree, files):
        return HubResult(target.head or "", is_unchanged=True)
    try:
        if target.head is None:
            progress("creating the repository")
            target = _create(target, calls)
        additions = [CommitOperationAdd(path, str(files.folder / path)) for path in files.paths]
        progress("uploading")
        # in a call of its own: this may take long and be given up, and nothing is committed by it
        calls.run(
            partial(target.api.preupload_lfs_files, target.repo, additions, repo_type="dataset"), carries_data=True
        )
        progress("committing")
        calls.forbid_stopping()
        operations: list[CommitOperationAdd | CommitOperationDelete] = [
            *additions,
            *(CommitOperationDelete(path) for path in stale),
        ]
        revision = commit_files(target.api, target.repo, target.head or "", operations, files, calls)
    except ERRORS as error:
        raise translate_error(error, target.repo) from None
    _read_back(target, revision, files, calls, progress)
    return HubResult(revision, is_unchanged=False)


def _list_stale(target: HubTarget, files: CommitFiles) -> list[str]:
    others = sorted(set(target.tree) - set(files.paths))
    if target.is_ours:
        return [path for path in others if path.startswith(OUR_FOLDERS)]
    return [path for path in others if path not in _KEPT]


def _create(target: HubTarget, calls: Calls) -> HubTarget:
    api, repo = target.api, target.repo
    # None leaves an organisation's default alone, which may be private
    calls.run(lambda: api.create_repo(repo, repo_type="dataset", private=target.is_private or None, exist_ok=True))
    info = calls.run(lambda: api.dataset_info(repo))
    tree = list_tree(api, repo, info.sha or "main", calls)
    if set(tree) - _HARMLESS or (target.is_private and not info.private):
        raise PublishError(f"Somebody else made {repo} meanwhile. Publish again.")
    return target._replace(head=info.sha, tree=tree)


def _load_manifest(
    api: HfApi, repo: str, revision: str, tree: Mapping[str, RepoFile], calls: Calls
) -> ManifestHead | None:
    file = tree.get(manifest.FILE_NAME)
    if file is None or file.size > manifest.MAX_BYTES:
        return None
    with TemporaryDirectory() as folder:
        return manifest.parse_manifest(load_file(api, repo, revision, file.path, Path(folder), calls).read_bytes())


def _read_back(target: HubTarget, revision: str, files: CommitFiles, calls: Calls, progress: Progress) -> None:
    what = f"Commit {revision} is in {target.repo}"
    try:
        for number, path in enumerate(files.paths):
            # the commit is made: whoever wants to stop now gets to know how it ended all the same
            with suppress(JobStopped):
                progress("reading back", done=number, total=len(files.paths))
            with TemporaryDirectory() as folder:
                loaded = load_file(target.api, target.repo, revision, path, Path(folder), calls)
                is_same = hash_file(loaded) == files.read_hash(path)
            if not is_same:
                raise PublishError(f"{what}, but {path} there is not what was sent. Publish again.")
        if _list_stale(target._replace(tree=list_tree(target.api, target.repo, revision, calls)), files):
            raise PublishError(f"{what}, but files that should be gone are still there. Publish again.")
    except (*ERRORS, HubTimeoutError) as error:
        reason = translate_error(error, target.repo)
        raise PublishError(f"{what}, but could not be read back. {reason}") from None
