"""The only writer to the Hub: one commit, read back before anything is claimed.

Imported only when a repository is published to: huggingface_hub reads its address when it is imported.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

from huggingface_hub import CommitOperationAdd, CommitOperationDelete

from core.errors import JobStopped, PublishConflictError, PublishError, TraceHintsError, UsageError
from core.progress import Progress
from core.publishing.files import CommitFiles, hash_file
from core.publishing.hub_calls import ERRORS, Calls, HubTimeoutError
from core.publishing.hub_commit import Commit, CommitLostError, CommitWish, make_commit
from core.publishing.hub_errors import translate_error
from core.publishing.hub_pull_requests import find_pull_request
from core.publishing.hub_target import HARMLESS, HubTarget, check_seen
from core.publishing.hub_tree import holds_files, list_tree, load_file
from core.publishing.layouts import OUR_FOLDERS
from core.publishing.options import Seen

_KEPT = frozenset({".gitattributes"})
_LOADED = 50
"""Of more files than these, the last ones are loaded, tables and manifest among them; the Hub's hashes say the rest."""


class HubResult(NamedTuple):
    """What holds the files after publishing."""

    revision: str
    is_unchanged: bool
    pull_request: str | None = None


class Listener(NamedTuple):
    """Who notes how far a commit got; each is called once."""

    before_commit: Callable[[str | None], None]
    """Hears the parent, right before the commit is made."""
    refused: Callable[[], None]
    """It was not made, and never will be."""
    after_commit: Callable[[HubResult], None]
    """It is made; nothing is read back yet."""


def publish_files(
    target: HubTarget,
    files: CommitFiles,
    *,
    seen: Seen | None,
    title: str,
    as_pull_request: bool = False,
    must_verify: bool = False,
    listener: Listener,
    calls: Calls,
    progress: Progress,
) -> HubResult:
    """The commit that holds exactly these files, made, read back and compared; none if they are there already.

    Args:
        target: As `find_target` found it.
        files: The commit's files.
        seen: What the preview showed, if there was one.
        title: Of the commit.
        as_pull_request: Propose it instead.
        must_verify: Read back also what is there already: an earlier try did not get that far.
        listener: Notes how far it got.
        calls: Their `on_wait` may stop the upload; nothing stops the commit.
        progress: May stop everything up to the commit.

    Raises:
        PublishConflictError: The repository is not as the preview saw it, or changed in this moment.
        PublishError: The message says whether the repository is unchanged or holds the commit.
        JobStopped: `progress` asked to stop; nothing was published.
    """
    with _unchanged_said(target):
        there = _find_there(target, files, title, calls, as_pull_request=as_pull_request)
    if there is not None and not must_verify:
        return HubResult(there.revision, is_unchanged=True, pull_request=there.pull_request)
    if there is None:
        with _unchanged_said(target):
            check_seen(target, seen)
    commit = there or _commit(target, files, title, calls, progress, listener, as_pull_request=as_pull_request)
    result = HubResult(commit.revision, is_unchanged=there is not None, pull_request=commit.pull_request)
    listener.after_commit(result)
    _read_back(target, commit, files, calls, progress)
    return result


def _find_there(
    target: HubTarget, files: CommitFiles, title: str, calls: Calls, *, as_pull_request: bool
) -> Commit | None:
    if not list_stale(target, files) and holds_files(target.tree, files):
        return Commit(target.head or "", target.head or "")
    if not as_pull_request:
        return None
    try:
        found = find_pull_request(target.api, target.repo, title, files, calls)
    except ERRORS as error:
        raise translate_error(error, target.repo) from None
    return None if found is None else Commit(found.revision, found.reference, found.url)


def _commit(
    target: HubTarget,
    files: CommitFiles,
    title: str,
    calls: Calls,
    progress: Progress,
    listener: Listener,
    *,
    as_pull_request: bool,
) -> Commit:
    with _unchanged_said(target):
        if target.head is None:
            progress("creating the repository")
            target = _create(target, calls)
        additions = [CommitOperationAdd(path, str(files.folder / path)) for path in files.paths]
        progress("uploading")
        # in a call of its own: this may take long and be given up, and nothing is committed by it
        upload = partial(
            target.api.preupload_lfs_files, target.repo, additions, repo_type="dataset", create_pr=as_pull_request
        )
        calls.run(upload, carries_data=True)
        progress("committing")
        listener.before_commit(target.head)
    calls.forbid_stopping()
    operations: list[CommitOperationAdd | CommitOperationDelete] = [
        *additions,
        *(CommitOperationDelete(path) for path in list_stale(target, files)),
    ]
    wish = CommitWish(target.repo, target.head or "", title, as_pull_request)
    try:
        with _unchanged_said(target):
            return make_commit(target.api, wish, operations, files, calls)
    except (CommitLostError, HubTimeoutError):
        # it may be there, or come to be there; whoever looks next finds out
        raise
    except TraceHintsError:
        listener.refused()
        raise


@contextmanager
def _unchanged_said(target: HubTarget) -> Iterator[None]:
    """Errors in the block end with what that means for the repository."""
    try:
        yield
    except CommitLostError:
        raise
    except (*ERRORS, TraceHintsError) as error:
        translated = translate_error(error, target.repo)
        if isinstance(translated, PublishConflictError):
            raise PublishConflictError(f"{translated} Nothing was published.") from None
        # others of these kinds are told apart by their class
        if type(translated) in (JobStopped, PublishError, HubTimeoutError, UsageError):
            raise type(translated)(f"{translated} {target.unchanged}") from None
        raise translated from None


def list_stale(target: HubTarget, files: CommitFiles) -> list[str]:
    """Files that a publication of these files removes."""
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
    if set(tree) - HARMLESS or (target.is_private and not info.private):
        raise PublishConflictError(f"Somebody else made {repo} meanwhile. Look at a new preview, then publish again.")
    return target._replace(head=info.sha, tree=tree)


def _read_back(target: HubTarget, commit: Commit, files: CommitFiles, calls: Calls, progress: Progress) -> None:
    what = f"Commit {commit.revision} is in {target.repo}"
    if commit.pull_request:
        what = f"Pull request {commit.pull_request} is open"
    try:
        wrong = _find_wrong(target, commit, files, calls, progress)
    except (*ERRORS, PublishError) as error:
        reason = translate_error(error, target.repo)
        raise PublishError(
            f"{what}, but could not be read back. {reason} The next publication compares it again."
        ) from None
    if wrong is not None:
        raise PublishError(f"{what}, but {wrong}. Publish again.")


def _find_wrong(target: HubTarget, commit: Commit, files: CommitFiles, calls: Calls, progress: Progress) -> str | None:
    """What is not there as it was sent, or None."""
    tree = list_tree(target.api, target.repo, commit.reference, calls)
    loaded = files.paths[-_LOADED:]
    for number, path in enumerate(loaded):
        # the commit is made: whoever wants to stop now gets to know how it ended all the same
        with suppress(JobStopped):
            progress("reading back", done=number, total=len(loaded))
        with TemporaryDirectory() as folder:
            found = load_file(target.api, target.repo, commit.reference, path, Path(folder), calls)
            if hash_file(found) != files.read_hash(path):
                return f"{path} there is not what was sent"
    if not holds_files(tree, files):
        return "not every file there is what was sent"
    if list_stale(target._replace(tree=tree), files):
        return "files that should be gone are still there"
    return None
