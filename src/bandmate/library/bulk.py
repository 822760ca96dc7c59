"""Bulk ingest: a folder of any size becomes Parquet files, on one machine or on many.

The walk over the folder is cut into blocks (`library.blocks`). A block becomes one part, whose name is the hash of what
went in: a run that was stopped finds the parts that are there by their names and reads only the rest. Of the files and
rows only those of the blocks in work are in memory; parts are written beside the work, so that no reader waits for it.

A slice i of n takes the files whose path hashes to it, into the same folder, with a manifest of its own; `merge` makes
one library of all.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from bandmate.counts import counted
from bandmate.errors import LibraryError, OutputError
from bandmate.io.atomic import write_text_atomic
from bandmate.io.lock import only_one
from bandmate.library.blocks import FORMAT, Block, Slice, blocks, files_of_slice
from bandmate.library.clean import REASONS
from bandmate.library.examine import VERSION
from bandmate.library.ingest import FILE_SECONDS, Counter, Listener, default_workers, nothing_here
from bandmate.library.parquet import arrow, footer, write_rows
from bandmate.library.pool import Done, run_all
from bandmate.library.report import EXAMPLES, not_yet_lines
from bandmate.library.rows import COLUMNS, MUSIC, RESOLUTION, row_of
from bandmate.library.sources.folder import FolderSource

INDEX = "index.sqlite"  # what `merge` makes
Tasks = Iterator[tuple[Any, dict[str, Any]]]
Executor = Callable[..., Iterator[Done]]  # (tasks, workers=, limit_sec=), see `pool.run_all`


@dataclass(frozen=True, slots=True)
class BulkReport:
    """What one run came to.

    Attributes:
        folder: of the shards; slice: "1-of-1" or what was asked.
        files, taken, left_out: of the whole slice, duplicates not yet told apart.
        reused: files of the parts that were there already, not read again.
        parts, bytes, notes: of the whole slice.
        reasons: why files were left out: reason, count, the first few as (path, what was wrong).
        notices: sentences about folders and metadata; not_yet: suffix -> files that cannot be read yet.
        seconds: how long it took.
    """

    folder: Path
    slice: str
    files: int
    taken: int
    left_out: int
    reused: int
    parts: int
    bytes: int
    notes: int
    reasons: dict[str, tuple[int, list[tuple[str, str]]]]
    notices: tuple[str, ...]
    not_yet: dict[str, int]
    seconds: float

    def lines(self) -> list[str]:
        """The report in words."""
        known = f", {self.reused} of them known from an earlier run" if self.reused else ""
        text = [
            f"{self.folder}: {counted(self.files, 'file')}{known}, in "
            f"{counted(self.parts, 'part')} of {self.bytes / 2**20:.1f} MB in all",
            f"taken: {counted(self.taken, 'file')}, {counted(self.notes, 'note')}; left out: {self.left_out}",
        ]
        for reason, (count, examples) in self.reasons.items():
            first = "; ".join(path for path, _ in examples)
            text.append(f"  {count} {REASONS.get(reason, reason)}: {first}" + (" ..." if count > len(examples) else ""))
        return [*text, *not_yet_lines(self.not_yet), *self.notices]

    def to_json(self) -> dict[str, Any]:
        """Plain data for `--json`."""
        return asdict(self) | {"folder": str(self.folder)}


@dataclass(slots=True)
class _Open:
    """A block whose rows are coming in."""

    block: Block
    number: int
    rows: dict[int, dict[str, Any]] = field(default_factory=dict)


def ingest_shards(
    folder: str | Path,
    out: str | Path,
    progress: Listener | None = None,
    *,
    part: Slice | None = None,
    music: bool = False,
    workers: int | None = None,
    file_seconds: float = FILE_SECONDS,
    executor: Executor = run_all,
) -> BulkReport:
    """Take the files of a folder, or a slice of them, into Parquet parts.

    Args:
        folder: holds music at any depth (see `library.ingest`).
        out: where the parts go; what is there of this folder already is not read again.
        progress: called a few times a second.
        part: which slice; None = all of it.
        music: whether the rows hold the notes.
        workers: processes; None = the executor's own choice.
        file_seconds: a file that takes longer is left out.
        executor: who reads the files (see `pool.run_all`).

    Raises:
        LibraryError: the folder does not exist, may not be opened or holds no music; `out` holds another library.
        OutputError: another run works on this slice, the disk is full, or `out` cannot be written.
        MissingExtra: pyarrow is not installed.
    """
    arrow()
    part, out = part or Slice(), Path(out).expanduser()
    started = time.perf_counter()
    source = FolderSource(folder)
    if out.resolve() == source.root:
        raise OutputError(f"{out} is the folder of music that is read; give another for the shards, with --to")
    with only_one(out / f".lock-{part.name}", f"taking in slice {part.number} of {part.of}"):
        _check_same_library(out, source.root, part)
        total = source.count()
        if not total:
            raise LibraryError(nothing_here(source))
        with ThreadPoolExecutor(1) as writer:
            run = _Run(out, part, music, Counter(-(-total // part.of), progress), writer)
            work = executor(run.tasks(source), workers=workers or _default(executor), limit_sec=file_seconds)
            for done in work:
                run.take(done)
            run.written()
        run.counter.tell(force=True)
        run.finish(source)
    return run.report(source, time.perf_counter() - started)


def _default(executor: Executor) -> int | None:
    return default_workers() if executor is run_all else None


class _Run:
    """One run over one slice: which blocks are in work, and which parts there are."""

    def __init__(self, out: Path, part: Slice, music: bool, counter: Counter, writer: ThreadPoolExecutor) -> None:
        self.out, self.part, self.music, self.counter = out, part, music, counter
        self.writer, self.writing = writer, Future[None]()
        self.writing.set_result(None)
        self.columns = COLUMNS | ({RESOLUTION: "int"} | MUSIC if music else {})
        self.open: dict[int, _Open] = {}
        self.parts: dict[int, dict[str, Any]] = {}
        self.reused = 0

    def tasks(self, source: FolderSource) -> Tasks:
        """The files that must be read; those of parts that are there are counted and passed over."""
        for number, block in enumerate(blocks(files_of_slice(source, self.part), self.music)):
            known = self._known(block)
            if known is not None:
                self.parts[number] = known
                self.reused += known["rows"]
                self.counter.add("known", known["rows"])
                continue
            self.open[number] = _Open(block, number)
            for place, (found, _) in enumerate(block.items):
                task = {"path": str(found.path), "kind": found.source.kind, "hints": found.hints.to_json()}
                yield (number, place), task | {"music": self.music}

    def _file(self, block: Block) -> Path:
        return self.out / f"part-{self.part.name}-{block.digest}.parquet"

    def _known(self, block: Block) -> dict[str, Any] | None:
        path = self._file(block)
        if not path.is_file():
            return None
        try:
            return footer(path) | {"file": path.name, "bytes": path.stat().st_size}
        except LibraryError:
            return None  # damaged on disk: made anew

    def take(self, done: Done) -> None:
        """Enter one answer; the last of a block writes its part."""
        number, place = done.key
        block = self.open[number].block
        rows = self.open[number].rows
        found, path = block.items[place]
        rows[place] = row_of(found, path, done.answer, music=self.music)
        self.counter.add(done.answer["state"])
        if len(rows) == len(block.items):
            del self.open[number]
            self.written()  # one part at a time waits to be written, so memory stays small
            self.writing = self.writer.submit(self._write, number, block, [rows[index] for index in range(len(rows))])

    def _write(self, number: int, block: Block, rows: list[dict[str, Any]]) -> None:
        said, file = _summed(rows), self._file(block)
        self.parts[number] = said | {"file": file.name, "bytes": write_rows(file, rows, self.columns, said)}

    def written(self) -> None:
        """Wait for the part that is being written.

        Raises:
            OutputError: the disk is full or the place cannot be written.
        """
        self.writing.result()

    def finish(self, source: FolderSource) -> None:
        """Write the manifest, then remove the parts that it does not name: of files that changed or went."""
        parts = [self.parts[number] for number in sorted(self.parts)]
        said = {"format": FORMAT, "folder": str(source.root), "slice": [self.part.number, self.part.of],
                "music": self.music, "examined": VERSION, "parts": parts}  # fmt: skip
        path, text = self.out / f"manifest-{self.part.name}.json", json.dumps(said, indent=1, ensure_ascii=False)
        if not path.is_file() or path.read_text(encoding="utf-8") != text:
            (self.out / INDEX).unlink(missing_ok=True)  # what was merged before is no longer the whole truth
            write_text_atomic(path, text)
        named = {entry["file"] for entry in parts}
        for path in self.out.glob(f"part-{self.part.name}-*.parquet"):
            if path.name not in named:
                path.unlink(missing_ok=True)
                (self.out / f"settled-{path.name}").unlink(missing_ok=True)

    def report(self, source: FolderSource, seconds: float) -> BulkReport:
        """What it came to."""
        total = {name: sum(entry[name] for entry in self.parts.values()) for name in _SUMS}
        reasons: dict[str, tuple[int, list[tuple[str, str]]]] = {}
        for number in sorted(self.parts):
            for reason, (count, examples) in self.parts[number]["reasons"].items():
                before, first = reasons.get(reason, (0, []))
                reasons[reason] = before + count, [*first, *map(tuple, examples)][:EXAMPLES]
        ordered = dict(sorted(reasons.items(), key=lambda item: -item[1][0]))
        return BulkReport(
            self.out, self.part.name, total["rows"], total["taken"], total["left_out"], self.reused, len(self.parts),
            total["bytes"], total["notes"], ordered, tuple(source.notices), dict(source.not_yet), round(seconds, 2),
        )  # fmt: skip


_SUMS = ("rows", "taken", "left_out", "notes", "bytes")


def _summed(rows: list[dict[str, Any]]) -> dict[str, Any]:
    reasons: dict[str, tuple[int, list[tuple[str, str]]]] = {}
    for row in rows:
        if row["state"] != "taken":
            count, examples = reasons.get(row["reason"], (0, []))
            reasons[row["reason"]] = count + 1, [*examples, (row["path"], row["detail"])][:EXAMPLES]
    taken = sum(row["state"] == "taken" for row in rows)
    notes = sum(row["notes"] for row in rows)
    return {"rows": len(rows), "taken": taken, "left_out": len(rows) - taken, "notes": notes, "reasons": reasons}


def _check_same_library(out: Path, root: Path, part: Slice) -> None:
    """That what lies in a folder is of the same music, cut the same way."""
    if out.exists() and not out.is_dir():
        raise OutputError(f"{out} is a file; give a folder for the shards")
    for said in manifests(out):
        if said["slice"][1] != part.of:
            raise LibraryError(
                f"{out} holds shards of a library cut in {said['slice'][1]}, not in {part.of}; give another folder"
            )
        if Path(said["folder"]) != root:
            raise LibraryError(f"{out} holds shards of {said['folder']}, not of {root}; give another folder")


def manifests(out: Path) -> list[dict[str, Any]]:
    """The manifests in a folder, by number of the slice.

    Raises:
        LibraryError: one is damaged or was written by a newer version.
    """
    found = []
    for path in out.glob("manifest-*.json"):
        try:
            said = json.loads(path.read_text(encoding="utf-8"))
            if said["format"] != FORMAT:
                raise LibraryError(f"{path} is of format {said['format']}, this version reads {FORMAT}")
            found.append({name: said[name] for name in ("folder", "slice", "music", "parts")})
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise LibraryError(
                f"{path} cannot be read ({error}); delete it and run the ingest again, it goes on"
            ) from error
    return sorted(found, key=lambda said: said["slice"])
