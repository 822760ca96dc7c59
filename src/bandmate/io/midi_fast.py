"""The library's door for MIDI: symusic's parser, a Score of the same shape with less in it.

It keeps notes, tempo, meter, key, markers, track names and programs; no controllers, no SysEx, no event order. A track
is one program on one channel, as symusic splits them, so a type 0 file comes apart by channel. For editing take
`bandmate.io.midi`.

symusic's ABC functions are never called: they run programs that its wheel carries under another licence.
"""

from __future__ import annotations

from functools import lru_cache
from itertools import cycle
from operator import itemgetter
from pathlib import Path
from typing import Any

import numpy as np
import symusic
from numpy.typing import NDArray

from bandmate.errors import FileFormatError
from bandmate.io.midi import read_file_bytes
from bandmate.io.symusic_rows import KEYS, METERS, NOTES, TEMPOS, rows_of
from bandmate.limits import MIDI_NOTES
from bandmate.score.gm import DRUM_CHANNEL
from bandmate.score.model import KEY_SIGNATURE, MADE, METER, NOTE, TEMPO, Marker, Score, Track

_FREE_CHANNELS = tuple(channel for channel in range(16) if channel != DRUM_CHANNEL)


def read_midi_fast(path: str | Path) -> Score:
    """Read a MIDI file for its notes.

    Channels are not kept by symusic: drums get channel 9, other tracks 0, 1, 2 ... in order.

    Raises:
        FileFormatError: missing, too large, or refused by the parser; the message names the file and the reason.
    """
    return parse_midi_fast(read_file_bytes(path), str(path))


def parse_midi_fast(data: bytes, name: str = "MIDI data") -> Score:
    """Read the bytes of a MIDI file for its notes; `name` is what messages call it.

    Raises:
        FileFormatError: as `read_midi_fast`.
    """
    try:
        parsed: Any = symusic.Score.from_midi(bytes(data))
    except Exception as error:  # the parser raises whatever its C++ threw
        reason = str(error).split("\n")[0].strip().removeprefix("MiniMidi: ").rstrip(".") or type(error).__name__
        raise FileFormatError(
            f"{name} is refused by the fast MIDI reader ({reason}); export it again from the program that made it"
        ) from None
    count = parsed.note_num()
    if count > MIDI_NOTES.high:
        raise FileFormatError(
            f"{name} holds {count} notes, more than {MIDI_NOTES.high:.0f}; split it into smaller files"
        )
    return score_of(parsed)


def score_of(parsed: Any) -> Score:
    """What `read_midi_fast` keeps of a symusic score that counts in ticks."""
    return Score(
        tracks=_tracks(parsed),
        ticks_per_quarter=max(1, parsed.ticks_per_quarter),
        tempos=_tempos(parsed),
        meters=_meters(_by_time(rows_of(parsed.time_signatures, METERS))),
        keys=_keys(_by_time(rows_of(parsed.key_signatures, KEYS))),
        markers=tuple([Marker(marker.time, marker.text) for marker in _listed(parsed.markers)]),
    )


def _listed(events: Any) -> list[Any]:
    """A list of symusic's as one of Python's; asked by index it answers sooner than when it is walked."""
    return [events[index] for index in range(len(events))]


def _plain_note(channel: int) -> NDArray[Any]:
    """A note of a channel as it is before its columns are filled in."""
    note = np.zeros(1, NOTE)
    note["channel"], note["off_velocity"], note["on_order"], note["off_order"] = channel, 64, MADE, MADE
    return note


_NOTES = tuple(_plain_note(channel) for channel in range(16))  # repeating a row is quicker than filling four columns


def _tracks(parsed: Any) -> tuple[Track, ...]:
    tracks, free = [], cycle(_FREE_CHANNELS)
    for track in _listed(parsed.tracks):
        is_drum = track.is_drum
        notes = _notes(track.notes, DRUM_CHANNEL if is_drum else next(free))
        tracks.append(Track(track.name.strip("\0 "), track.program, is_drum, notes))
    return tuple(tracks)


def _notes(events: Any, channel: int) -> NDArray[Any]:
    rows = rows_of(events, NOTES)
    notes = _NOTES[channel].repeat(len(rows))
    onset = rows["time"]
    notes["onset_ticks"], notes["duration_ticks"] = onset, rows["duration"]
    notes["pitch"], notes["velocity"] = rows["pitch"], rows["velocity"]
    if np.count_nonzero(onset[1:] < onset[:-1]):
        return notes[np.argsort(notes["onset_ticks"], kind="stable")]
    return notes


_TIME = itemgetter(0)
_BEATS = (1, 2, 4, 8, 16, 32, 64)


def _by_time(rows: NDArray[Any]) -> tuple[tuple[int, ...], ...]:
    """A few events as tuples: for these they are quicker than arrays."""
    return tuple(sorted(rows.tolist(), key=_TIME))


def _tempos(parsed: Any) -> NDArray[Any]:
    rows = _by_time(rows_of(parsed.tempos, TEMPOS))
    return np.array([(*row, 0, MADE) for row in rows if row[1] > 0], TEMPO)


@lru_cache(maxsize=16)  # the files of a corpus mostly say the same: 4/4 from the start
def _meters(rows: tuple[tuple[int, ...], ...]) -> NDArray[Any]:
    return _frozen([(*row, 0, MADE, 24, 8) for row in rows if row[1] > 0 and row[2] in _BEATS], METER)


@lru_cache(maxsize=16)
def _keys(rows: tuple[tuple[int, ...], ...]) -> NDArray[Any]:
    # subtle: the rows hold what the file says, the attributes of a single key signature do not where it is broken
    return _frozen([(*row, 0, MADE) for row in rows if abs(row[1]) <= 7 and row[2] <= 1], KEY_SIGNATURE)


def _frozen(rows: list[tuple[int, ...]], kind: np.dtype[Any]) -> NDArray[Any]:
    array = np.array(rows, kind)
    array.flags.writeable = False
    return array
