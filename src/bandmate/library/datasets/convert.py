"""A dataset as a folder of files of one format with a manifest, as `learn` and the dataset `corpus` read it."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from bandmate.errors import LibraryError, OutputError
from bandmate.io.atomic import atomic_write, write_text_atomic
from bandmate.io.files import format_of, write
from bandmate.library.datasets.place import NOTE, provenance
from bandmate.library.datasets.reading import UNREADABLE, Pieces

MANIFEST = "manifest.jsonl"


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
    """Read every piece and write it in one format; files that are there already are left as they are.

    Beside them lie `manifest.jsonl` (file, work, split and labels of each) and `SOURCE.json` (name, licence,
    citation), so that the folder is a corpus in itself.

    Args:
        pieces: an open dataset.
        out: the folder; not the one that is read.
        suffix: of a format that is written.
        progress: called with the number of pieces done.

    Raises:
        LibraryError: no piece could be read.
        OutputError: the format is not written, or the place cannot be.
    """
    out = Path(out)
    known_format = format_of(Path(f"x{suffix}"))
    if known_format is None or known_format.write is None:
        raise OutputError(f"'{suffix}' is no format written here; give --format .mid, or another of docs/FORMATS.md")
    if out.resolve() == pieces.folder.resolve():
        raise OutputError(f"{out} is the folder that is read; give another --out")
    written = known = 0
    skipped: list[str] = []
    with atomic_write(out / MANIFEST) as temporary, temporary.open("w", encoding="utf-8", newline="\n") as manifest:
        for number, entry in enumerate(pieces.walk(), 1):
            name = entry.relative.replace("#", "-")
            name += "" if name.lower().endswith(suffix) else suffix
            try:
                if (out / name).exists():
                    known += 1
                else:
                    write(pieces.read(entry), out / name)
                    written += 1
            except UNREADABLE as error:
                skipped.append(str(error))
                continue
            finally:
                if progress is not None:
                    progress(number)
            tags = {"group": entry.work, "split": entry.split, **entry.labels}
            manifest.write(json.dumps({"file": name, "tags": tags}, ensure_ascii=False) + "\n")
        if not written + known:
            raise LibraryError(f"nothing in {pieces.folder} could be read: {(*skipped, 'no piece is in it')[0]}")
    said = provenance(pieces.dataset, pieces.folder)
    write_text_atomic(out / NOTE, json.dumps(said, ensure_ascii=False, indent=1) + "\n")
    return Converted(out, written, known, tuple(skipped))
