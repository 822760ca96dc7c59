"""From a Score to the bytes of a MIDI file, the same ones every time.

Rows that were read keep their order at a tick. Rows that were made have none: at one tick note ends come first, then
what was read and what sets things up, then note beginnings.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bandmate.errors import ScoreError
from bandmate.io.midi_build import (
    KEY_META,
    MARKER,
    METER_META,
    NAME,
    TEMPO_META,
    decode_text,
    resolution,
    sound_of,
)
from bandmate.io.midi_walk import END_OF_TRACK, ESCAPE, META, MOST_TICKS, SYSEX
from bandmate.score.gm import DRUM_CHANNEL
from bandmate.score.model import MADE, NO_OFF, OFF_AS_ON, Marker, MidiHeader, Score, Track

_ENDS, _READ, _BEGINS, _ENDS_AT_ONCE = 0, 1, 2, 3
_ROW = np.dtype(
    [("ticks", "<i8"), ("rank", "i1"), ("order", "<i4"), ("bytes", "u1", (3,)), ("size", "u1"), ("blob", "<i4")]
)
_SIZE = np.array([3] * 192 + [2] * 32 + [3] * 32, np.uint8)


def variable_length(value: int) -> bytes:
    """A number in MIDI's seven bits a byte."""
    out = bytearray((value & 0x7F,))
    while value := value >> 7:
        out.append(value & 0x7F | 0x80)
    return bytes(reversed(out))


def score_bytes(score: Score) -> bytes:
    """A score as a Standard MIDI file.

    A score that was read comes out as it went in, event for event. One that was made becomes type 1: the first track
    holds title, tempo, meter, key and markers, then comes one track a part, and all end where the score ends.

    Raises:
        ScoreError: something a MIDI file cannot hold; the message names it.
    """
    header = score.header
    if header is None:
        tracks = (Track(name=score.title, end_ticks=score.last_ticks), *_with_own_channels(score.tracks))
        header = MidiHeader(1, score.ticks_per_quarter)
    else:
        needed = len(score.tempos) + len(score.meters) + len(score.keys) + len(score.markers)
        tracks = score.tracks or ((Track(),) if needed else ())
    kind = 1 if header.type == 0 and len(tracks) > 1 else header.type
    own = resolution(header.division) == score.ticks_per_quarter and header.division > 0
    division = header.division if own else score.ticks_per_quarter
    if not own and not 1 <= division <= 0x7FFF:
        raise ScoreError(f"{division} ticks a quarter do not fit a MIDI file; resample the score to 1 to 32767")
    if len(tracks) > 0xFFFF:
        raise ScoreError(f"{len(tracks)} tracks do not fit a MIDI file; merge some, it holds 65535")
    parts = [b"MThd", *(n.to_bytes(w) for n, w in ((6, 4), (kind, 2), (len(tracks), 2), (division, 2)))]
    conducting = _conducting(score, len(tracks))
    for index, track in enumerate(tracks):
        body = _track_bytes(track, conducting[index], score.end_ticks)
        parts += (b"MTrk", len(body).to_bytes(4), body)
    return b"".join(parts)


def _with_own_channels(tracks: Sequence[Track]) -> tuple[Track, ...]:
    """Give made tracks a channel each where two instruments would share one; drums sit on channel 10 always.

    With more instruments than channels, tracks of one program share. A track of several channels is left alone.
    """
    single = [len(np.unique(track.notes["channel"])) <= 1 for track in tracks]
    sounds: dict[int, set[int]] = {}
    for track, one in zip(tracks, single, strict=True):
        if one and not track.is_drum and len(track.notes):
            sounds.setdefault(track.channel, set()).add(track.program)
    clash = any(len(programs) > 1 or channel == DRUM_CHANNEL for channel, programs in sounds.items())
    free = [channel for channel in range(16) if channel != DRUM_CHANNEL]
    crowded = sum(one and not track.is_drum for track, one in zip(tracks, single, strict=True)) > len(free)
    given: dict[int, int] = {}
    out = []
    for index, (track, one) in enumerate(zip(tracks, single, strict=True)):
        channel = DRUM_CHANNEL if track.is_drum else None
        if clash and channel is None:
            channel = given.setdefault(track.program if crowded else index, free[len(given) % len(free)])
        out.append(track if channel is None or not one else _on_channel(track, channel))
    return tuple(out)


def _on_channel(track: Track, channel: int) -> Track:
    if (track.notes["channel"] == channel).all() and (track.events["channel"] == channel).all():
        return track
    notes, events = track.notes.copy(), track.events.copy()
    notes["channel"] = channel
    events["channel"] = np.where(events["status"] < 0xF0, channel, 0)
    return replace(track, notes=notes, events=events)


# One message: ticks, order, status, meta type or first data byte, payload (None = a channel message of `data`).
_Message = tuple[int, int, bytes]


def _meta(kind: int, payload: bytes) -> bytes:
    return bytes((META, kind)) + variable_length(len(payload)) + payload


def _conducting(score: Score, tracks: int) -> list[list[_Message]]:
    """Tempo, meter, key and made markers as messages, for each track."""
    out: list[list[_Message]] = [[] for _ in range(tracks)]

    def put(row: Any, message: bytes) -> None:
        track = int(row["track"]) if score.header is not None and 0 <= row["track"] < tracks else 0
        out[track].append((int(row["ticks"]), int(row["order"]), message))

    for row in score.meters:
        power = int(row["denominator"]).bit_length() - 1
        if row["denominator"] != 1 << power or not 1 <= row["numerator"] <= 255:
            raise ScoreError(
                f"meter {row['numerator']}/{row['denominator']} does not fit a MIDI file; "
                "give 1 to 255 over a power of two"
            )
        put(row, _meta(METER_META, bytes((row["numerator"], power, row["clocks"], row["thirty_seconds"]))))
    for row in score.keys:
        put(row, _meta(KEY_META, bytes((int(row["fifths"]) % 256, int(row["minor"])))))
    for row in score.tempos:
        us = int(row["us_per_quarter"])
        if not 1 <= us < 1 << 24:
            raise ScoreError(f"a tempo of {60e6 / max(us, 1):g} BPM does not fit a MIDI file; give 3.6 or more")
        put(row, _meta(TEMPO_META, us.to_bytes(3)))
    for marker in _made_markers(score):
        out[0].append((marker.ticks, MADE, _meta(MARKER, marker.text.encode("utf-8"))))
    return out


def _made_markers(score: Score) -> list[Marker]:
    """Markers of the score that no track holds as an event."""
    left = list(score.markers)
    for track in score.tracks if score.markers else ():
        found = track.events[(track.events["status"] == META) & (track.events["data1"] == MARKER)]
        for row in found:
            marker = Marker(int(row["ticks"]), decode_text(track.blobs[row["blob"]]))
            if marker in left:
                left.remove(marker)
    return left


def _track_bytes(track: Track, conducting: list[_Message], end_ticks: int) -> bytes:
    track, heading = _as_named(track)
    blobs: list[bytes] = []
    rows = np.concatenate([
        _message_rows([*heading, *conducting], blobs), _event_rows(track, blobs), *_note_rows(track.notes)
    ])  # fmt: skip
    rows = rows[np.lexsort((rows["order"], rows["rank"], rows["ticks"]))]
    last = int(rows["ticks"][-1]) if len(rows) else 0
    if len(rows) and (rows["ticks"][0] < 0 or last > MOST_TICKS):
        bad = int(rows["ticks"][0]) if rows["ticks"][0] < 0 else last
        raise ScoreError(f"track '{track.name}' has an event at tick {bad}; a MIDI file begins at 0 and must end")
    end = max(last, track.end_ticks, end_ticks)
    return _pack(rows, blobs) + variable_length(end - last) + _meta(END_OF_TRACK, b"")


def _as_named(track: Track) -> tuple[Track, list[_Message]]:
    """Bring the track's events in line with its name and program, and give what must be put before them."""
    heading: list[_Message] = []
    names = np.flatnonzero((track.events["status"] == META) & (track.events["data1"] == NAME))
    held = decode_text(track.blobs[track.events["blob"][names[0]]]) if len(names) else ""
    if track.name != held:
        text = track.name.encode("utf-8")
        if len(names):
            place = int(track.events["blob"][names[0]])
            track = replace(track, blobs=(*track.blobs[:place], text, *track.blobs[place + 1 :]))
        else:
            heading.append((0, MADE, _meta(NAME, text)))
    channel, program = sound_of(track.notes, track.events)
    made = track.end_order == MADE and len(track.notes) > 0
    if channel is None:
        channel = track.channel
    if program is None and (made or track.program):
        heading.append((0, MADE, bytes((0xC0 | channel, track.program))))
    elif program is not None and program != track.program:
        events = track.events.copy()
        first = np.flatnonzero((events["status"] == 0xC0) & (events["channel"] == channel))[0]
        events["data1"][first] = track.program
        track = replace(track, events=events)
    return track, heading


def _rows(count: int) -> NDArray[Any]:
    rows = np.zeros(count, _ROW)
    rows["blob"] = -1
    rows["rank"], rows["order"] = _READ, MADE
    return rows


def _message_rows(messages: list[_Message], blobs: list[bytes]) -> NDArray[Any]:
    rows = _rows(len(messages))
    for row, (ticks, order, message) in zip(rows, messages, strict=True):
        row["ticks"], row["order"], row["blob"] = ticks, order, len(blobs)
        blobs.append(message)
    return rows


def _event_rows(track: Track, blobs: list[bytes]) -> NDArray[Any]:
    events = track.events
    rows = _rows(len(events))
    rows["ticks"], rows["order"] = events["ticks"], events["order"]
    rows["bytes"][:, 0] = events["status"] | events["channel"]
    rows["bytes"][:, 1], rows["bytes"][:, 2] = events["data1"], events["data2"]
    rows["size"] = _SIZE[events["status"]]
    for index in np.flatnonzero(events["status"] >= 0xF0):
        status, payload = int(events["status"][index]), track.blobs[events["blob"][index]]
        rows["blob"][index] = len(blobs)
        if status == META:
            blobs.append(_meta(int(events["data1"][index]), payload))
        elif status in (SYSEX, ESCAPE):
            blobs.append(bytes((status,)) + variable_length(len(payload)) + payload)
        else:
            blobs.append(bytes((status,)) + payload)
    return rows


def _note_rows(notes: NDArray[Any]) -> tuple[NDArray[Any], NDArray[Any]]:
    ons = _rows(len(notes))
    made = notes["on_order"] < 0
    ons["ticks"], ons["order"] = notes["onset_ticks"], notes["on_order"]
    ons["rank"] = np.where(made, _BEGINS, _READ)
    ons["bytes"][:, 0] = 0x90 | notes["channel"]
    ons["bytes"][:, 1], ons["bytes"][:, 2] = notes["pitch"], notes["velocity"]
    ons["size"] = 3
    ended = notes["off_order"] != NO_OFF
    notes, made = notes[ended], made[ended]
    offs = _rows(len(notes))
    # subtle: an end that was read cannot come before a beginning that was made at the same tick
    made |= notes["off_order"] < 0
    offs["ticks"] = notes["onset_ticks"] + notes["duration_ticks"]
    offs["order"] = np.where(made, MADE, notes["off_order"])
    offs["rank"] = np.where(made, np.where(notes["duration_ticks"] > 0, _ENDS, _ENDS_AT_ONCE), _READ)
    as_on = notes["off_velocity"] == OFF_AS_ON
    offs["bytes"][:, 0] = np.where(as_on, 0x90, 0x80) | notes["channel"]
    offs["bytes"][:, 1], offs["bytes"][:, 2] = notes["pitch"], np.where(as_on, 0, notes["off_velocity"])
    offs["size"] = 3
    return ons, offs


def _pack(rows: NDArray[Any], blobs: list[bytes]) -> bytes:
    """Waits and messages as bytes, all short ones at once."""
    wait = np.diff(rows["ticks"], prepend=0)
    groups = 1 + (wait >= 1 << 7) + (wait >= 1 << 14) + (wait >= 1 << 21) + (wait >= 1 << 28) + (wait >= 1 << 35)
    long_rows = np.flatnonzero(rows["blob"] >= 0)
    size = rows["size"].astype(np.int64)
    size[long_rows] = [len(blobs[blob]) for blob in rows["blob"][long_rows]]
    end = np.cumsum(groups + size)
    out = np.zeros(int(end[-1]) if len(end) else 0, np.uint8)
    start = end - size  # of the message
    for group in range(int(groups.max(initial=0))):
        has = np.flatnonzero(groups > group)
        out[start[has] - 1 - group] = (wait[has] >> (7 * group) & 0x7F) | (0x80 if group else 0)
    for byte in range(3):
        has = np.flatnonzero((rows["blob"] < 0) & (size > byte))
        out[start[has] + byte] = rows["bytes"][has, byte]
    packed = bytearray(out.tobytes())
    for row in long_rows:
        packed[start[row] : end[row]] = blobs[rows["blob"][row]]
    return bytes(packed)
