import gzip
import io
import tarfile
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.errors import SourceError
from core.publishing.archive import ArchiveLimits, TaskFiles, pack_files, unpack_files
from tests.publishing.unpacked import list_files

FILES = TaskFiles(
    {"instruction.md": b"Do it", "tests/test.sh": b"#!/bin/sh\n", "environment/": b"", "ü/日本.txt": b"\x00\xff"},
    {"tests/test.sh": 0o755},
)
Entry = tuple[str, bytes, dict[str, object]]


def build_tar(*entries: Entry, compress: bool = True) -> bytes:
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz" if compress else "w") as tar:
        for name, content, fields in entries:
            entry = tarfile.TarInfo(name)
            entry.size = len(content)
            for field, value in fields.items():
                setattr(entry, field, value)
            tar.addfile(entry, io.BytesIO(content))
    return packed.getvalue()


def test_archive_is_the_same_bytes_every_time_and_in_any_order() -> None:
    backwards = TaskFiles(dict(sorted(FILES.contents.items(), reverse=True)), FILES.modes)
    packed = pack_files(FILES)
    assert packed == pack_files(backwards)
    assert packed[4:8] == b"\0\0\0\0"
    with tarfile.open(fileobj=io.BytesIO(packed)) as tar:
        assert [entry.name for entry in tar] == sorted(path.rstrip("/") for path in FILES.contents)
        assert {(entry.mtime, entry.uid, entry.gid, entry.uname, entry.gname) for entry in tar} == {(0, 0, 0, "", "")}
        assert {entry.name: entry.mode for entry in tar if entry.isfile()} == {
            "instruction.md": 0o644,
            "tests/test.sh": 0o755,
            "ü/日本.txt": 0o644,
        }


@given(
    contents=st.dictionaries(
        st.text(st.sampled_from("ab./\u65e5\u00fc"), min_size=1, max_size=300).filter(lambda path: path.strip("/.")),
        st.binary(max_size=2_000),
        max_size=6,
    )
)
def test_archive_is_the_bytes_that_pythons_own_writer_makes(contents: dict[str, bytes]) -> None:
    modes = dict.fromkeys(list(contents)[:2], 0o755)
    files = TaskFiles({path: b"" if path.endswith("/") else content for path, content in contents.items()}, modes)
    plain = io.BytesIO()
    with tarfile.open(fileobj=plain, mode="w", format=tarfile.PAX_FORMAT) as tar:
        for path in sorted(files.contents):
            entry = tarfile.TarInfo(path.rstrip("/"))
            entry.size, entry.mode = len(files.contents[path]), files.get_mode(path)
            if path.endswith("/"):
                entry.type, entry.mode = tarfile.DIRTYPE, 0o755
            tar.addfile(entry, io.BytesIO(files.contents[path]))
    assert gzip.decompress(pack_files(files)) == plain.getvalue()


def test_packed_files_come_back() -> None:
    assert unpack_files(pack_files(FILES)) == FILES


def test_archive_unpacks_with_pythons_safe_filter(tmp_path: Path) -> None:
    with tarfile.open(fileobj=io.BytesIO(pack_files(FILES))) as tar:
        tar.extractall(tmp_path, filter="data")
    assert list_files(tmp_path) == {path: content for path, content in FILES.contents.items() if path[-1] != "/"}
    assert (tmp_path / "environment").is_dir()


def test_plain_tar_with_dots_and_folders_is_read_too() -> None:
    packed = build_tar(
        ("./", b"", {"type": tarfile.DIRTYPE}),
        ("./tests/", b"", {"type": tarfile.DIRTYPE}),
        ("./tests/test.sh", b"x", {"mode": 0o755}),
        compress=False,
    )
    assert unpack_files(packed) == TaskFiles({"tests/test.sh": b"x"}, {"tests/test.sh": 0o755})


@pytest.mark.parametrize(
    ("entry", "reason"),
    [
        (("../evil", b"x", {}), "'../evil' has a name that leads elsewhere"),
        (("a/../../evil", b"x", {}), "'a/../../evil' has a name that leads elsewhere"),
        (("/etc/passwd", b"x", {}), "'/etc/passwd' has a name that leads elsewhere"),
        (("a\\b", b"x", {}), "has a name that leads elsewhere"),
        (("C:/x", b"x", {}), "has a name that leads elsewhere"),
        (("a\nb", b"x", {}), r"'a\\nb' has a name that leads elsewhere"),
        (("x" * 2000, b"x", {}), "has a name that leads elsewhere"),
        (("c:evil", b"x", {}), "'c:evil' has a name that leads elsewhere"),
        (("a/nul\0byte", b"x", {"pax_headers": {"path": "a/nul\0byte"}}), "has a name that leads elsewhere"),
        (("a\x1b[31m", b"x", {}), r"'a\\x1b\[31m' has a name that leads elsewhere"),
        (("a\x7f", b"x", {}), "has a name that leads elsewhere"),
        (("a\u202egnp.sh", b"x", {}), r"'a\\u202egnp.sh' has a name that leads elsewhere"),
        (("a\u2067b", b"x", {}), r"'a\\u2067b' has a name that leads elsewhere"),
        (("tests./x", b"x", {}), "'tests./x' has a name that leads elsewhere"),
        (("tests /x", b"x", {}), "'tests /x' has a name that leads elsewhere"),
        (("...", b"x", {}), "'...' has a name that leads elsewhere"),
        (("Instruction.md", b"y", {}), "'Instruction.md' and 'instruction.md' differ in case only"),
        (("INSTRUCTION.MD/x", b"y", {}), "differ in case only"),
        (("a", b"", {"type": tarfile.SYMTYPE, "linkname": "/etc/passwd"}), "'a' is a link"),
        (("a", b"", {"type": tarfile.LNKTYPE, "linkname": "instruction.md"}), "'a' is a link"),
        (("a", b"", {"type": tarfile.CHRTYPE}), "'a' is neither a file nor a folder"),
        (("a", b"", {"type": tarfile.BLKTYPE}), "'a' is neither a file nor a folder"),
        (("a", b"", {"type": tarfile.FIFOTYPE}), "'a' is neither a file nor a folder"),
        (("instruction.md", b"y", {}), "'instruction.md' is there twice"),
        (("instruction.md/x", b"y", {}), "'instruction.md' is a file and a folder at once"),
        (("instruction.md", b"", {"type": tarfile.DIRTYPE}), "'instruction.md' is a file and a folder at once"),
        ((".", b"x", {}), "has no name"),
    ],
    ids=lambda value: "" if isinstance(value, str) else repr(value[0][:20]),
)
def test_hostile_entry_is_refused_by_name(entry: Entry, reason: str) -> None:
    with pytest.raises(SourceError, match=reason):
        unpack_files(build_tar(("instruction.md", b"Do it", {}), entry))


@pytest.mark.parametrize(
    ("entries", "reason"),
    [
        ([("a", b"\0" * (1 << 21), {})], "'a' is sparse or larger than 1 MB"),
        ([(f"a{number}", b"\0" * (1 << 19), {}) for number in range(9)], "larger than 1 MB"),
        ([(f"a{number}", b"", {}) for number in range(11)], "more than 10 entries"),
    ],
    ids=["one file", "many files", "many entries"],
)
def test_bomb_never_unfolds(entries: list[Entry], reason: str) -> None:
    with pytest.raises(SourceError, match=reason):
        unpack_files(build_tar(*entries), ArchiveLimits(max_bytes=1 << 20, max_entries=10))


def test_archive_that_unfolds_too_well_is_refused_before_it_does() -> None:
    packed = build_tar(("zeros", b"\0" * (1 << 25), {}))
    assert len(unpack_files(packed, ArchiveLimits(max_ratio=2_000)).contents["zeros"]) == 1 << 25
    with pytest.raises(SourceError, match="more than 500 times as large as packed"):
        unpack_files(packed)


def test_modes_come_back_without_the_bits_that_run_as_somebody_else() -> None:
    modes = {"private": 0o600, "script": 0o755, "setuid": 0o4755, "plain": 0o644}
    entries: list[Entry] = [(name, b"x", {"mode": mode}) for name, mode in modes.items()]
    found = unpack_files(build_tar(*entries))
    assert found.modes == {"private": 0o600, "script": 0o755, "setuid": 0o755}
    assert unpack_files(pack_files(found)) == found


def test_bomb_in_a_header_never_unfolds() -> None:
    header = tarfile.TarInfo("././@LongLink")
    header.type, header.size = tarfile.GNUTYPE_LONGNAME, 1 << 33
    packed = gzip.compress(header.tobuf(format=tarfile.GNU_FORMAT) + b"a" * (1 << 22))
    with pytest.raises(SourceError, match="larger than 1 MB"):
        unpack_files(packed, ArchiveLimits(max_bytes=1 << 20, max_entries=10))


def test_headers_that_nest_for_ever_are_refused() -> None:
    header = tarfile.TarInfo("././@LongLink")
    header.type, header.size = tarfile.GNUTYPE_LONGNAME, 1
    block = header.tobuf() + b"a".ljust(512, b"\0")
    with pytest.raises(SourceError, match="no readable tar.gz"):
        unpack_files(gzip.compress(block * 3000))


@pytest.mark.parametrize(
    "damage",
    [
        lambda packed: packed[: len(packed) // 2],
        lambda packed: packed[:-8] + b"\0" * 8,
        lambda _: b"",
        lambda _: b"PK\x03\x04 a zip",
        lambda _: gzip.compress(b"no tar"),
    ],
    ids=["cut", "checksum", "empty", "zip", "no tar"],
)
def test_damaged_archive_is_refused(damage: Callable[[bytes], bytes]) -> None:
    with pytest.raises(SourceError, match="no readable tar"):
        unpack_files(damage(pack_files(FILES)))


@settings(deadline=None)
@given(at=st.integers(0, 3000), value=st.integers(0, 255), random=st.binary(max_size=600))
def test_no_bytes_raise_anything_but_our_error(at: int, value: int, random: bytes) -> None:
    plain = bytearray(gzip.decompress(pack_files(FILES)))
    plain[at % len(plain)] = value
    for packed in (bytes(plain), gzip.compress(bytes(plain)), random, bytes(plain[:512]) + random):
        try:
            found = unpack_files(packed)
        except SourceError:
            continue
        assert not any(path.startswith("/") or ".." in path.split("/") for path in found.contents)
