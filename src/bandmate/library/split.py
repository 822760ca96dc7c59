"""Which pieces are the same music, and which side of train, valid and test each work falls on.

Decided over the whole catalog after reading, from stored fingerprints, so that the order in which files were read,
and how often a run was stopped, changes nothing.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections import defaultdict
from dataclasses import dataclass
from itertools import chain, pairwise
from pathlib import PurePosixPath

from bandmate.library.catalog import SPLITS, Catalog
from bandmate.library.fingerprint import likeness

TWIN_LIKENESS = 0.95  # shared runs from which two pieces count as one
KIN_LIKENESS = 0.35  # shared runs from which two pieces must stay on one side
MAX_BUCKET = 200  # a band shared by more pieces than this says nothing
MIN_HELD_OUT_WORKS = 3  # with fewer works nothing can be held out

_COPY = re.compile(
    r"\(\d+\)|\b(copy|kopie|take|ver(sion)?|v|mix|edit|remix|alt|part|final|master|loop|clip|idea|draft)[ _-]*\d*\b"
    r"|\.\d+$",
    re.IGNORECASE,
)
_TEMPO = re.compile(r"\b\d{2,3}(\.\d+)?[ _-]*bpm\b|\bbpm[ _-]*\d{2,3}\b", re.IGNORECASE)
_KEYS = re.compile(r"\b[A-G](#|b)?(m|min|maj|minor|major)\b|\b[A-G](#|b)\b")
_PARTS = re.compile(
    r"\b(drums?|bass(line)?|melody|lead|chords?|keys|piano|pads?|arps?|strings|brass|guitars?|synths?|vox|vocals?|fx|perc(ussion)?)\b",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Shares:
    """Share of the works held out for validation and for tests, each 0..1."""

    valid: float = 0.1
    test: float = 0.05


def work_name(path: str) -> str:
    """What a file's name says it is a version of: without tempo, key, part, take and copy marks, in its folder.

    Empty where nothing but numbers and marks is left: such a file stands for itself.
    """
    place = PurePosixPath(path)
    plain = "".join(c for c in unicodedata.normalize("NFKD", place.stem) if not unicodedata.combining(c))
    plain = re.sub(r"[_\s]+", " ", plain)
    for mark in (_TEMPO, _KEYS, _COPY, _PARTS):
        plain = mark.sub(" ", plain)
    plain = re.sub(r"[\W_]+", " ", plain).strip().casefold()
    if sum(c.isalpha() for c in plain) < 3:
        return ""
    return f"{place.parent.as_posix().casefold()}/{plain}"


class _Sets:
    """Disjoint sets of ids; the smallest key names a set."""

    def __init__(self) -> None:
        self.parent: dict[int, int] = {}

    def find(self, item: int) -> int:
        root = item
        while self.parent.get(root, root) != root:
            root = self.parent[root]
        while self.parent.get(item, item) != root:
            self.parent[item], item = root, self.parent[item]
        return root

    def join(self, first: int, second: int) -> None:
        a, b = self.find(first), self.find(second)
        self.parent[max(a, b)] = min(a, b)


def settle(catalog: Catalog, shares: Shares | None = None) -> None:
    """Leave duplicates out, gather works and give each piece its split; may be run again at any time.

    Of pieces with the same fingerprint the first by source and path stays. A work is what shares a stated group or
    title, a normalised name in one folder, or KIN_LIKENESS of its runs. A stated split counts for the whole work, the
    most held-out one if they differ; else the hash of the work's name decides, so that adding files moves no other.
    """
    with catalog.transaction():
        catalog.db.execute(
            "update piece set state = 'taken', reason = '', detail = '', twin = null where reason = 'duplicate'"
        )
        _leave_out_exact_twins(catalog)
        kin = _near_kin(catalog)
        _leave_out_near_twins(catalog, kin)
        works = _works(catalog, kin)
        _assign(catalog, works, shares or Shares())


_OUT = "update piece set state = 'left out', reason = 'duplicate', detail = ?, twin = ? where id = ?"


def _leave_out_exact_twins(catalog: Catalog) -> None:
    rows = catalog.db.execute(
        "select p.id, p.print, p.path from piece p join source s on s.id = p.source where p.state = 'taken'"
        " and p.print in (select print from piece where state = 'taken' group by print having count(*) > 1)"
        " order by s.name, p.path"
    ).fetchall()
    first: dict[bytes, tuple[int, str]] = {}
    for piece, mark, path in rows:
        if mark in first:
            kept, kept_path = first[mark]
            catalog.db.execute(_OUT, (f"the same notes as {kept_path}, in any key and tempo", kept, piece))
        else:
            first[mark] = (piece, path)


def _near_kin(catalog: Catalog) -> list[tuple[int, int, float]]:
    """Pairs of pieces taken that share at least KIN_LIKENESS of their runs."""
    pairs: set[tuple[int, int]] = set()
    bucket: list[int] = []
    last = None
    query = (
        "select b.band, b.hash, b.piece from band b join piece p on p.id = b.piece where p.state = 'taken'"
        " order by b.band, b.hash, b.piece"
    )
    for band, value, piece in chain(catalog.db.execute(query), [(None, None, None)]):
        if (band, value) != last:
            if 1 < len(bucket) <= MAX_BUCKET:
                # A chain is enough to join them; likeness is still asked pair by pair.
                pairs.update(pairwise(bucket))
                pairs.update((bucket[0], other) for other in bucket[1:])
            bucket, last = [], (band, value)
        bucket.append(piece)
    sketches: dict[int, bytes] = {}

    def sketch(piece: int) -> bytes:
        if piece not in sketches:
            sketches[piece] = catalog.db.execute("select sketch from piece where id = ?", (piece,)).fetchone()[0] or b""
        return sketches[piece]

    found = [(a, b, likeness(sketch(a), sketch(b))) for a, b in sorted(pairs)]
    return [pair for pair in found if pair[2] >= KIN_LIKENESS]


def _leave_out_near_twins(catalog: Catalog, kin: list[tuple[int, int, float]]) -> None:
    gone: set[int] = set()
    for first, second, share in kin:
        if share < TWIN_LIKENESS or first in gone or second in gone:
            continue
        rows = {
            row[0]: row
            for row in catalog.db.execute(
                "select p.id, s.name, p.path, p.notes from piece p join source s on s.id = p.source"
                " where p.id in (?, ?)",
                (first, second),
            )
        }
        kept, out = sorted((first, second), key=lambda piece: rows[piece][1:3])
        if abs(rows[kept][3] - rows[out][3]) <= 0.05 * max(rows[kept][3], rows[out][3]):
            detail = f"{share:.0%} of its runs are those of {rows[kept][2]}"
            catalog.db.execute(_OUT, (detail, kept, out))
            gone.add(out)


def _works(catalog: Catalog, kin: list[tuple[int, int, float]]) -> dict[str, list[int]]:
    """Work name -> pieces taken."""
    sets = _Sets()
    for first, second, _ in kin:
        sets.join(first, second)
    named: dict[str, int] = {}
    keys: dict[int, str] = {}
    query = (
        "select p.id, s.name, p.path, p.stated_work from piece p join source s on s.id = p.source"
        " where p.state = 'taken' order by s.name, p.path"
    )
    for piece, source, path, stated in catalog.db.execute(query):
        name = work_name(path)
        stated = f"{source}:{stated}" if stated.startswith("title:") else stated
        key = stated.casefold() or (f"{source}:{name}" if name else f"{source}:{path}")
        keys[piece] = key
        if key in named:
            sets.join(named[key], piece)
        else:
            named[key] = piece
    works: dict[int, list[int]] = defaultdict(list)
    for piece in keys:
        works[sets.find(piece)].append(piece)
    return {min(keys[piece] for piece in pieces): pieces for pieces in works.values()}


def _place_of(work: str) -> float:
    """A number in [0, 1) from the name of a work."""
    return int.from_bytes(hashlib.sha256(work.encode("utf-8")).digest()[:8]) / 2**64


def _assign(catalog: Catalog, works: dict[str, list[int]], shares: Shares) -> None:
    stated = dict(catalog.db.execute("select id, stated_split from piece where state = 'taken' and stated_split != ''"))
    splits: dict[str, str] = {}
    for work, pieces in works.items():
        said = [stated[piece] for piece in pieces if piece in stated]
        place = _place_of(work)
        drawn = "test" if place < shares.test else "valid" if place < shares.test + shares.valid else "train"
        splits[work] = max(said, key=SPLITS.index) if said else drawn
    free = sorted((work for work in works if not any(piece in stated for piece in works[work])), key=_place_of)
    if "valid" not in splits.values() and shares.valid > 0 and len(works) >= MIN_HELD_OUT_WORKS and free:
        nearest = next((work for work in free if splits[work] == "train"), free[0])
        splits[nearest] = "valid"  # nothing to measure on would be worse than an uneven share
    if works and "train" not in splits.values() and free:
        splits[free[-1]] = "train"
    catalog.db.executemany(
        "update piece set work = ?, split = ? where id = ?",
        [(work, splits[work], piece) for work, pieces in works.items() for piece in pieces],
    )
    catalog.db.execute("update piece set work = '', split = '' where state != 'taken'")
