"""A Live set as a Score: its arrangement with loops unrolled, or else its scenes in a row."""

from __future__ import annotations

import math
from pathlib import Path
from typing import NamedTuple

from bandmate.io.als.read import LiveSet, LiveTrack, read_live_set
from bandmate.io.timed import EXACT, LONGEST_QUARTERS, Allowance, Message, Note, Part, Piece
from bandmate.score.model import Score


class Played(NamedTuple):
    """What a track plays."""

    notes: list[Note]
    messages: list[Message]


def read_als(path: str | Path) -> Score:
    """Read a Live set as a score: its arrangement; of a set with none, its scenes one after another.

    Raises:
        FileFormatError: it cannot be read; see `read_live_set`.
    """
    return score_of(read_live_set(path))


def score_of(live: LiveSet) -> Score:
    """The music of a set.

    Raises:
        FileFormatError: its loops unroll to more notes than a piece may have.
    """
    tracks, allowance = live.midi_tracks, Allowance(live.path)
    if any(track.arrangement for track in tracks) or not any(track.slots for track in tracks):
        played, markers = [_arranged(track, allowance) for track in tracks], list(live.locators)
    else:
        played, markers = _scenes(live, tracks, allowance)
    parts = [
        Part(track.name, notes, track.program, track.is_drum, told)
        for track, (notes, told) in zip(tracks, played, strict=True)
    ]
    clips = [clip for track in tracks for clip in (*track.arrangement, *track.slots.values())]
    key = live.key or next((clip.key for clip in clips if clip.key is not None), None)
    return Piece(live.path.stem, parts, live.tempos, live.meters, markers, key).score()


def _arranged(track: LiveTrack, allowance: Allowance) -> Played:
    notes, told = Played([], [])
    for clip in track.arrangement:
        length = clip.end - clip.start
        notes += [note._replace(time=note.time + clip.start) for note in allowance.take(clip.loop.played(length))]
        sent = allowance.take(clip.loop.sent(length))
        told += [message._replace(time=message.time + clip.start) for message in sent]
    return Played(notes, told)


def _scenes(
    live: LiveSet, tracks: tuple[LiveTrack, ...], allowance: Allowance
) -> tuple[list[Played], list[tuple[float, str]]]:
    """All scenes with clips one after another, each as long as its longest clip, whole bars."""
    played = [Played([], []) for _ in tracks]
    markers, at = [], 0.0
    above, below = live.meters[0][1]
    bar = 4 * above / below
    for scene, name in enumerate(live.scenes):
        clips = [track.slots.get(scene) for track in tracks]
        longest = max((clip.loop.quarters for clip in clips if clip is not None), default=0.0)
        if not 0 < longest <= LONGEST_QUARTERS:
            continue
        quarters = bar * math.ceil(longest / bar - EXACT)
        markers.append((at, name or f"Scene {scene + 1}"))
        for (notes, told), clip in zip(played, clips, strict=True):
            if clip is not None:
                notes += [note._replace(time=note.time + at) for note in allowance.take(clip.loop.played(quarters))]
                sent = allowance.take(clip.loop.sent(quarters))
                told += [message._replace(time=message.time + at) for message in sent]
        at += quarters
    return played, markers
