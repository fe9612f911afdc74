"""A stand-in for the Hugging Face Hub, for datasets. To run it: `python -m tests.standins.hub --port 8002`.

Example:
    with HubServer() as hub:
        hub.add_dataset("acme/traces", {"data/train-00000-of-00001.parquet": path})
        subprocess.run(command, env=os.environ | hub.environment(home=tmp_path))
"""

import base64
import threading
from argparse import ArgumentParser, RawDescriptionHelpFormatter
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, ClassVar

from tests.standins.faults import Fault
from tests.standins.hub_call import Call, HubState, Token, authenticate
from tests.standins.hub_errors import HubError
from tests.standins.hub_repos import MAIN, Commit, Repo, is_lfs_path, store_file
from tests.standins.hub_routes import Match, find_route
from tests.standins.process import add_common_arguments, run_until_stopped
from tests.standins.records import Record
from tests.standins.standin import StandIn
from tests.standins.wire import Reply, Request, json_reply

WRITE_TOKEN = "hf_standin_write"
READ_TOKEN = "hf_standin_read"
DEFAULT_TOKENS = {
    WRITE_TOKEN: Token("tester", role="write", orgs=("test-org",)),
    READ_TOKEN: Token("tester", role="read", orgs=("test-org",)),
}


class HubServer(StandIn):
    """A Hub under a test's control; by default `WRITE_TOKEN` may write to `tester/...` and `test-org/...`."""

    KNOWN_FAULTS: ClassVar[frozenset[str]] = frozenset({"then_drop", "then_504", "commit_then_drop", "commit_then_504"})

    def __init__(
        self,
        *,
        tokens: Mapping[str, Token] = DEFAULT_TOKENS,
        tree_page_size: int = 1000,
        faults: Iterable[Fault | Mapping[str, Any]] = (),
        port: int = 0,
    ) -> None:
        """Prepare an empty Hub; it listens from `start()` or `with` on.

        Args:
            tokens: secret -> whose it is and what it may do.
            tree_page_size: entries of a tree per page.
            faults: see `Fault`; `stage` is a name from `hub_routes`, e.g. `preupload`, `commit`, `xet`.
            port: 0 takes a free one.
        """
        super().__init__(port=port, faults=faults)
        self._state = HubState(dict(tokens), tree_page_size=tree_page_size)
        self._lock = threading.RLock()  # the state belongs to the server's thread and to the test's

    @property
    def request_log(self) -> list[Record]:
        """The same as `requests`."""
        return self.requests

    def environment(self, *, home: Path, token: str | None = WRITE_TOKEN, xet: bool = True) -> dict[str, str]:
        """What a client's process needs in its environment to use this Hub and nothing else.

        Args:
            home: the client's cache folder, e.g. below `tmp_path`.
            token: None for an anonymous client.
            xet: False makes the client use LFS and plain HTTP.
        """
        return client_environment(self.url, home=home, token=token, xet=xet)

    def add_dataset(
        self,
        repo_id: str,
        files: Mapping[str, bytes | str | Path],
        *,
        private: bool = False,
        gated: str | None = None,
        title: str = "Upload dataset",
    ) -> Commit:
        """The commit that puts these files into a dataset, which is created if it is new.

        Args:
            repo_id: e.g. `acme/traces`.
            files: path -> content, text, or a file to read it from.
            private: only for a new dataset.
            gated: `auto` or `manual`; only for a new dataset.
            title: of the commit.
        """
        with self._lock:
            author = repo_id.split("/")[0]
            if repo_id not in self._state.repos:
                self._state.repos[repo_id] = Repo(repo_id, author=author, private=private, gated=gated)
            repo = self._state.repos[repo_id]
            stored = {path: store_file(read_content(it), is_lfs=is_lfs_path(path)) for path, it in files.items()}
            self._state.blobs |= {file.sha256: file.content for file in stored.values() if file.is_lfs}
            everything = {**repo.get_commit(MAIN).files, **stored}
            return repo.add_commit(MAIN, everything, title=title, description="", author=author)

    def repo(self, repo_id: str) -> Repo:
        """The repository itself: `private`, `refs`, `discussions`; raises KeyError."""
        return self._state.repos[repo_id]

    def files(self, repo_id: str, revision: str = "main") -> dict[str, bytes]:
        """Path -> content at a revision."""
        with self._lock:
            commit = self.repo(repo_id).get_commit(revision)
            return {path: file.content for path, file in sorted(commit.files.items())}

    def commits(self, repo_id: str, revision: str = "main") -> list[Commit]:
        """The history, oldest first: `[0]` is the Hub's own "initial commit", `[-1]` the head."""
        with self._lock:
            return self.repo(repo_id).list_commits(revision)

    def control(self, request: Request) -> Reply:
        """Also `POST datasets`, `GET files?repo=`, `GET commits?repo=` and `GET repos`."""
        repo_id = request.query.get("repo", [""])[-1]
        revision = request.query.get("revision", ["main"])[-1]
        match request.method, request.path.removeprefix("/_control/"):
            case "POST", "datasets":
                wanted = request.json()
                files = {path: base64.b64decode(text) for path, text in wanted.pop("files").items()}
                return json_reply({"sha": self.add_dataset(wanted.pop("repo"), files, **wanted).sha})
            case "GET", "files":
                contents = self.files(repo_id, revision)
                return json_reply({path: base64.b64encode(it).decode() for path, it in contents.items()})
            case "GET", "commits":
                return json_reply([_describe(commit) for commit in self.commits(repo_id, revision)])
            case "GET", "repos":
                with self._lock:
                    repos = [{"id": r.id, "private": r.private, "refs": r.refs} for r in self._state.repos.values()]
                return json_reply(repos)
        return super().control(request)

    async def answer(self, request: Request, record: Record) -> Reply | None:
        """The reply to one request, see `StandIn.answer`."""
        found = find_route(request.method, request.path)
        record.stage = found.stage if found else "unknown"
        fault = self.faults.find(
            method=request.method,
            path=request.path,
            body=request.body,
            stage=record.stage,
            applies=lambda rule: not rule.fault.startswith("commit_") or record.stage == "commit",
        )
        if fault is None:
            return self._route(request, found)
        record.fault = fault.fault
        return await self._answer_faulty(request, found, fault)

    async def _answer_faulty(self, request: Request, found: Match | None, fault: Fault) -> Reply | None:
        match fault.fault.removeprefix("commit_"):
            case "drop" | "hang":
                await fault.wait()
                return None
            case "slow" | "cut":
                await fault.wait()
                reply = self._route(request, found)
                reply.cut = fault.fault == "cut"
                return reply
            case "html":
                return Reply(200, b"<!doctype html><h1>Sign in</h1>", {"Content-Type": "text/html"})
            case "then_drop":
                self._route(request, found)
                return None
            case "then_504":
                self._route(request, found)
                return HubError(504, "Gateway Timeout", headers=fault.reply_headers()).to_reply()
        message = fault.message or f"The stand-in was told to answer {fault.fault}."
        error = HubError(int(fault.fault), message, code=fault.code or "", headers=fault.reply_headers())
        return error.to_reply()

    def _route(self, request: Request, found: Match | None) -> Reply:
        try:
            if found is None:
                raise HubError(404, f"Not found: {request.method} {request.path}")
            is_xet = found.stage == "xet"  # its routes have tokens of their own
            token = None if is_xet else authenticate(self._state, request)
            with self._lock:
                return found.route(Call(self._state, request, self.url, token, found.params))
        except HubError as error:
            return error.to_reply()


def client_environment(url: str, *, home: Path, token: str | None, xet: bool) -> dict[str, str]:
    """See `HubServer.environment`."""
    return {
        "HF_ENDPOINT": url,
        "HF_HOME": str(home),
        "HF_HUB_CACHE": str(home / "hub"),
        "HF_DATASETS_CACHE": str(home / "datasets"),
        "HF_XET_CACHE": str(home / "xet"),
        "HF_TOKEN": token or "",
        "HF_HUB_DISABLE_XET": "0" if xet else "1",
        "HF_HUB_DISABLE_PROGRESS_BARS": "1",
        "HF_HUB_DISABLE_TELEMETRY": "1",
        "NO_PROXY": "127.0.0.1",
    }


def read_content(content: bytes | str | Path) -> bytes:
    """The bytes of a content, a text, or a file."""
    if isinstance(content, Path):
        return content.read_bytes()
    return content.encode() if isinstance(content, str) else content


def _describe(commit: Commit) -> dict[str, Any]:
    fields = ("sha", "parent", "title", "description", "author", "created_at")
    return {name: getattr(commit, name) for name in fields} | {"files": sorted(commit.files)}


def _read_token(text: str) -> tuple[str, Token]:
    secret, user, role, *orgs = text.split(":")
    return secret, Token(user, role, tuple(orgs))


def main() -> None:
    """Serve as the command line says, until stopped."""
    name = "python -m tests.standins.hub"
    parser = ArgumentParser(prog=name, description=__doc__, formatter_class=RawDescriptionHelpFormatter)
    add_common_arguments(parser)
    token_help = "secret:user:role[:org...], may be repeated; without it the two tokens of DEFAULT_TOKENS"
    parser.add_argument("--token", dest="tokens", action="append", type=_read_token, help=token_help)
    parser.add_argument("--tree-page-size", type=int, default=1000)
    arguments = vars(parser.parse_args())
    stop_with_parent = arguments.pop("stop_with_parent")
    arguments["tokens"] = dict(arguments["tokens"] or DEFAULT_TOKENS)
    run_until_stopped(HubServer(**arguments), stop_with_parent=stop_with_parent)


if __name__ == "__main__":
    main()
