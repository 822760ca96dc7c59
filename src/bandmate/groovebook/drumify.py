"""Drumify: a rhythm that was tapped, or the onsets of any part, as a drum part of a genre.

Every onset is struck by something: by what the genre's pattern has there, else by the voice that its patterns favour at
that place of the bar, and by soft taps ghosts. Kick, snare and toms strike nowhere else; hats, rides and shakers keep
time as the genre's drummer would.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bandmate.analysis.genres import genre
from bandmate.analysis.meter import score_bars
from bandmate.errors import ScoreError
from bandmate.groovebook.backing import mean_tempo, one_meter, sections_heard
from bandmate.groovebook.cells import TPQ, drum_pattern, grid_of
from bandmate.groovebook.fills import GROUP
from bandmate.groovebook.plan import make_plan
from bandmate.groovebook.play import play
from bandmate.groovebook.stage import KICK, SNARE
from bandmate.limits import BARS
from bandmate.score.brief import Brief
from bandmate.score.model import Score, make_notes
from bandmate.score.plan import Plan

KICKS, SNARES, TOMS = (35, 36), (37, 38, 39, 40), (41, 43, 45, 47, 48, 50)
KEEPERS = (42, 44, 46, 51, 53, 59, 54, 56, 69, 70, 82)  # hats, rides, tambourine, cowbell, cabasa, maracas, shaker
_CRASHES = (49, 52, 55, 57)
_NEAR = 0.13  # quarters from an onset within which a stroke of the pattern is meant by it
_TIGHT = 0.09  # a keeper so near to an onset falls on it
_SOFT = 0.72  # of the usual velocity: a ghost
_ACCENT = 0.6  # how much of a tap's accent goes on
_USUAL = {"kick": 98, "snare": 104, "ghost": 36, "tom": 92}
_AGAIN = 0.9  # nats against two backbeats in a row, and against a kick in a quick row


@dataclass(frozen=True, slots=True, eq=False)
class Taps:
    """Onsets to be struck: ticks of the score, ascending, and how loud each was against the usual."""

    onset_ticks: NDArray[np.int64]
    accent: NDArray[np.float64]


def taps_of(notes: NDArray[Any], ticks_per_quarter: int) -> Taps:
    """The onsets of notes; what falls together is one.

    Raises:
        ScoreError: there are none.
    """
    if not len(notes):
        raise ScoreError("there are no onsets to drum to; name a track with notes with --tracks")
    rows = notes[np.argsort(notes["onset_ticks"], kind="stable")]
    first = np.flatnonzero(np.diff(rows["onset_ticks"], prepend=-(1 << 40)) > ticks_per_quarter // 24)
    loud = np.maximum.reduceat(rows["velocity"].astype(np.float64), first)
    return Taps(rows["onset_ticks"][first].astype(np.int64), loud / np.median(loud))


def drum_plan(score: Score, name: str, seed: int) -> Plan:
    """A plan of drums alone in the bars of a score."""
    count = len(score_bars(score))
    BARS.check(count)
    brief = Brief(genre=name, bars=count, meter=one_meter(score), tempo=mean_tempo(score), only=("drums",))
    plan = make_plan(brief, seed)
    extra = plan.extra | {"ending": "loop", "kinds": None, "voices": None}
    return replace(plan, active=np.ones_like(plan.active), sections=sections_heard(score), extra=extra)


def drumify(score: Score, taps: Taps, name: str, seed: int = 0) -> tuple[NDArray[Any], int]:
    """A drum part on some onsets.

    Args:
        score: whose bars and tempo count; one meter throughout.
        taps: the onsets.
        name: genre id.
        seed: of pattern and playing.

    Returns:
        NOTE array in ticks of the score, and the kit program of the genre.

    Raises:
        ScoreError: the meter changes.
    """
    plan = drum_plan(score, name, seed)
    factor = score.ticks_per_quarter / TPQ
    pattern = play(plan, seed).tracks[0].notes
    at = pattern["onset_ticks"] * factor
    voices = _Voices(name, plan, score.ticks_per_quarter)
    rows = _struck(taps, at, pattern, voices, score.ticks_per_quarter)
    rows += _kept(taps, at, pattern, score.ticks_per_quarter)
    return _part(rows, round(score.ticks_per_quarter / 8)), plan.tracks[0].program


def _struck(
    taps: Taps, at: NDArray[Any], pattern: NDArray[Any], voices: _Voices, ticks_per_quarter: int
) -> list[tuple[int, int, float]]:
    """What strikes each onset: (ticks, key, velocity)."""
    body = np.isin(pattern["pitch"], (*KICKS, *SNARES, *TOMS, *_CRASHES))
    places, strokes = at[body], pattern[body]
    order = np.argsort(places, kind="stable")
    places, strokes = places[order], strokes[order]
    rows: list[tuple[int, int, float]] = []
    before = ""
    for number, (tick, accent) in enumerate(zip(taps.onset_ticks.tolist(), taps.accent.tolist(), strict=True)):
        reach = _NEAR * ticks_per_quarter
        low, high = np.searchsorted(places, (tick - reach, tick + reach))
        here = {int(s["pitch"]): float(s["velocity"]) for s in strokes[low:high]}
        body_here = {key: v for key, v in here.items() if key not in _CRASHES}
        if not body_here:
            gap = (tick - taps.onset_ticks[number - 1]) / ticks_per_quarter if number else 9.0
            before = voices.choose(tick, accent, before, gap)
            body_here = {voices.key(before): float(_USUAL[before])}
            accent = 1.0 if before == "ghost" else accent
        else:
            before = "kick" if any(key in KICKS for key in body_here) else "snare"
            body_here |= {key: v for key, v in here.items() if key in _CRASHES}
        rows += [(tick, key, velocity * accent**_ACCENT) for key, velocity in body_here.items()]
    return rows


def _kept(taps: Taps, at: NDArray[Any], pattern: NDArray[Any], ticks_per_quarter: int) -> list[tuple[int, int, float]]:
    """The strokes that keep time; those next to an onset fall on it."""
    rows = []
    for tick, stroke in zip(at.tolist(), pattern, strict=True):
        if int(stroke["pitch"]) not in KEEPERS:
            continue
        nearest = int(taps.onset_ticks[np.abs(taps.onset_ticks - tick).argmin()])
        near = abs(nearest - tick) <= _TIGHT * ticks_per_quarter
        rows.append((nearest if near else round(tick), int(stroke["pitch"]), float(stroke["velocity"])))
    return rows


class _Voices:
    """Which voice a genre favours at each 16th of the bar."""

    def __init__(self, name: str, plan: Plan, ticks_per_quarter: int) -> None:
        grid = grid_of(name, plan.meter)
        self.bar = grid.bar_ticks * ticks_per_quarter / TPQ
        self.quarter = ticks_per_quarter
        steps = max(1, grid.bar_ticks // 120)
        counts = np.full((2, steps), 0.25)
        self.back = 38
        for index, row in enumerate(genre(name)["drums"]["patterns"]):
            for hits in drum_pattern(name, index, plan.meter):
                for hit in hits:
                    group = GROUP.get(hit.voice)
                    if group in (KICK, SNARE):
                        counts[0 if group == KICK else 1, min(steps - 1, hit.ticks // 120)] += 1 + hit.level
            if "snare" not in row and ("clap" in row or "rim" in row):
                self.back = 39 if "clap" in row else 37
        counts[0, 0] += 1  # wherever nothing is known: kick on one, and strong places before weak ones
        self.worth = np.log(counts / counts.sum(0))
        self.steps = steps

    def choose(self, tick: int, accent: float, before: str, gap: float) -> str:
        """The voice for an onset: "kick", "snare" or "ghost".

        Args:
            tick: of the onset.
            accent: its force against the usual.
            before: the voice before it.
            gap: quarters since then.
        """
        place = round((tick % self.bar) / self.quarter * 4) % self.steps
        kick, snare = self.worth[:, place]
        quick = gap < 0.4
        kick -= _AGAIN if before == "kick" and quick else 0.0
        snare -= _AGAIN if before == "snare" and gap < 1.1 else 0.0
        if accent < _SOFT or (quick and place % 2 == 1 and accent < 1.05):
            return "ghost"
        return "kick" if kick >= snare else "snare"

    def key(self, voice: str) -> int:
        """The drum key of a voice; claps and rims have no ghosts."""
        return 36 if voice == "kick" else 38 if voice == "ghost" else self.back


def _part(rows: list[tuple[int, int, float]], length_ticks: int) -> NDArray[Any]:
    """Rows as notes: of two strokes of a key that touch the louder stays."""
    best: dict[tuple[int, int], tuple[int, int, float]] = {}
    for row in rows:
        place = (row[1], round(row[0] / max(1, length_ticks // 2)))
        if place not in best or best[place][2] < row[2]:
            best[place] = row
    kept = sorted(best.values())
    onset = [max(0, row[0]) for row in kept]
    velocity = [int(min(127, max(1, round(row[2])))) for row in kept]
    return make_notes(onset, length_ticks, [row[1] for row in kept], velocity, channel=9)
