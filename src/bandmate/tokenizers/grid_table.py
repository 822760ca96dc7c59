"""The row table of `grid.v1`: every kind of row, every field, every value, said once.

Vocabulary, embedding sizes, encoding, decoding, grammar and the printed reference derive from here.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bandmate.analysis.genres import genre_ids, load_table
from bandmate.score.brief import ROLES
from bandmate.score.pitch import MODES, QUALITIES, Chord, Key

NAME = "grid.v1"
STEPS_PER_QUARTER = 24
MAX_STEPS = 192  # of one bar: 8 quarters; longer bars are cut into pieces
MAX_TRACKS = 32
MAX_BARS = 128  # of one window; a longer piece is written window by window


class Kind(IntEnum):
    """What a row says."""

    PAD = 0
    START = 1
    GENRE = 2
    TAG = 3
    TEMPO = 4
    METER = 5
    KEY = 6
    BARS = 7
    TRACK = 8
    GIVEN = 9  # a cell that is given; its notes follow
    WRITE = 10
    CELL = 11  # a cell that is asked; its notes follow
    NOTE = 12
    END = 13


# steps a duration code stands for; code 0 = none
DURATIONS = np.array(
    [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 14, 16, 18, 20, 22, 24, 27, 30, 33, 36, 40, 44, 48, 54, 60, 66, 72,
     78, 84, 90, 96, 108, 120, 132, 144, 168, 192, 240, 288, 336, 384, 480, 576, 768]
)  # fmt: skip
VELOCITY_STEP = 4  # 32 velocity codes
MICRO_CODES = 5  # within half a step to either side: at most a tenth of a step of error, 2.1 ms at 120 BPM
TEMPO_EDGES = np.geomspace(40, 240, 48)
METERS = (
    (4, 4), (3, 4), (6, 8), (2, 4), (12, 8), (5, 4), (7, 8), (9, 8), (2, 2), (3, 8), (7, 4), (6, 4), (5, 8), (1, 4),
    (3, 2), (4, 2), (1, 8), (2, 8), (4, 8), (8, 8), (10, 8), (11, 8), (8, 4), (6, 16), (9, 16), (12, 16), (3, 16),
    (7, 16), (5, 16), (15, 16), (1, 2),
)  # fmt: skip
SECTIONS = (
    "intro", "verse", "prechorus", "chorus", "bridge", "break", "build", "drop", "solo", "outro", "main", "groove",
    "head_a", "head_b", "A", "B", "C", "D", "interlude", "vamp", "fill", "other",
)  # fmt: skip
# notes a quarter in a cell; the first code is an empty cell, the second "it sounds, no matter how much"
LEVEL_EDGES = np.array([0.5, 1.0, 1.5, 2.0, 3.0, 4.0, 6.0, 8.0])
ECHO_LAGS = (1, 2, 4, 8)
ECHO_FORMS = ("same", "varied", "rhythm")
DENSITY_EDGES = np.array([0.25, 0.5, 1.0, 1.5, 2.0, 3.0, 4.0, 6.0, 8.0])  # notes a quarter in bars that sound
REGISTER_EDGES = np.array([36, 43, 50, 55, 60, 65, 72, 79])  # mean pitch
POLYPHONY_EDGES = np.array([1.05, 1.5, 2.2, 3.2, 4.2])  # notes an onset
MOODS = tuple(load_table("moods")["moods"])
KITS = (0, 8, 16, 24, 25, 26, 32, 40, 48)


def _value_table() -> dict[str, tuple[str, ...]]:
    return {
        "genre": genre_ids(),
        "tag": MOODS,
        "tempo": tuple(f"{edge:.0f}" for edge in (*TEMPO_EDGES, 400)),
        "meter": (*(f"{n}/{d}" for n, d in METERS), "other"),
        "key": tuple(Key(tonic, mode).name for mode in MODES for tonic in range(12)),
        "bars": tuple(str(n) for n in range(1, MAX_BARS + 1)),
        "begins": ("begins", "goes on"),
        "ends": ("ends", "goes on"),
        "role": ROLES,
        "density": tuple(f"<={edge:g}" for edge in (*DENSITY_EDGES, np.inf)),
        "register": tuple(f"<={edge:g}" for edge in (*REGISTER_EDGES, np.inf)),
        "polyphony": tuple(f"<={edge:g}" for edge in (*POLYPHONY_EDGES, np.inf)),
        "level": ("empty", "sounds", *(f"<={edge:g}" for edge in (*LEVEL_EDGES, np.inf))),
        "echo": ("new", *(f"{form} {lag} back" for lag in ECHO_LAGS for form in ECHO_FORMS)),
        "section": SECTIONS,
        "energy": ("1", "2", "3", "4", "5"),
    }


VALUES = _value_table()
VALUE_OFFSETS: dict[str, int] = {}
_next = 1  # 0 = not said
for _name, _entries in VALUES.items():
    VALUE_OFFSETS[_name] = _next
    _next += len(_entries)
VALUE_COUNT = _next
ECHO_NEW = VALUE_OFFSETS["echo"]
LEVEL_EMPTY = VALUE_OFFSETS["level"]
LEVEL_SOUNDS = LEVEL_EMPTY + 1
FORM_LAGS = (1, 4, 8)  # what is drawn of a cell sees the cells of its track so many bars before
# What a model may draw of a CELL row: (name, field, its first code, codes). A WRITE row whose first value is
# LEVEL_EMPTY says that all asked cells are listed, empty ones too.
FORM = (
    ("level", "value1", LEVEL_EMPTY, len(VALUES["level"])),
    ("echo", "value2", ECHO_NEW, len(VALUES["echo"])),
)

# (name, size): every field of a row, in column order. Size counts the code 0, "none".
FIELDS: dict[str, int] = {
    "kind": len(Kind),
    "track": MAX_TRACKS + 1,
    "bar": MAX_BARS + 1,
    "program": 1 + 128 + len(KITS),
    "value1": VALUE_COUNT,
    "value2": VALUE_COUNT,
    "value3": VALUE_COUNT,
    "value4": VALUE_COUNT,
    "chord1": 2 + 12 * len(QUALITIES),  # 1 = no chord
    "chord2": 2 + 12 * len(QUALITIES),
    "chord3": 2 + 12 * len(QUALITIES),  # the first chord of the bar that follows
    "position": 1 + MAX_STEPS,
    "pitch": 1 + 256,  # 1..128 pitched, 129..256 drum keys
    "duration": len(DURATIONS),
    "velocity": 1 + 128 // VELOCITY_STEP,
    "micro": 1 + MICRO_CODES,
}
COLUMN = {name: index for index, name in enumerate(FIELDS)}
HEADS = ("kind", "position", "pitch", "duration", "velocity", "micro")  # drawn in this order, each knowing the last


@dataclass(frozen=True, slots=True)
class RowType:
    """What the value fields of a kind of row hold, and which kinds may follow it."""

    values: tuple[str, ...]
    follows: tuple[Kind, ...]


_HEADER = (Kind.GENRE, Kind.TAG, Kind.TEMPO, Kind.METER, Kind.KEY, Kind.BARS, Kind.TRACK)
ROWS: dict[Kind, RowType] = {
    Kind.START: RowType((), _HEADER),
    Kind.GENRE: RowType(("genre",), _HEADER),
    Kind.TAG: RowType(("tag",), _HEADER),
    Kind.TEMPO: RowType(("tempo",), _HEADER),
    Kind.METER: RowType(("meter",), _HEADER),
    Kind.KEY: RowType(("key",), _HEADER),
    Kind.BARS: RowType(("bars", "begins", "ends"), _HEADER),
    Kind.TRACK: RowType(("role", "density", "register", "polyphony"), (Kind.TRACK, Kind.GIVEN, Kind.WRITE)),
    Kind.GIVEN: RowType(("level", "echo", "section", "energy"), (Kind.NOTE, Kind.GIVEN, Kind.WRITE)),
    Kind.WRITE: RowType(("level",), (Kind.CELL, Kind.END)),
    Kind.CELL: RowType(("level", "echo", "section", "energy"), (Kind.NOTE, Kind.CELL, Kind.END)),
    Kind.NOTE: RowType((), (Kind.NOTE, Kind.GIVEN, Kind.WRITE, Kind.CELL, Kind.END)),
    Kind.END: RowType((), ()),
}


def value_id(field: str, entry: str | int) -> int:
    """The id of a value, 0 if the table does not hold it."""
    entries = VALUES[field]
    if isinstance(entry, int):
        return VALUE_OFFSETS[field] + entry if 0 <= entry < len(entries) else 0
    return VALUE_OFFSETS[field] + entries.index(entry) if entry in entries else 0


def tempo_value(bpm: float) -> int:
    """The tempo bin of a number of quarter notes a minute."""
    return VALUE_OFFSETS["tempo"] + int(np.searchsorted(TEMPO_EDGES, bpm))


def meter_value(numerator: int, denominator: int) -> int:
    """The id of a meter; meters outside the table share one id."""
    pair = (numerator, denominator)
    return VALUE_OFFSETS["meter"] + (METERS.index(pair) if pair in METERS else len(METERS))


_MODE_LIST = tuple(MODES)


def key_value(key: Key | None, semitones: int = 0) -> int:
    """The id of a key, moved by some semitones; 0 for no key."""
    if key is None:
        return 0
    return VALUE_OFFSETS["key"] + _MODE_LIST.index(key.mode) * 12 + (key.tonic + semitones) % 12


_QUALITY_LIST = tuple(QUALITIES)


def chord_code(chord: Chord | None) -> int:
    """The code of a chord: 0 not said is for the caller, 1 no chord, then root and quality; the bass is left out."""
    return 1 if chord is None else 2 + chord.root * len(_QUALITY_LIST) + _QUALITY_LIST.index(chord.quality)


def transpose_chords(codes: NDArray[Any], semitones: int) -> NDArray[Any]:
    """Chord codes moved by some semitones; 0 and 1 stay."""
    count = len(_QUALITY_LIST)
    return np.where(codes >= 2, 2 + (codes - 2 + (semitones % 12) * count) % (12 * count), codes)


def program_code(program: int, is_drum: bool) -> int:
    """The code of a program, or of the nearest kit at or below for drums."""
    if not is_drum:
        return 1 + program
    return 129 + max(index for index, kit in enumerate(KITS) if kit <= program)


def duration_code(steps: NDArray[Any]) -> NDArray[np.int16]:
    """The nearest duration code of a length in steps, at least one step."""
    edges = (DURATIONS[1:-1] + DURATIONS[2:]) / 2
    return (1 + np.searchsorted(edges, steps, side="right")).astype(np.int16)


def reference() -> str:
    """The table as Markdown, for docs/GRID.md."""
    lines = [f"# {NAME}: the row table", "", "| field | codes |", "|---|---|"]
    lines += [f"| {name} | {size} |" for name, size in FIELDS.items()]
    lines += ["", "| row | values | may be followed by |", "|---|---|---|"]
    for kind, row in ROWS.items():
        lines.append(f"| {kind.name} | {', '.join(row.values)} | {', '.join(k.name for k in row.follows)} |")
    lines += ["", "| value | entries |", "|---|---|"]
    lines += [f"| {name} | {', '.join(entries)} |" for name, entries in VALUES.items() if name not in ("key", "bars")]
    return "\n".join(lines) + "\n"
