"""Frames of measured music: what a filler is asked to fill, so that its takes compare with that music."""

from __future__ import annotations

from bandmate.evaluation.excerpt import Excerpt
from bandmate.score.frame import Frame, FrameTrack


def frame_of(excerpt: Excerpt) -> Frame:
    """The outside of a window: its sounding tracks with programs and estimated roles, bars, meter and tempo."""
    tracks = tuple(
        FrameTrack(track.program, track.is_drum, role)
        for track, role in zip(excerpt.score.tracks, excerpt.roles, strict=True)
        if len(track.notes)
    )
    return Frame(tracks, excerpt.bar_count, excerpt.meter, excerpt.tempo)
