"""Sketch ending: the last bar of a song, and what stands in for that of a sketch where the song goes on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from bandmate.analysis.harmony import estimate_key
from bandmate.analysis.meter import place as placed
from bandmate.analysis.meter import score_bars
from bandmate.groovebook.sketch_drums import CRASH, KICK
from bandmate.groovebook.sketch_lines import Piece
from bandmate.score.model import MADE, Score, Track, make_notes
from bandmate.score.pitch import Key

_PHRASE = 4  # bars: what stands so far before an ending is where the music would go on
_HELD = 0.6  # of a bar: a note so long closes
_STRUCK = 4  # drums at most in a bar that closes, all at its beginning


def early_ticks(score: Score) -> int:
    """Ticks: a note so little before a bar line belongs behind it."""
    return score.ticks_per_quarter // 8


def reopened(score: Score) -> Score:
    """A sketch that goes on where it came to an end: in place of a last bar that closes, the bar a phrase before.

    A bar closes where everybody who plays in it strikes once, at its beginning, and holds, while the bar a phrase
    before moves on. A sketch whose last bar does not close, or is of another meter, comes back as it is.
    """
    bars = score_bars(score)
    at = int(placed(np.concatenate([track.notes["onset_ticks"] for track in score.tracks]), bars).bar.max())
    if at < 2 * _PHRASE - 1 or bars["length_ticks"][at] != bars["length_ticks"][at - _PHRASE]:
        return score
    start, length = int(bars["start_ticks"][at]), int(bars["length_ticks"][at])
    before = start - int(bars["start_ticks"][at - _PHRASE])
    if not _closes(score, start, length) or _closes(score, start - before, length):
        return score
    return replace(score, tracks=tuple(_goes_on(track, start, before, length, early_ticks(score))
                                       for track in score.tracks))  # fmt: skip


def _closes(score: Score, start: int, length: int) -> bool:
    """Whether a bar has held notes on its first beat, and nothing later."""
    held, early = False, early_ticks(score)
    for track in score.tracks:
        onsets = track.notes["onset_ticks"].astype(np.int64)
        notes = track.notes[(onsets >= start - early) & (onsets < start + length - early)]
        if (notes["onset_ticks"] > start + early).any():
            return False
        if track.is_drum:
            if len(notes) > _STRUCK:
                return False
        elif len(notes):
            if notes["duration_ticks"].min() < _HELD * length:
                return False
            held = True
    return held


def _goes_on(track: Track, start: int, before: int, length: int, early: int) -> Track:
    onsets = track.notes["onset_ticks"].astype(np.int64)
    kept = track.notes[onsets < start - early]
    lent = track.notes[(onsets >= start - before - early) & (onsets < start - before + length - early)].copy()
    lent["onset_ticks"] += before
    lent["on_order"] = lent["off_order"] = MADE
    return replace(track, notes=np.concatenate([kept, lent]))


def close(pieces: Sequence[Piece], roles: Sequence[str], score: Score, start: int, bar_ticks: int) -> None:
    """The last bar: everybody on the tonic, held; the drums strike once."""
    key = estimate_key(score).key or Key(0)
    third = 3 if key.is_minor else 4
    tones = {(key.tonic + step) % 12 for step in (0, third, 7)}
    for piece, role in zip(pieces, roles, strict=True):
        last = None
        for place, notes in enumerate(piece.notes):
            before = notes[notes["onset_ticks"] < start - early_ticks(score)].copy()
            over = before["onset_ticks"] + before["duration_ticks"] > start
            before["duration_ticks"][over] = start - before["onset_ticks"][over]
            before["off_order"][over] = MADE
            piece.notes[place] = before
            last = before if len(before) else last
        if last is None or not role:
            continue
        if piece.track.is_drum:
            if role == "drums":
                rows = make_notes([start, start], bar_ticks // 4, [KICK, CRASH], [104, 110], channel=9)
                piece.notes.append(rows)
            continue
        chord = last[last["onset_ticks"] >= int(last["onset_ticks"].max()) - bar_ticks // 48]
        lowered = 4 if role == "bass" else 0  # a bass rather falls home
        classes = {key.tonic} if role == "bass" else tones
        held = sorted({_near(int(p) - lowered, classes) for p in chord["pitch"].tolist()})
        loud = int(np.median(chord["velocity"]))
        piece.notes.append(make_notes(
            np.full(len(held), start), round(bar_ticks * 0.96), held, loud, channel=piece.track.channel
        ))  # fmt: skip


def _near(pitch: int, classes: set[int]) -> int:
    return min((p for p in range(max(0, pitch - 6), min(127, pitch + 6) + 1) if p % 12 in classes),
               key=lambda p: (abs(p - pitch), p))  # fmt: skip
