"""Tempo, beats and bars of sound that keeps its tempo, as loops and productions do.

A grid of one tempo is fitted to what begins in the sound: its rate first, then which of its multiples is the beat
(by fitted weights, since no formula knows), then where bars begin.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from bandmate.analysis.sound.choices import chances
from bandmate.analysis.sound.pulse import CURVES, Pulse
from bandmate.audio.spectrum import FRAME_RATE

Floats = NDArray[np.float64]
SLOWEST, FASTEST = 50.0, 220.0
RATIOS = (0.25, 1 / 3, 0.5, 2 / 3, 0.75, 1.0, 4 / 3, 1.5, 2.0, 3.0, 4.0)
PARTS = (0.25, 1 / 3, 0.5, 1.0, 2.0, 3.0, 4.0)  # of the beat's rate, at which each curve is looked at
METERS = (4, 3)
CLEAR = 2.2  # times the usual strength; below, there is no beat (1 in 50 of sounds cut up and shuffled is above)
_COMB = ((1.0, 1.0), (2.0, 0.9), (4.0, 0.5), (0.5, 0.3), (0.25, 0.2))  # of the beat's rate, and its worth
_BEAT_CURVES = np.array([1.0, 0.5, 0.5, 1.0, 0.5, 0.3, 0.0])  # worth of CURVES in saying whether there is a beat
_ON_BEAT = np.array([0.7, 1.5, 1.5, 0.4, 0.5, 0.7, 0.3])  # worth of CURVES in telling the beat from what lies between
_PRIOR_BPM, _PRIOR_OCTAVES = 110.0, 0.7
_WINDOW_SEC = 60.0  # of which the tempo is taken; longer music may drift


@dataclass(frozen=True, slots=True)
class TempoGuess:
    """A tempo in quarter notes a minute, and how sure it is (0..1)."""

    bpm: float
    sure: float


@dataclass(frozen=True, slots=True, eq=False)
class Beats:
    """Where the beat is.

    Attributes:
        tempos: likeliest first; the first is the tempo.
        clear: how clearly there is a beat at all; below CLEAR there is none.
        times_sec: of every beat. first_bar: which of them begins the first bar. meter: beats a bar.
        bar_sure: how sure meter and first bar are. steady: whether one tempo holds.
    """

    tempos: tuple[TempoGuess, ...]
    clear: float
    times_sec: Floats
    first_bar: int
    meter: int
    bar_sure: float
    steady: bool

    @property
    def bpm(self) -> float:
        """The likeliest tempo."""
        return self.tempos[0].bpm

    @property
    def bar_times_sec(self) -> Floats:
        """Where bars begin."""
        return self.times_sec[self.first_bar :: self.meter]


def comb_strength(pulse: Pulse, bpm: Floats) -> Floats:
    """How well a grid of each tempo fits, without a preference among tempos."""
    return _comb(pulse, bpm, np.eye(len(CURVES))[0])


def _comb(pulse: Pulse, bpm: Floats, curves: Floats) -> Floats:
    """How well a grid of each tempo fits curves, each of its worth."""
    return sum((worth * (curves @ pulse.strength(bpm / 60.0 * part)) for part, worth in _COMB), np.zeros(len(bpm)))


def base_tempo(pulse: Pulse) -> tuple[float, float]:
    """The tempo of the best grid, right but for a multiple, and how clear it is against the usual grid."""
    bpm = np.arange(SLOWEST, FASTEST, 0.1)
    fits = comb_strength(pulse, bpm)
    liked = fits * np.exp(-0.5 * (np.log2(bpm / _PRIOR_BPM) / _PRIOR_OCTAVES) ** 2)
    beat = _comb(pulse, bpm, _BEAT_CURVES)
    return float(bpm[int(np.argmax(liked))]), float(beat.max() / max(np.median(beat), 1e-9))


def candidates(base_bpm: float) -> Floats:
    """Tempos that the beat may have if a grid of `base_bpm` fits."""
    found = np.array(RATIOS) * base_bpm
    return found[(found >= SLOWEST) & (found <= FASTEST)]


def tempo_features(pulse: Pulse, bpm: Floats) -> Floats:
    """What speaks for each candidate: float (n, 3 + curves * PARTS + 3 * curves)."""
    octave = np.log2(bpm / _PRIOR_BPM)
    looks = np.concatenate([pulse.strength(bpm / 60.0 * part) for part in PARTS])
    looks /= np.maximum(looks.max(axis=1, keepdims=True), 1e-3)  # against the other candidates
    fillings = np.array([_filling(pulse, refined(pulse, float(each))) for each in bpm]).T
    return np.concatenate([[octave, octave**2, np.abs(octave)], looks, fillings]).T


def _filling(pulse: Pulse, bpm: float) -> Floats:
    """How much begins on the beats of a tempo, between them, and at their quarters; float (3 * curves,), log1p."""
    beat, phase = 60.0 / bpm, half_beat_phase(pulse, bpm)

    def mean(offset: float) -> Floats:
        times = np.arange(phase + offset * beat, pulse.seconds - 0.03, beat)
        return np.minimum(pulse.at(times), 10.0).mean(axis=1) if len(times) else np.zeros(len(CURVES))

    on, between, early, late = mean(0.0), mean(0.5), mean(0.25), mean(0.75)
    if _ON_BEAT @ between > _ON_BEAT @ on:
        on, between = between, on
    return np.log1p(np.concatenate([on, between, (early + late) / 2]))


def refined(pulse: Pulse, bpm: float) -> float:
    """The exact tempo near a rough one."""
    near = bpm * np.linspace(0.985, 1.015, 601)
    return float(near[int(np.argmax(comb_strength(pulse, near)))])


def sharpened(pulse: Pulse, bpm: float) -> float:
    """The tempo of the whole sound near that of a stretch of it."""
    if pulse.seconds <= _WINDOW_SEC or not steady(pulse, bpm):
        return bpm
    near = bpm * np.linspace(0.997, 1.003, 1201)
    return float(near[int(np.argmax(comb_strength(pulse, near)))])


def find_tempos(pulse: Pulse, drums: bool = True) -> tuple[tuple[TempoGuess, ...], float]:
    """Tempos, likeliest first, and how clear the beat is; `drums` says whether they can be heard."""
    base, clear = base_tempo(pulse)
    tried = candidates(base)
    likely = chances("tempo" if drums else "tempo without drums", tempo_features(pulse, tried))
    order = np.argsort(-likely, kind="stable")
    return tuple(TempoGuess(refined(pulse, float(tried[i])), float(likely[i])) for i in order), clear


def half_beat_phase(pulse: Pulse, bpm: float) -> float:
    """Seconds before the first half beat."""
    half = 30.0 / bpm
    starts = np.arange(0.0, half, 0.004)
    count = int((pulse.seconds - half) / half)
    if count < 1:
        return 0.0
    times = starts[:, None] + np.arange(count) * half
    weight = np.array([0.7, 1.5, 1.5, 0.4, 0.5, 0.7, 0.0])
    frames = np.clip(times * FRAME_RATE, 0, pulse.curves.shape[1] - 1)
    curve = weight @ np.minimum(pulse.curves, 8.0)
    smooth = np.convolve(curve, [0.25, 0.5, 1.0, 0.5, 0.25], mode="same")
    return float(starts[int(np.argmax(np.interp(frames, np.arange(len(smooth)), smooth).mean(axis=1)))])


def phase_candidates(bpm: float, phase_sec: float) -> list[tuple[int, float]]:
    """(meter, seconds of the first bar line at or after 0) for every half beat on which a bar may begin."""
    half = 30.0 / bpm
    return [(meter, phase_sec + place * half) for meter in METERS for place in range(2 * meter)]


def phase_features(pulse: Pulse, bpm: float, tried: list[tuple[int, float]]) -> Floats:
    """What speaks for each meter and place of bars: float (n, 2 + 4 * curves + 1)."""
    beat, rows = 60.0 / bpm, []
    for meter, first in tried:
        bar = meter * beat
        starts = np.arange(first - bar, pulse.seconds, bar)

        def mean(offset: float, starts: Floats = starts) -> Floats:
            times = starts + offset * beat
            times = times[(times >= -0.02) & (times < pulse.seconds - 0.03)]
            return np.minimum(pulse.at(times), 10.0).mean(axis=1) if len(times) else np.zeros(len(CURVES))

        other = (mean(1) + mean(3)) / 2 if meter == 4 else (mean(1) + mean(2)) / 2
        off = (mean(0.5) + mean(1.5)) / 2
        middle = mean(2) if meter == 4 else np.zeros(len(CURVES))
        at_start = float((first + 0.03) % bar < 0.09)
        rows.append([float(meter == 3), at_start, *np.log1p(mean(0)), *np.log1p(middle), *np.log1p(other),
                     *np.log1p(off), float(meter == 3) * float(np.log1p(mean(0))[0])])  # fmt: skip
    return np.array(rows)


def beats_at(pulse: Pulse, tempos: tuple[TempoGuess, ...], clear: float) -> Beats:
    """Beats and bars where the tempo is known."""
    bpm = tempos[0].bpm
    tried = phase_candidates(bpm, half_beat_phase(pulse, bpm))
    likely = chances("bars", phase_features(pulse, bpm, tried))
    best = int(np.argmax(likely))
    meter, first = tried[best]
    beat = 60.0 / bpm
    before = int((first + 0.03) / beat)
    times = np.arange(first - before * beat, pulse.seconds, beat)
    one_tempo = steady(pulse, bpm)
    times = times if one_tempo else followed(pulse, bpm, times[0])
    return Beats(tempos, clear, times, before % meter, meter, float(likely[best]), one_tempo)


def liveliest(pulse: Pulse) -> Pulse:
    """The stretch of at most _WINDOW_SEC in which most begins."""
    width = round(_WINDOW_SEC * FRAME_RATE)
    if pulse.curves.shape[1] <= width:
        return pulse
    total = np.concatenate([[0.0], np.cumsum(np.minimum(pulse.curves[0], 8.0))])
    starts = np.arange(0, pulse.curves.shape[1] - width, width // 4)
    start = int(starts[int(np.argmax(total[starts + width] - total[starts]))])
    return pulse.part(start, start + width)


def steady(pulse: Pulse, bpm: float) -> bool:
    """Whether the tempo of each third is that of the whole."""
    frames = pulse.curves.shape[1]
    if pulse.seconds < 24.0:
        return True
    pieces = max(3, round(pulse.seconds / 30.0))
    edges = np.linspace(0, frames, pieces + 1).astype(int)
    off = [abs(refined(pulse.part(a, b), bpm) / bpm - 1.0) for a, b in pairwise(edges)]
    return float(np.median(off)) < 0.004


def followed(pulse: Pulse, bpm: float, first_sec: float) -> Floats:
    """Beats that follow a tempo that drifts, by dynamic programming.

    Source: Ellis, Beat Tracking by Dynamic Programming (2007).
    """
    curve = np.minimum(pulse.curves[0] + pulse.curves[4], 12.0)
    smooth = np.convolve(curve, np.exp(-0.5 * (np.arange(-4, 5) / 2.0) ** 2), mode="same")
    smooth /= smooth.std() + 1e-9
    period = 60.0 / bpm * FRAME_RATE
    lags = np.arange(round(period * 0.8), round(period * 1.25) + 1)
    cost = -100.0 * np.log(lags / period) ** 2
    score, back = smooth.copy(), np.full(len(smooth), -1)
    for frame in range(int(lags[0]), len(smooth)):
        sources = frame - lags[lags <= frame]
        values = score[sources] + cost[: len(sources)]
        best = int(np.argmax(values))
        score[frame], back[frame] = smooth[frame] + values[best], sources[best]
    tail = len(score) - int(lags[-1])
    frame = max(0, tail) + int(np.argmax(score[max(0, tail) :]))
    found = []
    while frame >= 0:
        found.append(frame / FRAME_RATE)
        frame = int(back[frame])
    times = np.array(found[::-1])
    return times[times >= first_sec - 60.0 / bpm / 2]
