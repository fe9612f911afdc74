"""The table of the Hub's routes: method, path, the stage's name for faults and records, what answers."""

import re
from typing import NamedTuple
from urllib.parse import unquote

from tests.standins import hub_discussions, hub_files, hub_info, hub_write, hub_xet
from tests.standins.hub_call import Route
from tests.standins.hub_card import validate_yaml

_API = r"/api/datasets/(?P<id>[^/]+/[^/]+)"
_FILES = r"/datasets/(?P<id>[^/]+/[^/]+)"
_REVISION = r"/(?P<revision>[^/]+)"
_HASH = r"/(?P<hash>[0-9a-f]{64})"

_TABLE: list[tuple[str, str, str, Route]] = [
    ("GET", "/api/whoami-v2", "whoami", hub_info.whoami),
    ("POST", "/api/repos/create", "create", hub_write.create_repo),
    ("DELETE", "/api/repos/delete", "delete", hub_write.delete_repo),
    ("POST", "/api/validate-yaml", "validate", validate_yaml),
    ("GET", "/api/datasets", "list", hub_info.list_datasets),
    ("GET", _API, "info", hub_info.show_dataset),
    ("GET", f"{_API}/revision{_REVISION}", "info", hub_info.show_dataset),
    ("GET", f"{_API}/tree{_REVISION}(?:/(?P<path>.+))?", "tree", hub_info.list_tree),
    ("POST", f"{_API}/paths-info{_REVISION}", "paths", hub_info.list_paths),
    ("GET", f"{_API}/refs", "refs", hub_info.list_refs),
    ("GET", f"{_API}/commits{_REVISION}", "commits", hub_info.list_commits),
    ("GET", f"{_API}/auth-check(?:/write)?", "access", hub_info.check_access),
    ("PUT", f"{_API}/settings", "settings", hub_write.change_settings),
    ("POST", rf"{_API}/branch/(?P<name>[^/]+)", "branch", hub_write.create_branch),
    ("POST", rf"{_API}/tag/(?P<name>[^/]+)", "tag", hub_write.create_tag),
    ("DELETE", rf"{_API}/(?:branch|tag)/(?P<name>[^/]+)", "tag", hub_write.delete_ref),
    ("GET", f"{_API}/discussions", "discussions", hub_discussions.list_discussions),
    ("POST", f"{_API}/discussions", "discussions", hub_discussions.create_discussion),
    ("GET", rf"{_API}/discussions/(?P<number>\d+)", "discussions", hub_discussions.show_discussion),
    ("POST", rf"{_API}/discussions/(?P<number>\d+)/merge", "merge", hub_discussions.merge_pull_request),
    ("POST", f"{_API}/preupload{_REVISION}", "preupload", hub_write.preupload),
    ("POST", f"{_API}/commit{_REVISION}", "commit", hub_write.commit),
    ("GET", f"{_FILES}/resolve{_REVISION}/(?P<path>.+)", "resolve", hub_files.resolve),
    ("HEAD", f"{_FILES}/resolve{_REVISION}/(?P<path>.+)", "resolve", hub_files.resolve),
    ("POST", rf"{_FILES}\.git/info/lfs/objects/batch", "lfs", hub_files.lfs_batch),
    ("PUT", r"/_lfs/(?P<oid>[0-9a-f]{64})", "lfs", hub_files.lfs_upload),
    ("POST", r"/_lfs/(?P<oid>[0-9a-f]{64})/verify", "lfs", hub_files.lfs_verify),
    ("GET", f"{_API}/xet-read-token{_REVISION}", "xet_token", hub_xet.give_read_token),
    ("GET", f"{_API}/xet-write-token{_REVISION}", "xet_token", hub_xet.give_write_token),
    ("POST", f"/v1/xorbs/default{_HASH}", "xet", hub_xet.upload_xorb),
    ("POST", "/v[12]/shards", "xet", hub_xet.upload_shard),
    ("GET", f"/v1/reconstructions{_HASH}", "xet", hub_xet.show_reconstruction),
    ("GET", f"/_xorbs{_HASH}", "xet", hub_xet.download_xorb),
    ("POST", "/v1/xorb-grants/.+", "xet", hub_xet.not_offered),
    ("GET", "/v1/chunks/.+", "xet", hub_xet.not_offered),
    ("GET", "/v2/reconstructions/.+", "xet", hub_xet.not_offered),
]
_ROUTES = [(method, re.compile(path), stage, route) for method, path, stage, route in _TABLE]


class Match(NamedTuple):
    """The route of a request: its stage, what answers, and the variable parts of the path."""

    stage: str
    route: Route
    params: dict[str, str]


def find_route(method: str, path: str) -> Match | None:
    """The route for a request, or None; `path` is still percent-encoded."""
    for expected, pattern, stage, route in _ROUTES:
        if expected == method and (found := pattern.fullmatch(path)):
            params = {name: unquote(value) for name, value in found.groupdict().items() if value is not None}
            return Match(stage, route, params)
    return None
