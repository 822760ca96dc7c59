"""What was made as clips for the track that holds the device, and as packets that Max can take."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from bandmate.io.live.notes import LiveNote, playable
from bandmate.io.osc import osc_bytes
from bandmate.io.project import best_part, meter_at, one_line
from bandmate.score.cut import split_channels
from bandmate.score.model import Score

NOTES_IN_PACKET = 32  # about 700 bytes: nothing is known of how long a packet Max takes


@dataclass(frozen=True, slots=True)
class DeviceClip:
    """A clip of one part.

    Attributes:
        name: of the part; quarters: its length, whole bars; notes: by the clip's own time.
    """

    name: str
    quarters: float
    notes: Sequence[LiveNote]


def clip_for(
    score: Score, track_name: str, start_quarters: float = 0.0, end_quarters: float | None = None
) -> DeviceClip | None:  # fmt: skip
    """The part of a piece that a track is for, from a place on; None where nothing is played there.

    Args:
        score: the piece.
        track_name: what the user's track is called; the first part of the piece where it says nothing.
        start_quarters: where the clip begins.
        end_quarters: where it ends; None = behind the last bar of the piece.
    """
    score = split_channels(score)
    grid = score.ticks_per_quarter
    late = [track for track in score.tracks if bool((track.notes["onset_ticks"] >= start_quarters * grid).any())]
    if not late:
        return None
    part = late[best_part(track_name, late) or 0]
    quarters = (bars_end(score) if end_quarters is None else end_quarters) - start_quarters
    rows = zip(*(part.notes[name].tolist() for name in ("onset_ticks", "pitch", "duration_ticks", "velocity")),
               strict=True)  # fmt: skip
    notes = [
        LiveNote(at / grid - start_quarters, pitch, max(1, length) / grid, velocity)
        for at, pitch, length, velocity in rows
    ]
    return DeviceClip(one_line(part.name) or "Bandmate", quarters, playable(notes, quarters))


def bars_end(score: Score) -> float:
    """Where the last bar of a piece ends, in quarter notes; bars are as long as its first."""
    above, below = meter_at(score, 0)
    bar = 4 * above / below
    last = max((int(track.notes["onset_ticks"].max(initial=0)) + 1 for track in score.tracks), default=1)
    return bar * max(1, math.ceil(last / score.ticks_per_quarter / bar))


def packets(number: int, clip: DeviceClip) -> Iterator[bytes]:
    """A clip as messages of the device, see `bandmate-clip.js`."""
    yield osc_bytes("/bandmate/clip", "begin", number, clip.name, float(clip.quarters), len(clip.notes))
    for place in range(0, len(clip.notes), NOTES_IN_PACKET):
        values = [
            value
            for note in clip.notes[place : place + NOTES_IN_PACKET]
            for value in (note.pitch, float(note.start), float(note.length), round(note.velocity))
        ]
        yield osc_bytes("/bandmate/clip", "notes", number, place, *values)
    yield osc_bytes("/bandmate/clip", "end", number)
