"""Archives from strangers: only what is wanted leaves them, only downwards, and only so much."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import re
import stat
import tarfile
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from bandmate.errors import LibraryError
from bandmate.io.atomic import cannot_write

_CHUNK = 2**18
_SPLIT = re.compile(r"[\\/]")
_DAMAGED = (
    zipfile.BadZipFile, tarfile.TarError, zlib.error, lzma.LZMAError, gzip.BadGzipFile, EOFError, NotImplementedError,
    UnicodeDecodeError, ValueError, RuntimeError,
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Bounds:
    """How much may come out of an archive.

    Attributes:
        entries: files and folders in it.
        ratio: bytes out for each byte of the archive; music and tables shrink to a twentieth at most.
        least_bytes: that may come out of the smallest archive.
    """

    entries: int = 5_000_000
    ratio: float = 100.0
    least_bytes: int = 64 * 2**20

    def bytes_of(self, archive: Path) -> int:
        """How many bytes may come out of this archive."""
        return max(self.least_bytes, int(self.ratio * archive.stat().st_size))


@dataclass(frozen=True, slots=True)
class Unpacked:
    """What came out: files and bytes; passed_over: entries that were not wanted, or are no files."""

    files: int
    bytes: int
    passed_over: int


def is_archive(path: Path) -> bool:
    """Whether a file is an archive by its name."""
    return path.name.lower().endswith((".zip", ".tar", ".tar.gz", ".tgz", ".tar.bz2", ".tar.xz"))


def unpack(
    archive: Path, folder: Path, wanted: Callable[[str], bool] = lambda name: True, bounds: Bounds | None = None
) -> Unpacked:
    """Take the wanted files out of an archive.

    Args:
        archive: zip, or tar with or without compression.
        folder: where they go; made if it is not there.
        wanted: says by its name in the archive ("/" between folders) whether a file is taken.
        bounds: how much may come out.

    Raises:
        LibraryError: the archive is damaged or cut off, wants to write outside of `folder`, or swells beyond bounds.
        OutputError: the place cannot be written.
    """
    bounds = bounds or Bounds()
    budget = _Budget(archive, bounds.bytes_of(archive))
    files = passed_over = seen = 0
    try:
        door = _zip_files if archive.name.lower().endswith(".zip") else _tar_files
        with _opened(door(archive, budget)) as members:
            for name, size, opened in members:
                seen += 1
                if seen > bounds.entries:
                    raise LibraryError(f"{archive} holds more than {bounds.entries:,} entries; it is not unpacked")
                place = folder / _inside(name, archive)
                if opened is None or not wanted(name):
                    passed_over += 1
                    continue
                _take(opened, size, place, budget)
                files += 1
    except _DAMAGED as error:
        raise LibraryError(
            f"{archive} is damaged or cut off ({str(error) or type(error).__name__}); delete it and fetch it again"
        ) from error
    except OSError as error:
        raise cannot_write(folder, error) from error
    return Unpacked(files, budget.written, passed_over)


_Member = tuple[str, int, Callable[[], IO[bytes]] | None]


@contextmanager
def _opened(members: Iterator[_Member]) -> Iterator[Iterator[_Member]]:
    try:
        yield members
    finally:
        members.close()  # type: ignore[attr-defined]


class _Budget:
    def __init__(self, archive: Path, limit: int) -> None:
        self.archive, self.limit = archive, limit
        self.written = 0

    def check(self, size: int) -> None:
        if size > self.limit:
            raise LibraryError(
                f"{self.archive} swells to more than {self.limit:,} bytes, which no music does; it is not unpacked"
            )

    def spend(self, size: int) -> None:
        self.written += size
        self.check(self.written)


def _inside(name: str, archive: Path) -> Path:
    parts = [part for part in _SPLIT.split(name) if part not in ("", ".")]
    if not parts or name[:1] in ("/", "\\") or ".." in parts or "\0" in name or re.match(r"^[A-Za-z]:", name):
        raise LibraryError(f"{archive} wants to write to '{name}', outside of its folder; it is not unpacked")
    return Path(*parts)


def _take(opened: Callable[[], IO[bytes]], size: int, place: Path, budget: _Budget) -> None:
    place.parent.mkdir(parents=True, exist_ok=True)
    done = 0
    with opened() as source, place.open("wb") as target:
        while data := source.read(_CHUNK):
            budget.spend(len(data))
            target.write(data)
            done += len(data)
    if done != size:
        raise EOFError(f"{place.name} has {done:,} bytes of {size:,}")


def _zip_files(archive: Path, budget: _Budget) -> Iterator[_Member]:
    with zipfile.ZipFile(archive) as file:
        members = file.infolist()
        for info in members:
            is_link = stat.S_ISLNK(info.external_attr >> 16)
            plain = not info.is_dir() and not is_link
            yield info.filename, info.file_size, _zip_door(file, info) if plain else None


def _zip_door(file: zipfile.ZipFile, info: zipfile.ZipInfo) -> Callable[[], IO[bytes]]:
    return lambda: file.open(info)


def _tar_files(archive: Path, budget: _Budget) -> Iterator[_Member]:
    with _plain(archive) as stream:
        bounded = _Bounded(stream, budget)
        with tarfile.open(fileobj=bounded, mode="r:") as file:
            while (member := file.next()) is not None:
                file.members = []  # type: ignore[attr-defined]  it would keep every header of a million
                yield member.name, member.size, _tar_door(file, member) if member.isreg() else None
            _check_end(bounded)


def _tar_door(file: tarfile.TarFile, member: tarfile.TarInfo) -> Callable[[], IO[bytes]]:
    def opened() -> IO[bytes]:
        stream = file.extractfile(member)
        assert stream is not None  # a regular file has one
        return stream

    return opened


def _check_end(stream: _Bounded) -> None:
    """A tar ends in blocks of zeros; one that was cut between two files does not."""
    if stream.last != bytes(512):
        raise EOFError("its end is missing")


def _plain(archive: Path) -> AbstractContextManager[Any]:
    with archive.open("rb") as file:
        head = file.read(6)
    if head[:2] == b"\x1f\x8b":
        return gzip.open(archive)
    if head[:3] == b"BZh":
        return bz2.open(archive)
    return lzma.open(archive) if head == b"\xfd7zXZ\x00" else archive.open("rb")


class _Bounded(io.RawIOBase):
    """A stream in which no place lies beyond the budget, and no single reading is huge.

    Headers of a tar may claim any size, and tarfile reads them whole.
    """

    def __init__(self, stream: Any, budget: _Budget) -> None:
        self.stream, self.budget = stream, budget
        self.last = b""

    def read(self, size: int = -1) -> bytes:
        if size < 0 or size > 16 * 2**20:
            raise tarfile.ReadError("a header of it is absurdly large")
        data = self.stream.read(size)
        self.budget.check(self.stream.tell())
        if size == 512:
            self.last = data
        return data

    def seek(self, offset: int, whence: int = 0) -> int:
        self.budget.check(offset)
        return self.stream.seek(offset, whence)

    def tell(self) -> int:
        return self.stream.tell()

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True
