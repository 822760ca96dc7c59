"""Ingest: a folder of music becomes a catalog.

Files are found one after the other, read by workers, entered in batches; then works, duplicates and splits are settled
over the whole catalog. A run that was stopped goes on where it was: a file whose size and time, or whose content, is
known is not read again. Memory does not grow with the number of files.
"""

from __future__ import annotations

import hashlib
import json
import os
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bandmate.errors import FileFormatError, LibraryError
from bandmate.io.files import MUSIC_SUFFIXES
from bandmate.library.catalog import Catalog, Record
from bandmate.library.datasets.books import content_of
from bandmate.library.examine import VERSION
from bandmate.library.pool import run_all
from bandmate.library.report import IngestReport, not_yet_lines, report
from bandmate.library.sources.base import Found
from bandmate.library.sources.folder import FolderSource
from bandmate.library.split import Shares, settle

BATCH_FILES = 100
BATCH_SECONDS = 2.0
FILE_SECONDS = 20.0
TELL_SECONDS = 0.1
_NEEDS_MORE = 20  # files before the time left is more than noise


@dataclass(frozen=True, slots=True)
class Progress:
    """How far an ingest is.

    Attributes:
        done, total: files.
        taken, left_out, known: of those done: entered, left out, and known from an earlier run.
        seconds_left: None while it is too early to say.
    """

    done: int
    total: int
    taken: int
    left_out: int
    known: int
    seconds_left: float | None


Listener = Callable[[Progress], None]


def default_workers() -> int:
    """Processes that read files: all cores but one, at least 1, at most 8."""
    return max(1, min(8, (os.cpu_count() or 2) - 1))


def ingest(
    folder: str | Path,
    catalog: Catalog,
    progress: Listener | None = None,
    *,
    workers: int | None = None,
    file_seconds: float = FILE_SECONDS,
    shares: Shares | None = None,
    sounds: bool = False,
) -> IngestReport:
    """Take a folder of any layout into a catalog.

    Args:
        folder: holds files of music, at any depth; may hold metadata files (see `library.metadata`).
        catalog: where everything goes; what it holds of this folder already is not read again.
        progress: called a few times a second.
        workers: processes; None = `default_workers()`.
        file_seconds: a file that takes longer is left out.
        shares: share of the works held out for validation and tests.
        sounds: also take in sound files, written down by ear.

    Returns:
        What was taken, what was left out and why, and what the library is enough for.

    Raises:
        LibraryError: the folder does not exist, may not be opened or holds no music.
        OutputError: the catalog cannot be written.
    """
    source = FolderSource(folder, sounds=sounds)
    counter = Counter(source.count(), progress)
    if not counter.total:
        raise LibraryError(nothing_here(source))
    started = time.perf_counter()
    ids: dict[Path, int] = {}
    seen = catalog.db
    seen.execute(
        "create temp table if not exists seen (source integer, path text, primary key (source, path)) without rowid"
    )
    seen.execute("delete from temp.seen")
    batch = _Batch(catalog)
    tasks = _tasks(source, catalog, ids, counter, batch)
    for done in run_all(tasks, workers=workers or default_workers(), limit_sec=file_seconds):
        found, source_id = done.key
        batch.add(_record(found, source_id, done.answer))
        counter.add(done.answer["state"])
    batch.flush()
    counter.tell(force=True)
    for source_id in ids.values():  # what lay there once and is gone
        seen.execute(
            "delete from piece where source = ? and path not in (select path from temp.seen where source = ?)",
            (source_id, source_id),
        )
    settle(catalog, shares)
    return report(catalog, notices=source.notices, not_yet=source.not_yet, seconds=time.perf_counter() - started)


def nothing_here(source: FolderSource) -> str:
    """The sentence about a folder without music."""
    for _ in source.files():
        pass
    seen = f" ({'; '.join(not_yet_lines(source.not_yet))})" if source.not_yet else ""
    return (
        f"folder {source.root} holds no music that is read here{seen}; give a folder with {', '.join(MUSIC_SUFFIXES)} "
        "files in it or below"
    )


class Counter:
    """Counts files by state and tells the listener, at most every TELL_SECONDS."""

    def __init__(self, total: int, listener: Listener | None) -> None:
        self.total, self.listener = total, listener
        self.taken = self.left_out = self.known = 0
        self.started = time.perf_counter()
        self.last = 0.0

    def add(self, state: str, count: int = 1) -> None:
        """Count files of a state: "taken", "left out" or "known"."""
        self.taken += count * (state == "taken")
        self.left_out += count * (state == "left out")
        self.known += count * (state == "known")
        self.tell()

    def tell(self, force: bool = False) -> None:
        """Tell the listener how far it is."""
        now = time.perf_counter()
        if self.listener is None or (now - self.last < TELL_SECONDS and not force):
            return
        self.last = now
        read = self.taken + self.left_out
        done = read + self.known
        rate = (now - self.started) / read if read else 0.0
        left = round(rate * max(0, self.total - done), 1) if read >= _NEEDS_MORE or done >= self.total else None
        self.listener(Progress(done, max(self.total, done), self.taken, self.left_out, self.known, left))


class _Batch:
    """Records waiting for one transaction."""

    def __init__(self, catalog: Catalog) -> None:
        self.catalog = catalog
        self.records: list[Record] = []
        self.since = time.perf_counter()

    def add(self, record: Record) -> None:
        self.records.append(record)
        if len(self.records) >= BATCH_FILES or time.perf_counter() - self.since > BATCH_SECONDS:
            self.flush()

    def flush(self) -> None:
        self.catalog.put(self.records)
        self.records, self.since = [], time.perf_counter()


def _tasks(
    source: FolderSource, catalog: Catalog, ids: dict[Path, int], counter: Counter, batch: _Batch
) -> Iterator[tuple[tuple[Found, int], dict[str, Any]]]:
    """The files that must be read; those that are known are counted and passed over."""
    for found in source.files():
        info = found.source
        if info.folder not in ids:
            ids[info.folder] = catalog.add_source(
                info.name, info.folder, kind=info.kind, licence=info.licence, credit=info.credit, note=info.note
            )
        source_id = ids[info.folder]
        catalog.db.execute("insert or ignore into temp.seen values (?, ?)", (source_id, found.relative))
        if _is_known(catalog, found, source_id):
            counter.add("known")
            continue
        yield (found, source_id), {"path": str(found.path), "kind": info.kind, "hints": found.hints.to_json()}


def _is_known(catalog: Catalog, found: Found, source_id: int) -> bool:
    known = catalog.known(source_id, found.relative)
    if known is None or (known.size, known.examined, known.hints) != (found.size, VERSION, _hints_text(found)):
        return False
    if known.mtime_ns == found.mtime_ns:
        return True
    try:  # copied or unpacked anew: the time changed, the music did not
        same = bool(known.sha256) and hashlib.sha256(content_of(found.path)).hexdigest() == known.sha256
    except (OSError, FileFormatError):
        return False
    if same:
        catalog.db.execute(
            "update piece set mtime_ns = ? where source = ? and path = ?", (found.mtime_ns, source_id, found.relative)
        )
    return same


def _hints_text(found: Found) -> str:
    return json.dumps(found.hints.to_json(), separators=(",", ":"), sort_keys=True)


def _record(found: Found, source: int, answer: dict[str, Any]) -> Record:
    columns = {**answer["columns"], "hints": _hints_text(found), "examined": VERSION}
    for name in ("print", "sketch"):
        if answer.get(name):
            columns[name] = bytes.fromhex(answer[name])
    return Record(
        source=source, path=found.relative, size=found.size, mtime_ns=found.mtime_ns, state=answer["state"],
        columns=columns, labels=answer.get("labels", {}),
        segments=tuple(map(tuple, answer.get("segments", ()))), patterns=tuple(map(tuple, answer.get("patterns", ()))),
        bands=tuple(answer.get("bands", ())),
    )  # fmt: skip
