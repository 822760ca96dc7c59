"""From a score to what each player plays: notes in seconds, and the channel's controllers as curves.

The rule for tracks that share a channel. In a score read from a file the channel is one instrument panel, as MIDI says:
its controllers, bends, pedal, resets and program changes count for every track on it. Two things stay a track's own,
since they are no channel's state: which note a note-off ends, and the program if the track itself names one on that
channel. In a score made here each track has a panel of its own, whatever its channel number.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bandmate.rendering.instrument import DRUM_BANK
from bandmate.score.model import NO_EVENTS, Score, Track
from bandmate.score.timeline import ticks_to_seconds

PLAYED = np.dtype(
    [
        ("on_sec", "<f8"),
        ("off_sec", "<f8"),  # after the pedal
        ("cut_sec", "<f8"),  # silenced at once here (all sound off); inf = never
        ("key", "u1"),
        ("velocity", "u1"),
        ("bank", "<i2"),
        ("program", "<i2"),
    ]
)
DRUM_CHANNEL = 9
CONTROL, PROGRAM, PRESSURE, BEND = 0xB0, 0xC0, 0xD0, 0xE0
BANK, MODULATION, DATA, VOLUME, PAN, EXPRESSION, DATA_FINE = 0, 1, 6, 7, 10, 11, 38
SUSTAIN, REVERB_SEND, RPN_FINE, RPN, SOUND_OFF, RESET, NOTES_OFF = 64, 91, 100, 101, 120, 121, 123
NRPN_FINE, NRPN = 98, 99
_HEARD = (
    *(BANK, MODULATION, DATA, VOLUME, PAN, EXPRESSION, DATA_FINE, SUSTAIN, REVERB_SEND),
    *(NRPN_FINE, NRPN, RPN_FINE, RPN, SOUND_OFF, RESET, *range(NOTES_OFF, 128)),
)
# General MIDI 2 power-on values; bend in semitones
DEFAULT_VALUES: dict[str, float] = {
    "modulation": 0.0,
    "pressure": 0.0,
    "volume": 100.0,
    "pan": 64.0,
    "expression": 127.0,
    "reverb": 40.0,
    "bend": 0.0,
}
_CURVES = {MODULATION: "modulation", VOLUME: "volume", PAN: "pan", EXPRESSION: "expression", REVERB_SEND: "reverb"}


@dataclass(frozen=True, slots=True, eq=False)
class Curve:
    """A value that steps: `values[0]` before `times_sec[0]`, `values[i + 1]` from `times_sec[i]` on."""

    times_sec: NDArray[np.float64]
    values: NDArray[np.float64]

    def between(self, first_sec: float, last_sec: float) -> float | None:
        """Its value if it is one and the same over a stretch, else None."""
        if not len(self.times_sec):
            return float(self.values[0])
        low, high = np.searchsorted(self.times_sec, (first_sec, last_sec), side="right")
        value = float(self.values[low])
        return value if low == high or (self.values[low : high + 1] == value).all() else None

    def at(self, times_sec: NDArray[np.floating[Any]]) -> NDArray[np.float64]:
        """Its value at each time."""
        return self.values[np.searchsorted(self.times_sec, times_sec, side="right")]


@dataclass(frozen=True, slots=True, eq=False)
class Part:
    """What one player plays: the notes of one track on one channel.

    Attributes:
        name: the track's. track: its index in the score. channel: 0..15. is_drum: keys are drums.
        notes: PLAYED array by onset. curves: a Curve for each of DEFAULT_VALUES.
    """

    name: str
    track: int
    channel: int
    is_drum: bool
    notes: NDArray[Any]
    curves: dict[str, Curve]


def perform(score: Score) -> tuple[Part, ...]:
    """Split a score into parts, one for each track and each channel it plays on, in track order."""
    shared = {} if score.header is None else _events_by_channel(score.tracks)
    parts = []
    for index, track in enumerate(score.tracks):
        channels = np.unique(track.notes["channel"]).tolist()
        own = _events_by_channel([track])
        for channel in channels:
            notes = track.notes if len(channels) == 1 else track.notes[track.notes["channel"] == channel]
            mine = own.get(channel, NO_EVENTS)
            panel = shared.get(channel, NO_EVENTS) if score.header is not None else mine
            is_drum = channel == DRUM_CHANNEL or (track.is_drum and len(channels) == 1)
            parts.append(_part(score, track, index, channel, is_drum, notes, mine, panel))
    return tuple(parts)


def _events_by_channel(tracks: Iterable[Track]) -> dict[int, NDArray[Any]]:
    """The events that are heard, by channel, in time order; at one tick in track order."""
    chosen = []
    for track in tracks:
        events = track.events
        status = events["status"]
        heard = (status == CONTROL) & np.isin(events["data1"], _HEARD)
        chosen.append(events[heard | np.isin(status, (PROGRAM, PRESSURE, BEND))])
    if not chosen:
        return {}
    together = np.concatenate(chosen)
    together = together[np.argsort(together["ticks"], kind="stable")]
    return {int(c): together[together["channel"] == c] for c in np.unique(together["channel"])}


def _part(
    score: Score,
    track: Track,
    index: int,
    channel: int,
    is_drum: bool,
    notes: NDArray[Any],
    own: NDArray[Any],
    panel: NDArray[Any],
) -> Part:
    state = _Panel.read(panel)
    programs = _Panel.read(own).programs or state.programs
    on = notes["onset_ticks"].astype(np.int64)
    off = _pedalled(on + np.maximum(notes["duration_ticks"], 0), state.pedal(), score.last_ticks)
    off = _until(on, off, np.array(state.notes_off, np.int64))
    off = _restruck(notes["pitch"], on, off)
    played = np.zeros(len(notes), PLAYED)
    played["on_sec"], played["off_sec"] = ticks_to_seconds(score, on), ticks_to_seconds(score, off)
    played["cut_sec"] = np.inf
    if state.sound_off:
        stops = np.append(np.array(state.sound_off, np.int64), np.iinfo(np.int64).max)
        where = np.searchsorted(stops, on, side="right")
        cut = where < len(stops) - 1
        played["cut_sec"][cut] = ticks_to_seconds(score, stops[where[cut]])
    played["key"], played["velocity"] = notes["pitch"], np.maximum(notes["velocity"], 1)
    ticks = np.array([row[0] for row in programs], np.int64)
    rows = np.array([(0, track.program), *(row[1:] for row in programs)], np.int16)[np.searchsorted(ticks, on, "right")]
    played["bank"], played["program"] = DRUM_BANK if is_drum else rows[:, 0], rows[:, 1]
    curves = {name: state.curve(name, score) for name in DEFAULT_VALUES}
    return Part(track.name, index, channel, is_drum, played[np.argsort(played["on_sec"], kind="stable")], curves)


@dataclass(slots=True)
class _Panel:
    """The state of one channel over time, every list in time order."""

    steps: dict[str, list[tuple[int, float]]]
    programs: list[tuple[int, int, int]]  # ticks, bank, program
    pedal_moves: list[tuple[int, bool]]
    notes_off: list[int]
    sound_off: list[int]

    @classmethod
    def read(cls, events: NDArray[Any]) -> _Panel:
        panel = cls({name: [] for name in DEFAULT_VALUES}, [], [], [], [])
        bank, parameter, bend_range, last_bend = 0, (127, 127), 2.0, 0.0
        for tick, status, first, second in zip(
            *(events[name].tolist() for name in ("ticks", "status", "data1", "data2") if len(events)), strict=True
        ):
            if status == BEND:
                last_bend = (first + 128 * second - 8192) / 8192
                panel.steps["bend"].append((tick, last_bend * bend_range))
            elif status == PROGRAM:
                panel.programs.append((tick, bank, first))
            elif status == PRESSURE:
                panel.steps["pressure"].append((tick, first))
            elif first in _CURVES:
                panel.steps[_CURVES[first]].append((tick, second))
            elif first == SUSTAIN:
                panel.pedal_moves.append((tick, second >= 64))
            elif first == BANK:
                bank = second
            elif first in (RPN, RPN_FINE):
                parameter = (second, parameter[1]) if first == RPN else (parameter[0], second)
            elif first in (NRPN_FINE, NRPN):  # a non-registered parameter: data entry is not ours until the next RPN
                parameter = (127, 127)
            elif first in (DATA, DATA_FINE):
                if parameter == (0, 0):
                    bend_range = second + bend_range % 1 if first == DATA else int(bend_range) + min(second, 99) / 100
                    panel.steps["bend"].append((tick, last_bend * bend_range))
            elif first == RESET:
                last_bend, parameter = 0.0, (127, 127)
                for name in ("modulation", "pressure", "expression", "bend"):
                    panel.steps[name].append((tick, DEFAULT_VALUES[name]))
                panel.pedal_moves.append((tick, False))
            elif first == SOUND_OFF:
                panel.sound_off.append(tick)
            else:
                panel.notes_off.append(tick)
        return panel

    def curve(self, name: str, score: Score) -> Curve:
        steps = self.steps[name]
        times = ticks_to_seconds(score, np.array([tick for tick, _ in steps], np.int64))
        return Curve(times, np.array([DEFAULT_VALUES[name], *(value for _, value in steps)], np.float64))

    def pedal(self) -> list[tuple[int, int]]:
        """Stretches with the pedal down; an open one ends at the greatest tick."""
        stretches: list[tuple[int, int]] = []
        down: int | None = None
        for tick, pressed in self.pedal_moves:
            if pressed and down is None:
                down = tick
            elif not pressed and down is not None:
                stretches.append((down, tick))
                down = None
        if down is not None:
            stretches.append((down, np.iinfo(np.int64).max))
        return stretches


def _pedalled(off: NDArray[np.int64], stretches: list[tuple[int, int]], end_ticks: int) -> NDArray[np.int64]:
    if not stretches:
        return off
    down, up = np.array(stretches, np.int64).T
    row = np.searchsorted(down, off, side="left") - 1  # a pedal pressed as the note ends does not hold it
    lifted = np.where(up == np.iinfo(np.int64).max, end_ticks, up)[row]
    return np.where(row >= 0, np.maximum(off, lifted), off)


def _until(on: NDArray[np.int64], off: NDArray[np.int64], stops: NDArray[np.int64]) -> NDArray[np.int64]:
    """End notes at the first stop after they began."""
    if not len(stops):
        return off
    following = np.append(stops, np.iinfo(np.int64).max)[np.searchsorted(stops, on, side="right")]
    return np.minimum(off, following)


def _restruck(pitch: NDArray[np.uint8], on: NDArray[np.int64], off: NDArray[np.int64]) -> NDArray[np.int64]:
    """A key that is struck again while it sounds is released first."""
    strike = pitch.astype(np.int64) << 52 | on
    strikes = np.append(np.sort(strike), np.iinfo(np.int64).max)
    following = strikes[np.searchsorted(strikes, strike, side="right")]
    return np.where(following >> 52 == pitch, np.minimum(off, following & (1 << 52) - 1), off)
