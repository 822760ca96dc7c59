"""Humanise: from the grid to played time: swing, feel, drift and touch, then the promises of the plan kept.

Source for the law of timing: Groove MIDI (CC BY 4.0). All voices share an AR(1) drift, each stroke adds its own; the
proportion, the AR coefficient and the leaning of each voice at each place are the style's (`drum_touch`), the total is
the stage's `spread_ms`. Where no style is near, drift and noise stand in proportion 13 : 10.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from bandmate.groovebook.drum_touch import place_of, voice_numbers
from bandmate.groovebook.stage import BASS, CHORDS, FREE, HATS, KICK, MELODY, PERC, SNARE, Note, Stage
from bandmate.score.model import NO_NOTES, make_notes

_SHARED, _OWN = 0.79, 0.61  # 13 and 10 of a total of 16.4
_AR = 0.85  # a 16th apart: successive 8ths of a hat then correlate by 0.45 (0.49 measured)
# Velocity sd of a live player, by group.
_TOUCH = {FREE: 5.0, KICK: 6.0, SNARE: 6.0, HATS: 9.0, PERC: 7.0, BASS: 5.0, CHORDS: 5.0, MELODY: 6.0}
_STEADY = 0.6  # of what a stroke varies at its step, the rest being meant (a pattern that changes)
_MOST_TICKS = 45  # however fast the tempo, nobody is off by more than three eighths of a 16th
_LATE_MS = {MELODY: 4.0, CHORDS: 2.0}


def swing_amount(stage: Stage) -> float:
    """Swing at the plan's tempo: triplet swing straightens above 200 (0.62 at 240, 0.58 at 280)."""
    amount = stage.plan.swing
    if amount > 0.6 and stage.plan.tempo > 215 and stage.plan.brief.swing is None:
        amount = max(0.56, amount - (stage.plan.tempo - 215) * 0.0011)
    return amount


def swung(stage: Stage, ticks: NDArray[Any]) -> NDArray[Any]:
    """Grid positions moved so that the off note of each pair falls at the swing's place; float64."""
    grid, amount = stage.grid, swing_amount(stage)
    triplet = grid.step_ticks == 160
    pair = 480.0 if triplet or int(stage.block["swing"]["grid"]) == 8 else 240.0
    knot = 2 / 3 if triplet else 0.5
    if triplet and stage.plan.brief.swing is None and stage.plan.tempo <= 215:
        return ticks.astype(np.float64)
    if grid.compound or abs(amount - knot) < 1e-6:
        return ticks.astype(np.float64)
    inside = (ticks % pair) / pair
    bent = np.where(inside < knot, inside * amount / knot, amount + (inside - knot) * (1 - amount) / (1 - knot))
    return ticks - ticks % pair + bent * pair


def drift_ms(stage: Stage) -> NDArray[Any]:
    """The band's shared drift at every 16th of the piece, in ms; float64 (16ths + 1,)."""
    count = stage.end_ticks // 120 + 2
    noise = stage.dice("drift").normals(count).tolist()
    ar = stage.touch.ar if stage.touch else _AR
    keep = (1 - ar * ar) ** 0.5
    out, at = [], 0.0
    for value in noise:
        at = ar * at + keep * value
        out.append(at)
    return np.array(out)


def play_notes(stage: Stage, track: int, rows: list[Note], drift: NDArray[Any]) -> NDArray[Any]:
    """Rows of one track as a NOTE array: timed, touched, and inside every promise of the plan.

    Notes stay in the bars where the track sounds, in its range, at most `polyphony` at once, never two of one pitch
    together, and end before the piece does.
    """
    if not rows:
        return NO_NOTES
    plan, grid = stage.plan, stage.grid
    who = plan.tracks[track]
    table = np.array([(n.ticks, n.duration_ticks, n.pitch, n.group) for n in rows], np.int64)
    velocity = np.array([n.velocity for n in rows])
    ticks, length, pitch, group = table.T
    bar = ticks // grid.bar_ticks
    dice = stage.dice("touch", track)
    feel = stage.block["feel"]
    jitter = stage.spread_ms
    live = stage.live

    start = swung(stage, ticks)
    end = swung(stage, ticks + length)
    shared, own = stage.touch.shares if stage.touch else (_SHARED, _OWN)
    loose = jitter if who.is_drum else 0.8 * stage.jitter_ms  # the band leans on its drummer
    ms = jitter * shared * drift[np.minimum(ticks // 120, len(drift) - 1)]
    ms += loose * own * _per_stroke(dice, ticks, group)
    if who.is_drum and stage.touch:
        places = place_of(ticks % grid.bar_ticks / grid.beat_ticks)
        bent = grid.step_ticks == 160 or abs(swing_amount(stage) - 0.5) > 0.02
        ms += live * stage.touch.leanings_ms(voice_numbers()[pitch], places, bent)
    ms += np.select(
        [group == SNARE, group == HATS, group == BASS], [feel["snare_ms"], feel["hat_ms"], feel["bass_ms"]], 0.0
    )
    ms += np.where(group == KICK, 0.0, stage.feel.late_ms)
    ms += live * np.select([group == MELODY, group == CHORDS], [_LATE_MS[MELODY], _LATE_MS[CHORDS]], 0.0)
    if 24 <= who.program <= 31 and not who.is_drum and who.role == "chords" and live > 0.4:
        ms += _strum(ticks, pitch) * 7.0 * live
    shift = np.clip(ms * (480 * plan.tempo / 60000), -_MOST_TICKS, _MOST_TICKS)
    onset = np.rint(start + shift).astype(np.int64)
    stop = np.rint(end + shift).astype(np.int64)

    loud = np.array([stage.loudness(b) for b in range(plan.bars)])
    sd = np.select([group == g for g in _TOUCH], list(_TOUCH.values()))
    if who.is_drum and stage.touch:  # soft strokes vary less
        strokes = stage.touch.stroke_sd[voice_numbers()[pitch]] * np.minimum(1.0, velocity / 70)
        sd = (1 - live) * sd + live * _STEADY * strokes
    sd = sd * (0.25 + 0.75 * live)
    velocity = velocity * loud[bar] + stage.colour["velocity"] * 0.7 + sd * dice.normals(len(rows))
    velocity = np.clip(np.rint(velocity), 1, 127).astype(np.int64)

    # A player may be early, but not into a bar where the track is silent, nor before the piece.
    silent_before = np.array([b == 0 or not plan.active[track, b - 1] for b in range(plan.bars)])
    onset = np.maximum(onset, np.where(silent_before[bar], bar * grid.bar_ticks, 0))
    silent_after = np.array([b + 1 >= plan.bars or not plan.active[track, b + 1] for b in range(plan.bars)])
    limit = np.where(silent_after[bar], (bar + 1) * grid.bar_ticks, stage.end_ticks)
    onset = np.minimum(onset, (bar + 1) * grid.bar_ticks + grid.step_ticks // 2)
    onset = np.minimum(onset, limit - 1)
    if plan.chord_lock and not who.is_drum:  # a chord's own tones stay inside its half bar
        half = ticks // grid.half_ticks * grid.half_ticks
        onset = np.clip(onset, half, half + grid.half_ticks - 1)
    stop = np.minimum(np.maximum(stop, onset + 1), limit)
    pitch = np.clip(pitch, who.low, who.high)
    kept = _separate(onset, stop, pitch, velocity, 1 if who.polyphony == 1 else who.polyphony, who.is_drum)
    return make_notes(*(np.array(column, np.int64) for column in zip(*kept, strict=True)))


def _per_stroke(dice: Any, ticks: NDArray[Any], group: NDArray[Any]) -> NDArray[Any]:
    """One deviation per stroke: notes of one chord fall together."""
    _, inverse = np.unique(ticks * 16 + group, return_inverse=True)
    return dice.normals(int(inverse.max()) + 1)[inverse]


def _strum(ticks: NDArray[Any], pitch: NDArray[Any]) -> NDArray[Any]:
    """Order of each note inside its chord, from the bottom; up-strokes on the weak 8ths come from the top."""
    order = np.lexsort((pitch, ticks))
    first = np.append(True, ticks[order][1:] != ticks[order][:-1])
    at = np.arange(len(ticks)) - np.maximum.accumulate(np.where(first, np.arange(len(ticks)), 0))
    out = np.empty(len(ticks))
    out[order] = at
    sizes = np.zeros(len(ticks))
    for tick in np.unique(ticks):
        same = ticks == tick
        sizes[same] = same.sum() - 1
    return np.where((ticks // 240) % 2 == 1, sizes - out, out)


def _separate(
    onset: NDArray[Any], stop: NDArray[Any], pitch: NDArray[Any], velocity: NDArray[Any], polyphony: int, drums: bool
) -> list[tuple[int, int, int, int]]:
    """Rows (onset, duration, pitch, velocity) with no pitch struck while it sounds and at most `polyphony` at once."""
    order = np.lexsort((-pitch, onset))
    sounding: list[list[int]] = []  # [stop, index in out]
    out: list[list[int]] = []
    last_of: dict[int, int] = {}
    for on, off, key, loud in zip(
        onset[order].tolist(), stop[order].tolist(), pitch[order].tolist(), velocity[order].tolist(), strict=True
    ):
        previous = last_of.get(key)
        if previous is not None and out[previous][0] == on:
            continue
        if previous is not None and out[previous][0] + out[previous][1] > on:
            out[previous][1] = on - out[previous][0]
        if not drums:
            sounding = [s for s in sounding if out[s[1]][0] + out[s[1]][1] > on]
            if len(sounding) >= polyphony:
                older = [s for s in sounding if out[s[1]][0] < on]
                if not older:
                    continue
                while len(sounding) >= polyphony and older:
                    gone = older.pop(0)
                    sounding.remove(gone)
                    out[gone[1]][1] = on - out[gone[1]][0]
                if len(sounding) >= polyphony:
                    continue
        last_of[key] = len(out)
        sounding.append([off, len(out)])
        out.append([on, max(1, off - on), key, loud])
    return [(a, b, c, d) for a, b, c, d in out]
