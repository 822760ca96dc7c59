"""Controllers, bends and pressure of a track as Live keeps them: envelopes of its clips.

An envelope points at one of a track's controllers by its pointee id, begins with the value before everything, and draws
straight lines between its points, so that a step is two points at one place. Real sets show no more than two there, so
what follows at the same tick stands a hundred-millionth of a quarter later.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bandmate.io.als.schema import LIVE_11
from bandmate.io.markup import Ids
from bandmate.io.messages import BEND, CHANNEL_MODES, CONTROL, POLY, PRESSURE, PROGRAM, channel_messages
from bandmate.score.model import Score, Track

CONTROLLERS = 131  # that every MIDI track of Live has: bend, pressure, then the controllers of MIDI
BEFORE_ALL = -63072000  # the time of an envelope's first value
LOWEST_BEND, HIGHEST_BEND = -8192, 8191
_BEND, _PRESSURE, _FIRST_CONTROL = 0, 1, 2
_APART_QUARTERS = 1e-8  # far below a tick, far above what a float blurs at the end of the longest piece
# which parameter is meant and its value come in several messages in a row; envelopes would send them in any order
_REGISTERED = (6, 38, *range(96, 102))
# what a controller is before anything is sent (General MIDI); of the others nothing is known but nought
_AT_REST = {7: 100, 8: 64, 10: 64, 11: 127}
_HELD = "messages of pedal, wheels and pressure"
_LOST = {POLY: "pressures of single keys", PROGRAM: "program changes", CONTROL: "RPN and NRPN messages"}


@dataclass(frozen=True, slots=True)
class Controls:
    """What one controller does: ticks, rising, and its values as Live counts them."""

    ticks: NDArray[np.int64]
    values: NDArray[np.int64]


def place_of(kind: int, number: int) -> int:
    """The place of a controller in Live's list, -1 for a message that no envelope holds."""
    if kind == BEND:
        return _BEND
    if kind == PRESSURE:
        return _PRESSURE
    held = kind == CONTROL and number < CHANNEL_MODES and number not in _REGISTERED
    return _FIRST_CONTROL + number if held else -1


def meaning_of(place: int) -> tuple[int, int] | None:
    """Kind and number of the controller at a place of Live's list; None for a command of channel mode, or none."""
    if place in (_BEND, _PRESSURE):
        return (BEND if place == _BEND else PRESSURE), 0
    number = place - _FIRST_CONTROL
    return (CONTROL, number) if 0 <= number < CHANNEL_MODES else None


def controls_of(track: Track) -> dict[int, Controls]:
    """What a track's controllers do, by their place in Live's list."""
    rows: dict[int, list[tuple[int, int]]] = {}
    for row in channel_messages(track):
        kind, first, second = int(row["status"]), int(row["data1"]), int(row["data2"])
        value = {BEND: first + 128 * second + LOWEST_BEND, PRESSURE: first}.get(kind, second)
        rows.setdefault(place_of(kind, first), []).append((int(row["ticks"]), value))
    rows.pop(-1, None)
    columns = {place: np.array(found, np.int64) for place, found in sorted(rows.items())}
    return {place: Controls(found[:, 0], found[:, 1]) for place, found in columns.items()}


def clip_envelopes(
    controls: Mapping[int, Controls], targets: Mapping[int, int], start_ticks: int, end_ticks: int, grid: int,
    *, chased: bool = False,
) -> str:  # fmt: skip
    """The envelopes of one clip as XML.

    Args:
        controls: of its track.
        targets: pointee id of the track's controllers by place; what is not in it is left out.
        start_ticks: where the clip begins.
        end_ticks: before it the clip ends.
        grid: ticks a quarter.
        chased: whether a controller that was moved before has an envelope too, which holds its value: a clip that can
            be launched alone does not know what sounded before it.
    """
    out = []
    for place, lane in controls.items():
        first, last = np.searchsorted(lane.ticks, [start_ticks, end_ticks])
        if place not in targets or not (last > first or (chased and first)):
            continue
        before = int(lane.values[first - 1]) if first else _AT_REST.get(place - _FIRST_CONTROL, 0)
        quarters = (lane.ticks[first:last] - start_ticks) / grid
        points = _points(before, quarters.tolist(), lane.values[first:last].tolist())
        out.append(
            LIVE_11.write(
                "ClipEnvelope", Ids(), id=len(out), target=targets[place], events=events("FloatEvent", points)
            )
        )
    return "".join(out)


def _points(before: int, quarters: list[float], values: list[int]) -> list[tuple[float, float]]:
    """Steps as points, from the value before; what is sent again without change is one point."""
    if quarters and quarters[0] == 0:
        before = values[0]  # no blink of another value as the clip begins
    points: list[tuple[float, float]] = [(float(BEFORE_ALL), before)]
    at, together = -1.0, 0
    for quarter, value in zip(quarters, values, strict=True):
        together = together + 1 if quarter == at else 0
        at = quarter
        shown = at + together * _APART_QUARTERS
        if value != before:
            points.append((shown, before))
        points.append((shown, value))
        before = value
    return points


def steps_of(points: list[tuple[float, float]]) -> list[tuple[float, float, bool]]:
    """Points of an envelope as (quarters, value, whether it glides to the next), without what says nothing.

    The first point is the value before everything; the lower half of a step repeats the value that is there already.
    """
    out: list[tuple[float, float, bool]] = []
    for place, (at, value) in enumerate(points):
        steps = place + 1 < len(points) and points[place + 1][0] == at
        if place and steps and value == points[place - 1][1]:
            if out:
                out[-1] = (*out[-1][:2], False)
        elif at > BEFORE_ALL / 2:
            out.append((at, value, True))
    return out


def events(template: str, points: Iterable[tuple[float, float]]) -> str:
    """Points of an envelope as XML."""
    return "".join(
        LIVE_11.write(template, Ids(), id=place, time=at, value=value) for place, (at, value) in enumerate(points)
    )


def lost_messages(score: Score, envelopes: bool) -> tuple[str, ...]:
    """Which messages of a score no envelope holds, one sentence each; without envelopes none is held."""
    counts: Counter[str] = Counter()
    for track in score.tracks:
        for row in channel_messages(track):
            kind, number = int(row["status"]), int(row["data1"])
            if place_of(kind, number) >= 0:
                counts[_HELD] += not envelopes
            else:
                is_mode = kind == CONTROL and number >= CHANNEL_MODES
                counts["mode messages" if is_mode else _LOST[kind]] += 1
    cure = {_HELD: "; export with --envelopes writes them too"}
    return tuple(
        f"{count} {name} stay in the MIDI file{cure.get(name, '')}" for name, count in sorted(counts.items()) if count
    )
