"""Fetching from a server that misbehaves: what comes is what was published, or nothing is kept."""

from __future__ import annotations

import hashlib
import shutil
from dataclasses import replace
from pathlib import Path

import pytest
from tests.library.dataset_samples import packed, zipped
from tests.library.dataset_server import Shelf, serving

from bandmate.errors import LibraryError, OutputError
from bandmate.library.datasets.description import Remote
from bandmate.library.datasets.fetch import fetch
from bandmate.library.datasets.place import download
from bandmate.library.datasets.table import dataset
from bandmate.library.datasets.unpack import Bounds

DATA = bytes(range(256)) * 5000


@pytest.fixture
def shelf():
    with serving(Shelf({"a.zip": DATA})) as ready:
        yield ready


def remote(shelf: Shelf, data: bytes = DATA, size: int | None = None) -> Remote:
    return Remote(f"{shelf.url}/a.zip", "a.zip", size, f"sha256:{hashlib.sha256(data).hexdigest()}", "us")


def test_a_file_comes_whole_and_is_not_fetched_twice(shelf, tmp_path) -> None:
    seen = []
    path = fetch(remote(shelf, size=len(DATA)), tmp_path / "a.zip", lambda done, total: seen.append((done, total)))
    assert path.read_bytes() == DATA
    assert seen[-1] == (len(DATA), len(DATA))
    fetch(remote(shelf), path)
    assert shelf.asked == [""]
    assert [item.name for item in tmp_path.iterdir()] == ["a.zip"]


def test_what_broke_off_goes_on_where_it_was(shelf, tmp_path) -> None:
    shelf.cut_after = [300_000, 200_000]
    path = fetch(remote(shelf), tmp_path / "a.zip", pause_sec=0)
    assert path.read_bytes() == DATA
    assert shelf.asked == ["", "bytes=300000-", "bytes=500000-"]


def test_a_later_call_goes_on_after_an_earlier_one_gave_up(shelf, tmp_path) -> None:
    shelf.cut_after = [300_000, 100_000]
    with pytest.raises(LibraryError, match="broke off after 400,000 bytes.*say the same again"):
        fetch(remote(shelf), tmp_path / "a.zip", attempts=2, pause_sec=0)
    assert not (tmp_path / "a.zip").exists()
    assert fetch(remote(shelf), tmp_path / "a.zip", attempts=1).read_bytes() == DATA
    assert shelf.asked[-1] == "bytes=400000-"


def test_a_server_that_ignores_range_starts_anew(shelf, tmp_path) -> None:
    shelf.cut_after, shelf.ignore_range = [300_000], True
    assert fetch(remote(shelf), tmp_path / "a.zip", pause_sec=0).read_bytes() == DATA


def test_a_file_that_changed_in_between_is_fetched_anew(shelf, tmp_path) -> None:
    shelf.cut_after = [300_000]
    with pytest.raises(LibraryError, match="broke off"):
        fetch(remote(shelf), tmp_path / "a.zip", attempts=1)
    shelf.files["a.zip"], shelf.tag = DATA[::-1], '"two"'
    assert fetch(remote(shelf, DATA[::-1]), tmp_path / "a.zip").read_bytes() == DATA[::-1]


def test_without_a_tag_and_a_checksum_nothing_is_gone_on_with(shelf, tmp_path) -> None:
    shelf.cut_after, shelf.tag = [300_000], ""
    plain = Remote(f"{shelf.url}/a.zip", "a.zip")
    assert fetch(plain, tmp_path / "a.zip", pause_sec=0).read_bytes() == DATA
    assert shelf.asked == ["", ""]


def test_more_on_disk_than_there_is_on_the_server_starts_anew(shelf, tmp_path) -> None:
    (tmp_path / "a.zip.part").write_bytes(DATA + b"x")
    assert fetch(remote(shelf), tmp_path / "a.zip", pause_sec=0).read_bytes() == DATA


def test_a_busy_server_is_asked_again_and_a_redirection_followed(shelf, tmp_path) -> None:
    shelf.failures, shelf.redirect = [503, 429], {"old.zip": f"{shelf.url}/a.zip"}
    moved = replace(remote(shelf), url=f"{shelf.url}/old.zip")
    assert fetch(moved, tmp_path / "a.zip", pause_sec=0).read_bytes() == DATA


def test_wrong_bytes_are_not_kept(shelf, tmp_path) -> None:
    with pytest.raises(LibraryError, match=r"is not the file that was published: its checksum is sha256:.*nothing"):
        fetch(remote(shelf, b"other"), tmp_path / "a.zip")
    assert not list(tmp_path.iterdir())


def test_another_size_is_refused_before_it_comes(shelf, tmp_path) -> None:
    with pytest.raises(LibraryError, match="is 1,280,000 bytes, but 5 were published"):
        fetch(remote(shelf, size=5), tmp_path / "a.zip")
    shelf.no_length = True
    with pytest.raises(LibraryError, match=r"it is 1,280,000 bytes, not 5"):
        fetch(remote(shelf, size=5), tmp_path / "a.zip")


def test_no_more_comes_than_is_taken(shelf, tmp_path) -> None:
    with pytest.raises(LibraryError, match="more than the 1,000 that are taken"):
        fetch(remote(shelf), tmp_path / "a.zip", limit_bytes=1000)
    shelf.no_length = True
    with pytest.raises(LibraryError, match="more than the 1,000 bytes"):
        fetch(remote(shelf), tmp_path / "a.zip", limit_bytes=1000)


@pytest.mark.parametrize("target", ["file:///etc/hostname", "ftp://127.0.0.1/a.zip"])
def test_only_http_is_spoken(shelf, tmp_path, target) -> None:
    with pytest.raises(LibraryError, match="none of http or https"):
        fetch(Remote(target, "a.zip"), tmp_path / "a.zip")
    shelf.redirect = {"a.zip": target}
    with pytest.raises(LibraryError):
        fetch(Remote(f"{shelf.url}/a.zip", "a.zip"), tmp_path / "a.zip", attempts=1)
    assert not (tmp_path / "a.zip").exists()


def test_what_is_not_there_and_who_does_not_answer(shelf, tmp_path) -> None:
    with pytest.raises(LibraryError, match="the server says 404"):
        fetch(Remote(f"{shelf.url}/b.zip", "b.zip"), tmp_path / "b.zip")
    with pytest.raises(LibraryError, match="broke off after 0 bytes"):
        fetch(Remote("http://127.0.0.1:9/b.zip", "b.zip"), tmp_path / "b.zip", attempts=2, pause_sec=0)
    with pytest.raises(LibraryError, match="names no method known here"):
        fetch(Remote(f"{shelf.url}/a.zip", "a.zip", None, "crc:1"), tmp_path / "a.zip")


def test_no_room_is_said_before_it_comes(shelf, tmp_path, monkeypatch) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda path: shutil._ntuple_diskusage(10, 9, 1))
    with pytest.raises(OutputError, match="has 1 bytes left, but 1,280,000 are needed"):
        fetch(remote(shelf), tmp_path / "a.zip")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no disk that is always full")
def test_a_disk_that_fills_up_on_the_way_is_said(shelf, tmp_path) -> None:
    (tmp_path / "a.zip.part").symlink_to("/dev/full")
    with pytest.raises(OutputError, match=r"a\.zip\.part cannot be written: No space left on device"):
        fetch(remote(shelf), tmp_path / "a.zip")


def test_a_place_that_cannot_be_written_is_said(shelf, tmp_path) -> None:
    (tmp_path / "file").write_text("x")
    with pytest.raises(OutputError, match="cannot be written"):
        fetch(remote(shelf), tmp_path / "file" / "a.zip")


def _served(shelf: Shelf, data: bytes):
    one = dataset("jsb_chorales")
    shelf.files["J.zip"] = data
    return replace(one, remotes=(Remote(f"{shelf.url}/J.zip", "J.zip"),))


def test_an_archive_that_is_cut_off_or_swells_leaves_no_folder(shelf, tmp_path) -> None:
    (whole,) = packed(dataset("jsb_chorales")).values()
    with pytest.raises(LibraryError, match="is damaged or cut off"):
        download(_served(shelf, whole[:-30]), tmp_path / "cut")
    with pytest.raises(LibraryError, match="swells to more than 10 bytes"):
        download(_served(shelf, whole), tmp_path / "big", bounds=Bounds(ratio=0, least_bytes=10))
    assert not (tmp_path / "cut" / "jsb_chorales").exists() and not (tmp_path / "big" / "jsb_chorales").exists()


def test_a_folder_in_the_way_is_left_alone(shelf, tmp_path) -> None:
    (tmp_path / "jsb_chorales").mkdir()
    (tmp_path / "jsb_chorales" / "mine.txt").write_text("mine")
    with pytest.raises(OutputError, match="is in the way"):
        download(_served(shelf, b""), tmp_path)
    assert (tmp_path / "jsb_chorales" / "mine.txt").read_text() == "mine"
    assert not shelf.asked


def test_an_archive_without_music_is_refused(shelf, tmp_path) -> None:
    with pytest.raises(LibraryError, match=r"holds no \*\.mid"):
        download(_served(shelf, zipped({"readme.txt": b"moved"})), tmp_path)
    assert not (Path(tmp_path) / "jsb_chorales").exists()
