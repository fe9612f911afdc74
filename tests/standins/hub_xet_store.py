"""Xet's content store: keeps xorbs (packs of compressed chunks) and says of which chunks a file consists.

Source: the formats of shards and xorbs in huggingface.co/docs/xet. Hashes are taken on trust, contents are
checked against their SHA-256.
"""

import hashlib
import struct
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import accumulate
from typing import NamedTuple

import pyarrow as pa

from tests.standins.hub_errors import HubError

_RECORD_BYTES = 48
_BOOKEND = b"\xff" * 32
_WITH_VERIFICATION = 1 << 31
_WITH_SHA256 = 1 << 30
_CHUNK_BYTES = 1 << 16
_CHUNKS_OF_A_XORB = 512
_STORED, _LZ4, _GROUPED_LZ4 = 0, 1, 2


class Chunk(NamedTuple):
    """Where a chunk lies in its xorb, header included, and its length when unpacked."""

    start: int
    end: int
    scheme: int
    size: int


class Term(NamedTuple):
    """A run of chunks of a xorb, `first` to before `last`; a file is a list of these."""

    xorb: str
    first: int
    last: int


@dataclass(frozen=True, slots=True)
class Xorb:
    """A pack of chunks as uploaded."""

    raw: bytes = field(repr=False)
    chunks: list[Chunk]

    def unpack(self, number: int) -> bytes:
        """The content of one chunk."""
        chunk = self.chunks[number]
        packed = self.raw[chunk.start + 8 : chunk.end]
        if chunk.scheme == _STORED:
            return packed
        unpacked: bytes = pa.decompress(packed, decompressed_size=chunk.size, codec="lz4", asbytes=True)
        return _ungroup(unpacked) if chunk.scheme == _GROUPED_LZ4 else unpacked


class Plan(NamedTuple):
    """How to rebuild a part of a file: whole chunks, and how much of the first one to leave out."""

    terms: list[Term]
    skip_bytes: int


@dataclass(slots=True)
class XetStore:
    """Xorbs by hash, files by hash, and the file hash of a SHA-256."""

    xorbs: dict[str, Xorb] = field(default_factory=dict)
    files: dict[str, list[Term]] = field(default_factory=dict)
    hash_of_sha256: dict[str, str] = field(default_factory=dict)

    def save_xorb(self, name: str, raw: bytes) -> bool:
        """Keep a xorb; False if it was known already."""
        is_new = name not in self.xorbs
        self.xorbs[name] = Xorb(raw, list(_read_chunks(raw)))
        return is_new

    def save_shard(self, shard: bytes) -> dict[str, bytes]:
        """Keep the files that a shard describes, and return SHA-256 -> content; raises HubError."""
        contents = {}
        for name, terms, sha256 in _read_files(shard):
            if missing := {term.xorb for term in terms} - self.xorbs.keys():
                raise HubError(400, f"the shard names xorbs that were not uploaded: {sorted(missing)}")
            content = b"".join(self.xorbs[t.xorb].unpack(i) for t in terms for i in range(t.first, t.last))
            if hashlib.sha256(content).hexdigest() != sha256:
                raise HubError(400, f"the content of file {name} does not have SHA-256 {sha256}")
            self.files[name] = terms
            self.hash_of_sha256[sha256] = name
            contents[sha256] = content
        return contents

    def ensure_file(self, content: bytes, sha256: str) -> str:
        """The file hash of a content, packed here if it did not come by Xet.

        The hashes made here are not Xet's; the client takes any.
        """
        if sha256 in self.hash_of_sha256:
            return self.hash_of_sha256[sha256]
        pieces = [content[i : i + _CHUNK_BYTES] for i in range(0, len(content), _CHUNK_BYTES)]
        terms = []
        for start in range(0, len(pieces), _CHUNKS_OF_A_XORB):
            group = pieces[start : start + _CHUNKS_OF_A_XORB]
            name = hashlib.sha256(f"{sha256} {start}".encode()).hexdigest()
            self.save_xorb(name, b"".join(_chunk_header(len(piece)) + piece for piece in group))
            terms.append(Term(name, 0, len(group)))
        self.files[sha256] = terms
        self.hash_of_sha256[sha256] = sha256
        return sha256

    def plan(self, name: str, start: int, end: int | None) -> Plan:
        """The chunks that cover bytes `start` to before `end` (None: all) of a file; raises HubError."""
        if name not in self.files:
            raise HubError(404, f"no such file: {name}")
        chunks = [(t.xorb, i) for t in self.files[name] for i in range(t.first, t.last)]
        ends = list(accumulate(self.xorbs[xorb].chunks[i].size for xorb, i in chunks))
        if not ends or start >= ends[-1]:
            raise HubError(416, "the range starts behind the end of the file")
        starts = [0, *ends[:-1]]
        wanted = [n for n, at in enumerate(starts) if ends[n] > start and (end is None or at < end)]
        return Plan(_join_runs(chunks[n] for n in wanted), start - starts[wanted[0]])


def _join_runs(chunks: Iterator[tuple[str, int]]) -> list[Term]:
    terms: list[Term] = []
    for xorb, number in chunks:
        if terms and terms[-1].xorb == xorb and terms[-1].last == number:
            terms[-1] = terms[-1]._replace(last=number + 1)
        else:
            terms.append(Term(xorb, number, number + 1))
    return terms


def _read_chunks(raw: bytes) -> Iterator[Chunk]:
    at = 0
    while at + 8 <= len(raw) and raw[at] == 0:  # the footer, if there is one, starts with a letter
        packed_size = int.from_bytes(raw[at + 1 : at + 4], "little")
        size = int.from_bytes(raw[at + 5 : at + 8], "little")
        yield Chunk(at, at + 8 + packed_size, raw[at + 4], size)
        at += 8 + packed_size


def _chunk_header(size: int) -> bytes:
    length = size.to_bytes(3, "little")
    return b"\0" + length + bytes([_STORED]) + length


def _read_files(shard: bytes) -> Iterator[tuple[str, list[Term], str]]:
    at = _RECORD_BYTES  # behind the header
    while shard[at : at + 32] != _BOOKEND:
        name, flags, count = _hash(shard, at), *struct.unpack_from("<II", shard, at + 32)
        at += _RECORD_BYTES
        terms = []
        for _ in range(count):
            terms.append(Term(_hash(shard, at), *struct.unpack_from("<II", shard, at + 40)))
            at += _RECORD_BYTES
        at += _RECORD_BYTES * count if flags & _WITH_VERIFICATION else 0
        if not flags & _WITH_SHA256:
            raise HubError(400, "the shard has a file without SHA-256, which a repository needs")
        yield name, terms, _hash(shard, at)
        at += _RECORD_BYTES


def _hash(data: bytes, at: int) -> str:
    # a hash is written as four little-endian numbers
    return "".join(f"{number:016x}" for number in struct.unpack_from("<4Q", data, at))


def _ungroup(data: bytes) -> bytes:
    """Undo the grouping of every fourth byte."""
    out, at = bytearray(len(data)), 0
    for group in range(4):
        size = len(range(group, len(data), 4))
        out[group::4] = data[at : at + size]
        at += size
    return bytes(out)
