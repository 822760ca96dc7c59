"""A folder cut into slices for several runs, and a slice into blocks whose parts are known by their hash.

The walk is cut where the hash of a path says so, so that a file that comes or goes changes one block and no other.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from bandmate.errors import BriefError
from bandmate.library.examine import VERSION
from bandmate.library.rows import COLUMNS
from bandmate.library.sources.base import Found
from bandmate.library.sources.folder import FolderSource

FORMAT = "bandmate.library.1"
BLOCK_FILES = 256  # on average; a block has at most twice as many
BLOCK_BYTES = 32 * 2**20  # of files, from which a block ends whatever the hash says


@dataclass(frozen=True, slots=True)
class Slice:
    """Slice `number` (from 1) of `of`: which files one of several runs takes."""

    number: int = 1
    of: int = 1

    @classmethod
    def parse(cls, text: str) -> Slice:
        """Read "2/8".

        Raises:
            BriefError: it is no such thing.
        """
        found = re.fullmatch(r"\s*(\d{1,6})\s*/\s*(\d{1,6})\s*", text)
        number, of = (int(found[1]), int(found[2])) if found else (0, 0)
        if not 1 <= number <= of:
            raise BriefError(f"shard '{text}' is none; write i/n with i from 1 to n, such as 1/8 ... 8/8")
        return cls(number, of)

    @property
    def name(self) -> str:
        """What its files are called after."""
        return f"{self.number}-of-{self.of}"

    def holds(self, path: str) -> bool:
        """Whether a file, by its path below the folder, belongs to it."""
        return _hash(path) % self.of == self.number - 1


def _hash(path: str) -> int:
    return int.from_bytes(hashlib.sha256(path.encode("utf-8")).digest()[:8])


@dataclass(frozen=True, slots=True)
class Block:
    """Neighbours in the walk, and the hash of all that their rows come from."""

    items: tuple[tuple[Found, str], ...]
    digest: str


def blocks(files: Iterable[tuple[Found, str]], music: bool) -> Iterator[Block]:
    """Cut a walk into blocks; `music` is whether the rows hold the notes, too."""
    held: list[tuple[Found, str]] = []
    size = 0
    for found, path in files:
        held.append((found, path))
        size += found.size
        # Other bits of the hash than those that choose the slice, so that slices are cut as the whole is.
        ends = (_hash(path) >> 32) % BLOCK_FILES == 0
        if ends or len(held) >= 2 * BLOCK_FILES or size >= BLOCK_BYTES:
            yield Block(tuple(held), _digest(held, music))
            held, size = [], 0
    if held:
        yield Block(tuple(held), _digest(held, music))


def _digest(items: list[tuple[Found, str]], music: bool) -> str:
    said = hashlib.sha256(json.dumps([FORMAT, VERSION, music, sorted(COLUMNS)]).encode())
    for found, path in items:
        info = found.source
        known = [path, found.size, found.mtime_ns, found.hints.to_json(), info.name, info.kind, found.relative]
        said.update(json.dumps(known, sort_keys=True).encode())
    return said.hexdigest()[:24]


def files_of_slice(source: FolderSource, part: Slice) -> Iterator[tuple[Found, str]]:
    """The files of a slice, each with its path below the folder."""
    for found in source.files():
        path = found.path.relative_to(source.root).as_posix()
        if part.holds(path):
            yield found, path
