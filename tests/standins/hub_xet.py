"""The routes of Xet: tokens from the Hub, xorbs and shards up, reconstructions and parts of xorbs down."""

from time import time
from typing import Any

from tests.standins.hub_call import Call
from tests.standins.hub_errors import HubError
from tests.standins.hub_files import range_reply
from tests.standins.hub_xet_store import Term
from tests.standins.wire import Reply, json_reply

_TOKEN_LIFE_SECONDS = 3600


def give_read_token(call: Call) -> Reply:
    """Access to download what the repository holds."""
    call.get_repo(with_files=True)
    return _token_reply(call, "xet-read")


def give_write_token(call: Call) -> Reply:
    """Access to upload for the repository."""
    call.get_writable_repo(as_pull_request=call.request.flag("create_pr"))
    return _token_reply(call, "xet-write")


def upload_xorb(call: Call) -> Reply:
    """Keep a pack of chunks."""
    _check_token(call, "xet-write")
    is_new = call.state.xet.save_xorb(call.params["hash"], call.request.body)
    return json_reply({"was_inserted": is_new})


def upload_shard(call: Call) -> Reply:
    """Keep the description of files, once their contents prove right."""
    _check_token(call, "xet-write")
    call.state.blobs |= call.state.xet.save_shard(call.request.body)
    if call.request.path.startswith("/v1/"):
        return json_reply({"result": 1})
    # version 2 streams events, of which only the last one matters
    return Reply(200, b'{"type":"result"}\n', {"Content-Type": "application/x-ndjson"})


def show_reconstruction(call: Call) -> Reply:
    """From which parts of which xorbs the wanted part of a file is rebuilt."""
    _check_token(call, "xet-read", "xet-write")
    first, _, last = call.request.headers.get("range", "bytes=0-").removeprefix("bytes=").partition("-")
    plan = call.state.xet.plan(call.params["hash"], int(first), int(last) + 1 if last else None)
    fetch_info: dict[str, list[dict[str, Any]]] = {}
    for term in plan.terms:
        fetch_info.setdefault(term.xorb, []).append(_fetch_info(call, term))
    return json_reply(
        {
            "offset_into_first_range": plan.skip_bytes,
            "terms": [_term(call, term) for term in plan.terms],
            "fetch_info": fetch_info,
        }
    )


def download_xorb(call: Call) -> Reply:
    """A part of a xorb; the address is a secret in itself, so there is no token."""
    xorb = call.state.xet.xorbs.get(call.params["hash"])
    if xorb is None:
        raise HubError(404, "no such xorb")
    return range_reply(call, xorb.raw, {})


def not_offered(call: Call) -> Reply:
    """What newer clients try first: grants, known chunks, version 2. Without these they fall back."""
    raise HubError(404, f"not offered: {call.request.path}")


def _term(call: Call, term: Term) -> dict[str, Any]:
    chunks = call.state.xet.xorbs[term.xorb].chunks[term.first : term.last]
    return {
        "hash": term.xorb,
        "unpacked_length": sum(chunk.size for chunk in chunks),
        "range": {"start": term.first, "end": term.last},
    }


def _fetch_info(call: Call, term: Term) -> dict[str, Any]:
    chunks = call.state.xet.xorbs[term.xorb].chunks
    return {
        "range": {"start": term.first, "end": term.last},
        "url": f"{call.endpoint}/_xorbs/{term.xorb}",
        "url_range": {"start": chunks[term.first].start, "end": chunks[term.last - 1].end - 1},
    }


def _token_reply(call: Call, token: str) -> Reply:
    expires = int(time()) + _TOKEN_LIFE_SECONDS
    headers = {
        "X-Xet-Cas-Url": call.endpoint,
        "X-Xet-Access-Token": token,
        "X-Xet-Token-Expiration": str(expires),
    }
    return json_reply({"casUrl": call.endpoint, "accessToken": token, "exp": expires}, headers=headers)


def _check_token(call: Call, *accepted: str) -> None:
    token = call.request.headers.get("authorization", "").removeprefix("Bearer ")
    if not token.startswith("xet-"):
        raise HubError(401, "missing or expired token")
    if token not in accepted:
        raise HubError(403, "the token does not have the required scope")
