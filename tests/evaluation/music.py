"""Tiny scores whose lines are known: a band that repeats one bar over C F G C, and pieces of random notes."""

from __future__ import annotations

import numpy as np

from bandmate.score.model import Score, Track, make_meters, make_notes, make_tempos

BAR = 1920
ROOTS = (48, 53, 55, 48)  # C F G C
TUNE = {48: (76, 77, 79, 76), 53: (81, 83, 84, 81), 55: (83, 84, 86, 83)}  # third, the note above, fifth, third


def drums(bars: int = 16, fill_every: int = 0) -> Track:
    """Kick on one and three, snare on two and four, eighth hats; toms on the last beat of fill bars."""
    onset, pitch = [], []
    for bar in range(bars):
        for beat in range(4):
            onset += [bar * BAR + beat * 480] * 2 + [bar * BAR + beat * 480 + 240]
            pitch += [36 if beat % 2 == 0 else 38, 42, 42]
        if fill_every and bar % fill_every == fill_every - 1:
            onset += [bar * BAR + 1440 + k * 120 for k in range(4)]
            pitch += [50, 48, 45, 43]
    return Track("Drums", 0, True, make_notes(onset, 60, pitch, 90, channel=9))


def band(bars: int = 16, fill_every: int = 0) -> Score:
    """Drums, bass on the root with the kicks, triads, and a tune that rests on four."""
    at = np.arange(bars) * BAR
    root = np.array([ROOTS[bar % 4] for bar in range(bars)])
    bass = make_notes(np.append(at, at + 960), 480, np.tile(root - 12, 2), 80)
    triads = make_notes(np.repeat(at, 3), BAR, (root[:, None] + 12 + [0, 4, 7]).ravel(), 70, channel=1)
    tune = make_notes((at[:, None] + [0, 480, 720, 960]).ravel(), np.tile([480, 240, 240, 480], bars),
                      [pitch for r in root for pitch in TUNE[int(r)]], 100, channel=2)  # fmt: skip
    tracks = (drums(bars, fill_every), Track("Bass", 33, notes=bass), Track("Keys", 0, notes=triads),
              Track("Tune", 73, notes=tune))  # fmt: skip
    return Score(tracks, end_ticks=bars * BAR)


def alone(pitches: list[int], program: int = 0) -> Score:
    """One track of quarters."""
    notes = make_notes(np.arange(len(pitches)) * 480, 480, pitches)
    return Score((Track("Solo", program, notes=notes),), end_ticks=len(pitches) * 480)


def noise(seed: int, tracks: int, notes: int, meter: tuple[int, int] = (4, 4), ticks: int = 480) -> Score:
    """Random notes anywhere, the first track drums."""
    draw = np.random.default_rng(seed)
    span = 16 * ticks * 4 * meter[0] // meter[1]
    parts = []
    for index in range(tracks):
        onset = draw.integers(0, span, notes)
        made = make_notes(onset, draw.integers(0, 4 * ticks, notes), draw.integers(0, 128, notes),
                          draw.integers(1, 128, notes), channel=9 if index == 0 else 0)  # fmt: skip
        parts.append(Track("", int(draw.integers(128)), index == 0, made))
    return Score(tuple(parts), ticks, make_tempos(float(draw.integers(40, 200))), make_meters(*meter), end_ticks=span)
