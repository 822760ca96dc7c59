"""datasets: what published collections there are, how they are had, and a collection as files of one format."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bandmate.library.datasets.convert import Converted, convert
from bandmate.library.datasets.description import UNKNOWN, Dataset
from bandmate.library.datasets.place import Downloaded, by_hand, download
from bandmate.library.datasets.reading import open_dataset
from bandmate.library.datasets.table import dataset, datasets
from bandmate.library.datasets.tar_shards import Sharded, write_shards
from bandmate.workflows.jobs import Job, Listener

_EVERY = 50  # pieces between two words on progress
_BYTES = 2**22


@dataclass(frozen=True, slots=True)
class Listing:
    """Descriptions of datasets, as lines or as data."""

    datasets: tuple[Dataset, ...]

    def lines(self) -> list[str]:
        """A table: name, how it is had, pieces, size, licence."""
        width = max(len(one.name) for one in self.datasets)
        head = f"{'name':{width}}  {'had':8}  {'pieces':>7}  {'download':>9}  licence"
        return [head, *(_row(one, width) for one in self.datasets)]

    def to_json(self) -> dict[str, Any]:
        """Plain data."""
        return {"datasets": [one.to_json() for one in self.datasets]}


def _row(one: Dataset, width: int) -> str:
    pieces = f"{one.pieces:,}" if one.pieces else "-"
    return f"{one.name:{width}}  {one.status:8}  {pieces:>7}  {size_text(one.download_bytes):>9}  {one.licence}"


def size_text(count: int | None) -> str:
    """Bytes as people say them; "-" where nobody said."""
    if count is None:
        return "-"
    for unit, size in (("GB", 1e9), ("MB", 1e6), ("kB", 1e3)):
        if count >= size:
            return f"{count / size:.1f} {unit}"
    return f"{count} B"


def list_datasets() -> Listing:
    """Every dataset known here."""
    return Listing(datasets())


def show_dataset(name: str) -> Listing:
    """One dataset, by name or by the JSON file that describes it.

    Raises:
        LibraryError: there is none; the message says which is near.
    """
    return Listing((dataset(name),))


def about(one: Dataset) -> list[str]:
    """Everything that is known of a dataset, for reading."""
    lines = [
        f"{one.title}: {one.about}", f"licence: {one.licence}", f"homepage: {one.homepage}",
        f"pieces: {f'{one.pieces:,}' if one.pieces else UNKNOWN}, download: {size_text(one.download_bytes)}",
        f"splits: {'published' if one.splits else 'by work, drawn by seed'}",
    ]  # fmt: skip
    for remote, checksum in zip(one.remotes, one.checksums, strict=True):
        source = f" (as published by {remote.checksum_from})" if remote.checksum_from else ""
        lines.append(f"file: {remote.url}, {checksum}{source}")
    if not one.remotes:
        lines.append(by_hand(one, Path()))
    return [*lines, "cite:", *(f"  {line}" for line in one.citation.splitlines())]


def fetch_dataset(name: str, to: str | Path, *, listener: Listener | None = None) -> Downloaded:
    """Fetch a dataset into a folder; the only workflow that opens a connection.

    Raises:
        LibraryError: there is no such dataset, or it cannot be had so; the message says how it can.
        OutputError: there is no room, or the place cannot be written.
    """
    one, job = dataset(name), Job(listener, {"fetching": 1.0})
    last = [-_BYTES]

    def tell(file: str, done: int, total: int | None) -> None:
        if done - last[0] >= _BYTES or done == total or done < last[0]:
            last[0] = done
            job.progress("fetching", done / total if total else 0.0)  # told without a size too: a listener may stop it

    if one.remotes:
        job.tell("notice", text=f"licence of {one.title}: {one.licence}; see {one.homepage}")
    return download(one, Path(to).expanduser(), tell)


def convert_dataset(
    name: str,
    folder: str | Path,
    out: str | Path,
    *,
    suffix: str = ".mid",
    split: str = "",
    seed: int = 0,
    listener: Listener | None = None,
) -> Converted:
    """Write the pieces of a dataset in one format, with a manifest.

    Args:
        name: of the dataset, or the JSON file that describes it.
        folder: where it lies.
        out: where the files go.
        suffix: of the format.
        split: "train", "valid" or "test"; "" = all.
        seed: draws the splits where none is published.
        listener: gets "progress" and "notice" events.

    Raises:
        LibraryError: no such dataset, or nothing in the folder could be read.
        OutputError: the place or the format cannot be written.
    """
    pieces = open_dataset(name, folder, only=split, seed=seed)
    job, total = Job(listener, {"converting": 1.0}), sum(1 for _ in pieces.walk())

    def tell(done: int) -> None:
        if done % _EVERY == 0 or done == total:
            job.progress("converting", done / total)

    found = convert(pieces, Path(out).expanduser(), suffix=suffix, progress=tell)
    for sentence in found.skipped:
        job.tell("notice", text=sentence)
    return found


def shard_dataset(
    name: str, folder: str | Path, out: str | Path, *, split: str = "", seed: int = 0, listener: Listener | None = None
) -> Sharded:
    """Write the pieces of a dataset into shards, for corpora larger than memory.

    Raises:
        LibraryError: no such dataset, or nothing in the folder could be read.
        OutputError: the place cannot be written.
    """
    found = write_shards(open_dataset(name, folder, only=split, seed=seed), Path(out).expanduser())
    job = Job(listener)
    for sentence in found.skipped:
        job.tell("notice", text=sentence)
    return found
