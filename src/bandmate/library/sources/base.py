"""What every source of music has: files found, what is known of them beforehand, and a way to read them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, fields
from importlib import import_module
from pathlib import Path
from typing import Any

from bandmate.io.files import FORMATS, format_of, is_music
from bandmate.io.midi import read_midi
from bandmate.score.model import Score

MIDI_SUFFIXES = tuple(suffix for suffix, known in FORMATS.items() if known.read is read_midi)
SOUNDS = (".wav", ".flac", ".ogg", ".mp3", ".aif", ".aiff")  # only where they are asked for
_OTHERS = (  # hold music, or sound that is not taken in; what `io.files` reads of them counts as read
    ".gp", ".gp3", ".gp4", ".gp5", ".gpx", ".flp", ".logicx", ".cpr", ".ly", ".sib", ".mod", ".xm",
    ".s3m", ".it", ".nsf", ".vgm", ".m4a",
)  # fmt: skip

# Sources whose files need a hand before they mean what they say: kind -> function (Score, tags) -> Score.
PREPARE = {
    "groove_midi": "bandmate.library.sources.groove_midi:prepare",
    "pop909": "bandmate.library.sources.pop909:prepare",
}


@dataclass(frozen=True, slots=True)
class Hints:
    """What is known of a file without reading its notes; an empty field says nothing.

    Attributes:
        title, group: its name, and what it belongs to ("pop909-001"); artist: who made it.
        split: train, valid or test, if its collection says so.
        genres, styles, moods: words as found; instruments: words as found.
        tempo_bpm: quarter notes a minute; weak_tempo_bpm: a bare number that may be one.
        key: text such as "D minor".
        licence, credit, caption: as stated.
        origin: field name -> "metadata", "file name" or "folder name".
        tags: everything else that the metadata said, for `prepare`.
    """

    title: str = ""
    artist: str = ""
    group: str = ""
    split: str = ""
    genres: tuple[str, ...] = ()
    styles: tuple[str, ...] = ()
    moods: tuple[str, ...] = ()
    instruments: tuple[str, ...] = ()
    tempo_bpm: float | None = None
    weak_tempo_bpm: float | None = None
    key: str = ""
    licence: str = ""
    credit: str = ""
    caption: str = ""
    origin: dict[str, str] = field(default_factory=dict)
    tags: dict[str, Any] = field(default_factory=dict)

    def or_else(self, other: Hints) -> Hints:
        """These hints, and where they say nothing, the other's."""
        values: dict[str, Any] = {}
        origin: dict[str, str] = {}
        for item in fields(self):
            if item.name in ("origin", "tags"):
                continue
            holder = self if getattr(self, item.name) else other
            values[item.name] = getattr(holder, item.name)
            if item.name in holder.origin and values[item.name]:
                origin[item.name] = holder.origin[item.name]
        return Hints(**values, origin=origin, tags={**other.tags, **self.tags})

    def to_json(self) -> dict[str, Any]:
        """Plain data; `from_json` reads it back."""
        return {item.name: getattr(self, item.name) for item in fields(self)}

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> Hints:
        """Read what `to_json` wrote."""
        values: dict[str, Any] = {k: tuple(v) if isinstance(v, list) else v for k, v in data.items()}
        return cls(**values)


@dataclass(frozen=True, slots=True)
class SourceInfo:
    """A collection: its name, folder, licence and credit, and its kind in PREPARE ("" = files as they are)."""

    name: str
    folder: Path
    kind: str = ""
    licence: str = ""
    credit: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True)
class Found:
    """A file on disk: its path, its place in the source's folder, size in bytes, modification time, hints."""

    path: Path
    relative: str
    size: int
    mtime_ns: int
    source: SourceInfo
    hints: Hints


def is_read(path: Path) -> bool:
    """Whether a file is music that is read here and now; chord charts and sounds are another matter."""
    known = format_of(path)
    return known is not None and known.is_installed and is_music(path)


def is_not_yet_read(path: Path) -> bool:
    """Whether a file holds music or sound and is not read: nobody can yet, or a part of Bandmate is not installed."""
    if is_music(path):
        return not is_read(path)
    return path.suffix.lower() in (*_OTHERS, *SOUNDS)


def prepare(score: Score, kind: str, tags: dict[str, Any]) -> Score:
    """Make a score mean what it says: what its source does differently is set right.

    Raises:
        LibraryError: its source knows that it cannot be used; the message says why.
    """
    if kind not in PREPARE:
        return score
    module, name = PREPARE[kind].split(":")
    door: Callable[[Score, dict[str, Any]], Score] = getattr(import_module(module), name)
    return door(score, tags)
