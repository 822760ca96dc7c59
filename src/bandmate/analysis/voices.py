"""What each track does in the band: drums, bass, chords, melody, lead, pad or arp.

From notes alone: a row of plain measures of each track and of its place among the others (ROLE_FEATURES) is weighed
by a fitted table (ROLE_WEIGHTS), then the band is made consistent: one melody, the others of its kind are leads.
Program and name, when they may be looked at, add what they say, and tell strings, brass, voices and effects apart.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bandmate.analysis.descriptors import PieceView, piece_view, track_value
from bandmate.analysis.texture import Floats, TrackView
from bandmate.score.model import Score

ROLES_FROM_NOTES = ("drums", "bass", "chords", "melody", "lead", "pad", "arp")


@dataclass(frozen=True, slots=True)
class RoleGuess:
    """What a track does, and the probability of that; "" and 0.0 for a track without notes."""

    role: str
    confidence: float


@dataclass(frozen=True, eq=False)
class Band:
    """The tracks of a piece that have notes, with what they are measured against."""

    views: tuple[TrackView, ...]

    @cached_property
    def mean_pitch(self) -> Floats:
        """Mean pitch of each track."""
        return np.array([v.pitch.mean() for v in self.views])

    @cached_property
    def mean_velocity(self) -> Floats:
        """Mean velocity of each track."""
        return np.array([v.notes["velocity"].mean() for v in self.views])

    @cached_property
    def stroke_count(self) -> Floats:
        """Strokes of each track."""
        return np.array([float(len(v.group_first)) for v in self.views])

    @cached_property
    def bars_filled(self) -> NDArray[np.bool_]:
        """Which track begins a note in which bar; bool (tracks, bars)."""
        return np.array([v.filled for v in self.views])

    @cached_property
    def bar_means(self) -> Floats:
        """Mean pitch of each track in each bar, NaN where it has no note."""
        return np.array([v.mean(v.pitch) for v in self.views])

    @cached_property
    def scale(self) -> NDArray[np.bool_]:
        """The seven pitch classes most used."""
        count = np.sum([np.bincount(v.pitch % 12, minlength=12) for v in self.views], axis=0)
        member = np.zeros(12, bool)
        member[np.argsort(-count, kind="stable")[:7]] = True
        return member

    def rank(self, values: Floats, index: int) -> float:
        """Share of the other tracks that lie below; 0.5 for a track alone."""
        others = len(values) - 1
        return float((values < values[index]).sum() / others) if others else 0.5


def _descriptor(name: str, default: float = 0.0) -> Callable[[Band, int], float]:
    def feature(band: Band, index: int) -> float:
        value = track_value(band.views[index], name)
        return default if value != value else value

    return feature


def _over_others(band: Band, index: int, sign: int) -> float:
    """Share of a track's bars in which it is the highest (1) or lowest (-1) of the tracks."""
    means = band.bar_means[:, band.bars_filled[index]] * sign
    return float((means[index] >= np.nanmax(means, axis=0)).mean())


_COMMON_DRUMS = np.isin(np.arange(256), (35, 36, 38, 40, 42, 44, 46, 49, 51, 53, 57))


def _drum_pitches(band: Band, index: int) -> float:
    return float(_COMMON_DRUMS[band.views[index].pitch].mean())


def _in_scale(band: Band, index: int) -> float:
    return float(band.scale[band.views[index].pitch % 12].mean())


def _distinct_pitches(band: Band, index: int) -> float:
    return float(np.log2(1 + np.count_nonzero(np.bincount(band.views[index].pitch))))


def _regular(band: Band, index: int) -> float:
    """Share of strokes that follow the stroke before at the track's most common distance."""
    v = band.views[index]
    gaps = np.rint(np.diff(v.onset[v.group_first]) * (12 / v.ticks_per_quarter)).astype(np.int64)
    return float(np.bincount(np.minimum(gaps, 192)).max() / len(gaps)) if len(gaps) else 0.0


def _single(band: Band, index: int) -> float:
    """Share of strokes of one note."""
    v = band.views[index]
    return float((np.bincount(v.group) == 1).mean())


ROLE_FEATURES: dict[str, Callable[[Band, int], float]] = {
    "mean_pitch": lambda band, i: float(band.mean_pitch[i]),
    "low_pitch": _descriptor("low_pitch"),
    "high_pitch": _descriptor("high_pitch"),
    "pitch_rank": lambda band, i: band.rank(band.mean_pitch, i),
    "highest": lambda band, i: _over_others(band, i, 1),
    "lowest": lambda band, i: _over_others(band, i, -1),
    "drum_pitches": _drum_pitches,
    "in_scale": _in_scale,
    "distinct_pitches": _distinct_pitches,
    "single_notes": _single,
    "vertical_density": _descriptor("vertical_density", 1.0),
    "polyphony": _descriptor("polyphony", 1.0),
    "onsets": _descriptor("onsets"),
    "stroke_rank": lambda band, i: band.rank(band.stroke_count, i),
    "length": lambda band, i: float(np.log2(0.05 + track_value(band.views[i], "note_length"))),
    "legato": _descriptor("legato"),
    "silence": _descriptor("silence"),
    "velocity_rank": lambda band, i: band.rank(band.mean_velocity, i),
    "velocity_spread": _descriptor("velocity_spread"),
    "repetition": _descriptor("repetition"),
    "step_share": _descriptor("step_share"),
    "leap_share": _descriptor("leap_share"),
    "pitch_classes": _descriptor("pitch_classes"),
    "syncopation": _descriptor("syncopation"),
    "timing_spread": _descriptor("timing_spread"),
    "regular": _regular,
    "alone": lambda band, i: float(len(band.views) == 1),
}


def role_features(views: Sequence[TrackView]) -> Floats:
    """Measure each track, all with notes, for its role; float (tracks, features)."""
    band = Band(tuple(views))
    return np.array([[measure(band, i) for measure in ROLE_FEATURES.values()] for i in range(len(band.views))])


# One row a measure: its mean and spread over tracks, then its weight for each of ROLES_FROM_NOTES. Made by
# benchmarks/fit_analysis.py (weighted softmax regression, decay 1e-3) from 2844 tracks whose part is known: half of
# pop909_band (MELODY is melody, BRIDGE lead, PIANO chords), game and demo songs by name and program, Lieder, chorales,
# quartets and drummers.
ROLE_BIAS = np.array([0.42, 1.35, 0.95, 1.62, -0.51, -0.98, -2.85])
ROLE_WEIGHTS: dict[str, tuple[float, ...]] = {
    "mean_pitch": (56.543, 14.563, -0.19, -0.63, -0.03, 0.09, 0.28, 0.58, -0.11),
    "low_pitch": (51.277, 14.136, -0.37, -0.55, 0.62, 0.34, 0.25, -0.30, 0.00),
    "high_pitch": (61.944, 15.255, 0.06, -0.61, -0.43, -0.49, 0.57, 1.07, -0.16),
    "pitch_rank": (0.465, 0.369, -0.23, -0.89, -0.10, 0.60, 0.26, 0.00, 0.36),
    "highest": (0.308, 0.372, -0.05, -0.23, -0.86, 0.39, 0.55, 0.19, 0.02),
    "lowest": (0.278, 0.362, 0.20, 0.61, -0.26, 0.17, -0.55, -0.02, -0.15),
    "drum_pitches": (0.297, 0.355, 1.45, 0.13, -0.61, -0.47, -0.16, -0.56, 0.22),
    "in_scale": (0.888, 0.103, -0.37, -0.21, -0.13, 0.12, 0.26, 0.08, 0.25),
    "distinct_pitches": (3.766, 0.771, -1.73, -0.02, 0.43, 0.16, 1.14, 0.20, -0.18),
    "single_notes": (0.803, 0.257, -0.15, 0.37, -0.19, 0.88, -0.46, -0.70, 0.25),
    "vertical_density": (1.297, 0.484, 0.12, -0.35, 0.52, 0.17, -0.56, 0.26, -0.16),
    "polyphony": (1.473, 0.684, 0.67, -0.91, 0.82, -0.73, 0.58, -0.19, -0.24),
    "onsets": (1.750, 1.134, -0.10, 0.20, -0.08, 0.63, -0.82, -0.09, 0.26),
    "stroke_rank": (0.521, 0.366, 0.74, -0.16, 0.24, 0.08, -1.28, 0.04, 0.34),
    "length": (-1.001, 0.930, -0.54, 0.16, -0.20, -0.06, -0.68, 0.98, 0.35),
    "legato": (0.867, 0.220, -0.05, -0.35, 0.13, 0.05, -0.20, 0.07, 0.36),
    "silence": (0.174, 0.212, -0.12, -0.05, -1.04, -0.10, 0.10, 0.88, 0.33),
    "velocity_rank": (0.471, 0.364, -0.56, -0.03, -0.30, 0.67, 0.20, 0.31, -0.28),
    "velocity_spread": (12.874, 10.314, 0.53, -0.24, 0.20, 0.04, 0.47, -0.51, -0.49),
    "repetition": (0.338, 0.219, 0.52, -0.40, -0.45, -0.50, -0.28, 0.54, 0.57),
    "step_share": (0.305, 0.182, -0.34, -0.29, -1.15, 0.18, 1.07, 0.46, 0.06),
    "leap_share": (0.475, 0.198, -0.38, -0.30, -0.20, -1.04, 1.16, 0.37, 0.38),
    "pitch_classes": (3.370, 1.156, 0.53, -0.36, 0.36, 0.14, -0.16, -0.24, -0.27),
    "syncopation": (0.155, 0.149, -0.60, 0.12, 0.13, 0.52, -0.21, 0.44, -0.40),
    "timing_spread": (0.014, 0.017, 0.93, -0.17, -0.02, -0.58, 0.25, -0.49, 0.08),
    "regular": (0.520, 0.187, -0.26, 0.07, -0.25, -0.14, -0.20, 0.54, 0.24),
    "alone": (0.014, 0.119, 0.46, -0.20, 0.00, -0.26, 0.00, 0.00, 0.00),
}  # fmt: skip
_TABLE = np.array([ROLE_WEIGHTS[name] for name in ROLE_FEATURES])
_MEAN, _SPREAD, _WEIGHTS = _TABLE[:, 0], _TABLE[:, 1], _TABLE[:, 2:]

# What an instrument says about a part: (first program, last program, role, worth in nats).
PROGRAM_HINTS = (
    (0, 7, "chords", 0.5), (16, 20, "chords", 0.5), (24, 31, "chords", 0.3), (32, 39, "bass", 4.0),
    (43, 43, "bass", 1.0), (48, 51, "pad", 1.5),
    (52, 54, "pad", 1.0), (52, 53, "melody", 0.5), (58, 58, "bass", 0.5), (64, 79, "melody", 1.0),
    (80, 86, "melody", 1.0), (80, 86, "lead", 1.0), (87, 87, "bass", 1.5), (88, 95, "pad", 3.0),
)  # fmt: skip
NAME_HINTS = (
    (r"\barp|\bseq\b|sequence", "arp", 5.0), (r"\bpad\b|pads", "pad", 4.0),
    (r"(?<!contra)bass\b|\bbas[se]\b", "bass", 4.0),
    (r"melod|vocal|\bvoice\b|sopran|singer", "melody", 4.0), (r"\blead|\bsolo|bridge", "lead", 3.0),
    (r"chord|rh?yth?m|comp|\bkeys\b", "chords", 3.0), (r"drum|percussion|\bkit\b", "drums", 5.0),
)  # fmt: skip
# Accompanying parts on these programs carry the instrument's own role; any part on SOUND_PROGRAMS does.
PROGRAM_ROLES = ((40, 45, "strings"), (48, 51, "strings"), (52, 54, "vox"), (56, 63, "brass"), (96, 103, "fx"))
SOUND_PROGRAMS = ((112, 118, "perc"), (119, 127, "fx"))
_KICKS_AND_SNARES = np.isin(np.arange(256), (35, 36, 38, 40))


def _is_arp(row: dict[str, float]) -> bool:
    """Broken chords in single notes that hardly ever step; too few named examples exist to fit this."""
    even = row["regular"] >= 0.85 and row["leap_share"] >= 0.5 and row["onsets"] >= 1.8 and row["syncopation"] < 0.1
    broken = row["leap_share"] >= 0.9 and row["onsets"] >= 1.0
    return (even or broken) and row["single_notes"] > 0.95 and row["distinct_pitches"] >= 2.0 and row["low_pitch"] >= 45


def _one_melody(chance: Floats, roles: list[str]) -> None:
    """Of the tunes in a band the likeliest is the melody and the others are leads."""
    melody, lead = ROLES_FROM_NOTES.index("melody"), ROLES_FROM_NOTES.index("lead")
    tunes = [i for i, role in enumerate(roles) if role in ("melody", "lead")]
    if tunes:
        first = max(tunes, key=lambda i: chance[i, melody] - chance[i, lead])
        for i in tunes:
            roles[i] = "melody" if i == first else "lead"


def _by_program(role: str, program: int) -> str:
    """The role that the instrument itself gives a part, else the role that it has."""
    table = (*SOUND_PROGRAMS, *(PROGRAM_ROLES if role in ("chords", "pad", "lead") else ()))
    return next((name for first, last, name in table if first <= program <= last), role)


def _hints(program: int, name: str, use_program: bool, use_name: bool) -> Floats:
    worth = np.zeros(len(ROLES_FROM_NOTES))
    if use_program:
        for first, last, role, nats in PROGRAM_HINTS:
            worth[ROLES_FROM_NOTES.index(role)] += nats * (first <= program <= last)
    if use_name:
        for pattern, role, nats in NAME_HINTS:
            worth[ROLES_FROM_NOTES.index(role)] += nats * bool(re.search(pattern, name.lower()))
    return worth


def estimate_roles(
    score: Score,
    bars: NDArray[Any] | None = None,
    *,
    use_channel: bool = True,
    use_program: bool = False,
    use_name: bool = False,
) -> tuple[RoleGuess, ...]:
    """Guess what each track does.

    Args:
        score: any score.
        bars: its BAR array; worked out if not given.
        use_channel: believe `Track.is_drum`; without it drums are told by their notes too.
        use_program: let General MIDI programs speak; roles "strings", "brass", "vox" and "fx" need it.
        use_name: let track names speak.

    Returns:
        One guess a track, in order.
    """
    return roles_of(piece_view(score, bars), use_channel=use_channel, use_program=use_program, use_name=use_name)


def roles_of(
    piece: PieceView, *, use_channel: bool = True, use_program: bool = False, use_name: bool = False
) -> tuple[RoleGuess, ...]:
    """The same as `estimate_roles`, on a piece that is already set against its bars."""
    filled = [i for i, v in enumerate(piece.tracks) if len(v.notes)]
    guesses = [RoleGuess("", 0.0)] * len(piece.tracks)
    if not filled:
        return tuple(guesses)
    tracks = [piece.score.tracks[i] for i in filled]
    rows = role_features([piece.tracks[i] for i in filled])
    scores = (rows - _MEAN) / _SPREAD @ _WEIGHTS + ROLE_BIAS
    scores += [_hints(t.program, t.name, use_program and not t.is_drum, use_name) for t in tracks]
    drums = ROLES_FROM_NOTES.index("drums")
    if use_channel:
        scores[:, drums] = [50.0 if t.is_drum else -50.0 for t in tracks]
    chance = np.exp(scores - scores.max(1, keepdims=True))
    chance /= chance.sum(1, keepdims=True)
    roles = [ROLES_FROM_NOTES[k] for k in chance.argmax(1)]
    _one_melody(chance, roles)
    for place, index in enumerate(filled):
        role, confidence = roles[place], float(chance[place, ROLES_FROM_NOTES.index(roles[place])])
        if role not in ("drums", "bass") and _is_arp(dict(zip(ROLE_FEATURES, rows[place], strict=True))):
            role, confidence = "arp", max(confidence, 0.6)
        if role == "drums" and _KICKS_AND_SNARES[piece.tracks[index].pitch].mean() < 0.05:
            role = "perc"
        if use_program and not tracks[place].is_drum:
            role = _by_program(role, tracks[place].program)
        guesses[index] = RoleGuess(role, round(confidence, 3))
    return tuple(guesses)
