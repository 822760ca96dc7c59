"""Controllers, bends, pressure and program changes of a track, on their way into a project and back.

What chooses the sound at the very start is the track's program, so it is none of them.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from bandmate.io.project import Section, clip_spans
from bandmate.io.timed import Message
from bandmate.score.model import Track

POLY, CONTROL, PROGRAM, PRESSURE, BEND = 0xA0, 0xB0, 0xC0, 0xD0, 0xE0
KINDS = {
    POLY: "polyPressure", CONTROL: "channelController", PROGRAM: "programChange", PRESSURE: "channelPressure",
    BEND: "pitchBend",
}  # fmt: skip
CHANNEL_MODES = 120  # from this controller number on: commands, not states
_RAMP_QUARTERS = 1 / 32  # a step of a value that glides
_MOST_STEPS = 4096


class Lane(NamedTuple):
    """What one controller does: its kind, its number (key of POLY, controller of CONTROL, else 0), its channel."""

    kind: int
    number: int
    channel: int


def channel_messages(track: Track) -> NDArray[Any]:
    """Those of a track, in their order; EVENT array."""
    events = track.events
    told = (events["status"] >= POLY) & (events["status"] <= BEND)
    return events[told & ~((events["status"] == PROGRAM) & (events["ticks"] <= 0))]


def clips_with_messages(
    track: Track, sections: Sequence[Section]
) -> list[tuple[Section, NDArray[Any], NDArray[Any]]]:  # fmt: skip
    """A track cut into clips as `clip_spans` does it, each with its messages; none of them is lost.

    What stands before the next clip, or behind the last, belongs to the clip before it.
    """
    messages = channel_messages(track)
    spans = clip_spans(track, sections, silent=bool(len(messages)))
    last = int(messages["ticks"].max(initial=0))
    out = []
    for place, (span, notes) in enumerate(spans):
        is_last = place + 1 == len(spans)
        end = max(span.end_ticks, last) if is_last else span.end_ticks
        inside = messages[(messages["ticks"] >= span.start_ticks) & ((messages["ticks"] < end) | is_last)]
        if len(notes) or len(inside):
            out.append((Section(span.name, span.start_ticks, end), notes, inside))
    return out


def value_lanes(messages: NDArray[Any]) -> dict[Lane, list[tuple[int, float]]]:
    """Messages by controller: (tick, value from 0 to 1)."""
    out: dict[Lane, list[tuple[int, float]]] = {}
    for row in messages:
        kind, first, second = int(row["status"]), int(row["data1"]), int(row["data2"])
        lane = Lane(kind, first if kind in (POLY, CONTROL) else 0, int(row["channel"]))
        value = {PROGRAM: first / 127, PRESSURE: first / 127, BEND: (first + 128 * second) / 16383}
        out.setdefault(lane, []).append((int(row["ticks"]), value.get(kind, second / 127)))
    return out


def message_of(kind: int, number: int, at: float, value: float) -> Message:
    """A value from 0 to 1 as a message."""
    value = min(max(value, 0.0), 1.0)
    if kind == BEND:
        bend = round(value * 16383)
        return Message(at, kind, bend & 127, bend >> 7)
    whole = round(value * 127)
    return Message(at, kind, number & 127, whole) if kind in (POLY, CONTROL) else Message(at, kind, whole, 0)


def messages_of(kind: int, number: int, points: Iterable[tuple[float, float, bool]]) -> Iterator[Message]:
    """Points (quarters, value from 0 to 1, whether it glides to the next) as messages; a glide becomes steps."""
    rows = list(points)
    for (at, value, glides), (stop, target, _) in pairwise(rows):
        sent = message_of(kind, number, at, value)
        yield sent
        steps = min(_MOST_STEPS, math.ceil((stop - at) / _RAMP_QUARTERS)) if glides and stop > at else 0
        for step in range(1, steps):
            share = step / steps
            next_one = message_of(kind, number, at + (stop - at) * share, value + (target - value) * share)
            if next_one[1:] != sent[1:]:
                yield (sent := next_one)
    if rows:
        yield message_of(kind, number, rows[-1][0], rows[-1][1])


def message_rows(messages: NDArray[Any], start_ticks: int) -> NDArray[np.int64]:
    """Messages as (tick from `start_ticks`, status with channel, first and second data byte); int (n, 4)."""
    status = messages["status"].astype(np.int64) | messages["channel"]
    return np.stack([messages["ticks"] - start_ticks, status, messages["data1"], messages["data2"]], axis=1).astype(
        np.int64
    )  # fmt: skip
