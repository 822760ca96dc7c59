"""Small pieces written out for the tests of analysis."""

from __future__ import annotations

from bandmate.score.model import Score, Track, make_meters, make_notes
from bandmate.score.pitch import Chord

Q = 480  # ticks a quarter


def line(pitches: list[int | None], each: float = 1.0, *, start: float = 0.0, velocity: int = 80, hold: float = 1.0):
    """Notes one after another, `each` quarters apart; None is a rest."""
    sounding = [(i, p) for i, p in enumerate(pitches) if p is not None]
    return make_notes(
        [round((start + i * each) * Q) for i, _ in sounding],
        round(each * hold * Q),
        [p for _, p in sounding],
        velocity,
    )


def comping(progression: str, *, each: float = 4.0, low: int = 55, strokes: int = 1):
    """Close chords, each held or struck evenly `strokes` times."""
    onset, duration, pitch = [], [], []
    for index, name in enumerate(progression.split()):
        tones = sorted({(c - low) % 12 + low for c in Chord.parse(name).pitch_classes})
        for stroke in range(strokes):
            onset += [round((index * each + stroke * each / strokes) * Q)] * len(tones)
            duration += [round(each / strokes * Q)] * len(tones)
            pitch += tones
    return make_notes(onset, duration, pitch, 70)


def bass_line(progression: str, *, each: float = 4.0, strokes: int = 4):
    """Roots below C3, struck evenly."""
    roots = [Chord.parse(name) for name in progression.split()]
    pitches = [36 + (chord.root if chord.bass is None else chord.bass) % 12 for chord in roots for _ in range(strokes)]
    return line(pitches, each / strokes, hold=0.9)


def beat(bars: int):
    """Kick on 1 and 3, snare on 2 and 4, closed hats in eighths."""
    hits = [(bar * 4 + at, key) for bar in range(bars) for at, key in ((0, 36), (1, 38), (2, 36), (3, 38))]
    hits += [(bar * 4 + eighth / 2, 42) for bar in range(bars) for eighth in range(8)]
    return make_notes([round(at * Q) for at, _ in hits], 60, [key for _, key in hits], 90, channel=9)


def band(progression: str = "C Am F G C Am F C", tune: list[int | None] | None = None) -> Score:
    """Drums, bass, chords and a tune of quarters over one chord a bar, 4/4; roles and names unsaid."""
    bars = len(progression.split())
    tune = tune or [72, 74, 76, None, 76, 77, 76, 74] * (bars // 2)
    return Score(
        tracks=(
            Track(is_drum=True, notes=beat(bars)),
            Track(program=33, notes=bass_line(progression)),
            Track(program=4, notes=comping(progression, strokes=4)),
            Track(program=73, notes=line(tune, velocity=100, hold=0.9)),
        ),
        meters=make_meters(4, 4),
        end_ticks=bars * 4 * Q,
    )
