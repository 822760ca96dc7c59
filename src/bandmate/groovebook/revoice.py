"""Revoice: the notes of a part moved from one chord to another, its rhythm, touch and register kept.

A stroke of several notes takes the tones of the new chord with the least movement, its third and seventh first; a
single note goes where its part in the chord goes; what was passing stays if the key has it. Notes held over a change
are struck again there.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from itertools import pairwise, product
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bandmate.score.model import MADE, NOTE
from bandmate.score.pitch import QUALITIES, Chord, Key

_REACH = 4  # semitones a note of a chord may move
_MOST_VOICES = 6  # of a stroke that are set together
_MISSING = 3.0  # cost in semitones of a chord without its third or seventh
_BRIEF = 0.45  # quarters up to which a single note may pass
_SHORTEST = 0.25  # quarters of a held note on each side of a change, for it to be split there


@dataclass(frozen=True, slots=True, eq=False)
class Change:
    """Old and new chords, two a bar.

    Attributes:
        edges: where half bars begin, and the end of the last, in ticks.
        before, after: the chords.
        key: of the piece.
        ticks_per_quarter: of the notes.
    """

    edges: NDArray[np.int64]
    before: tuple[Chord, ...]
    after: tuple[Chord, ...]
    key: Key
    ticks_per_quarter: int


def revoiced(notes: NDArray[Any], change: Change, *, bass: bool = False, wholly: bool = True) -> NDArray[Any]:
    """A part on the new chords.

    Args:
        notes: NOTE array of one track.
        change: from what to what.
        bass: whether the part carries the roots.
        wholly: every note goes by the chord; False = a line of its own, whose passing notes may stay.
    """
    if not len(notes):
        return notes
    pieces = _split(notes, change)
    slot = _slots(pieces["onset_ticks"], change)
    pitch = pieces["pitch"].astype(np.int64)
    stroke = pieces["onset_ticks"] // max(1, change.ticks_per_quarter // 12)
    out = pitch.copy()
    for at in np.unique(np.stack([slot, stroke], 1), axis=0):
        rows = np.flatnonzero((slot == at[0]) & (stroke == at[1]))
        before, after = change.before[at[0]], change.after[at[0]]
        if _same(before, after) and all(p % 12 in _allowed(after, change.key) for p in pitch[rows].tolist()):
            continue
        old = tuple(sorted(set(pitch[rows].tolist())))
        if bass or len(old) == 1:
            brief = int(pieces["duration_ticks"][rows].max()) < change.ticks_per_quarter * _BRIEF
            new = tuple(_single(p, before, after, change.key, bass, wholly and not brief) for p in old)
        else:
            new = _stroke(old, before, after)
        table = dict(zip(old, new, strict=True))
        out[rows] = [table[p] for p in pitch[rows].tolist()]
    touched = pieces.copy()
    touched["pitch"] = np.clip(out, 0, 127)
    touched["on_order"][out != pitch] = MADE
    touched["off_order"][out != pitch] = MADE
    return _alone(touched)


def _same(before: Chord, after: Chord) -> bool:
    return before.root == after.root and before.quality == after.quality


@cache
def _allowed(chord: Chord, key: Key) -> frozenset[int]:
    """What may pass over a chord: its tones, and those of the key that it does not alter."""
    tones = chord.pitch_classes
    altered = {(tone + 1) % 12 for tone in tones - key.scale}
    return tones | (key.scale - altered)


def _slots(onset: NDArray[np.int64], change: Change) -> NDArray[np.int64]:
    early = change.ticks_per_quarter // 12
    return np.clip(np.searchsorted(change.edges, onset + early, side="right") - 1, 0, len(change.after) - 1)


def _split(notes: NDArray[Any], change: Change) -> NDArray[Any]:
    """Notes that are held into another chord, cut where it begins."""
    shortest = int(change.ticks_per_quarter * _SHORTEST)
    out = [notes]
    rest = notes
    for _ in range(len(change.after)):
        slot = _slots(rest["onset_ticks"], change)
        end = rest["onset_ticks"] + rest["duration_ticks"]
        cut = change.edges[np.minimum(slot + 1, len(change.edges) - 1)]
        now = np.minimum(slot, len(change.after) - 1)
        later = np.minimum(slot + 1, len(change.after) - 1)
        moves = np.array([
            not _same(change.after[a], change.after[b]) for a, b in zip(now, later, strict=True)
        ], bool)  # fmt: skip
        held = (cut < end - shortest) & (cut - rest["onset_ticks"] > shortest)
        if not held.any():
            break
        tail = rest[held].copy()
        tail["onset_ticks"], tail["duration_ticks"] = cut[held], (end - cut)[held]
        tail["on_order"] = MADE
        split = moves[held]
        head = out[-1]
        head = head.copy()
        index = np.flatnonzero(held)[split]
        head["duration_ticks"][index] = (cut - rest["onset_ticks"])[index]
        head["off_order"][index] = MADE
        out[-1] = head
        if not split.any():
            break
        rest = tail[split]
        out.append(rest)
    joined = np.concatenate(out) if len(out) > 1 else out[0]
    return joined[np.lexsort((joined["pitch"], joined["onset_ticks"]))].astype(NOTE)


def _nearest(pitch: int, classes: Sequence[int] | frozenset[int]) -> int:
    return min((p for p in range(pitch - 6, pitch + 7) if p % 12 in classes), key=lambda p: (abs(p - pitch), p))


def _steps(chord: Chord) -> tuple[int, int, int, int]:
    """Root, third, fifth and seventh (the sixth, else the root) of a chord, in semitones."""
    steps = QUALITIES[chord.quality]
    third = next((s for s in (4, 3, 5, 2) if s in steps), 7)
    fifth = next((s for s in (7, 6, 8) if s in steps), 7)
    seventh = next((s for s in (10, 11, 9) if s in steps and s != fifth), 0)
    return 0, third, fifth, seventh


@cache
def _single(pitch: int, before: Chord, after: Chord, key: Key, bass: bool, wholly: bool) -> int:
    """Where one note goes."""
    step = (pitch - before.root) % 12
    if before.bass is not None and bass and pitch % 12 == before.bass:
        step = 0
    parts = _steps(before)
    if bass and step in parts:
        return _nearest(pitch, ((after.root + _steps(after)[parts.index(step)]) % 12,))
    free = _allowed(after, key) if bass or not wholly else after.pitch_classes
    return pitch if pitch % 12 in free else _nearest(pitch, free)


@cache
def _stroke(old: tuple[int, ...], before: Chord, after: Chord) -> tuple[int, ...]:
    """Where the notes of a stroke go together; the lowest keeps the root if it had it."""
    low, upper = old[0], old[1:]
    rooted = low % 12 == before.root and len(old) > 2 and low < 55
    fixed = (_nearest(low, (after.root,)),) if rooted else ()
    voices = list(upper if rooted else old)
    spread = voices[-_MOST_VOICES:]
    choices = [
        [p for p in range(v - _REACH, v + _REACH + 1) if p % 12 in after.pitch_classes]
        or [_nearest(v, after.pitch_classes)]
        for v in spread
    ]
    _, third, _, seventh = _steps(after)
    needed = {(after.root + third) % 12} | ({(after.root + seventh) % 12} if seventh and len(old) > 3 else set())

    def cost(new: tuple[int, ...]) -> tuple[float, tuple[int, ...]]:
        moved = float(sum(abs(a - b) for a, b in zip(new, spread, strict=True)))
        moved += 6.0 * (len(new) - len(set(new)))
        moved += _MISSING * len(needed - {p % 12 for p in (*new, *fixed)})
        moved += 4.0 * sum(a > b for a, b in pairwise(new))
        return moved, new

    best = min(product(*choices), key=cost)
    under = tuple(_nearest(v, after.pitch_classes) for v in voices[: -len(spread)])
    return (*fixed, *under, *best)


def _alone(notes: NDArray[Any]) -> NDArray[Any]:
    """Of two notes on one key at one moment the longer stays, and none runs into the next."""
    order = np.lexsort((-notes["duration_ticks"], notes["onset_ticks"], notes["pitch"], notes["channel"]))
    rows = notes[order]
    again = np.zeros(len(rows), bool)
    again[1:] = (
        (rows["pitch"][1:] == rows["pitch"][:-1])
        & (rows["channel"][1:] == rows["channel"][:-1])
        & (rows["onset_ticks"][1:] == rows["onset_ticks"][:-1])
    )
    rows = rows[~again].copy()
    same = (rows["pitch"][1:] == rows["pitch"][:-1]) & (rows["channel"][1:] == rows["channel"][:-1])
    room = rows["onset_ticks"][1:] - rows["onset_ticks"][:-1]
    long = np.flatnonzero(same & (rows["duration_ticks"][:-1] > room))
    rows["duration_ticks"][long] = room[long]
    rows["off_order"][long] = MADE
    return rows[np.lexsort((rows["pitch"], rows["onset_ticks"]))]
