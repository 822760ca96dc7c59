"""Merge: all shards as one library. Duplicates, works and splits are settled over all of them, and written beside.

The index is a catalog without labels, so what is said of a library is said of shards by the same code. The verdict on
each row goes into a small file beside its part, row by row; the parts stay as they are.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

from bandmate.errors import LibraryError, OutputError
from bandmate.io.lock import only_one
from bandmate.library.bulk import INDEX
from bandmate.library.catalog import Catalog, Record
from bandmate.library.parquet import read_groups, write_rows
from bandmate.library.report import IngestReport, report
from bandmate.library.shards import SETTLED, ShardSet, open_shards
from bandmate.library.split import Shares, settle

_KEPT = (
    "sha256", "reason", "detail", "title", "stated_work", "stated_split", "licence", "credit", "genre", "tempo_bpm",
    "key", "meter", "bars", "notes", "seconds", "has_grid", "print", "sketch", "hints",
)  # fmt: skip
_READ = (*_KEPT, "path", "source", "folder", "kind", "size", "mtime_ns", "state", "roles", "bands")


def merge(out: str | Path, *, shares: Shares | None = None) -> IngestReport:
    """Settle which rows are duplicates, which belong to one work, and on which side of the split each falls.

    Args:
        out: folder of the shards; every slice must be there.
        shares: share of the works held out for validation and tests.

    Returns:
        What the library holds.

    Raises:
        LibraryError: a slice is missing, or a part is damaged.
        OutputError: another run is at it, or the disk is full.
    """
    shards = open_shards(out)
    if shards.missing:
        lacking = f"{shards.missing[0]}/{shards.slices}"
        raise LibraryError(f"{out} lacks shard {lacking}; run the ingest with --shard {lacking} first")
    with only_one(shards.folder / ".lock-merge", "merging"):
        index = shards.folder / INDEX
        working = index.with_name(f".{INDEX}.part")
        _remove(working)
        try:
            with Catalog(working) as catalog:
                for part in shards.parts:
                    catalog.put(_records(part, shards.root, catalog))
                settle(catalog, shares)
                _write_verdicts(shards, catalog)
                said = report(catalog)
            _remove(index)
            working.replace(index)
        except OSError as error:
            raise OutputError(
                f"{index} cannot be written: {error.strerror}; free some space and merge again"
            ) from error
        finally:
            with suppress(OSError):
                _remove(working)
    return said


def library_report(out: str | Path) -> IngestReport:
    """What a merged library holds.

    Raises:
        LibraryError: it was not merged yet, or shards have come since.
    """
    shards = open_shards(out)
    if not shards.settled:
        raise LibraryError(f"{out} holds shards that were not merged yet; run: bandmate library merge {out}")
    with Catalog(shards.folder / INDEX) as catalog:
        return report(catalog)


def _remove(path: Path) -> None:
    for suffix in ("", "-wal", "-shm"):
        path.with_name(path.name + suffix).unlink(missing_ok=True)


def _records(part: Path, root: Path, catalog: Catalog) -> Iterator[Record]:
    ids: dict[tuple[str, str], int] = {}
    for rows in read_groups(part, _READ):
        for row in rows:
            key = row["source"], row["folder"]
            if key not in ids:
                ids[key] = catalog.add_source(row["source"], root / row["folder"], kind=row["kind"])
            yield _record(row, ids[key])


def _record(row: dict[str, Any], source: int) -> Record:
    columns = {name: row[name] for name in _KEPT} | {"roles": " ".join(row["roles"])}
    columns["has_grid"] = int(columns["has_grid"])
    columns |= {name: row[name] or None for name in ("print", "sketch")}
    path = row["path"][len(row["folder"]) + 1 :] if row["folder"] else row["path"]
    return Record(source, path, row["size"], row["mtime_ns"], row["state"], columns, bands=tuple(row["bands"]))


def _write_verdicts(shards: ShardSet, catalog: Catalog) -> None:
    """A file beside each part, its rows those of the part: pieces were entered in this order, so ids count them."""
    names = ", ".join(SETTLED)
    rows = catalog.db.execute(f"select {names} from piece order by id")  # noqa: S608
    for part, count in zip(shards.parts, shards.counts, strict=True):
        found: list[dict[str, Any]] = [dict(zip(SETTLED, rows.fetchone(), strict=True)) for _ in range(count)]
        taken = sum(row["state"] == "taken" for row in found)
        write_rows(shards.verdict_of(part), found, dict.fromkeys(SETTLED, "text"), {"rows": count, "taken": taken})
