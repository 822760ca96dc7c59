"""What a genre is heard by, as numbers: one vector a score, in named groups that can be left out.

All of it is read from the notes, programs and roles of the score; what was planned or asked is not looked at.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bandmate.analysis.chords import estimate_chords
from bandmate.analysis.descriptors import PieceView, piece_view, track_value
from bandmate.analysis.harmony import estimate_key
from bandmate.analysis.meter import main_meter
from bandmate.analysis.texture import TrackView, swing_pairs
from bandmate.analysis.voices import roles_of
from bandmate.score.brief import ROLES
from bandmate.score.model import Score
from bandmate.score.pitch import Chord, Key

Floats = NDArray[np.float64]

STEPS = 16  # places in a bar of 4/4; a bar of 3/4 fills the first twelve
# Drum keys that do the same work count as one voice.
VOICES: dict[str, tuple[int, ...]] = {
    "kick": (35, 36), "snare": (38, 40), "rim": (37,), "clap": (39,), "hat": (42, 44), "open_hat": (46,),
    "ride": (51, 53, 59), "crash": (49, 52, 55, 57), "tom": (41, 43, 45, 47, 48, 50),
    "shaker": (54, 69, 70, 82), "conga": (60, 61, 62, 63, 64), "bell": (56, 65, 66, 67, 68, 80, 81),
    "wood": (71, 72, 73, 74, 75, 76, 77, 78, 79), "surdo": (86, 87),
}  # fmt: skip
KITS = (0, 8, 16, 24, 25, 32, 40, 48)
TEMPI = tuple(60.0 * 2 ** (k / 6) for k in range(11))  # 60 to 190 in sixths of an octave
METERS = ((4, 4), (3, 4), (6, 8), (12, 8), (2, 4))
QUALITIES = ("maj", "min", "7", "maj7", "min7", "dim", "m7b5", "dim7", "5", "sus4", "sus2", "9", "maj9", "min9", "6",
             "min6", "add9", "7sus4", "mM7", "aug")  # fmt: skip
INTERVALS = (0.5, 2.5, 4.5, 7.5, 11.5)  # borders: repeat, step, third, to a fifth, to a seventh, octave and more
LINES = ("bass", "chords", "melody", "lead", "pad", "arp", "strings")
TRAITS: dict[str, Callable[[float], float]] = {
    "density": lambda v: np.log2(v + 0.1), "note_length": lambda v: np.log2(v + 0.02), "velocity": lambda v: v / 20,
    "vertical_density": lambda v: v, "syncopation": lambda v: 4 * v, "low_pitch": lambda v: v / 12,
    "high_pitch": lambda v: v / 12, "silence": lambda v: 2 * v, "repetition": lambda v: 2 * v,
}  # fmt: skip


@dataclass(frozen=True, eq=False)
class _Heard:
    """A score with what several groups of features need of it."""

    score: Score
    piece: PieceView

    @cached_property
    def roles(self) -> tuple[str, ...]:
        """The role of each track: what it says, else what its notes say."""
        guesses = roles_of(self.piece, use_program=True, use_name=True)
        return tuple(track.role or guess.role for track, guess in zip(self.score.tracks, guesses, strict=True))

    @cached_property
    def chords(self) -> tuple[Chord | None, ...]:
        return estimate_chords(self.score, self.piece.bars)

    @cached_property
    def key(self) -> Key | None:
        return estimate_key(self.score, self.piece.bars).key

    def views(self, *roles: str) -> list[TrackView]:
        """The tracks of some roles that hold notes."""
        return [v for v, role in zip(self.piece.tracks, self.roles, strict=True) if role in roles and len(v.notes)]

    @cached_property
    def drums(self) -> list[TrackView]:
        return [v for v in self.piece.tracks if v.is_drum and len(v.notes)]


def features(score: Score) -> dict[str, Floats]:
    """Every group of features of a score, by the name of the group; each float (n,), finite, n the same for all scores.

    Groups: tempo, meter, kit, drums, feel, bass, chords, melody, programs, texture.
    """
    heard = _Heard(score, piece_view(score))
    return {name: np.nan_to_num(group(heard), posinf=0.0, neginf=0.0) for name, group in GROUPS.items()}


def _tempo(heard: _Heard) -> Floats:
    near = 1 - np.abs(np.log2(heard.score.bpm) - np.log2(TEMPI)) * 6
    return np.maximum(near, 0)


def _meter(heard: _Heard) -> Floats:
    meter = main_meter(heard.piece.bars)
    return np.array([meter == known for known in METERS], float)


def _kit(heard: _Heard) -> Floats:
    kits = {t.program for t in heard.score.tracks if t.is_drum and len(t.notes)}
    return np.array([bool(kits), *(kit in kits for kit in KITS)], float)


def _placed(v: TrackView, of: NDArray[Any], weight: NDArray[Any] | float = 1.0) -> Floats:
    """Notes of a track at each of the 16 steps, a bar in which it plays; float (16,)."""
    step = np.floor(v.quarters[of] * 4 + 0.5).astype(np.int64) % STEPS
    weights = np.broadcast_to(weight, step.shape)
    return np.bincount(step, weights, STEPS) / max(1, int(v.filled.sum()))


def _drums(heard: _Heard) -> Floats:
    """Where each voice strikes (16 steps, by velocity), how often, and at the places of triplets."""
    rows = []
    for keys in VOICES.values():
        placed, often, triplets = np.zeros(STEPS), 0.0, 0.0
        for v in heard.drums:
            mine = np.isin(v.pitch, keys)
            velocity = v.notes["velocity"][mine] / 100
            placed += _placed(v, mine, velocity)
            often += mine.sum() / max(1, v.filled.sum())
            part = v.quarters[mine] % 0.5
            triplets += np.mean((part > 0.12) & (part < 0.38) & (np.abs(part - 0.25) > 0.05)) if mine.any() else 0.0
        rows.append([*np.minimum(placed, 2.0), np.log2(1 + often), triplets])
    return np.concatenate(rows)


def _feel(heard: _Heard) -> Floats:
    """Swing of eighths and sixteenths, and how far the snare, the hats and the bass lie behind the grid."""
    everyone = heard.piece.together
    swings = [_swing(everyone, division) for division in (1, 2)]
    swings += [_swing(v, division) for v in heard.drums[:1] for division in (1, 2)] or [0.0, 0.0]
    late = [_late(v, keys) for v in heard.drums[:1] for keys in (VOICES["snare"], VOICES["hat"])] or [0.0, 0.0]
    bass = heard.views("bass")
    return np.array([*swings, *late, _late(bass[0], None) if bass else 0.0])


def _swing(v: TrackView, division: int) -> float:
    place = swing_pairs(v, division)[1]
    return 10 * (float(np.median(place)) - 0.5) if len(place) >= 4 else 0.0


def _late(v: TrackView, keys: tuple[int, ...] | None) -> float:
    """Mean distance of notes on eighths to their place, in tenths of a 24th of a quarter."""
    at = v.quarters if keys is None else v.quarters[np.isin(v.pitch, keys)]
    off = at * 2 - np.rint(at * 2)
    near = np.abs(off) < 0.12
    return float(off[near].mean()) * 24 if near.sum() >= 4 else 0.0


def _share(values: Sequence[int] | NDArray[Any], size: int) -> Floats:
    count = np.bincount(np.asarray(values, np.int64), minlength=size).astype(float)
    return count / count.sum() if count.sum() else count


def _moves(v: TrackView) -> Floats:
    """Shares of repeats, steps, thirds, and wider moves between strokes."""
    pitch = v.pitch[v.group_first]
    return _share(np.searchsorted(INTERVALS, np.abs(np.diff(pitch))), len(INTERVALS) + 1)


def _degrees(heard: _Heard, v: TrackView) -> Floats:
    """Shares of pitches above the root of the chord they sound in; (12,)."""
    half = 2 * v.bar + (v.quarters * 2 >= v.bar_quarters[v.bar])
    roots = np.array([-1 if c is None else c.root for c in heard.chords] or [-1])
    root = roots[np.minimum(half, len(roots) - 1)]
    return _share((v.pitch[root >= 0] - root[root >= 0]) % 12, 12)


def _bass(heard: _Heard) -> Floats:
    tracks = heard.views("bass")
    if not tracks:
        return np.zeros(STEPS + 12 + len(INTERVALS) + 2)
    v = tracks[0]
    kicks = [q for d in heard.drums for q in (4 * d.bar + d.quarters)[np.isin(d.pitch, VOICES["kick"])]]
    near = [min(abs(q - k) for k in kicks) < 0.08 for q in (4 * v.bar + v.quarters)[:64]] if kicks else [0.0]
    return np.concatenate(
        [np.minimum(_placed(v, v.pitch >= 0), 2), _degrees(heard, v), _moves(v), [float(np.mean(near))]]
    )


def _chords(heard: _Heard) -> Floats:
    """Where chords are struck, which kinds of chord sound, on which degrees, and how often they change."""
    placed = np.zeros(STEPS)
    for v in heard.views("chords"):
        strokes = np.zeros(len(v.notes), bool)
        strokes[v.group_first] = True
        placed += _placed(v, strokes)
    known = [chord for chord in heard.chords if chord is not None]
    kinds = _share([QUALITIES.index(c.quality) for c in known if c.quality in QUALITIES], len(QUALITIES))
    tonic = heard.key.tonic if heard.key else 0
    degrees = _share([(c.root - tonic) % 12 for c in known], 12)
    changes = np.mean([a != b for a, b in pairwise(known)]) if len(known) > 1 else 0.0
    minor = float(heard.key.is_minor) if heard.key and known else 0.5
    return np.concatenate([np.minimum(placed, 2), 2 * kinds, degrees, [changes, minor, len(set(known)) / 8]])


def _melody(heard: _Heard) -> Floats:
    tracks = heard.views("melody", "lead", "vox")
    if not tracks:
        return np.zeros(STEPS + 12 + len(INTERVALS) + 1)
    v = tracks[0]
    tonic = heard.key.tonic if heard.key else 0
    return np.concatenate([np.minimum(_placed(v, v.pitch >= 0), 2), _share((v.pitch - tonic) % 12, 12), _moves(v)])


def _programs(heard: _Heard) -> Floats:
    """Which programs play, which do so for the bass, and which roles there are."""
    out = np.zeros(128 + 16 + len(ROLES))
    for track, role in zip(heard.score.tracks, heard.roles, strict=True):
        if not len(track.notes):
            continue
        if role in ROLES:
            out[144 + ROLES.index(role)] = 1.0
        if not track.is_drum:
            out[track.program] = 1.0
            out[128 + track.program // 8] = 1.0
    return out


def _texture(heard: _Heard) -> Floats:
    """How busy, long, loud, thick, high, syncopated and repetitive each kind of track is; 0 where it is absent."""
    rows = []
    for role in ("drums", *LINES):
        v = next(iter(heard.drums if role == "drums" else heard.views(role)), None)
        rows.append([0.0 if v is None else scale(track_value(v, name)) for name, scale in TRAITS.items()])
    return np.concatenate(rows)


GROUPS: dict[str, Callable[[_Heard], Floats]] = {
    "tempo": _tempo, "meter": _meter, "kit": _kit, "drums": _drums, "feel": _feel, "bass": _bass, "chords": _chords,
    "melody": _melody, "programs": _programs, "texture": _texture,
}  # fmt: skip
