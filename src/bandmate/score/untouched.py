"""Whether an edit left alone what it was not asked for: the proof behind `splice`.

Both scores are laid out as streams of MIDI events, track by track, in the order a file has them; asked notes are left
out of both, and the rest must be equal. It knows nothing of how an edit is done, so it also judges files that went
through other programs.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bandmate.counts import counted
from bandmate.score.gestures import is_gesture
from bandmate.score.model import NO_OFF, OFF_AS_ON, Score, Track
from bandmate.score.selection import Selection, track_words

# ticks, rank at that tick, place in the file, what the event is
_Event = tuple[int, int, int, tuple[Any, ...]]
_ENDS, _READ, _BEGINS = 0, 1, 2
_MAPS = {"tempos": "a tempo", "meters": "a meter", "keys": "a key signature"}


def untouched(
    before: Score,
    after: Score,
    selection: Selection | None = None,
    *,
    behind: int | None = None,
    controllers: bool = False,
) -> list[str]:
    """What differs outside the asked cells; nothing = untouched.

    Tracks may have been added behind those of `before`.

    Args:
        before: the piece before the edit, best as read from its file.
        after: the piece after it, best as read from the file that was written.
        selection: the asked cells; None = none.
        behind: tick from which on events may have come in, where bars were added; None = nowhere.
        controllers: whether the gestures of the asked cells were asked for too (see `score.gestures`).

    Returns:
        One sentence a difference, at most one a track.
    """
    found = []
    if after.ticks_per_quarter != before.ticks_per_quarter:
        found.append(f"{before.ticks_per_quarter} ticks a quarter became {after.ticks_per_quarter}")
    if len(after.tracks) < len(before.tracks):
        return [*found, f"{counted(len(before.tracks), 'track')} became {len(after.tracks)}"]
    asked = selection.span(before) if selection else (0, 0)
    for index, (old, new) in enumerate(zip(before.tracks, after.tracks, strict=False)):
        span = asked if selection and index in selection.tracks else None
        free = old.channel if controllers else None
        difference = _first_difference(
            _stream(before, index, old, span, free), _stream(after, index, new, span, free), behind
        )
        found += [f"{track_words(before, index)}: {difference}"] if difference else []
    if before.markers != after.markers[: len(before.markers)]:
        found.append("the markers changed")
    return found


def _first_difference(old: list[tuple[Any, ...]], new: list[tuple[Any, ...]], behind: int | None) -> str:
    at = 0
    for event in new:
        if at < len(old) and event == old[at]:
            at += 1
        elif behind is None or event[0] < behind:
            if at == len(old):
                return f"{_named(event)} at tick {event[0]} came in"
            return f"at tick {old[at][0]}, where {_named(old[at])} was, there is {_named(event)} at tick {event[0]}"
    return f"{_named(old[at])} at tick {old[at][0]} is gone" if at < len(old) else ""


def _named(event: tuple[Any, ...]) -> str:
    kind = event[1]
    names = {0x80: "a note end", 0x90: "a note", 0xB0: "a controller", 0xC0: "a program change", 0xE0: "a bend",
             0xF0: "a SysEx message", 0xFF: "a meta event"}  # fmt: skip
    return f"{kind if isinstance(kind, str) else names.get(kind, 'an event')} {tuple(event[2:])}"


def _stream(
    score: Score, index: int, track: Track, asked: tuple[int, int] | None, free: int | None
) -> list[tuple[Any, ...]]:
    """A track's events in file order, without the notes that begin in the asked ticks, and without gestures there on
    the channel that is free.
    """
    notes, events = track.notes, track.events
    if asked:
        onset, ticks = notes["onset_ticks"], events["ticks"]
        notes = notes[(onset < asked[0]) | (onset >= asked[1])]
        if free is not None:
            events = events[(ticks < asked[0]) | (ticks >= asked[1]) | ~is_gesture(events, free)]
    rows = [*_note_events(notes), *_other_events(replace(track, events=events)), *_map_events(score, index)]
    rows.sort(key=lambda row: row[:3])
    return [(row[0], *row[3]) for row in rows]


def _note_events(notes: NDArray[Any]) -> Iterator[_Event]:
    for note in notes.tolist():
        onset, duration, pitch, velocity, channel, off_velocity, on_order, off_order = note
        yield onset, _READ if on_order >= 0 else _BEGINS, on_order, (0x90, channel, pitch, velocity)
        if off_order != NO_OFF:
            # A note-on of velocity 0 and a note-off are told apart: a file must say again what it said.
            kind = (0x90, channel, pitch, 0) if off_velocity == OFF_AS_ON else (0x80, channel, pitch, off_velocity)
            yield onset + duration, _READ if off_order >= 0 else _ENDS, off_order, kind


def _other_events(track: Track) -> Iterator[_Event]:
    for event in track.events.tolist():
        ticks, order, status, channel, data1, data2, blob = event
        payload = track.blobs[blob] if blob >= 0 else b""
        yield ticks, _READ, order, (status, channel, data1, data2, payload)


def _map_events(score: Score, index: int) -> Iterator[_Event]:
    for name, words in _MAPS.items():
        rows = getattr(score, name)
        owned = rows["track"] if score.header is not None else np.zeros(len(rows), np.int64)
        for row in rows[owned == index]:
            values = tuple(v for field, v in zip(row.dtype.names, row.tolist(), strict=True)
                           if field not in ("ticks", "track", "order"))  # fmt: skip
            yield int(row["ticks"]), _READ, int(row["order"]), (words, *values)
