"""One file, from bytes to everything the catalog keeps of it. Runs in a worker; never raises for a bad file."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

from bandmate import registry
from bandmate.analysis.meter import score_bars
from bandmate.errors import FileFormatError, LibraryError, UserError
from bandmate.io.files import is_music, read
from bandmate.io.midi_fast import read_midi_fast
from bandmate.library import charts, clean, fingerprint, patterns, segments
from bandmate.library.datasets.books import book_of, content_of, read_piece
from bandmate.library.label import label, with_tempo
from bandmate.library.rows import music_of
from bandmate.library.sources.base import MIDI_SUFFIXES, SOUNDS, Hints, prepare
from bandmate.limits import MIDI_BYTES
from bandmate.score.cut import split_channels
from bandmate.score.model import Score
from bandmate.score.timeline import ticks_to_seconds

CHART = "chart"  # labels["written"] of a chord chart, whose rhythm and voicing mean nothing
LEAST_SURE = 0.5  # of a sound that was written down by ear
VERSION = 1  # raised when what is said of a file changes, so that catalogs made before are brought up to date


def read_score(path: str | Path, kind: str, hints: Hints) -> tuple[Score, str]:
    """Read a piece as its source means it, mended, at its own tempo; and where the tempo is known from.

    Raises:
        FileFormatError: it cannot be read.
        LibraryError: its source knows that it cannot be used.
    """
    score = prepare(_read(path), kind, hints.tags)
    return with_tempo(clean.mend(score), hints)


class _UnsureError(UserError):
    """A sound was written down, and is not sure enough to learn from."""


def heard(path: str | Path) -> Score:
    """A sound file as notes, by whatever is registered as `transcriber`: path -> (score, how sure it is, 0..1).

    Raises:
        UserError: nothing in it can be written down.
    """
    score, sure = registry.get("transcriber")(path)
    if sure < LEAST_SURE:
        raise _UnsureError(f"what was heard in it is only {sure:.0%} sure, from {LEAST_SURE:.0%} on it is taken")
    return score


def _read(path: str | Path) -> Score:
    """By the suffix; what the fast door of MIDI refuses, the lossless one may still read.

    Such as bytes out of range and odd running status.
    """
    suffix = Path(path).suffix.lower()
    if suffix in SOUNDS:
        return heard(path)
    if _is_chart(path):
        return charts.read_chart(path).score
    if suffix not in MIDI_SUFFIXES:
        return read_piece(Path(path))
    try:
        return read_midi_fast(path)
    except FileFormatError:
        return split_channels(read(path))


def _is_chart(path: str | Path) -> bool:
    """Whether a file that was found is a chord chart; JSON may be music, too."""
    return Path(path).suffix.lower() in charts.SUFFIXES and not is_music(Path(path))


def _left_out(reason: str, detail: str, sha256: str = "") -> dict[str, Any]:
    return {"state": "left out", "columns": {"reason": reason, "detail": detail[:400], "sha256": sha256}}


def examine(path: str, kind: str, hints: Hints, *, music: bool = False) -> dict[str, Any]:
    """Read, clean, label, fingerprint and cut one file.

    Args:
        path: the file.
        kind: its source's kind (see sources.base).
        hints: what is known of it.
        music: whether the answer holds the notes, too, as "music" (see `library.rows`).

    Returns:
        Plain data: state, columns, labels, segments, patterns, bands (see catalog.Record); "print" and "sketch" in
        hexadecimal. A file that cannot be used gives state "left out", with reason and detail.
    """
    try:
        size = book_of(Path(path))[0].stat().st_size
        if size > MIDI_BYTES.high:
            return _left_out("too big", f"it has {size / 2**20:.0f} MB, at most {MIDI_BYTES.high / 2**20:.0f} are read")
        sha256 = hashlib.sha256(content_of(Path(path))).hexdigest()
    except PermissionError as error:
        return _left_out("no permission", error.strerror or "no permission")
    except OSError as error:
        return _left_out("unreadable", error.strerror or str(error))
    except FileFormatError as error:
        return _left_out("unreadable", str(error))
    try:
        return _examined(path, kind, hints, sha256, music)
    except LibraryError as error:
        return _left_out("unclear bars", str(error), sha256)
    except _UnsureError as error:
        return _left_out("unsure", str(error), sha256)
    except (FileFormatError, UserError) as error:
        return _left_out("unreadable", str(error), sha256)
    except MemoryError:
        return _left_out("too big", "reading it takes more memory than there is", sha256)


def _stated_work(hints: Hints) -> str:
    """What its metadata says it belongs to; a title alone only holds within its source (see `library.split`)."""
    if hints.group:
        return hints.group
    if hints.title:
        return f"{hints.title} / {hints.artist}" if hints.artist else f"title:{hints.title}"
    return ""


def _examined(path: str, kind: str, hints: Hints, sha256: str, music: bool) -> dict[str, Any]:
    chart = _is_chart(path)
    if chart:
        hints = charts.read_chart(path).hints.or_else(hints)
    score, tempo_from = read_score(path, kind, hints)
    problem = clean.problem_of(score)
    if problem is not None:
        return _left_out(problem.reason, problem.detail, sha256)
    labels = label(score, hints, tempo_from)
    if chart:
        labels["written"] = CHART
    bars = score_bars(score)
    found = fingerprint.fingerprint(score)
    has_grid = clean.grid_strength(score) >= clean.MIN_GRID
    sounding = sorted({role for role, track in zip(labels["roles"], score.tracks, strict=True) if len(track.notes)})
    columns = {
        "sha256": sha256,
        "title": hints.title,
        "stated_work": _stated_work(hints),
        "stated_split": hints.split,
        "licence": hints.licence,
        "credit": hints.credit,
        "genre": labels["genre"],
        "tempo_bpm": labels["tempo"],
        "key": labels["key"],
        "meter": labels["meter"],
        "bars": len(bars),
        "notes": score.note_count,
        "seconds": round(float(ticks_to_seconds(score, score.last_ticks)), 3),
        "has_grid": int(has_grid),
        "roles": " ".join(filter(None, sounding)),
    }
    return {
        "state": "taken",
        "columns": columns,
        "labels": labels,
        "segments": segments.cut(score, bars, labels["roles"]) if has_grid else (),
        "patterns": patterns.patterns_of(score, bars, labels["roles"], labels["chords"]) if has_grid else (),
        "bands": found.bands,
        "print": found.print.hex(),
        "sketch": found.sketch.hex(),
        **({"music": music_of(score)} if music else {}),
    }
