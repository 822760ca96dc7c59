"""Fingerprints that stay the same in another key, at another tempo, with other instruments.

A piece is told apart by its *lines*: the top note at each onset of each pitched track, and its drum bars. A line
becomes *symbols*: one for three neighbouring notes, holding both intervals and the ratio of both gaps between onsets.
Symbols know neither key nor tempo nor the time unit a file was written in.

Source: min-hash and its banding after Broder 1997; intervals with ratios of inter-onset times after Lemström's
transposition- and time-scale-invariant matching. The classes of ratios and the band sizes are ours.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bandmate.analysis.meter import place, score_bars
from bandmate.score.model import Score

STEPS_PER_QUARTER = 24
MAX_INTERVAL = 36  # wider leaps count as this
RATIO_CLASSES = 6  # half octaves of the ratio to each side: 1.41, 2, 2.83, 4, 5.66, 8 times and slower
_INTERVALS, _RATIOS = 2 * MAX_INTERVAL + 1, 2 * RATIO_CLASSES + 1
SYMBOLS = _INTERVALS * _INTERVALS * _RATIOS
MAX_GAP_STEPS = 16 * STEPS_PER_QUARTER  # a rest this long ends a line
SKETCH = 64
BANDS = 16
MIN_SHINGLES = 12  # fewer say too little to call two pieces alike
_PRIME_MULTIPLIERS = np.random.default_rng(909).integers(1, 2**63, SKETCH, np.uint64) | np.uint64(1)
_ADDENDS = np.random.default_rng(910).integers(0, 2**63, SKETCH, np.uint64)
_MIX = np.uint64(0x9E3779B97F4A7C15)
_SECOND_MIX = np.uint64(0xBF58476D1CE4E5B9)
_WORD = 2**64 - 1


@dataclass(frozen=True, slots=True, eq=False)
class Line:
    """One melodic line: the track it is from, onsets in 24ths of a quarter (rising), pitches; int (n,)."""

    track: int
    onset_steps: NDArray[np.int64]
    pitch: NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Fingerprint:
    """What a piece is recognised by.

    Attributes:
        print: 16 bytes, equal for two pieces with the same lines and drum bars.
        sketch: SKETCH numbers whose share of equal places estimates how many runs two pieces share; uint32, as bytes;
            empty if the piece has too few runs.
        bands: BANDS hashes; pieces that share at least one are worth comparing.
    """

    print: bytes
    sketch: bytes
    bands: tuple[int, ...]


def melodic_lines(score: Score) -> list[Line]:
    """The line of each pitched track with at least three onsets: the highest note at each onset."""
    lines = []
    for index, track in enumerate(score.tracks):
        notes = track.notes
        if track.is_drum or len(notes) < 3:
            continue
        steps = np.rint(notes["onset_ticks"] * (STEPS_PER_QUARTER / score.ticks_per_quarter)).astype(np.int64)
        pitch = notes["pitch"].astype(np.int64)
        order = np.lexsort((pitch, steps))
        steps, pitch = steps[order], pitch[order]
        top = np.append(steps[1:] != steps[:-1], True)
        if top.sum() >= 3:
            lines.append(Line(index, steps[top], pitch[top]))
    return lines


def symbol_of(first: Any, second: Any, ratio: Any) -> Any:
    """The symbol of three notes: both intervals, clipped to MAX_INTERVAL, and the class of the ratio of the gaps."""
    return ((first + MAX_INTERVAL) * _INTERVALS + second + MAX_INTERVAL) * _RATIOS + ratio + RATIO_CLASSES


def symbols(line: Line) -> tuple[NDArray[np.uint32], NDArray[np.bool_]]:
    """The symbols of a line, and where it breaks.

    Returns:
        Symbols below SYMBOLS, one for the notes k, k + 1, k + 2; uint32 (n - 2,). And whether a rest of 16 quarters
        or more lies inside each; bool (n - 2,).
    """
    interval = np.clip(np.diff(line.pitch), -MAX_INTERVAL, MAX_INTERVAL)
    gap = np.diff(line.onset_steps)
    octaves = np.log2(gap[1:] / gap[:-1]) if len(gap) > 1 else np.zeros(0)
    ratio = np.clip(np.rint(2 * octaves), -RATIO_CLASSES, RATIO_CLASSES).astype(np.int64)
    codes = symbol_of(interval[:-1], interval[1:], ratio)
    return codes.astype(np.uint32), (gap[1:] >= MAX_GAP_STEPS) | (gap[:-1] >= MAX_GAP_STEPS)


def intervals_of(codes: NDArray[Any]) -> NDArray[np.int64]:
    """The semitone steps of the notes behind a run of symbols; int (n + 1,)."""
    pairs = codes.astype(np.int64) // _RATIOS
    return np.append(pairs // _INTERVALS, pairs[-1:] % _INTERVALS) - MAX_INTERVAL


def ratios_of(codes: NDArray[Any]) -> NDArray[np.int64]:
    """Classes of gap ratios in a run of symbols, 0 = equal gaps; int (n,)."""
    return codes.astype(np.int64) % _RATIOS - RATIO_CLASSES


def mixed(values: NDArray[Any]) -> NDArray[np.uint64]:
    """A well-spread 64-bit hash of each number."""
    x = values.astype(np.uint64) * _MIX
    x ^= x >> np.uint64(29)
    x *= _SECOND_MIX
    return x ^ (x >> np.uint64(32))


def shingle_of(codes: Sequence[int]) -> int:
    """The hash that `shingle` gives to a row of codes of its size, in plain numbers."""
    total = 0
    for column, code in enumerate(codes, 1):
        total = ((total ^ (code + column)) * int(_MIX)) & _WORD
        total = ((total ^ (total >> 29)) * int(_SECOND_MIX)) & _WORD
        total ^= total >> 32
    return total


def shingle(codes: NDArray[Any], size: int) -> NDArray[np.uint64]:
    """A hash of each `size` neighbouring codes; uint64 (n - size + 1,)."""
    if len(codes) < size:
        return np.zeros(0, np.uint64)
    windows = np.lib.stride_tricks.sliding_window_view(codes, size)
    total = np.zeros(len(windows), np.uint64)
    for column in range(size):
        total = mixed(total ^ (windows[:, column].astype(np.uint64) + np.uint64(column + 1)))
    return total


def drum_bars(score: Score) -> NDArray[np.uint64]:
    """A hash of what the drums play in each bar that has any, on 24 steps a quarter; uint64 (bars that sound,)."""
    bars = score_bars(score)
    parts = [track.notes for track in score.tracks if track.is_drum and len(track.notes)]
    if not parts:
        return np.zeros(0, np.uint64)
    notes = np.concatenate(parts)
    places = place(notes["onset_ticks"], bars, score.ticks_per_quarter)
    step = np.rint(places.quarters * STEPS_PER_QUARTER).astype(np.int64)
    strokes = np.unique((places.bar << 24) | (np.maximum(step, 0) << 7) | notes["pitch"])
    codes = mixed((strokes & 0xFFFFFF) + 1)
    index, start = np.unique(strokes >> 24, return_index=True)
    return np.add.reduceat(codes, start) if len(index) else np.zeros(0, np.uint64)  # wraps: a sum is a hash


def fingerprint(score: Score) -> Fingerprint:
    """The fingerprint of a piece; the same for a copy in another key, tempo, resolution or instrumentation."""
    digests, shingles = [], []
    for line in melodic_lines(score):
        codes, _ = symbols(line)
        digests.append(hashlib.blake2b(codes.astype("<u4").tobytes(), digest_size=16).digest())
        shingles.append(shingle(codes, 3))
    drums = drum_bars(score)
    if len(drums):
        digests.append(hashlib.blake2b(drums.astype("<u8").tobytes(), digest_size=16).digest())
        shingles.append(shingle(drums, 2))
    exact = hashlib.blake2b(b"".join(sorted(digests)), digest_size=16).digest()
    return _with_sketch(exact, np.unique(np.concatenate(shingles)) if shingles else np.zeros(0, np.uint64))


def _with_sketch(exact: bytes, shingles: NDArray[np.uint64]) -> Fingerprint:
    if len(shingles) < MIN_SHINGLES:
        return Fingerprint(exact, b"", ())
    hashed = (shingles[:, None] * _PRIME_MULTIPLIERS + _ADDENDS) >> np.uint64(32)  # (n, SKETCH)
    sketch = hashed.min(0).astype("<u4")
    bands = shingle_rows(sketch.reshape(BANDS, -1))
    return Fingerprint(exact, sketch.tobytes(), tuple(int(value) for value in bands.view(np.int64)))


def shingle_rows(rows: NDArray[Any]) -> NDArray[np.uint64]:
    """One hash a row; uint64 (n,)."""
    total = np.zeros(len(rows), np.uint64)
    for column in range(rows.shape[1]):
        total = mixed(total ^ (rows[:, column].astype(np.uint64) + np.uint64(column + 1)))
    return total


def likeness(first: bytes, second: bytes) -> float:
    """Estimated share of runs that two pieces have in common, 0..1, from their sketches."""
    if not first or not second:
        return 0.0
    return float((np.frombuffer(first, "<u4") == np.frombuffer(second, "<u4")).mean())
