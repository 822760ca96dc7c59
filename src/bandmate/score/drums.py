"""Drum tracks as parts (kick, snare, hats, toms, percussion), and drum keys as other samplers lay them out."""

from __future__ import annotations

import difflib
import re
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np

from bandmate.errors import BriefError, FileFormatError
from bandmate.score.gm import DRUM_NAMES
from bandmate.score.model import NO_EVENTS, Score, Track
from bandmate.score.pitch import parse_pitch_class

DRUM_PARTS: dict[str, tuple[int, ...]] = {
    "Kick": (35, 36),
    "Snare": (31, 37, 38, 39, 40),
    "Hats": (42, 44, 46, 49, 51, 52, 53, 55, 57, 59),  # with cymbals, which one player's same hands strike
    "Toms": (41, 43, 45, 47, 48, 50),
    "Percussion": (),  # all others
}
_PART_OF = {key: name for name, keys in DRUM_PARTS.items() for key in keys}

# What a key becomes where a sampler has no pad for it: the nearest kin, in order.
_KIN: dict[int, tuple[int, ...]] = {
    35: (36,), 40: (38,), 31: (37,), 39: (38, 40), 37: (39, 38), 44: (42,), 46: (42,), 42: (44, 46),
    41: (43, 45), 43: (45, 41, 47), 45: (43, 47), 47: (45, 48), 48: (47, 50), 50: (48,),
    49: (57, 55), 57: (49, 55), 52: (49, 57), 55: (49,), 51: (59, 53), 59: (51,), 53: (51,), 54: (42, 46), 82: (42,),
    69: (82, 42), 70: (82, 42), 56: (53, 37), 75: (37,), 76: (37, 75), 77: (37, 75),
}  # fmt: skip
_C1_PADS = frozenset(range(36, 52))
_MPC_PADS = frozenset((37, 36, 42, 82, 40, 38, 46, 44, 48, 47, 45, 43, 49, 55, 51, 53))
_BATTERY_CELLS = frozenset(range(36, 84))


def _fitted(pads: frozenset[int]) -> dict[int, int]:
    """Every drum key that has no pad, sent to its kin, else to the nearest pad."""
    table = {}
    for key in DRUM_NAMES:
        if key not in pads:
            kin = next((other for other in _KIN.get(key, ()) if other in pads), None)
            table[key] = min(pads, key=lambda pad: (abs(pad - key), pad)) if kin is None else kin
    return table


DRUM_MAPS: dict[str, dict[int, int]] = {
    "c1": {},  # General MIDI is a Drum Rack's own layout: its kick is C1
    "c1-16": _fitted(_C1_PADS),
    "mpc": _fitted(_MPC_PADS),
    "battery": _fitted(_BATTERY_CELLS),
}
_LINE = re.compile(r"""\s*["']?([A-Za-z0-9][\w #'()-]*?)["']?\s*[:=]\s*["']?([A-Ga-g]?[#b]?-?\d+)["']?\s*(?:#.*)?""")
_WORDS = {
    "kick": 36, "kick 2": 35, "snare": 38, "snare 2": 40, "rim": 37, "clap": 39, "closed hat": 42, "pedal hat": 44,
    "open hat": 46, "low tom": 45, "mid tom": 47, "high tom": 50, "floor tom": 43, "crash": 49, "crash 2": 57,
    "ride": 51, "ride bell": 53, "splash": 55, "china": 52, "tambourine": 54, "cowbell": 56, "shaker": 70,
    "clave": 75, "high conga": 63, "low conga": 64, "high bongo": 60, "low bongo": 61,
}  # fmt: skip
_LARGEST_BYTES = 1 << 20


def split_drums(score: Score) -> tuple[Score, tuple[int, ...]]:
    """A score whose drum tracks are one track a part.

    Returns:
        The score, and for each of its tracks the place of the one it came from.
    """
    tracks: list[Track] = []
    origin: list[int] = []
    for place, track in enumerate(score.tracks):
        parts = _parts(track) if track.is_drum and len(track.notes) else [track]
        tracks += parts
        origin += [place] * len(parts)
    return replace(score, tracks=tuple(tracks)), tuple(origin)


def _parts(track: Track) -> list[Track]:
    names = np.array([_PART_OF.get(int(key), "Percussion") for key in track.notes["pitch"]])
    parts = []
    for name in DRUM_PARTS:
        notes = track.notes[names == name]
        if len(notes):
            first = not parts
            parts.append(
                replace(track, name=name, notes=notes, events=track.events if first else NO_EVENTS,
                        blobs=track.blobs if first else ())
            )  # fmt: skip
    return parts


def mapped_drums(score: Score, table: Mapping[int, int]) -> Score:
    """A score whose drum keys are others: `table` says what a key becomes, what it does not name stays."""
    if not table:
        return score
    keys = np.arange(128)
    for old, new in table.items():
        keys[old] = new
    tracks = []
    for track in score.tracks:
        if track.is_drum:
            notes = track.notes.copy()
            notes["pitch"] = keys[notes["pitch"]]
            track = track.with_notes(notes[np.lexsort((notes["pitch"], notes["onset_ticks"]))])
        tracks.append(track)
    return replace(score, tracks=tuple(tracks))


def drum_map(name: str | Path) -> dict[int, int]:
    """A layout by its name in DRUM_MAPS, or from a file of lines such as `kick: 36`, `closed hat = F#1` or `38 = 40`.

    Raises:
        BriefError: neither a known name nor a file. FileFormatError: the file has a line that is not understood.
    """
    known = str(name).strip().lower()
    if known in DRUM_MAPS:
        return DRUM_MAPS[known]
    path = Path(name)
    if not path.is_file():
        if path.suffix:
            raise BriefError(f"drum map {name}: there is no such file; check its name and folder")
        close = difflib.get_close_matches(known, DRUM_MAPS, n=1)
        cure = f"did you mean '{close[0]}'? Else" if close else f"give {', '.join(DRUM_MAPS)} or"
        raise BriefError(f"drum map '{name}' is not known; {cure} a YAML or TOML file")
    try:
        if path.stat().st_size > _LARGEST_BYTES:
            raise FileFormatError(f"{path} is too large for a drum map; give lines such as 'kick: 36'")
        lines = path.read_text(encoding="utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise FileFormatError(f"{path} cannot be read as text ({error}); give lines such as 'kick: 36'") from None
    table = {}
    for number, line in enumerate(lines, 1):
        if line.strip() and not line.lstrip().startswith(("#", "[", "---")):
            old, new = _entry(line, path, number)
            table[old] = new
    if not table:
        raise FileFormatError(f"{path} maps no drum; give lines such as 'kick: 36'")
    return table


def _entry(line: str, path: Path, number: int) -> tuple[int, int]:
    found = _LINE.fullmatch(line)
    if found:
        old, new = _source_key(found[1]), _target_key(found[2])
        if old is not None and 0 <= new <= 127:
            return old, new
    raise FileFormatError(f"{path}, line {number}: '{line.strip()[:60]}' is not understood; {_cure(line)}")


def _cure(line: str) -> str:
    """What is wrong with a line, and how it is written."""
    drum, _, key = (part.strip(" \"'") for part in re.sub("[:=]", ":", line).partition(":"))
    shown = "such as 'kick: 36' or 'closed hat: F#1'"
    if key and _source_key(drum) is not None:
        return f"'{key[:20]}' is no key; write a number of MIDI or a name of C-2 to G8, {shown}"
    close = difflib.get_close_matches(drum.lower(), _WORDS, n=1)
    if key and close:
        return f"did you mean '{close[0]}'?"
    return f"write a drum and a key, {shown}; drums are {', '.join(_WORDS)} or numbers of General MIDI"


def _source_key(word: str) -> int | None:
    text = re.sub(r"[_\s-]+", " ", word.strip().lower())
    if text.isdigit():
        return int(text) if int(text) <= 127 else None
    if text in _WORDS:
        return _WORDS[text]
    return next((key for key, name in DRUM_NAMES.items() if re.sub(r"[\s-]+", " ", name.lower()) == text), None)


def _target_key(text: str) -> int:
    """A key by its number, or by its name as Live counts octaves: C1 is 36."""
    if text.isdigit():
        return int(text)
    found = re.fullmatch(r"([A-Ga-g])([#b]?)(-?\d+)", text)
    return parse_pitch_class(found[1] + found[2]) + 12 * (int(found[3]) + 2) if found else -1
