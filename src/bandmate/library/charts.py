"""Chord charts as songs: text such as "| Dm7 G7 | Cmaj7 |" under lines of title, key, tempo, meter and genre, or JSON.

A chart says nothing of how chords are played. Its score is one track of block chords, so that key, form and harmony are
read from it as from any piece; style and training pass over its rhythm and voicing.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bandmate.errors import BandmateError, FileFormatError
from bandmate.library.sources.base import Hints
from bandmate.score.model import Score, Track, make_meters, make_notes, make_tempos
from bandmate.score.pitch import QUALITIES, Chord, Key

SUFFIXES = (".chart", ".chords", ".txt", ".json")
_ALWAYS = (".chart", ".chords")  # the others are charts if they look like one
MOST_BYTES = 256 * 1024
_MOST_BARS = 2048
_FIELDS = ("title", "artist", "key", "tempo", "meter", "genre")
_FIELD = re.compile(rf"\s*({'|'.join(_FIELDS)})\s*[:=]\s*(.+?)\s*$", re.IGNORECASE)
_CHORD = re.compile(r"[A-G][#b♯♭]?[^\s|]*$")
_REST, _SAME = ("N.C.", "NC"), ("%", "/")
_TICKS, _LOWEST, _BASS = 480, 52, 36


@dataclass(frozen=True, slots=True)
class Chart:
    """A chart: chords of each bar, () where none sounds; tempo in quarters a minute, meter as (4, 4)."""

    bars: tuple[tuple[Chord, ...], ...]
    title: str = ""
    artist: str = ""
    key: Key | None = None
    tempo: float = 120.0
    meter: tuple[int, int] = (4, 4)
    genre: str = ""

    @property
    def hints(self) -> Hints:
        """What it says of itself."""
        genres = (self.genre,) if self.genre else ()
        key = self.key.name if self.key else ""
        said = {"title": self.title, "genres": genres, "key": key, "tempo_bpm": self.tempo}
        origin = {name: "file" for name, value in said.items() if value}
        return Hints(title=self.title, artist=self.artist, genres=genres, key=key, tempo_bpm=self.tempo, origin=origin)

    @property
    def score(self) -> Score:
        """Block chords, the bass below."""
        bar_ticks = _TICKS * 4 * self.meter[0] // self.meter[1]
        onsets, lengths, pitches = [], [], []
        for bar, chords in enumerate(self.bars):
            for place, chord in enumerate(chords):
                onset, end = (bar * bar_ticks + bar_ticks * n // len(chords) for n in (place, place + 1))
                tones = _voiced(chord)
                onsets += [onset] * len(tones)
                lengths += [end - onset] * len(tones)
                pitches += tones
        track = Track("Chords", 0, notes=make_notes(onsets, lengths, pitches, 80), role="chords")
        return Score((track,), _TICKS, make_tempos(self.tempo), make_meters(*self.meter), title=self.title,
                     end_ticks=len(self.bars) * bar_ticks)  # fmt: skip


def _voiced(chord: Chord) -> list[int]:
    root = _LOWEST + (chord.root - _LOWEST) % 12
    bass = chord.root if chord.bass is None else chord.bass
    return [_BASS + (bass - _BASS) % 12, *sorted(root + step for step in QUALITIES[chord.quality])]


def is_chart(path: Path) -> bool:
    """Whether a file is a chart: by its suffix, or a small text or JSON that holds bars of chords."""
    suffix = path.suffix.lower()
    if suffix in _ALWAYS:
        return True
    if suffix not in SUFFIXES:
        return False
    try:
        if path.stat().st_size > MOST_BYTES:
            return False
        text = path.read_text(encoding="utf-8-sig")
        if suffix == ".json":
            data = json.loads(text)
            return isinstance(data, dict) and bool(_said_bars(data))
    except (OSError, ValueError, RecursionError):
        return False
    return any("|" in line and _is_row(line) for line in text.splitlines())


def _is_row(line: str) -> bool:
    """Whether a line is one of bars: bar lines or nothing but chords, and a chord among them."""
    words = line.replace("|", " ").split()
    chords = [word for word in words if _CHORD.match(word)]
    rest = [word for word in words if word not in chords and word not in (*_REST, *_SAME)]
    return bool(chords) and not rest


def read_chart(path: str | Path) -> Chart:
    """Read a chart.

    Raises:
        FileFormatError: it holds no bars, or something in it is not understood; the message names file and place.
    """
    path = Path(path)
    try:
        if path.stat().st_size > MOST_BYTES:
            raise FileFormatError(f"{path} is too large for a chord chart; at most {MOST_BYTES // 1024} KB are read")
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise FileFormatError(f"{path} cannot be read as a chord chart ({error}); save it as text in UTF-8") from error
    said, rows = _from_json(text, path) if text.lstrip().startswith("{") else _from_text(text)
    bars = _bars(rows, path)
    if not any(bars):
        raise FileFormatError(f"{path} holds no chords; write bars such as | Dm7 G7 | Cmaj7 |")
    if len(bars) > _MOST_BARS:
        raise FileFormatError(f"{path} has {len(bars)} bars; at most {_MOST_BARS} are read")
    try:
        return Chart(bars, **_values(said))
    except (BandmateError, ValueError, TypeError) as error:
        raise FileFormatError(f"{path}: {error}") from error


def _values(said: dict[str, Any]) -> dict[str, Any]:
    plain = {name: str(value).strip() for name, value in said.items() if name in _FIELDS and value is not None}
    found: dict[str, Any] = {name: plain[name] for name in ("title", "artist", "genre") if plain.get(name)}
    if plain.get("key"):
        found["key"] = Key.parse(plain["key"])
    if plain.get("tempo"):
        number = re.match(r"\d+(\.\d+)?", plain["tempo"])
        tempo = float(number[0]) if number else 0.0
        if not 20 <= tempo <= 400:
            raise ValueError(f"tempo '{plain['tempo']}' is not understood; write 20 to 400, such as tempo: 120")
        found["tempo"] = tempo
    if plain.get("meter"):
        meter = re.fullmatch(r"(\d{1,2})/(1|2|4|8|16)", plain["meter"])
        if not meter or not 1 <= int(meter[1]) <= 32:
            raise ValueError(f"meter '{plain['meter']}' is not understood; write it like 4/4 or 6/8")
        found["meter"] = (int(meter[1]), int(meter[2]))
    return found


def _from_text(text: str) -> tuple[dict[str, Any], list[str]]:
    said: dict[str, Any] = {}
    rows = []
    for line in text.splitlines():
        field = _FIELD.match(line)
        if field:
            said.setdefault(field[1].lower(), field[2])
        elif "|" in line or _is_row(line):
            rows.append(line)  # other lines are names of sections, words and remarks
    return said, rows


def _from_json(text: str, path: Path) -> tuple[dict[str, Any], list[str]]:
    try:
        data = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise FileFormatError(f"{path} is no JSON ({error}); mend it, or write the chart as text") from error
    return {str(name).lower(): value for name, value in data.items()}, _said_bars(data)


def _said_bars(data: dict[str, Any]) -> list[str]:
    """Rows of bars in "chords" or in "sections", each a text or a list of bars."""
    sections = data.get("sections")
    parts = [part for part in sections if isinstance(part, dict)] if isinstance(sections, list) else [data]
    rows = []
    for part in parts:
        chords = part.get("chords")
        row = " | ".join(chords) if isinstance(chords, list) and all(isinstance(c, str) for c in chords) else chords
        if isinstance(row, str) and _is_row(row):
            rows += [row] * max(1, min(64, int(part["repeat"]) if str(part.get("repeat", "")).isdigit() else 1))
    return rows


def _bars(rows: list[str], path: Path) -> tuple[tuple[Chord, ...], ...]:
    bars: list[tuple[Chord, ...]] = []
    for row in rows:
        inner = row.strip().strip("|") if "|" in row else " | ".join(row.split())
        for cell in re.split(r"\|+", inner):
            words = [word for word in cell.replace(":", " ").split() if word != "/"]
            if not words:
                continue
            if words == ["%"]:
                bars.append(bars[-1] if bars else ())
                continue
            try:
                bars.append(tuple(Chord.parse(word) for word in words if word.upper() not in _REST))
            except BandmateError as error:
                raise FileFormatError(f"{path}, bar {len(bars) + 1}: {error}") from error
    return tuple(bars)
