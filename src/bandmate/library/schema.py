"""The catalog's tables, as migrations: each is run once, in order, and never edited afterwards."""

from __future__ import annotations

import sqlite3

from bandmate.errors import LibraryError

MIGRATIONS = (
    """
    create table source (
        id integer primary key,
        name text not null,
        folder text not null unique,          -- absolute
        kind text not null default '',        -- whose `prepare` reads its files; '' = files as they are
        licence text not null default '',
        credit text not null default '',
        note text not null default ''
    );
    create table piece (
        id integer primary key,
        source integer not null references source(id) on delete cascade,
        path text not null,                   -- relative to the source's folder, with forward slashes
        size integer not null,
        mtime_ns integer not null,
        sha256 text not null default '',
        state text not null,                  -- 'taken' or 'left out'
        reason text not null default '',      -- why it was left out: one of clean.REASONS
        detail text not null default '',      -- the sentence behind the reason
        twin integer references piece(id) on delete set null,  -- what it is a duplicate of
        title text not null default '',
        stated_work text not null default '',
        stated_split text not null default '',
        work text not null default '',        -- what must stay on one side of the split
        split text not null default '',       -- train, valid or test
        licence text not null default '',
        credit text not null default '',
        genre text not null default '',
        tempo_bpm real,
        key text not null default '',
        meter text not null default '',
        bars integer not null default 0,
        notes integer not null default 0,
        seconds real not null default 0,
        has_grid integer not null default 1,
        roles text not null default '',       -- sorted, one blank between
        labels text not null default '{}',    -- JSON, see library.label
        hints text not null default '{}',     -- JSON, what was known before reading, see sources.base.Hints
        examined integer not null default 0,  -- version of the examination, see library.examine
        print blob,                           -- exact fingerprint, 16 bytes
        sketch blob,                          -- min-hash of its runs, see library.fingerprint
        unique (source, path)
    );
    create index piece_print on piece(print);
    create index piece_split on piece(state, split);
    create table segment (
        piece integer not null references piece(id) on delete cascade,
        start_bar integer not null,           -- 0-based
        bars integer not null,
        notes integer not null,
        roles text not null,
        primary key (piece, start_bar)
    ) without rowid;
    create table pattern (
        piece integer not null references piece(id) on delete cascade,
        kind text not null,                   -- 'drums' or 'bass'
        text text not null,
        bars integer not null,
        count integer not null,
        primary key (piece, kind, text)
    ) without rowid;
    create table band (
        band integer not null,
        hash integer not null,
        piece integer not null references piece(id) on delete cascade,
        primary key (band, hash, piece)
    ) without rowid;
    """,
)
VERSION = len(MIGRATIONS)
_OWN = {"source", "piece"}  # tables that every version has


def check_own(db: sqlite3.Connection, place: str) -> None:
    """Refuse the database of another program before anything is written into it.

    Raises:
        LibraryError: it has tables and no version of ours.
    """
    (version,) = db.execute("pragma user_version").fetchone()
    tables = {name for (name,) in db.execute("select name from sqlite_master where type = 'table'")}
    if tables and (not version or not tables >= _OWN):
        raise LibraryError(f"{place} is a database of another program; it stays as it is, name another file")


def migrate(db: sqlite3.Connection, place: str) -> None:
    """Bring a catalog to this version's tables, one transaction a step.

    Raises:
        LibraryError: it was written by a newer Bandmate; the message names the place and both versions.
    """
    version = db.execute("pragma user_version").fetchone()[0]
    if version > VERSION:
        raise LibraryError(
            f"catalog {place} has version {version}, this Bandmate knows up to {VERSION}; update Bandmate to read it"
        )
    for number in range(version, VERSION):
        db.executescript(f"begin; {MIGRATIONS[number]}; pragma user_version = {number + 1}; commit;")
