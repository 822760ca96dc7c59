"""Parts of written music, joined to a Score: bars, meters, keys, tempi, the way through the piece, all tracks."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import accumulate
from math import lcm
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bandmate.errors import FileFormatError
from bandmate.io.parts import LAST_TICK, Part, Place, Player
from bandmate.io.parts_track import track_of
from bandmate.limits import SCORE_BARS
from bandmate.score.model import KEY_SIGNATURE, MADE, METER, TEMPO, Marker, Score, make_tempos
from bandmate.score.notation import (
    Barline,
    ChordSymbol,
    Credit,
    Jump,
    LeftOut,
    Repeat,
    ScoreNotation,
    TempoWord,
    Volta,
)
from bandmate.score.spelling import fifths_between, moved_name

_USUAL_TICKS = (480, 960)
_MOST_TICKS = 32767  # a MIDI file counts no finer


def fitting_ticks(every: Iterable[int]) -> int:
    """Ticks a quarter in which parts of a quarter are whole, the house's usual number where that will do."""
    every = set(every)
    common = 1
    for divisions in sorted(every):
        common = lcm(common, divisions)
        if common > _MOST_TICKS:  # rounded, then
            return 960 * (_MOST_TICKS // 960) if max(every) > 960 else 960
    fitting = next((usual for usual in _USUAL_TICKS if usual % common == 0), 0)
    return fitting or common * max(1, -(-_USUAL_TICKS[0] // common))


def score_of_parts(
    played: Sequence[tuple[Part, Player]], title: str, credits: tuple[Credit, ...], name: str
) -> Score:  # fmt: skip
    """A score of parts that were taken in bar by bar.

    Args:
        played: at least one part, and who plays it; all count time alike and share one `left_out`.
        title: of the piece.
        credits: who made it.
        name: what errors call the file.

    Raises:
        FileFormatError: it has more bars than any piece.
    """
    walks = [walk for walk, _ in played]
    grid, left_out = walks[0].ticks_per_quarter, walks[0].left_out
    bars = _Bars.of(walks, grid, name)
    meters, meter_notes = _meters(walks[0], bars, grid)
    left_out.update(meter_notes)
    for walk in walks[1:]:
        if walk.meters and [m[1:] for m in walk.meters] != [m[1:] for m in walks[0].meters]:
            left_out["meters of single parts"] += 1
    melodic = [walk for walk, player in played if not player.is_drum and walk.keys] or walks[:1]
    _count_other_keys(melodic, left_out)
    tracks = [track_of(walk, player, bars.at, index, left_out) for index, (walk, player) in enumerate(played)]
    notation = _notation(walks, bars, grid, meters, credits, left_out)
    return Score(
        tuple(tracks), grid, _tempos(walks, bars), meters, _keys(melodic[0], bars), _markers(walks, bars), title,
        end_ticks=bars.end, notation=notation,
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Bars:
    """Where bars begin, how long they are; nominal: as their meter says; numbers: as printed."""

    starts: tuple[int, ...]
    lengths: tuple[int, ...]
    nominal: tuple[int, ...]
    numbers: tuple[str, ...]

    @classmethod
    def of(cls, walks: list[Part], grid: int, name: str) -> _Bars:
        count = max(len(walk.lengths) for walk in walks)
        if count > SCORE_BARS.high:
            raise FileFormatError(f"{name} has {count} bars, more than {SCORE_BARS.high:,.0f}; split it")
        longest = [0] * count
        for walk in walks:
            for bar, length in enumerate(walk.lengths):
                longest[bar] = max(longest[bar], length)
        for bar in {bar for walk in walks for bar in walk.told}:
            longest[bar] = _without_gaps(walks, bar)
        stated = {place.bar: 4 * grid * above // below for place, above, below in walks[0].meters if not place.ticks}
        nominal, length = [], 4 * grid
        for bar in range(count):
            length = stated.get(bar, length)
            nominal.append(length)
        lengths = [found or usual for found, usual in zip(longest, nominal, strict=True)]
        starts = tuple(accumulate(lengths, initial=0))
        numbers = max((walk.bar_numbers for walk in walks), key=len)
        return cls(starts, tuple(lengths), tuple(nominal), tuple(numbers))

    @property
    def end(self) -> int:
        return self.starts[-1]

    def at(self, place: Place) -> int:
        """A place as ticks from the start of the score."""
        if place.ticks == LAST_TICK:
            return self.starts[min(place.bar + 1, len(self.starts) - 1)]
        return self.starts[min(place.bar, len(self.starts) - 1)] + place.ticks


def _without_gaps(walks: list[Part], bar: int) -> int:
    """How long a bar is that need not be full: a part that is filled up does not lengthen it for one that is not."""
    here = [walk for walk in walks if bar < len(walk.lengths) and walk.lengths[bar]]
    told = max(walk.told.get(bar, walk.lengths[bar]) for walk in here)
    return max(told, min(walk.lengths[bar] for walk in here))


def _meters(walk: Part, bars: _Bars, grid: int) -> tuple[NDArray[Any], dict[str, int]]:
    """The meter map; where a bar is shorter or longer than its meter, the next bar states the meter anew."""
    rows: dict[int, tuple[int, int]] = {}
    odd = 0
    stated = {place.bar: (above, below) for place, above, below in walk.meters}
    now, anew = stated.get(0, (4, 4)), True
    for bar, (start, length, nominal) in enumerate(zip(bars.starts, bars.lengths, bars.nominal, strict=False)):
        if bar in stated:
            now, anew = stated[bar], True
        if length > nominal:
            other = _meter_of(length, now[1], grid)
            odd += other is None
            rows[start], anew = other or now, True
            continue
        if anew:
            rows[start] = now
        anew = length < nominal
    table = np.array([(at, above, below, 0, MADE, 24, 8) for at, (above, below) in sorted(rows.items())], METER)
    return table, {"bars longer than any meter": odd} if odd else {}


def _meter_of(length: int, below: int, grid: int) -> tuple[int, int] | None:
    for size in (below, 4, 8, 16, 32, 64, 128):
        above, rest = divmod(length * size, 4 * grid)
        if not rest and above <= 255:
            return above, size
    return None


def _keys(walk: Part, bars: _Bars) -> NDArray[Any]:
    """Keys at concert pitch, by the first part that has keys and is no percussion."""
    rows: dict[int, tuple[int, bool]] = {}
    for place, fifths, minor in _concert_keys(walk):
        at = bars.at(place)
        before = [rows[other] for other in rows if other < at]
        if not before or before[-1] != (fifths, minor):
            rows[at] = (fifths, minor)
    return np.array([(at, fifths, minor, 0, MADE) for at, (fifths, minor) in sorted(rows.items())], KEY_SIGNATURE)


def _concert_keys(walk: Part) -> list[tuple[Place, int, bool]]:
    out = []
    for place, fifths, minor in walk.keys:
        up = [(semitones, steps) for at, semitones, steps in walk.transpositions if at <= place]
        moved = fifths + (fifths_between(*up[-1]) if up else 0)
        out.append((place, (moved + 7) % 12 - 7 if not -7 <= moved <= 7 else moved, minor))
    return out


def _count_other_keys(walks: list[Part], left_out: Counter[str]) -> None:
    mine = _concert_keys(walks[0])
    other = sum(_concert_keys(walk) != mine for walk in walks[1:])
    if other:
        left_out["keys of single parts"] += other


def _tempos(walks: list[Part], bars: _Bars) -> NDArray[Any]:
    rows: dict[int, int] = {}
    for walk in reversed(walks):  # the first part rules
        rows |= {bars.at(place): round(60e6 / bpm) for place, bpm in walk.marks.tempos}
    table = np.array([(at, us, 0, MADE) for at, us in sorted(rows.items())], TEMPO)
    if not len(table) or table["ticks"][0] > 0:
        return np.concatenate([make_tempos(120.0), table])
    return table


def _markers(walks: list[Part], bars: _Bars) -> tuple[Marker, ...]:
    found = {(bars.at(place), text) for walk in walks for place, text in walk.marks.rehearsals if text}
    return tuple(Marker(at, text) for at, text in sorted(found))


def _notation(
    walks: list[Part], bars: _Bars, grid: int, meters: NDArray[Any], credits: tuple[Credit, ...],
    left_out: Counter[str],
) -> ScoreNotation:  # fmt: skip
    """What is written for all parts; every part may say it, the same is kept once."""
    at, marks = bars.at, [walk.marks for walk in walks]
    repeats = {(at(place), backward): times for one in marks for place, backward, times in one.repeats}
    jumps: dict[tuple[int, str], str] = {}
    for one in marks:
        for place, kind, text in one.jumps:
            jumps[at(place), kind] = jumps.get((at(place), kind)) or text
    chords = {ChordSymbol(at(place), *fields) for walk in walks for place, *fields in _concert_chords(walk)}
    tempo_words = {
        TempoWord(at(place), text, value, dots, per_minute)
        for one in marks
        for place, text, value, dots, per_minute in one.tempo_words
    }
    turns = {tick for tick, _ in repeats}  # a repeat sign has its own bar line
    styled = {(at(place), style) for one in marks for place, style in one.styles if style not in ("", "regular")}
    lines = {one for one in styled if one[0] not in turns or one[1] not in ("light-heavy", "heavy-light")}
    return ScoreNotation(
        grid, meters,
        tuple(Repeat(tick, backward, times) for (tick, backward), times in sorted(repeats.items())),
        _voltas(walks, bars),
        tuple(Jump(tick, kind, text) for (tick, kind), text in sorted(jumps.items())),
        tuple(Barline(tick, style) for tick, style in sorted(lines)),
        tuple(sorted(chords)), tuple(sorted(tempo_words)), credits,
        () if _is_counted(bars) else bars.numbers,
        tuple(LeftOut(what, count) for what, count in sorted(left_out.items()) if what and count),
    )  # fmt: skip


def _is_counted(bars: _Bars) -> bool:
    """Whether bar numbers are what anybody would count: from 1, or from 0 with a pickup."""
    first = 0 if bars.lengths[0] < bars.nominal[0] else 1
    return all(number == str(first + place) for place, number in enumerate(bars.numbers))


def _voltas(walks: list[Part], bars: _Bars) -> tuple[Volta, ...]:
    found: set[Volta] = set()
    for walk in walks:
        start, turns = -1, (1,)
        for place, kind, numbers in walk.marks.endings:
            if kind == "start":
                start, turns = bars.at(place), numbers
            elif start >= 0:
                found.add(Volta(start, bars.at(place), turns, kind == "discontinue"))
                start = -1
    return tuple(sorted(found))


def _concert_chords(walk: Part) -> list[tuple[Any, ...]]:
    out = []
    for place, root, kind, bass, degrees, shown in walk.marks.chords:
        up = [(semitones, steps) for at, semitones, steps in walk.transpositions if at <= place]
        by = fifths_between(*up[-1]) if up else 0
        out.append((place, moved_name(root, by), kind, moved_name(bass, by), degrees, shown))
    return out
