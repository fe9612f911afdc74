"""A repository as it was found before anything is built: what it holds, whose it is, and what the token may do.

Imported only when a repository is published to: huggingface_hub reads its address when it is imported.
"""

from collections.abc import Mapping
from hashlib import sha256
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

from huggingface_hub import HfApi, get_token
from huggingface_hub.errors import RepositoryNotFoundError
from huggingface_hub.utils.tqdm import disable_progress_bars

from core.errors import PublishConflictError, PublishError, UsageError
from core.publishing import manifest
from core.publishing.files import CARD_PATH
from core.publishing.hub_calls import ERRORS, Calls, set_timeouts
from core.publishing.hub_errors import NO_TOKEN, translate_error
from core.publishing.hub_rights import Rights, check_may_publish, read_rights
from core.publishing.hub_tree import HeldFile, list_tree, load_file
from core.publishing.manifest import ManifestHead, ManifestSource
from core.publishing.options import PublishOptions, Seen
from core.settings import Settings

HARMLESS = frozenset({".gitattributes", ".gitignore", CARD_PATH, "LICENSE", "LICENSE.md", "LICENSE.txt"})
"""What a repository without data may hold."""


class HubTarget(NamedTuple):
    """A repository as it was found; `head` guards the commit against anybody else's."""

    api: HfApi
    rights: Rights
    repo: str
    head: str | None
    """None: the repository does not exist yet."""
    tree: Mapping[str, HeldFile]
    manifest: ManifestHead | None
    """What it holds now, if it is ours."""
    manifest_sha256: str | None
    is_ours: bool
    """True if it holds tasks of the same dataset, or nothing."""
    is_private: bool

    @property
    def url(self) -> str:
        """The repository's page."""
        return f"{self.api.endpoint}/datasets/{self.repo}"

    @property
    def unchanged(self) -> str:
        """What to say of it when nothing was published."""
        return "Nothing was published." if self.head is None else f"{self.repo} is unchanged."

    @property
    def is_empty(self) -> bool:
        """True if it holds no data of anybody."""
        return not set(self.tree) - HARMLESS


def find_target(options: PublishOptions, *, source: ManifestSource, settings: Settings, calls: Calls) -> HubTarget:
    """The repository to publish to, and the token's rights. Nothing is written yet.

    Raises:
        PublishError: It holds something else, is public although a private one was asked for, may not be written to,
            or cannot be reached.
        UsageError: There is no token.
    """
    disable_progress_bars()
    set_timeouts()
    repo = options.repo or ""
    token = settings.hf_token.get_secret_value() if settings.hf_token else get_token()
    if not token:
        raise UsageError(NO_TOKEN)
    api = HfApi(endpoint=settings.hf_endpoint, token=token)
    try:
        rights = read_rights(calls.run(api.whoami))
        repo = repo if "/" in repo else f"{rights.user}/{repo}"
        return _look(api, rights, repo, options, source, calls)
    except ERRORS as error:
        raise translate_error(error, repo) from None


def _look(
    api: HfApi, rights: Rights, repo: str, options: PublishOptions, source: ManifestSource, calls: Calls
) -> HubTarget:
    try:
        info = calls.run(lambda: api.dataset_info(repo))
    except RepositoryNotFoundError:
        check_may_publish(rights, repo, is_there=False)
        if options.create_pr:
            raise PublishError(
                f"There is no {repo} that a pull request could change, or the token may not see it. Check the name."
            ) from None
        return HubTarget(api, rights, repo, None, {}, None, None, is_ours=True, is_private=options.private)
    check_may_publish(rights, repo, is_there=True)
    if not options.create_pr:
        calls.run(lambda: api.auth_check(repo, repo_type="dataset", write=True))
    if options.private and not info.private:
        raise PublishError(f"{repo} exists and is public. Make it private in its settings, or name another repository.")
    head = info.sha or "main"
    tree = list_tree(api, repo, head, calls)
    found, digest = _load_manifest(api, repo, head, tree, calls)
    target = HubTarget(api, rights, repo, head, tree, found, digest, is_ours=False, is_private=bool(info.private))
    is_ours = target.is_empty or (found is not None and found.source.is_same_dataset(source))
    if not is_ours and not options.replace:
        what = "other data" if found is None else f"tasks of another dataset ({found.source.dataset})"
        raise PublishError(f"{repo} holds {what}. Name another repository, or give --replace to replace everything.")
    return target._replace(is_ours=is_ours)


def check_seen(target: HubTarget, seen: Seen | None) -> None:
    """Refuse a repository that is not as the preview saw it.

    Raises:
        PublishConflictError: Somebody committed to it, made it, or removed it.
    """
    # what a try of ours left empty is as good as a repository that is not there
    if seen is None or target.head == seen.head or (seen.head is None and target.is_empty):
        return
    raise PublishConflictError(
        f"Somebody changed {target.repo} since the preview. Look at a new preview, then publish again."
    )


def _load_manifest(
    api: HfApi, repo: str, revision: str, tree: Mapping[str, HeldFile], calls: Calls
) -> tuple[ManifestHead | None, str | None]:
    file = tree.get(manifest.FILE_NAME)
    if file is None or file.size > manifest.MAX_BYTES:
        return None, None
    with TemporaryDirectory() as folder:
        content = load_file(api, repo, revision, manifest.FILE_NAME, Path(folder), calls).read_bytes()
    return manifest.parse_manifest(content), sha256(content).hexdigest()
