"""Catalog: what a library holds, what was left out and why, in one SQLite file.

Write-ahead logging, one transaction a batch: a process killed in the middle loses at most its last batch.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bandmate.errors import LibraryError, OutputError
from bandmate.library.schema import check_own, migrate
from bandmate.library.sources.base import Hints

SPLITS = ("train", "valid", "test")

_SQLITE = b"SQLite format 3\0"


def is_catalog(path: Path) -> bool:
    """Whether a file is a database as catalogs are; `Catalog` says whether it is one of ours."""
    try:
        with path.open("rb") as file:
            return file.read(len(_SQLITE)) == _SQLITE
    except OSError:
        return False


@dataclass(frozen=True, slots=True)
class Piece:
    """One file of the library.

    Attributes:
        path: where it lies now; relative: its place in the source's folder.
        source, kind: the source's name, and whose `prepare` reads it.
        state: "taken" or "left out"; reason, detail: why it was left out.
        work: what it shares with other versions of the same music; split: train, valid or test.
        has_grid: whether its notes lie on its beats, so that bars mean something.
        roles: roles of its tracks, sorted, each once.
        labels: see `library.label`; hints: what was known of it before it was read.
    """

    id: int
    path: Path
    relative: str
    source: str
    kind: str
    sha256: str
    state: str
    reason: str
    detail: str
    title: str
    work: str
    split: str
    licence: str
    credit: str
    genre: str
    tempo_bpm: float | None
    key: str
    meter: str
    bars: int
    notes: int
    seconds: float
    has_grid: bool
    roles: tuple[str, ...]
    labels: dict[str, Any]
    hints: Hints


@dataclass(frozen=True, slots=True)
class Segment:
    """A stretch of whole bars of one piece: 0-based first bar, length in bars, notes and roles in it."""

    piece: int
    start_bar: int
    bars: int
    notes: int
    roles: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Known:
    """Under what a file was entered: a difference in any of it means that it must be read again."""

    size: int
    mtime_ns: int
    sha256: str
    hints: str
    examined: int


@dataclass(frozen=True, slots=True)
class Record:
    """What one file came to, on its way into the catalog; `columns` are columns of the table piece."""

    source: int
    path: str
    size: int
    mtime_ns: int
    state: str
    columns: dict[str, Any] = field(default_factory=dict)
    labels: dict[str, Any] = field(default_factory=dict)
    segments: tuple[tuple[int, int, int, str], ...] = ()  # start_bar, bars, notes, roles
    patterns: tuple[tuple[str, str, int, int], ...] = ()  # kind, text, bars, count
    bands: tuple[int, ...] = ()


_PIECE = """
    select p.id, s.folder, p.path, s.name, s.kind, p.sha256, p.state, p.reason, p.detail, p.title, p.work, p.split,
           p.licence, p.credit, p.genre, p.tempo_bpm, p.key, p.meter, p.bars, p.notes, p.seconds, p.has_grid, p.roles,
           p.labels, p.hints
    from piece p join source s on s.id = p.source
"""


def _piece(row: tuple[Any, ...]) -> Piece:
    values: list[Any] = [row[0], Path(row[1]) / row[2], *row[2:21], bool(row[21]), tuple(row[22].split())]
    return Piece(*values, labels=json.loads(row[23]), hints=Hints.from_json(json.loads(row[24])))


class Catalog:
    """An open catalog; a context manager.

    Args:
        path: the SQLite file; made with its folders if it is not there. ":memory:" keeps it in memory.

    Raises:
        LibraryError: the file is no catalog, or one of a newer version.
        OutputError: it cannot be made or written there.
    """

    def __init__(self, path: str | Path) -> None:
        self.path = path if str(path) == ":memory:" else Path(path)
        try:
            if isinstance(self.path, Path):
                self.path.parent.mkdir(parents=True, exist_ok=True)
            self.db = sqlite3.connect(self.path, isolation_level=None)
        except (OSError, sqlite3.Error) as error:
            raise OutputError(f"catalog {path} cannot be made: {error}; give a folder you may write") from error
        try:
            check_own(self.db, str(path))
            self.db.execute("pragma journal_mode = wal")
            self.db.execute("pragma synchronous = normal")
            self.db.execute("pragma foreign_keys = on")
            migrate(self.db, str(path))
        except sqlite3.OperationalError as error:
            self.db.close()
            raise OutputError(f"catalog {path} cannot be written: {error}; close what uses it or free space") from error
        except sqlite3.DatabaseError as error:
            self.db.close()
            raise LibraryError(f"{path} is not a catalog of Bandmate ({error}); delete it or name another") from error
        except LibraryError:
            self.db.close()
            raise

    def __enter__(self) -> Catalog:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Write everything to the file and let it go."""
        self.db.close()

    # writing

    def add_source(
        self, name: str, folder: Path, *, kind: str = "", licence: str = "", credit: str = "", note: str = ""
    ) -> int:
        """Enter a folder of music, or bring what is known of it up to date; gives its id."""
        self.db.execute(
            "insert into source (name, folder, kind, licence, credit, note) values (?, ?, ?, ?, ?, ?)"
            " on conflict (folder) do update set name = excluded.name, kind = excluded.kind,"
            " licence = excluded.licence, credit = excluded.credit, note = excluded.note",
            (name, str(folder), kind, licence, credit, note),
        )
        return self.db.execute("select id from source where folder = ?", (str(folder),)).fetchone()[0]

    def put(self, records: Iterable[Record]) -> None:
        """Enter a batch in one transaction; a file that was there already is replaced.

        Raises:
            OutputError: the disk is full or the file cannot be written; what was entered before stays.
        """
        try:
            with self.transaction():
                for record in records:
                    self._put(record)
        except sqlite3.OperationalError as error:
            raise OutputError(
                f"catalog {self.path} cannot be written: {error}; free some space and start again, it goes on from here"
            ) from error

    def transaction(self) -> _Transaction:
        """`with catalog.transaction():` all or nothing."""
        return _Transaction(self.db)

    def _put(self, record: Record) -> None:
        self.db.execute("delete from piece where source = ? and path = ?", (record.source, record.path))
        columns = {"source": record.source, "path": record.path, "size": record.size, "mtime_ns": record.mtime_ns,
                   "state": record.state, "labels": json.dumps(record.labels, separators=(",", ":")),
                   **record.columns}  # fmt: skip
        names = ", ".join(columns)
        marks = ", ".join("?" * len(columns))
        piece = self.db.execute(f"insert into piece ({names}) values ({marks})", tuple(columns.values())).lastrowid  # noqa: S608
        self.db.executemany("insert into segment values (?, ?, ?, ?, ?)", [(piece, *row) for row in record.segments])
        self.db.executemany("insert into pattern values (?, ?, ?, ?, ?)", [(piece, *row) for row in record.patterns])
        self.db.executemany(
            "insert or ignore into band values (?, ?, ?)",
            [(band, value, piece) for band, value in enumerate(record.bands)],
        )

    # reading

    def known(self, source: int, path: str) -> Known | None:
        """Under what a file was entered, or None."""
        row = self.db.execute(
            "select size, mtime_ns, sha256, hints, examined from piece where source = ? and path = ?", (source, path)
        ).fetchone()
        return None if row is None else Known(*row)

    def pieces(
        self, *, split: str | None = None, role: str | None = None, state: str = "taken", has_grid: bool | None = None
    ) -> Iterator[Piece]:
        """Pieces in a fixed order (source, path), streamed.

        Args:
            split: train, valid or test; None = all.
            role: only pieces with a track of this role.
            state: "taken" or "left out".
            has_grid: only pieces whose bars mean something (True) or do not (False).
        """
        where, values = ["p.state = ?"], [state]
        if split is not None:
            where, values = [*where, "p.split = ?"], [*values, split]
        if role is not None:
            where, values = [*where, "' ' || p.roles || ' ' like ?"], [*values, f"% {role} %"]
        if has_grid is not None:
            where, values = [*where, "p.has_grid = ?"], [*values, int(has_grid)]
        for row in self.db.execute(f"{_PIECE} where {' and '.join(where)} order by s.name, p.path", values):
            yield _piece(row)

    def piece(self, piece: int) -> Piece:
        """One piece by id.

        Raises:
            LibraryError: no such piece.
        """
        row = self.db.execute(f"{_PIECE} where p.id = ?", (piece,)).fetchone()
        if row is None:
            raise LibraryError(f"catalog {self.path} holds no piece {piece}")
        return _piece(row)

    def segments(self, *, split: str | None = None) -> Iterator[Segment]:
        """Segments of the pieces taken, in a fixed order, streamed."""
        query = "select g.* from segment g join piece p on p.id = g.piece where p.state = 'taken'"
        query += " and p.split = ?" if split else ""
        for row in self.db.execute(f"{query} order by g.piece, g.start_bar", (split,) if split else ()):
            piece, start_bar, bars, notes, roles = row
            yield Segment(piece, start_bar, bars, notes, tuple(roles.split()))

    def counts(self) -> dict[str, int]:
        """How many pieces are taken and left out, and how many of each split."""
        states = dict(self.db.execute("select state, count(*) from piece group by state"))
        splits = dict(self.db.execute("select split, count(*) from piece where state = 'taken' group by split"))
        return {"taken": states.get("taken", 0), "left out": states.get("left out", 0),
                **{name: splits.get(name, 0) for name in SPLITS}}  # fmt: skip


class _Transaction:
    def __init__(self, db: sqlite3.Connection) -> None:
        self.db = db

    def __enter__(self) -> None:
        self.db.execute("begin immediate")

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        self.db.execute("commit" if kind is None else "rollback")
