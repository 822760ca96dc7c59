"""What lies under Live's loop brace as parts: clips of the arrangement, loops unrolled, cut to the brace."""

from __future__ import annotations

from collections.abc import Iterator

from bandmate.errors import BriefError
from bandmate.io.live.brace import Brace, BraceClip, read_brace
from bandmate.io.live.clips import ClipView
from bandmate.io.live.link import Link, UdpLink
from bandmate.io.live.notes import LiveNote
from bandmate.io.live.view import TrackView, bar_quarters
from bandmate.io.sounds_named import named_sound
from bandmate.io.timed import EXACT, Loop, Note


def open_device(port: int) -> Link:
    """The link to the device on this machine; it answers at a port that is free, so that the service keeps its own."""
    return UdpLink(port, 0)


def ask_device(port: int) -> Brace:
    """Ask the device at this port for what lies under the brace.

    Raises:
        LiveError: no device answers, or Live does not let the arrangement be read.
    """
    link = open_device(port)
    try:
        return read_brace(link, port)
    finally:
        link.close()


def brace_words(brace: Brace) -> str:
    """The brace in words, bars counted as if the meter had always been what it is now."""
    bar = bar_quarters(brace.meter)
    first, last = brace.start / bar, (brace.start + brace.quarters) / bar
    if abs(first - round(first)) > EXACT or abs(last - round(last)) > EXACT:
        return f"the loop brace, from bar {first + 1:.4g} for {brace.quarters:g} quarter notes"
    return f"the loop brace, bar{'s' if last - first > 1 else ''} {_span(round(first) + 1, round(last))}"


def _span(first: int, last: int) -> str:
    return f"{first}" if last <= first else f"{first}-{last}"


def brace_tracks(brace: Brace) -> list[tuple[TrackView, ClipView]]:
    """Every track that has a clip under the brace, and as one clip what it plays from the brace's start on.

    A clip of sound is one without notes. A note that began before the brace and still sounds begins with it.

    Raises:
        BriefError: the brace has no length, or no clip of notes lies under it.
    """
    if brace.quarters <= EXACT:
        raise BriefError("Live's loop brace has no length; drag it over the bars that you mean")
    rows: dict[int, list[BraceClip]] = {}
    for clip in sorted(brace.clips, key=lambda one: (one.track, one.start)):
        rows.setdefault(clip.track, []).append(clip)
    return [(_track(clips[0]), _as_one(brace, clips)) for clips in rows.values()]


def _track(clip: BraceClip) -> TrackView:
    program, is_drum = named_sound(clip.track_name, has_drums=clip.is_drum)
    return TrackView(clip.track, clip.track_name, clip.is_midi, False, is_drum, program, None, {})


def _as_one(brace: Brace, clips: list[BraceClip]) -> ClipView:
    notes = tuple(sorted(note for clip in clips if clip.is_midi for note in _under(brace, clip)))
    is_midi = any(clip.is_midi for clip in clips)
    return ClipView(is_midi, False, 0.0, brace.quarters, 0.0, notes)


def _under(brace: Brace, clip: BraceClip) -> Iterator[LiveNote]:
    shift = clip.start - brace.start
    for note in _loop(clip).played(min(clip.end, brace.start + brace.quarters) - clip.start):
        start = note.time + shift
        end = min(start + note.length, brace.quarters)
        if start < brace.quarters - EXACT and end > EXACT:
            start = max(0.0, start)
            yield LiveNote(start, note.pitch, end - start, note.velocity)


def _loop(clip: BraceClip) -> Loop:
    notes = [
        Note(note.start, note.length, note.pitch, max(1, min(127, round(note.velocity))), 64) for note in clip.notes
    ]
    offset = max(0.0, clip.start_marker - clip.loop_start) if clip.looping else 0.0
    return Loop(notes, clip.loop_start, clip.loop_end, offset, clip.looping, clip.track_name)
