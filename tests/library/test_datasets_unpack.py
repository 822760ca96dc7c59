"""Archives that mean harm, or are damaged, are refused; nothing is written outside of the folder."""

from __future__ import annotations

import io
import tarfile
import zipfile

import pytest
from tests.library.dataset_samples import tarred, zipped

from bandmate.errors import LibraryError, OutputError
from bandmate.library.datasets.unpack import Bounds, Unpacked, unpack

FILES = {"a/1.mid": b"one" * 100, "a/b/2.mid": b"two" * 200, "a/note.flac": b"sound"}
KINDS = {".zip": zipped, ".tar.gz": tarred, ".tar": lambda files: tarred(files, "w"),
         ".tar.bz2": lambda files: tarred(files, "w:bz2"), ".tar.xz": lambda files: tarred(files, "w:xz")}  # fmt: skip
EACH = pytest.mark.parametrize("suffix", list(KINDS))


def made(tmp_path, suffix, files):
    path = tmp_path / f"x{suffix}"
    path.write_bytes(KINDS[suffix](files))
    return path


@EACH
def test_the_wanted_files_come_out(tmp_path, suffix) -> None:
    found = unpack(made(tmp_path, suffix, FILES), tmp_path / "out", lambda name: name.endswith(".mid"))
    assert found == Unpacked(2, 900, 1)
    assert (tmp_path / "out/a/b/2.mid").read_bytes() == b"two" * 200
    assert not (tmp_path / "out/a/note.flac").exists()


@EACH
@pytest.mark.parametrize("name", ["../evil.mid", "/tmp/evil.mid", "a/../../evil.mid", "..\\evil.mid", "C:\\evil.mid"])
def test_no_way_leads_out_of_the_folder(tmp_path, suffix, name) -> None:
    with pytest.raises(LibraryError, match="outside of its folder; it is not unpacked"):
        unpack(made(tmp_path, suffix, {name: b"x"}), tmp_path / "deep" / "out")
    assert not list(tmp_path.rglob("evil.mid"))


@EACH
def test_a_bomb_is_stopped_by_what_comes_out_not_by_what_it_claims(tmp_path, suffix) -> None:
    bomb = made(tmp_path, suffix, {f"{number}.mid": bytes(2_000_000) for number in range(5)})
    with pytest.raises(LibraryError, match="swells to more than 3,000,000 bytes"):
        unpack(bomb, tmp_path / "out", bounds=Bounds(ratio=0, least_bytes=3_000_000))
    assert sum(path.stat().st_size for path in (tmp_path / "out").rglob("*.mid")) <= 3_000_000


@pytest.mark.parametrize("suffix", [".tar.gz", ".tar"])
def test_a_bomb_of_unwanted_files_is_stopped_too(tmp_path, suffix) -> None:
    bomb = made(tmp_path, suffix, {f"{number}.bin": bytes(2_000_000) for number in range(5)})
    with pytest.raises(LibraryError, match="swells to more than"):
        unpack(bomb, tmp_path / "out", lambda name: False, Bounds(ratio=0, least_bytes=3_000_000))


@EACH
def test_too_many_entries_are_refused(tmp_path, suffix) -> None:
    with pytest.raises(LibraryError, match="more than 10 entries"):
        unpack(made(tmp_path, suffix, {f"{n}.mid": b"x" for n in range(11)}), tmp_path / "out", bounds=Bounds(10))


@EACH
@pytest.mark.parametrize("share", [0.1, 0.5, 0.8])
def test_an_archive_that_was_cut_off_is_refused(tmp_path, suffix, share) -> None:
    noise = {f"{n}.mid": bytes((n * i * i) % 251 for i in range(3000)) for n in range(20)}
    whole = KINDS[suffix](noise)
    path = tmp_path / f"x{suffix}"
    path.write_bytes(whole[: int(share * len(whole))])
    with pytest.raises(LibraryError, match="is damaged or cut off"):
        unpack(path, tmp_path / "out")


def test_a_tar_that_was_cut_between_two_files_is_refused(tmp_path) -> None:
    (tmp_path / "x.tar").write_bytes(tarred({"1.mid": bytes(512), "2.mid": bytes(512)}, "w")[:1024])
    with pytest.raises(LibraryError, match="its end is missing"):
        unpack(tmp_path / "x.tar", tmp_path / "out")


def test_links_and_devices_are_passed_over(tmp_path) -> None:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as archive:
        for name, kind in (
            ("link.mid", tarfile.SYMTYPE),
            ("hard.mid", tarfile.LNKTYPE),
            ("pipe.mid", tarfile.FIFOTYPE),
        ):
            info = tarfile.TarInfo(name)
            info.type, info.linkname = kind, "/etc/passwd"
            archive.addfile(info)
    (tmp_path / "x.tar.gz").write_bytes(buffer.getvalue())
    assert unpack(tmp_path / "x.tar.gz", tmp_path / "out") == Unpacked(0, 0, 3)
    link = zipfile.ZipInfo("link.mid")
    link.external_attr = 0o120777 << 16
    with zipfile.ZipFile(tmp_path / "x.zip", "w") as archive:
        archive.writestr(link, "/etc/passwd")
    assert unpack(tmp_path / "x.zip", tmp_path / "out") == Unpacked(0, 0, 1)


def test_a_header_of_absurd_size_is_not_read_into_memory(tmp_path) -> None:
    info = tarfile.TarInfo("PaxHeaders/x")
    info.type, info.size = tarfile.XHDTYPE, 2**32
    (tmp_path / "x.tar").write_bytes(info.tobuf(tarfile.USTAR_FORMAT) + bytes(2048))
    with pytest.raises(LibraryError, match="absurdly large"):
        unpack(tmp_path / "x.tar", tmp_path / "out")


@pytest.mark.parametrize("data", [b"", b"not an archive", b"PK\x03\x04 broken", b"\x1f\x8b broken"])
@pytest.mark.parametrize("suffix", [".zip", ".tar.gz"])
def test_what_is_no_archive_is_refused(tmp_path, data, suffix) -> None:
    (tmp_path / f"x{suffix}").write_bytes(data)
    with pytest.raises(LibraryError, match="is damaged or cut off"):
        unpack(tmp_path / f"x{suffix}", tmp_path / "out")


def test_a_place_that_cannot_be_written_is_said(tmp_path) -> None:
    (tmp_path / "out").write_text("in the way")
    with pytest.raises(OutputError, match="cannot be written"):
        unpack(made(tmp_path, ".zip", FILES), tmp_path / "out")
