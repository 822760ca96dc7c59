"""The pieces of a dataset in a folder, each with its work, its split and what tables and names say of it."""

from __future__ import annotations

import csv
import hashlib
import json
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from pathlib import Path, PurePosixPath
from typing import Any

from bandmate.errors import LibraryError
from bandmate.library.datasets.books import tune_marks
from bandmate.library.datasets.description import Dataset, Table
from bandmate.library.datasets.place import is_music
from bandmate.library.split import Shares, work_name

SPLITS = ("train", "valid", "test")
_SPLIT_WORD = re.compile(r"^(train|valid|val|dev|test)(ing|ation)?([^a-z].*)?$")
_SPLIT_OF = {"train": "train", "valid": "valid", "val": "valid", "dev": "valid", "test": "test"}
_FLAGS = {"true": "test", "false": "train"}  # a column such as test_set
_WHOLE_JSON_BYTES = 256 * 2**20


@dataclass(frozen=True, slots=True)
class Entry:
    """A piece.

    Attributes:
        path: of its file; of a tune in an ABC tunebook, `book.abc#7`.
        relative: its place in the dataset, with "/".
        work: what it is a version of; split: "train", "valid" or "test".
        published: whether the split is the dataset's own.
        labels: what its table and name say.
    """

    path: Path
    relative: str
    work: str
    split: str
    published: bool = False
    labels: dict[str, str] = field(default_factory=dict)


def entries(dataset: Dataset, folder: Path, *, seed: int = 0, shares: Shares | None = None) -> Iterator[Entry]:
    """The pieces of a dataset in order of their place; a tunebook gives one for each tune.

    The split is the published one where there is one. Else works are drawn: the same work, seed and shares give the
    same side, whatever else the folder holds.

    Args:
        dataset: what the folder holds.
        folder: where it lies.
        seed: of the draw.
        shares: of the works held out.

    Raises:
        LibraryError: there is no such folder, or none of its files is a piece of the dataset.
    """
    folder = Path(folder).expanduser()
    if not folder.is_dir():
        what = "is a file; unpack it and give its folder" if folder.exists() else "is not there; check the path"
        raise LibraryError(f"{folder} {what}")
    rows = _tables(dataset, folder)
    found = False
    for relative in walk(folder):
        if is_music(relative, dataset):
            found = True
            yield from _entries_of(dataset, folder, relative, rows.get(relative), seed, shares or Shares())
    if not found:
        holds = f"holds no {' or '.join(dataset.files)}" if any(walk(folder)) else "is empty"
        own = dataset.homepage.startswith("docs/")
        whose = "a folder of your music" if own else f"the folder of {dataset.title}"
        raise LibraryError(f"{folder} {holds}; give {whose}, see: bandmate datasets show {dataset.name}")


def walk(folder: Path) -> Iterator[str]:
    """Every file below a folder, by its place in it, sorted; hidden ones are passed over."""
    for place, folders, names in os.walk(folder):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        above = Path(place).relative_to(folder).as_posix()
        for name in sorted(name for name in names if not name.startswith(".")):
            yield name if above == "." else f"{above}/{name}"


@dataclass(frozen=True, slots=True)
class _Row:
    work: str = ""
    split: str = ""
    labels: dict[str, str] = field(default_factory=dict)


def _entries_of(
    dataset: Dataset, folder: Path, relative: str, row: _Row | None, seed: int, shares: Shares
) -> Iterator[Entry]:
    row = row or _Row()
    match = re.search(dataset.names, relative) if dataset.names else None
    named = {name: text for name, text in match.groupdict().items() if text} if match else {}
    work = row.work or named.pop("work", "")
    labels = {**named, **row.labels}
    own = row.split if dataset.splits == "table" else _split_of_folders(relative) if dataset.splits else ""
    for mark in tune_marks(folder / relative):
        name = relative + mark
        group = work or work_name(relative) or relative.casefold()
        group += mark if not work else ""
        yield Entry(folder / name, name, group, own or draw(group, seed, shares), bool(own), labels)


def draw(work: str, seed: int, shares: Shares) -> str:
    """The side of a work, from its name and a seed alone."""
    number = int.from_bytes(hashlib.sha256(f"{seed}:{work}".encode()).digest()[:8]) / 2**64
    return "test" if number < shares.test else "valid" if number < shares.test + shares.valid else "train"


def _split_of_folders(relative: str) -> str:
    for part in PurePosixPath(relative.lower()).parts[:-1]:
        if split := split_word(part):
            return split
    return ""


def split_word(text: str) -> str:
    """train, valid or test for what collections call them, "" for anything else."""
    match = _SPLIT_WORD.match(text.strip().lower())
    return _SPLIT_OF[match[1]] if match else _FLAGS.get(text.strip().lower(), "")


def _tables(dataset: Dataset, folder: Path) -> dict[str, _Row]:
    rows: dict[str, _Row] = {}
    if dataset.tables:
        for relative in walk(folder):
            for table in dataset.tables:
                if fnmatchcase(relative.lower(), table.file.lower()):
                    rows.update(_rows(table, folder, relative))
    return rows


def _rows(table: Table, folder: Path, relative: str) -> Iterator[tuple[str, _Row]]:
    path = folder / relative
    above = PurePosixPath(relative).parent
    try:
        for record in _records(path):
            place = _cell(record, table.path)
            if place:
                labels = {name.rpartition(".")[2]: _cell(record, name) for name in _labels(table, record)}
                yield (
                    (above / place.replace("\\", "/").lstrip("/")).as_posix(),
                    _Row(
                        " - ".join(filter(None, (_cell(record, name) for name in table.work))),
                        split_word(_cell(record, table.split)) if table.split else "",
                        {name: text for name, text in labels.items() if text},
                    ),
                )
    except (OSError, ValueError, csv.Error) as error:
        raise LibraryError(f"{path} cannot be read as the table of its dataset ({error}); fetch it again") from error


def _labels(table: Table, record: dict[str, Any]) -> Iterator[str]:
    for name in table.labels:
        within, all_of, _ = name.partition(".*")
        found = record.get(within)
        names = [f"{within}.{key}" for key in found] if all_of and isinstance(found, dict) else [] if all_of else [name]
        yield from (one for one in names if one not in (*table.work, table.split) or not all_of)


def _records(path: Path) -> Iterator[dict[str, Any]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        if path.suffix.lower() in (".csv", ".tsv"):
            yield from csv.DictReader(file, delimiter="\t" if path.suffix.lower() == ".tsv" else ",")
            return
        first = file.read(1)
        file.seek(0)
        if first != "[":
            yield from (json.loads(line) for line in file if line.strip())
        elif path.stat().st_size > _WHOLE_JSON_BYTES:
            raise ValueError(f"a JSON array of more than {_WHOLE_JSON_BYTES >> 20} MB; turn it into JSON lines")
        else:
            yield from json.load(file)


def _cell(record: Any, name: str) -> str:
    for part in name.split("."):
        record = record.get(part) if isinstance(record, dict) else None
    if isinstance(record, list):
        return ", ".join(map(str, record))
    return "" if record is None else str(record).strip()
