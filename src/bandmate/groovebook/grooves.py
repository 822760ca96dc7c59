"""Grooves: the feel of a clip, or of a style, put onto other music: when and how loud, never what.

A groove of a clip keeps what was played at each place of each of its bars; a place that it never struck is filled from
its voice, then from all voices. A groove of a style is drawn by the law of timing and the velocities that were fitted
to the drummers of the Groove MIDI Dataset (see `drum_touch`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from bandmate.analysis.genres import genre, genre_ids
from bandmate.errors import BriefError, ScoreError
from bandmate.groovebook.dice import Dice
from bandmate.groovebook.drum_touch import SOFT_BELOW, VOICES, DrumTouch, place_of, touch_of
from bandmate.groovebook.groove_bars import bars_in_meter, check_one_meter
from bandmate.groovebook.strokes import GROUPS, PLACES_A_QUARTER, Floats, Strokes, Swing, meter_of, strokes_of_all
from bandmate.score.model import MADE, NO_OFF, Score, Track

# Styles of the dataset by the genre that stands for each.
STYLES = {
    "rock": "rock", "pop": "pop", "funk": "funk", "soul": "soul_motown", "hiphop": "boom_bap", "jazz": "jazz_swing",
    "latin": "samba", "afrobeat": "afrobeat", "reggae": "reggae",
}  # fmt: skip
_CLASSES = 6  # of drum_touch.place_of
_DRUMS = len(VOICES) + 1
_HAT = VOICES.index("hat")
_PITCHED_ACCENT = 0.5  # of a hat's accents are what other instruments share
_PITCHED_LOOSE = 0.8  # of a drummer's own spread, and so much velocity from stroke to stroke:
_PITCHED_SD = 5.0
_FLAT = 3.0  # velocity sd under which a voice was typed, not played


class Groove(Protocol):
    """What lends its feel."""

    @property
    def swing(self) -> Swing: ...

    def late_ms(self, strokes: Strokes, dice: Dice) -> Floats:
        """How late each stroke comes, against its swung place."""
        ...

    def velocity(self, strokes: Strokes, own: Table, dice: Dice) -> Floats:
        """How loud each stroke is, in place of its own velocity; `own` is the feel of the music it belongs to."""
        ...


@dataclass(frozen=True, slots=True, eq=False)
class Table:
    """Means of a measure by voice and place, filled where nothing was struck.

    Attributes:
        level: by group; seen: whether the group was struck at all; accent: what each place adds, (groups, places).
    """

    level: Floats
    seen: NDArray[np.bool_]
    accent: Floats


def _shrunk(rest: Floats, key: NDArray[np.int64], size: int, own: float = 1.0) -> Floats:
    """Means by key, drawn towards 0 as if `own` strokes more had been there."""
    return np.bincount(key, rest, size) / (np.bincount(key, minlength=size) + own)


def table_of(values: Floats, group: NDArray[np.int64], place: NDArray[np.int64], places: int) -> Table:
    """Fit a measure as a sum: kind of place, voice, voice at that kind of place, voice at that very place."""
    kinds = place_of(np.arange(places) / PLACES_A_QUARTER)
    kind = kinds[place]
    by_kind = _shrunk(values, kind, _CLASSES)
    rest = values - by_kind[kind]
    level = _shrunk(rest, group, len(GROUPS), 0.5)
    rest = rest - level[group]
    both = _shrunk(rest, group * _CLASSES + kind, len(GROUPS) * _CLASSES).reshape(len(GROUPS), _CLASSES)
    rest = rest - both[group, kind]
    cell = _shrunk(rest, group * places + place, len(GROUPS) * places).reshape(len(GROUPS), places)
    seen = np.bincount(group, minlength=len(GROUPS)) > 0
    return Table(level, seen, by_kind[kinds][None] + both[:, kinds] + cell)


def _joined(strokes: Sequence[Strokes], name: str) -> NDArray[Any]:
    return np.concatenate([getattr(each, name) for each in strokes])


def _places(bars: NDArray[Any]) -> int:
    quarters = 4 * bars["numerator"] / bars["denominator"]
    return int(np.ceil(quarters.max() * PLACES_A_QUARTER)) + 1


def _force_table(strokes: Sequence[Strokes], places: int) -> Table:
    loud = np.log(_joined(strokes, "velocity"))
    group, place = _joined(strokes, "group"), np.minimum(_joined(strokes, "place"), places - 1)
    return table_of(loud - loud.mean(), group, place, places)


@dataclass(frozen=True, slots=True, eq=False)
class ClipGroove:
    """The feel of a clip.

    Attributes:
        name: of the clip; meter; swing.
        played_ms, played_force: what was played, (bars, groups, places), NaN where nothing was.
        late, force: the tables that fill the gaps; late_sd, force_sd: what they leave unsaid, by group.
    """

    name: str
    meter: tuple[int, int]
    swing: Swing
    played_ms: Floats
    played_force: Floats
    late: Table
    force: Table
    late_sd: Floats
    force_sd: Floats

    def late_ms(self, strokes: Strokes, dice: Dice) -> Floats:
        """What was played there, else the mean of the place and a draw around it."""
        bar, group, place = self._where(strokes)
        drawn = self.late.level[group] + self.late.accent[group, place]
        drawn = drawn + self.late_sd[group] * dice.normals(len(bar))
        played = self.played_ms[bar, group, place]
        return np.where(np.isnan(played), drawn, played)

    def velocity(self, strokes: Strokes, own: Table, dice: Dice) -> Floats:
        """Accents and balance as in the clip; what a stroke has beyond the mean of its place stays its own."""
        bar, group, place = self._where(strokes)
        both = self.force.seen & own.seen
        shift = (self.force.level - own.level)[both].mean() if both.any() else 0.0
        level = np.where(self.force.seen & own.seen, self.force.level - own.level - shift, 0.0)[group]
        there = np.minimum(place, own.accent.shape[1] - 1)
        drawn = self.force.accent[group, place] + self.force_sd[group] * dice.normals(len(bar))
        played = self.played_force[bar, group, place] - self.force.level[group]
        accent = np.where(np.isnan(played), drawn, played) - own.accent[group, there]
        return strokes.velocity * np.exp(level + accent)

    def _where(self, strokes: Strokes) -> tuple[NDArray[Any], NDArray[Any], NDArray[Any]]:
        bars, _, places = self.played_ms.shape
        return strokes.bar % bars, strokes.group, np.minimum(strokes.place, places - 1)


def groove_of(score: Score, name: str = "the reference") -> ClipGroove:
    """Read the feel of a clip.

    Raises:
        ScoreError: it has no notes, or changes its meter.
    """
    if not score.note_count:
        raise ScoreError(f"{name} has no notes, so there is no groove in it; give a clip that plays")
    strokes, swing, bars = strokes_of_all(score)
    check_one_meter(bars, name)
    places = _places(bars)
    group, place = _joined(strokes, "group"), np.minimum(_joined(strokes, "place"), places - 1)
    late, loud = _joined(strokes, "late_ms"), np.log(_joined(strokes, "velocity"))
    late, loud = late - late.mean(), loud - loud.mean()
    tables = table_of(late, group, place, places), table_of(loud, group, place, places)
    shape = (len(bars), len(GROUPS), places)
    played = [np.full(shape, np.nan), np.full(shape, np.nan)]
    spreads = []
    order = np.argsort(loud, kind="stable")  # of several notes at one place the loudest tells
    bar = _joined(strokes, "bar")
    for values, table, rows in zip((late, loud), tables, played, strict=True):
        rows[bar[order], group[order], place[order]] = values[order]
        rest = values - table.level[group] - table.accent[group, place]
        spreads.append(np.sqrt(_shrunk(rest * rest, group, len(GROUPS))))
    return ClipGroove(name, meter_of(bars), swing, played[0], played[1], *tables, spreads[0], spreads[1])


@dataclass(frozen=True, slots=True, eq=False)
class StyleGroove:
    """The feel of a genre's players: touch of its drummers, its swing, and how loosely it is played (0 machine..1)."""

    name: str
    touch: DrumTouch
    swing: Swing
    live: float

    def late_ms(self, strokes: Strokes, dice: Dice) -> Floats:
        """Leaning of voice and place, a drift that all share, and each stroke's own."""
        sixteenth = strokes.bar * 64 + strokes.place
        drift = _drift(int(sixteenth.max(initial=0)) + 1, self.touch.ar, Dice(dice.between(0, 2**31), "drift"))
        drum = strokes.group < _DRUMS
        loose = np.where(drum, 1.0, _PITCHED_LOOSE)
        swung = abs(self.swing.amount - 0.5) > 0.02
        voice = np.where(drum, strokes.group, len(VOICES))
        leaning = self.touch.leanings_ms(voice, place_of(strokes.straight), swung)
        own = self.touch.own_ms * loose * dice.normals(len(sixteenth))
        return self.live * (leaning + self.touch.shared_ms * drift[sixteenth] + own)

    def velocity(self, strokes: Strokes, own: Table, dice: Dice) -> Floats:
        """Drums as loud as drummers of the style strike them there; other instruments take on some of the accents."""
        places = place_of(strokes.straight)
        hat = self.touch.velocity[_HAT]
        accents = (hat / hat.mean()) ** (_PITCHED_ACCENT * self.live)
        sd = self.live * _PITCHED_SD * dice.normals(len(places))
        loud = strokes.velocity * accents[places] + sd
        drum = np.flatnonzero(strokes.group < _DRUMS)
        if len(drum):
            loud[drum] = self._drums(strokes, drum, places, dice)
        return loud

    def _drums(self, strokes: Strokes, drum: NDArray[Any], places: NDArray[Any], dice: Dice) -> Floats:
        group, velocity = strokes.group[drum], strokes.velocity[drum]
        usual = np.array([np.median(velocity[group == g]) if (group == g).any() else 0.0 for g in range(_DRUMS)])
        flat = np.array([velocity[group == g].std() < _FLAT if (group == g).any() else False for g in range(_DRUMS)])
        share = velocity / usual[group]
        level = np.where(share > 1.12, 2, np.where((velocity < SOFT_BELOW) & (share < 0.7), 0, 1))
        # typed music has no accents of its own: the backbeat is one, as everywhere
        level = np.where(flat[group] & (places[drum] <= 2), 2, level)
        force = np.array([
            self.touch.force(int(g), int(p), int(v)) for g, p, v in zip(group, places[drum], level, strict=True)
        ])  # fmt: skip
        known = force > 0
        stroke_sd = self.touch.stroke_sd[np.minimum(group, len(VOICES))] * np.minimum(1.0, np.maximum(force, 1) / 70)
        force = force + self.live * 0.6 * stroke_sd * dice.normals(len(drum))
        if known.any():
            force *= velocity[known].mean() / max(1.0, force[known].mean())
        return np.where(known, force, velocity)


def _drift(count: int, ar: float, dice: Dice) -> Floats:
    keep, at, out = (1 - ar * ar) ** 0.5, 0.0, []
    for value in dice.normals(count).tolist():
        at = ar * at + keep * value
        out.append(at)
    return np.array(out)


def style_groove(name: str) -> StyleGroove:
    """The feel of a genre, or of one of STYLES.

    Raises:
        BriefError: the name is neither.
    """
    wanted = name.strip().lower().replace(" ", "_").replace("-", "_")
    wanted = STYLES.get(wanted.replace("_", ""), wanted)
    if wanted not in genre_ids():
        raise BriefError(
            f"style '{name}' has no groove here; give one of {', '.join(STYLES)}, or a genre such as house"
        )
    block = genre(wanted)
    swing, people = block["swing"], touch_of(wanted)
    touch = people or touch_of("pop")
    if touch is None:
        raise BriefError(f"style '{name}' has no touch to lend; give one of {', '.join(STYLES)}")
    jitter = min(1.0, block["feel"]["jitter_ms"] / 8)
    live = max(0.6, jitter) if people else 0.5 * jitter
    return StyleGroove(wanted, touch, Swing(float(swing["amount"]), 1 if int(swing["grid"]) == 8 else 2), live)


def apply_groove(
    score: Score,
    groove: Groove,
    strength: float = 1.0,
    seed: int = 0,
    tracks: Sequence[int] | None = None,
    span: tuple[int, int] | None = None,
) -> Score:
    """Play a score with the feel of a groove.

    Pitches, places on the grid, controllers and everything else stay. Lengths stay too, but a note does not run into
    the next one of its pitch. A note does not move before the program change or bend that it needs.

    Args:
        score: any score.
        groove: of a clip or of a style.
        strength: share of the way from what was played to the groove, 0 to 1; 0 changes nothing.
        seed: of what is drawn.
        tracks: which are touched; None = all.
        span: first tick and end of what is touched; None = everything. No note leaves it.

    Raises:
        ScoreError: the strength is out of range, or the clip of the groove is in another meter.
    """
    if not 0 <= strength <= 1:
        raise ScoreError(f"strength {strength:g} is out of range; give 0 (as it is) to 1 (wholly the groove)")
    if strength == 0 or not score.note_count:
        return score
    strokes, _, bars = strokes_of_all(score)
    fits = np.ones(len(bars), bool)
    if isinstance(groove, ClipGroove):
        fits = bars_in_meter(bars, score.ticks_per_quarter, groove.meter, groove.name, span)
    own = _force_table([each for each in strokes if len(each.bar)], _places(bars))
    wanted = range(len(score.tracks)) if tracks is None else tracks
    new = list(score.tracks)
    for index in wanted:
        track, rows = score.tracks[index], strokes[index]
        onset = track.notes["onset_ticks"]
        picked = np.ones(len(onset), bool) if span is None else (onset >= span[0]) & (onset < span[1])
        picked &= fits[rows.bar]
        if picked.any():
            goal = _goal(rows, groove, own, Dice(seed, "groove", index), bars)
            new[index] = _played(track, rows, picked, goal, strength, span or (0, np.iinfo(np.int64).max))
    return replace(score, tracks=tuple(new))


def _goal(rows: Strokes, groove: Groove, own: Table, dice: Dice, bars: NDArray[Any]) -> tuple[Floats, Floats]:
    """Where the groove has each note, in ticks, and how loud."""
    late = groove.late_ms(rows, dice) / 1000 / rows.sec_per_quarter
    quarter_ticks = bars["length_ticks"] * bars["denominator"] / (4 * bars["numerator"])
    quarters = groove.swing.bent(rows.straight) + late
    return bars["start_ticks"][rows.bar] + quarters * quarter_ticks[rows.bar], groove.velocity(rows, own, dice)


def _played(
    track: Track,
    rows: Strokes,
    picked: NDArray[np.bool_],
    goal: tuple[Floats, Floats],
    strength: float,
    span: tuple[int, int],
) -> Track:
    before = track.notes["onset_ticks"].astype(np.int64)
    by = np.rint(strength * (goal[0] - before)).astype(np.int64)[rows.lead]
    onset = np.clip(before + by, span[0], span[1] - 1)
    onset = np.where(picked, np.maximum(onset, _last_change(track, before)), before)
    loud = np.rint(rows.velocity + strength * (goal[1] - rows.velocity))
    notes = track.notes.copy()
    notes["velocity"] = np.where(picked, np.clip(loud, 1, 127), notes["velocity"])
    notes["onset_ticks"] = onset
    _kept_apart(notes, track.notes)
    moved = notes["onset_ticks"] != before
    notes["on_order"][moved] = MADE
    notes["off_order"][moved & (notes["off_order"] != NO_OFF)] = MADE
    return replace(track, notes=notes[np.argsort(notes["onset_ticks"], kind="stable")])


def _last_change(track: Track, onset: NDArray[np.int64]) -> NDArray[np.int64]:
    """The last program change or bend at or before each note, on any channel of the track; 0 without."""
    events = track.events
    ticks = np.sort(events["ticks"][np.isin(events["status"], (0xB0, 0xC0, 0xE0)) & ~_pedal(events)])
    at = np.searchsorted(ticks, onset, side="right") - 1
    return np.where(at >= 0, ticks[np.maximum(at, 0)], 0) if len(ticks) else np.zeros(len(onset), np.int64)


def _pedal(events: NDArray[Any]) -> NDArray[np.bool_]:
    return (events["status"] == 0xB0) & ~np.isin(events["data1"], (0, 32))


def _kept_apart(notes: NDArray[Any], before: NDArray[Any]) -> None:
    """In place: a note that did not run into the next of its pitch does not now, and none overtakes it."""
    key = before["channel"].astype(np.int64) * 128 + before["pitch"]
    order = np.lexsort((before["onset_ticks"], key))
    one, two = order[:-1], order[1:]
    same = (key[one] == key[two]) & (before["onset_ticks"][one] < before["onset_ticks"][two])
    for a, b in zip(one[same].tolist(), two[same].tolist(), strict=True):
        if notes["onset_ticks"][b] <= notes["onset_ticks"][a]:
            notes["onset_ticks"][b] = notes["onset_ticks"][a] + 1
    end = notes["onset_ticks"][one] + notes["duration_ticks"][one]
    clear = before["onset_ticks"][one] + before["duration_ticks"][one] <= before["onset_ticks"][two]
    into = same & clear & (end > notes["onset_ticks"][two])
    notes["duration_ticks"][one[into]] = notes["onset_ticks"][two[into]] - notes["onset_ticks"][one[into]]
    notes["off_order"][one[into]] = MADE
