"""A dataset as a folder of files of one format with a manifest, as `learn` and the dataset `corpus` read it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TextIO

from bandmate.errors import FileFormatError, LibraryError, OutputError
from bandmate.io.atomic import cannot_write, write_text_atomic
from bandmate.io.files import format_of, write
from bandmate.library.datasets.books import content_of
from bandmate.library.datasets.entries import Entry
from bandmate.library.datasets.place import NOTE, check_apart, provenance
from bandmate.library.datasets.reading import UNREADABLE, Pieces
from bandmate.score.model import Score

MANIFEST = "manifest.jsonl"
_JOURNAL = ".manifest.part"  # what a run that was stopped had written


@dataclass(frozen=True, slots=True)
class Converted:
    """What `convert` did: folder, files written, files that were there before, sentences about those left out."""

    folder: Path
    written: int
    known: int
    skipped: tuple[str, ...]


def convert(
    pieces: Pieces, out: str | Path, *, suffix: str = ".mid", progress: Callable[[int], None] | None = None
) -> Converted:
    """Read every piece and write it in one format; what an earlier run wrote of the same source is left as it is.

    Beside them lie `manifest.jsonl` (file, hash of its source, work, split and labels of each) and `SOURCE.json` (name,
    licence, citation), so that the folder is a corpus in itself.

    Args:
        pieces: an open dataset.
        out: the folder; neither the one that is read nor within it.
        suffix: of a format that is written.
        progress: called with the number of pieces done.

    Raises:
        LibraryError: no piece could be read.
        OutputError: the format is not written, or the place cannot be, or holds files of somebody else or of another
            source.
    """
    out = Path(out)
    known_format = format_of(Path(f"x{suffix}"))
    if known_format is None or known_format.write is None:
        raise OutputError(f"'{suffix}' is no format written here; give --format .mid, or another of docs/FORMATS.md")
    check_apart(out, pieces.folder)
    said = _said(pieces)
    _check_same(out, said)
    before = _written_before(out)
    rows: list[str] = []
    written = 0
    skipped: list[str] = []
    with _journal(out) as journal:
        for number, entry in enumerate(pieces.walk(), 1):
            name = _name(entry, suffix)
            try:
                row = _row(entry, name)
                if before.get(name) != row["sha256"] or not (out / name).is_file():
                    _write(pieces.read(entry), out / name, before)
                    written += 1
            except UNREADABLE as error:
                skipped.append(str(error))
                continue
            finally:
                if progress is not None:
                    progress(number)
            if not rows:  # a run that is stopped says, too, whose these are
                _say(out, said)
            rows.append(json.dumps(row, ensure_ascii=False) + "\n")
            journal.write(rows[-1])
            journal.flush()
    if not rows:
        raise LibraryError(f"nothing in {pieces.folder} could be read: {(*skipped, 'no piece is in it')[0]}")
    write_text_atomic(out / MANIFEST, "".join(rows))
    (out / _JOURNAL).unlink(missing_ok=True)
    return Converted(out, written, len(rows) - written, tuple(skipped))


def _said(pieces: Pieces) -> dict[str, Any]:
    """What SOURCE.json says; of folders of one's own, which have no name of their own, which of them it was."""
    said = provenance(pieces.dataset, pieces.folder)
    if pieces.dataset.homepage.startswith("docs/"):
        said["place"] = hashlib.sha256(str(pieces.folder.resolve()).encode()).hexdigest()
    return said


def _say(out: Path, said: dict[str, Any]) -> None:
    write_text_atomic(out / NOTE, json.dumps(said, ensure_ascii=False, indent=1) + "\n")


def _check_same(out: Path, said: dict[str, Any]) -> None:
    """Two sources in one folder would be one corpus under the name and licence of the second."""
    try:
        there = json.loads((out / NOTE).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return
    if isinstance(there, dict) and any(there.get(key, said.get(key)) != said.get(key) for key in ("dataset", "place")):
        name = there.get("source") or there.get("dataset")
        raise OutputError(f"{out} holds what was converted from another source ('{name}'); give another --out")


def _name(entry: Entry, suffix: str) -> str:
    name = entry.relative.replace("#", "-")
    return name if name.lower().endswith(suffix) else name + suffix


def _row(entry: Entry, name: str) -> dict[str, Any]:
    try:
        sha256 = hashlib.sha256(content_of(entry.path)).hexdigest()
    except OSError as error:
        raise FileFormatError(f"{entry.path} cannot be read: {error.strerror}") from error
    return {"file": name, "sha256": sha256, "tags": {"group": entry.work, "split": entry.split, **entry.labels}}


def _written_before(out: Path) -> dict[str, str]:
    """File -> hash of what it was made from, by the manifest and by the journal of a run that was stopped."""
    found: dict[str, str] = {}
    for path in (out / MANIFEST, out / _JOURNAL):
        try:
            lines = path.read_text(encoding="utf-8").splitlines()
        except (OSError, UnicodeDecodeError):
            continue
        for line in lines:
            with suppress(ValueError, KeyError, TypeError, AttributeError):  # cut off, or of an older version
                row = json.loads(line)
                found[str(row["file"])] = str(row.get("sha256", ""))
    return found


@contextmanager
def _journal(out: Path) -> Iterator[TextIO]:
    path = out / _JOURNAL
    try:
        out.mkdir(parents=True, exist_ok=True)
        with path.open("a", encoding="utf-8", newline="\n") as file:
            yield file
    except OSError as error:
        raise cannot_write(out, error) from error
    finally:
        with suppress(OSError):
            if not path.stat().st_size:  # nothing came of it: no trace is left
                path.unlink()
                out.rmdir()


def _write(score: Score, path: Path, before: dict[str, str]) -> None:
    """Write a piece; only what an earlier run wrote is written over, projects too."""
    if path.exists():
        if not before:
            raise OutputError(f"{path} is there already and was not converted here; give another --out")
        path.unlink()
    write(score, path)
