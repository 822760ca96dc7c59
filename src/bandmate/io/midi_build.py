"""From the events of a MIDI file to a Score: notes paired, maps filled, all else kept as it stands.

Whatever does not fit a map exactly (a tempo of four bytes, a key signature of 15 sharps, a meter without a beat) stays
a meta event with its bytes, so that nothing is lost and nothing wrong is believed.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bandmate.errors import FileFormatError
from bandmate.io.midi_chunks import Chunks
from bandmate.io.midi_walk import END_OF_TRACK, META, Events
from bandmate.limits import MIDI_NOTES
from bandmate.score.gm import DRUM_CHANNEL
from bandmate.score.model import (
    EVENT,
    KEY_SIGNATURE,
    METER,
    NO_OFF,
    NOTE,
    OFF_AS_ON,
    TEMPO,
    Marker,
    MidiHeader,
    Score,
    Track,
)

NAME, MARKER, TEMPO_META, METER_META, KEY_META = 0x03, 0x06, 0x51, 0x58, 0x59
_MOST_SILENT_QUARTERS = 64  # a track end further behind the last note is a slip, not a length that was meant
MADE_UP_TICKS = 480  # resolution where the file names none


def resolution(division: int) -> int:
    """Ticks a quarter that a division word means; SMPTE time counts as 120 BPM, 0 as 480."""
    if division & 0x8000:
        frames = 256 - (division >> 8)
        return max(1, round(frames * (division & 0xFF) / 2))
    return division or MADE_UP_TICKS


def decode_text(data: bytes) -> str:
    """Text of a meta event: UTF-8 where it is that, else Latin-1; NULs and outer blanks are dropped."""
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError:
        text = data.decode("latin-1")
    return text.replace("\0", "").strip()


@dataclass(slots=True)
class _Maps:
    """What goes to the maps of the score, and which events that takes out of the tracks."""

    tempos: list[tuple[int, ...]]
    meters: list[tuple[int, ...]]
    keys: list[tuple[int, ...]]
    markers: list[Marker]
    names: dict[int, str]
    ends: dict[int, tuple[int, int]]  # track -> ticks, order
    taken: list[int]


def build_score(header: Chunks, events: Events, data: bytes, name: str) -> Score:
    """Make a Score of a file's events.

    Raises:
        FileFormatError: it holds more notes than the limit.
    """
    tracks = len(events.bounds) - 1
    owner = np.repeat(np.arange(tracks, dtype=np.int32), np.diff(events.bounds))
    order = (np.arange(len(owner)) - events.bounds[:-1][owner]).astype(np.int32) if tracks else np.zeros(0, np.int32)
    notes, note_owner, rest = _pair(events, owner, order, name)
    smpte = bool(header.division & 0x8000)
    maps = _read_maps(events, owner, order, data, smpte)
    rest[maps.taken] = False
    rest = np.flatnonzero(rest)
    rows, blobs = _rows(events, owner, order, rest, data)
    note_at = np.searchsorted(note_owner, np.arange(tracks + 1))
    rest_at = np.searchsorted(owner[rest], np.arange(tracks + 1))
    built = []
    for index in range(tracks):
        own_notes = notes[note_at[index] : note_at[index + 1]]
        own_rows = rows[rest_at[index] : rest_at[index + 1]]
        end = maps.ends.get(index)
        if end is None:  # a track must end: where its last event is
            low, high = events.bounds[index], events.bounds[index + 1]
            end = (int(events.ticks[high - 1]) if high > low else 0, int(high - low))
        built.append(_track(maps.names.get(index, ""), own_notes, own_rows, blobs.get(index, ()), end))
    score = Score(
        tracks=tuple(built),
        ticks_per_quarter=resolution(header.division),
        tempos=_map(maps.tempos, TEMPO),
        meters=_map(maps.meters, METER),
        keys=_map(maps.keys, KEY_SIGNATURE),
        markers=tuple(sorted(maps.markers, key=lambda marker: marker.ticks)),
        title=maps.names.get(0, "") if header.type == 1 and tracks > 1 and not len(built[0].notes) else "",
        header=MidiHeader(header.type, header.division, tracks, tuple(events.repairs)),
        end_ticks=_meant_end(built, resolution(header.division)),
    )
    return score


def _pair(
    events: Events, owner: NDArray[Any], order: NDArray[Any], name: str
) -> tuple[NDArray[Any], NDArray[Any], NDArray[np.bool_]]:
    """Notes of all tracks, first sounded first ended, their tracks, and which events are no part of a note."""
    kind = events.status & 0xF0
    sounding = np.flatnonzero((kind == 0x90) | (kind == 0x80))
    is_on = (kind[sounding] == 0x90) & (events.data2[sounding] > 0)
    count = int(is_on.sum())
    if count > MIDI_NOTES.high:
        raise FileFormatError(
            f"{name} holds {count} notes, more than {MIDI_NOTES.high:.0f}; split it into smaller files"
        )
    key = (owner[sounding].astype(np.int64) << 11) | ((events.status[sounding] & 0x0F).astype(np.int64) << 7)
    key |= events.data1[sounding]
    by_key = np.argsort(key, kind="stable")
    key, is_on = key[by_key], is_on[by_key]
    at = sounding[by_key]
    matched = ~is_on & ~_orphans(key, is_on)
    ons, offs = np.flatnonzero(is_on), np.flatnonzero(matched)
    # The k-th end of a key belongs to its k-th beginning.
    first_on = np.searchsorted(key[ons], key[offs])
    partner = first_on + np.arange(len(offs)) - np.searchsorted(key[offs], key[offs])
    off_of = np.full(len(ons), -1, np.int64)
    off_of[partner] = at[offs]
    by_place = np.argsort(at[ons], kind="stable")
    on_at, off_at = at[ons][by_place], off_of[by_place]
    ended = off_at >= 0
    notes = np.zeros(count, NOTE)
    notes["onset_ticks"] = events.ticks[on_at]
    track_end = events.ticks[events.bounds[owner[on_at] + 1] - 1]
    off_ticks = np.where(ended, events.ticks[off_at], track_end)
    notes["duration_ticks"] = off_ticks - notes["onset_ticks"]
    notes["pitch"], notes["velocity"] = events.data1[on_at], events.data2[on_at]
    notes["channel"] = events.status[on_at] & 0x0F
    off_velocity = np.where(kind[off_at] == 0x90, OFF_AS_ON, events.data2[off_at])
    notes["off_velocity"] = np.where(ended, off_velocity, 64)
    notes["on_order"], notes["off_order"] = order[on_at], np.where(ended, order[off_at], NO_OFF)
    rest = np.ones(len(events.ticks), bool)
    rest[on_at] = False
    rest[off_at[ended]] = False
    return notes, owner[on_at], rest


def _orphans(key: NDArray[np.int64], is_on: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Note-offs that find nothing sounding; events sorted by key, in file order within."""
    if not len(key):
        return np.zeros(0, bool)
    level = np.cumsum(np.where(is_on, 1, -1))  # beginnings less ends, from the start of all
    begins = np.append(True, key[1:] != key[:-1])
    group = np.cumsum(begins) - 1
    starts = np.flatnonzero(begins)
    level -= np.append(0, level)[starts][group]
    floor = -group * (len(key) + 1)  # each key's lowest level must lie under those before it
    level += floor
    lowest = np.minimum.accumulate(np.minimum(level, floor))
    before = np.append(0, lowest[:-1])
    before[starts] = floor[starts]
    return ~is_on & (level < before)


def _read_maps(events: Events, owner: NDArray[Any], order: NDArray[Any], data: bytes, smpte: bool) -> _Maps:
    maps = _Maps([], [], [], [], {}, {}, [])
    last = events.bounds[1:] - 1
    for event, status, kind, start, stop in events.special:
        if status != META:
            continue
        size, track, ticks, place = stop - start, int(owner[event]), int(events.ticks[event]), int(order[event])
        taken = True
        if kind == END_OF_TRACK and event == last[track] and not size:
            maps.ends[track] = (ticks, place)
        elif kind == TEMPO_META and size == 3 and not smpte and any(data[start:stop]):
            maps.tempos.append((ticks, int.from_bytes(data[start:stop]), track, place))
        elif kind == METER_META and size == 4 and data[start] and data[start + 1] <= 6:
            numerator, power, clocks, thirty_seconds = data[start:stop]
            maps.meters.append((ticks, numerator, 1 << power, track, place, clocks, thirty_seconds))
        elif kind == KEY_META and size == 2 and data[start + 1] <= 1 and (data[start] + 7) % 256 <= 14:
            fifths = (data[start] + 7) % 256 - 7
            maps.keys.append((ticks, fifths, data[start + 1], track, place))
        else:
            taken = False
            if kind == NAME and track not in maps.names:
                maps.names[track] = decode_text(data[start:stop])
            elif kind == MARKER:
                maps.markers.append(Marker(ticks, decode_text(data[start:stop])))
        if taken:
            maps.taken.append(event)
    return maps


def _map(rows: list[tuple[int, ...]], dtype: np.dtype[Any]) -> NDArray[Any]:
    array = np.array(rows, dtype)
    return array[np.lexsort((array["order"], array["track"], array["ticks"]))]


def _rows(
    events: Events, owner: NDArray[Any], order: NDArray[Any], rest: NDArray[Any], data: bytes
) -> tuple[NDArray[Any], dict[int, tuple[bytes, ...]]]:
    """EVENT rows of what stays in the tracks, and each track's blobs."""
    rows = np.zeros(len(rest), EVENT)
    status = events.status[rest]
    system = status >= 0xF0
    rows["ticks"], rows["order"] = events.ticks[rest], order[rest]
    rows["status"] = np.where(system, status, status & 0xF0)
    rows["channel"] = np.where(system, 0, status & 0x0F)
    rows["data1"], rows["data2"] = np.where(system, 0, events.data1[rest]), np.where(system, 0, events.data2[rest])
    rows["blob"] = -1
    blobs: dict[int, list[bytes]] = {}
    kept = np.searchsorted(rest, [special[0] for special in events.special]) if events.special else []
    for row, (event, _status, kind, start, stop) in zip(kept, events.special, strict=True):
        if row >= len(rest) or rest[row] != event:
            continue
        own = blobs.setdefault(int(owner[event]), [])
        rows["data1"][row], rows["blob"][row] = kind, len(own)
        own.append(data[start:stop])
    return rows, {track: tuple(own) for track, own in blobs.items()}


def _track(name: str, notes: NDArray[Any], rows: NDArray[Any], blobs: tuple[bytes, ...], end: tuple[int, int]) -> Track:
    channel, program = sound_of(notes, rows)
    return Track(name, program or 0, channel == DRUM_CHANNEL, notes, rows, blobs, "", *end)


def sound_of(notes: NDArray[Any], rows: NDArray[Any]) -> tuple[int | None, int | None]:
    """Channel that most notes are on (else of the first program change), and the first program set there, if any."""
    changes = rows[rows["status"] == 0xC0] if len(rows) else rows
    if len(notes):
        channel = int(np.bincount(notes["channel"]).argmax())
    else:
        channel = int(changes["channel"][0]) if len(changes) else None
    own = changes[changes["channel"] == channel] if channel is not None else changes
    return channel, int(own["data1"][0]) if len(own) else None


def _meant_end(tracks: list[Track], ticks_per_quarter: int) -> int:
    """The length a file was given on purpose: all its tracks end together, not far behind the last note; else 0."""
    ends = {track.end_ticks for track in tracks}
    last = max((track.last_ticks for track in tracks), default=0)
    end = max(ends, default=0)
    near = last <= end <= last + _MOST_SILENT_QUARTERS * ticks_per_quarter
    return end if len(ends) == 1 and last and near else 0
