"""The token table of `trackbar.v1`: every token, its values, where it may stand and what may follow, said once.

Vocabulary, ids, encoding, decode checks, grammar and the printed reference derive from here.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from typing import Literal

from bandmate.analysis.descriptors import DESCRIPTORS
from bandmate.analysis.genres import genre_ids, load_table
from bandmate.errors import UserError
from bandmate.limits import TEMPO, TRACKS
from bandmate.score.gm import KIT_NAMES, PROGRAM_NAMES, is_bass_program
from bandmate.score.pitch import MODES, Key
from bandmate.tokenizers.base import TokenType, Vocabulary

NAME = "trackbar.v1"
TICKS_PER_QUARTER = 480
DEFAULT_STEPS = 12
RESOLUTIONS = (4, 8, 12, 16, 24, 48)  # steps a quarter; each divides 480 ticks
MAX_NUMERATOR = 32
MAX_BAR_QUARTERS = 16  # a longer bar is cut into pieces
DENSITY = DESCRIPTORS["density"]

Meter = tuple[int, int]


@dataclass(frozen=True, slots=True)
class TrackBarOptions:
    """How a score is written as trackbar tokens.

    Attributes:
        steps_per_quarter: resolution of time, one of RESOLUTIONS.
        lengths: "off" ends a note by NOTE_OFF, "duration" says its length behind NOTE_ON.
        velocity_bins: 0 leaves velocity out; else 2 to 128 evenly wide bins.
        layout: "tracks" writes track after track, "bars" writes all tracks bar by bar.
        track_order: "score" keeps the order of the tracks; "fixed" puts drums first, then basses, then by program.
        density: writes a DENSITY token for each track (notes a quarter in bars that sound, in bins).

    Raises:
        UserError: a value is not one of these; the message names option and choices.
    """

    steps_per_quarter: int = DEFAULT_STEPS
    lengths: Literal["off", "duration"] = "off"
    velocity_bins: int = 0
    layout: Literal["tracks", "bars"] = "tracks"
    track_order: Literal["score", "fixed"] = "score"
    density: bool = False

    def __post_init__(self) -> None:
        choices = {
            "steps_per_quarter": RESOLUTIONS,
            "lengths": ("off", "duration"),
            "velocity_bins": (0, *range(2, 129)),
            "layout": ("tracks", "bars"),
            "track_order": ("score", "fixed"),
        }
        for name, known in choices.items():
            if getattr(self, name) not in known:
                shown = "0 or 2 to 128" if name == "velocity_bins" else ", ".join(map(str, known))
                raise UserError(f"option {name} is {getattr(self, name)!r}; give one of: {shown}")


def _word(name: str) -> str:
    return re.sub(r"[^A-Z0-9]+", "_", name.upper()).strip("_")


def _instruments() -> dict[str, tuple[int, bool]]:
    kits = {_word(f"DRUMS {name}".removesuffix(" Kit")): (kit, True) for kit, name in KIT_NAMES.items()}
    kits = {"DRUMS" if kit == 0 else word: (kit, drum) for word, (kit, drum) in kits.items()}
    basses_first = sorted(range(128), key=lambda program: (not is_bass_program(program), program))
    return kits | {_word(PROGRAM_NAMES[program]): (program, False) for program in basses_first}


# word -> (program, is_drum), in the fixed order of tracks: drums, basses, then by program
INSTRUMENTS: dict[str, tuple[int, bool]] = _instruments()
_KITS = sorted(program for program, is_drum in INSTRUMENTS.values() if is_drum)
_INSTRUMENT_INDEX = {instrument: index for index, instrument in enumerate(INSTRUMENTS.values())}
KEYS: dict[str, Key] = {
    key.name.replace(" ", "_"): key for key in (Key(tonic, mode) for mode in MODES for tonic in range(12))
}
# genres, and the families that they belong to
GENRES = tuple(dict.fromkeys((*genre_ids(), *(load_table("genres")[name]["family"] for name in genre_ids()))))
TEMPO_LOW, TEMPO_HIGH = int(TEMPO.low), int(TEMPO.high)


@cache
def meters(steps_per_quarter: int) -> dict[Meter, int]:
    """The meters that a resolution can write, each with the steps of its bar."""
    pairs = ((n, d) for d in (4, 8, 2, 16, 1, 32) for n in range(1, MAX_NUMERATOR + 1))
    return {
        (n, d): 4 * n * steps_per_quarter // d
        for n, d in pairs
        if 4 * n * steps_per_quarter % d == 0 and 4 * n <= MAX_BAR_QUARTERS * d
    }


def instrument_index(program: int, is_drum: bool) -> int:
    """The place of a program in INSTRUMENTS; a kit that is not listed counts as the next listed one below."""
    if is_drum:
        program = max(kit for kit in _KITS if kit <= program)
    return _INSTRUMENT_INDEX[program, is_drum]


def longest(steps_per_quarter: int) -> int:
    """The longest time that one TIME_DELTA or DURATION says, in steps: a bar of 4/4. Longer times add up."""
    return 4 * steps_per_quarter


@cache
def velocity_values(bins: int) -> tuple[int, ...]:
    """The MIDI velocity that stands for each bin: the middle one of those that fall into it."""
    members = [[v for v in range(1, 128) if v * bins // 128 == index] for index in range(bins)]
    return tuple(some[(len(some) - 1) // 2] if some else 1 for some in members)


def _rows(options: TrackBarOptions) -> tuple[TokenType, ...]:
    by_track, by_off = options.layout == "tracks", options.lengths == "off"
    steps = [str(n) for n in range(1, longest(options.steps_per_quarter) + 1)]
    pitches = tuple(str(n) for n in range(128))
    velocities = tuple(str(v) for v in velocity_values(options.velocity_bins))
    events = ("TIME_DELTA", *(("NOTE_OFF",) if by_off else ()), "NOTE_ON")
    leave = ("BAR_END",) if by_track else ("TRACK", "BAR_END")
    after_note = (*events, *leave)
    after_velocity = ("DURATION",) if options.lengths == "duration" else after_note
    in_bar = (*events, "BAR_END") if by_track else leave
    header = ("GENRE", "TEMPO", "TIME_SIG", "KEY", "TRACK_START", "PIECE_END")
    tracks_follow = ("BAR_START",) if by_track else ("TRACK_END",)
    return (
        TokenType("PAD", (), "fills up a batch; means nothing"),
        TokenType("PIECE_START", (), "the piece begins", ("start",), ("STEPS", *header[:2])),
        TokenType("STEPS", tuple(map(str, RESOLUTIONS)), f"steps a quarter, {DEFAULT_STEPS} where it is not said",
                  ("header",), header[:2]),
        TokenType("GENRE", GENRES, "genre of the piece, or its family", ("header",), header[1:2]),
        TokenType("TEMPO", tuple(str(n) for n in range(TEMPO_LOW, TEMPO_HIGH + 1)),
                  "quarter notes a minute; at the start of a bar: from there on", ("header", "bar"),
                  (*header[2:], *in_bar)),
        TokenType("TIME_SIG", tuple(f"{n}/{d}" for n, d in meters(options.steps_per_quarter)),
                  "meter, 4/4 where it is not said; at the start of a bar: from there on", ("header", "bar"),
                  (*header[3:], "TEMPO", *in_bar)),
        TokenType("KEY", tuple(KEYS), "tonic and mode", ("header",), header[4:]),
        TokenType("TRACK_START", (), "a track begins", ("header", "tracks"), ("INST",)),
        TokenType("INST", tuple(INSTRUMENTS), "instrument or drum kit", ("track",),
                  ("DENSITY",) if options.density else tracks_follow),
        TokenType("DENSITY", tuple(str(n) for n in range(DENSITY.bin_count)),
                  f"notes a quarter in bars that sound: below {', '.join(f'{edge:g}' for edge in DENSITY.edges)}, more",
                  ("track",), tracks_follow),
        TokenType("BAR_START", (), "a bar begins, at its first step", ("track", "bars", "tracks"),
                  ("TIME_SIG", "TEMPO", *in_bar)),
        TokenType("TRACK", tuple(str(n) for n in range(1, int(TRACKS.high) + 1)),
                  "what follows is played by this track, from the first step of the bar", ("bar",), events),
        TokenType("TIME_DELTA", tuple(steps), "time goes on by so many steps", ("bar",), events),
        TokenType("NOTE_OFF", pitches, "the longest sounding note of this pitch ends", ("bar",), after_note),
        TokenType("NOTE_ON", pitches, "a note (or drum key) begins", ("bar",),
                  ("VELOCITY",) if options.velocity_bins else after_velocity),
        TokenType("VELOCITY", velocities, "how hard the note before it is struck", ("bar",), after_velocity),
        TokenType("DURATION", tuple(steps), "how many steps the note before it lasts", ("bar",),
                  ("DURATION", *after_note)),
        TokenType("BAR_END", (), "the bar ends; what is left of its time is silent or rings on", ("bar",),
                  ("BAR_START", "TRACK_END" if by_track else "PIECE_END")),
        TokenType("TRACK_END", (), "the track ends", ("track", "bars"),
                  ("TRACK_START", "PIECE_END") if by_track else ("TRACK_START", "BAR_START")),
        TokenType("PIECE_END", (), "the piece ends", ("header", "tracks", "bars")),
    )  # fmt: skip


@cache
def token_types(options: TrackBarOptions) -> dict[str, TokenType]:
    """The table under some options: name -> type, in the order of the ids."""
    unused = {
        "STEPS": options.steps_per_quarter == DEFAULT_STEPS,
        "DENSITY": not options.density,
        "TRACK": options.layout == "tracks",
        "NOTE_OFF": options.lengths == "duration",
        "DURATION": options.lengths == "off",
        "VELOCITY": not options.velocity_bins,
    }
    return {row.name: row for row in _rows(options) if not unused.get(row.name)}


@cache
def vocabulary(options: TrackBarOptions) -> Vocabulary:
    """The tokens under some options, numbered."""
    return Vocabulary(token_types(options))


def _shown(values: tuple[str, ...]) -> str:
    if not values:
        return ""
    if len(values) <= 12:
        return ", ".join(values)
    return f"{', '.join(values[:3])} ... {values[-1]} ({len(values)})"


def _follows(options: TrackBarOptions, name: str) -> tuple[str, ...]:
    types = token_types(options)
    return tuple(other for other in types[name].follows if other in types) if name in types else ()


def reference() -> str:
    """The table as Markdown, for docs/TRACKBAR.md."""
    forms = [
        TrackBarOptions(24, lengths, bins, layout, "score", density)
        for lengths in ("off", "duration")
        for bins in (32, 0)
        for layout in ("tracks", "bars")
        for density in (True, False)
    ]
    rows = {row.name: row for row in _rows(forms[0])}
    follows = {name: dict.fromkeys(f for form in forms for f in _follows(form, name)) for name in rows}
    lines = [
        f"# {NAME}: a piece as words",
        "",
        "A piece is a line of tokens: its header, then its tracks with their bars (layout `tracks`), or its tracks by",
        "name and then all of them bar by bar (layout `bars`). White space of any kind parts tokens; `#` begins a",
        "remark that reaches to the end of its line; letters may be small or capital.",
        "",
        "    PIECE_START GENRE=hip_hop TEMPO=90 KEY=D_minor",
        "    TRACK_START INST=DRUMS",
        "    BAR_START NOTE_ON=36 NOTE_ON=42 TIME_DELTA=6 NOTE_OFF=36 NOTE_OFF=42 NOTE_ON=42 TIME_DELTA=6 NOTE_OFF=42",
        "    TIME_DELTA=6 NOTE_ON=38 TIME_DELTA=6 NOTE_OFF=38 BAR_END",
        "    TRACK_END PIECE_END",
        "",
        "- Time counts in steps from the start of the bar: 12 to a quarter, or as STEPS says. BAR_END may come early.",
        "- A time longer than the largest TIME_DELTA or DURATION is written as several, which add up.",
        "- At one place NOTE_OFF stands before NOTE_ON, each by rising pitch. A note that ends on a bar line ends in",
        "  the bar before the line.",
        "- A change of meter stands in every track, a change of tempo in the first one.",
        "- A reader takes more than a writer gives: a missing PIECE_END, GENRE, TEMPO or meter, programs as numbers",
        "  (`INST=33`), drum hits that no NOTE_OFF ends, steps and velocities of any size.",
        "",
        "| token | values at 24 steps a quarter | meaning | written before |",
        "|---|---|---|---|",
    ]
    for name, row in rows.items():
        lines.append(f"| `{name}` | {_shown(row.values)} | {row.meaning} | {', '.join(follows[name])} |")
    lines += ["", "## Instruments, in the fixed order of tracks", "", ", ".join(f"`{name}`" for name in INSTRUMENTS)]
    lines += ["", "## Genres and families", "", ", ".join(f"`{name}`" for name in GENRES)]
    lines += ["", "## Modes of KEY", "", ", ".join(f"`{mode}`" for mode in MODES)]
    return "\n".join(lines) + "\n"
