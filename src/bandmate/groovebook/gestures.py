"""Gestures: the controllers that a player adds to notes: a pedal by the harmony, swells by phrase, a late vibrato."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bandmate.groovebook.dice import Dice
from bandmate.score.gestures import EXPRESSION, MODULATION, PEDAL, gesture
from bandmate.score.model import EVENT
from bandmate.score.pitch import Chord

# Which General MIDI programs (first, last) are played with what; what stands in no row, and drums, with nothing.
TABLE: tuple[tuple[int, int, tuple[str, ...]], ...] = (
    (0, 5, ("pedal",)),  # pianos, electric pianos; harpsichord and clavinet have none
    (8, 8, ("pedal",)),  # celesta
    (11, 11, ("pedal",)),  # vibraphone
    (16, 23, ("swell",)),  # organs by their swell box, accordions by their bellows
    (40, 44, ("swell", "vibrato")),  # strings that are bowed
    (48, 54, ("swell", "vibrato")),  # string ensembles and voices
    (56, 63, ("swell",)),  # brass
    (64, 79, ("swell", "vibrato")),  # reeds and pipes
    (80, 87, ("vibrato",)),  # synthesizer leads
    (88, 95, ("swell", "sweep")),  # pads
    (109, 111, ("swell",)),  # bagpipe, fiddle, shanai
)
_REST = 1.0  # quarters of silence that end a phrase
_LONGEST = 16.0  # quarters of a phrase; a longer one breathes
_STEP = 0.5  # quarters between two points of a curve
_LOW, _HIGH = 0.74, 1.06  # of the level that was there: where a swell begins, and where it may arrive
_QUIETEST = 64  # a level below this is no level but a fade
_SUNG = 1.0  # quarters from which on a note has vibrato
_BORNE = 0.6  # share of the notes that are tones of the chord, from which on they may ring together
_DRY = 0.4  # share of the time between strokes that notes sound, below which they are meant short
_EARLY = 0.55  # quarters by which a chord may come before its half bar


@dataclass(frozen=True, slots=True, eq=False)
class Ground:
    """What stands under the notes: where half bars begin and end (ticks, one more than chords), and their chords."""

    edges: NDArray[np.int64]
    chords: Sequence[Chord | None]
    ticks_per_quarter: int


def _between(dice: Dice, low: float, high: float) -> float:
    return low + (high - low) * dice.roll()


def kinds_of(program: int, is_drum: bool) -> tuple[str, ...]:
    """The gestures of an instrument; empty = it has none."""
    found = (kinds for first, last, kinds in TABLE if first <= program <= last)
    return () if is_drum else next(found, ())


def gestures(
    notes: NDArray[Any], program: int, ground: Ground, dice: Dice, *, level: int = 127, is_down: bool = False
) -> NDArray[Any]:
    """The gestures of a part that is not drums.

    Args:
        notes: NOTE array of the part, those of the stretch alone.
        program: General MIDI.
        ground: bars and chords of the stretch; nothing is put outside of its edges.
        dice: of what is drawn.
        level: where expression stands before, 0..127.
        is_down: whether the pedal is down before.

    Returns:
        EVENT array by ticks.
    """
    notes = notes[np.lexsort((notes["pitch"], notes["onset_ticks"]))]
    rows: list[tuple[int, ...]] = []
    for kind in kinds_of(program, False):
        if kind == "pedal":
            rows += _pedal(notes, ground, dice, is_down)
        elif kind == "vibrato":
            rows += _vibrato(notes, ground, dice)
        else:
            top = max(level, _QUIETEST) if kind == "swell" else 60
            rows += _swells(notes, ground, dice, EXPRESSION if kind == "swell" else MODULATION, top)
    rows.sort(key=lambda row: row[0])  # stable: what lifts comes before what presses
    return np.array(rows, EVENT)


def _pedal(notes: NDArray[Any], ground: Ground, dice: Dice, is_down: bool) -> list[tuple[int, ...]]:
    """Down behind each new chord, up with the next: as long as its notes may ring together."""
    quarter, start, end = ground.ticks_per_quarter, int(ground.edges[0]), int(ground.edges[-1])
    rows = [gesture(start, PEDAL, 0)] if is_down else []
    places = _changes(notes, ground)
    for at, until, chord in places:
        here = notes[(notes["onset_ticks"] >= at) & (notes["onset_ticks"] < until)]
        if not len(here) or not _rings(here, chord, until, quarter):
            continue
        first = int(here["onset_ticks"][0])
        down = max(at, first) + round(quarter * _between(dice, 0.08, 0.16))
        up = min(until, end - 1)
        if up - down > quarter // 4:
            rows += [gesture(down, PEDAL, round(_between(dice, 104, 127))), gesture(up, PEDAL, 0)]
    return rows


def _changes(notes: NDArray[Any], ground: Ground) -> list[tuple[int, int, Chord | None]]:
    """Stretches of one chord, at most a bar each: (from, to, chord); a chord that comes early begins with its notes."""
    places = [0]
    for at in range(1, len(ground.chords)):
        if at % 2 == 0 or ground.chords[at] != ground.chords[at - 1]:
            places.append(at)
    ticks = [int(ground.edges[0])]
    ticks += [max(ticks[0], _struck(notes, int(ground.edges[at]), ground.ticks_per_quarter)) for at in places[1:]]
    ticks.append(int(ground.edges[-1]))
    found = zip(pairwise(ticks), [ground.chords[at] for at in places], strict=True)
    return [(a, b, chord) for (a, b), chord in found if b > a]


def _struck(notes: NDArray[Any], edge: int, quarter: int) -> int:
    """Where the chord of an edge is struck: there, or up to an eighth before, if those notes ring over it."""
    near = np.abs(notes["onset_ticks"] - edge) <= quarter // 12
    if near.any():
        return min(edge, int(notes["onset_ticks"][near].min()))
    rings = notes["onset_ticks"] + notes["duration_ticks"] > edge + quarter // 12
    early = notes["onset_ticks"][(notes["onset_ticks"] < edge) & (edge - notes["onset_ticks"] <= _EARLY * quarter)
                                 & rings]  # fmt: skip
    return int(early.min()) if len(early) else edge


def _rings(here: NDArray[Any], chord: Chord | None, until: int, quarter: int) -> bool:
    """Whether notes may ring together: tones of the chord, and not meant short."""
    if chord is not None and np.isin(here["pitch"] % 12, list(chord.pitch_classes)).mean() < _BORNE:
        return False
    onsets = np.unique(here["onset_ticks"] // max(1, quarter // 24)) * max(1, quarter // 24)
    gaps = np.diff(np.append(onsets, max(until, int(onsets[-1]) + 1)))
    long = [int(here["duration_ticks"][np.abs(here["onset_ticks"] - at) <= quarter // 24].max(initial=1))
            for at in onsets.tolist()]  # fmt: skip
    return float(np.minimum(long, gaps).sum() / gaps.sum()) >= _DRY


def phrases(notes: NDArray[Any], quarter: int) -> list[tuple[int, int]]:
    """Where phrases begin and end, in ticks: a rest parts them, and so does breath."""
    found: list[list[int]] = []
    for onset, long in zip(notes["onset_ticks"].tolist(), notes["duration_ticks"].tolist(), strict=True):
        last = found[-1] if found else None
        if last is None or onset - last[1] >= _REST * quarter or (
            onset >= last[1] - quarter // 12 and onset - last[0] >= _LONGEST * quarter
        ):  # fmt: skip
            found.append([onset, onset + long])
        else:
            last[1] = max(last[1], onset + long)
    return [(a, b) for a, b in found]


def _swells(notes: NDArray[Any], ground: Ground, dice: Dice, number: int, level: int) -> list[tuple[int, ...]]:
    """An arc over each phrase, its height some way behind the middle."""
    quarter, end, rows, before = ground.ticks_per_quarter, int(ground.edges[-1]), [], -1
    for start, stop in phrases(notes, quarter):
        peak, high = _between(dice, 0.5, 0.72), _between(dice, 0.94, _HIGH)
        stop = min(stop, end)
        points = np.arange(start, stop, max(1, round(quarter * _STEP)))
        through = (points - start) / max(1, stop - start)
        arc = np.where(through < peak, np.sin(through / peak * np.pi / 2), np.cos((through - peak) / (1 - peak) * 1.2))
        for ticks, height in zip(points.tolist(), arc.tolist(), strict=True):
            value = int(np.clip(round(level * (_LOW + (high - _LOW) * height)), 1, 127))
            if value != before:
                rows.append(gesture(ticks, number, value))
                before = value
    return rows


def _vibrato(notes: NDArray[Any], ground: Ground, dice: Dice) -> list[tuple[int, ...]]:
    """Modulation that sets in late in a long note and is gone before the next."""
    quarter, end, rows, free = ground.ticks_per_quarter, int(ground.edges[-1]), [], int(ground.edges[0])
    for onset in np.unique(notes["onset_ticks"]).tolist():
        long = int(notes["duration_ticks"][notes["onset_ticks"] == onset].max())
        later = notes["onset_ticks"][notes["onset_ticks"] > onset]
        stop = min([onset + long, end - 1, *later[:1].tolist()])
        if stop - onset < _SUNG * quarter or onset < free:
            continue
        depth, begins = _between(dice, 28, 52), onset + round((stop - onset) * _between(dice, 0.3, 0.45))
        points = np.linspace(begins, stop, 5)[:-1]
        rows += [gesture(int(t), MODULATION, round(depth * (i + 1) / 4)) for i, t in enumerate(points)]
        rows.append(gesture(stop, MODULATION, 0))
        free = stop
    return rows
