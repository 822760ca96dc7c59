"""The library's door for MIDI: symusic's parser, a Score of the same shape with less in it.

It keeps notes, tempo, meter, key, markers, track names and programs; no controllers, no SysEx, no event order. A track
is one program on one channel, as symusic splits them, so a type 0 file comes apart by channel. For editing take
`bandmate.io.midi`.

symusic's ABC functions are never called: they run programs that its wheel carries under another licence.
"""

from __future__ import annotations

from operator import itemgetter
from pathlib import Path
from typing import Any

import numpy as np
import symusic
from numpy.typing import NDArray

from bandmate.errors import FileFormatError
from bandmate.io.midi import read_file_bytes
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
    tracks, given = [], 0
    for track in parsed.tracks:
        channel = DRUM_CHANNEL if track.is_drum else _FREE_CHANNELS[given % len(_FREE_CHANNELS)]
        given += not track.is_drum
        tracks.append(_track(track, channel))
    return Score(
        tracks=tuple(tracks),
        ticks_per_quarter=max(1, parsed.ticks_per_quarter),
        tempos=_tempos(parsed),
        meters=_meters(parsed),
        keys=_keys(parsed),
        markers=tuple(Marker(marker.time, marker.text) for marker in parsed.markers),
    )


_BEATS = (1, 2, 4, 8, 16, 32, 64)


def _note(channel: int) -> NDArray[Any]:
    """A note of a channel as it is before its columns are filled in."""
    note = np.zeros(1, NOTE)
    note["channel"], note["off_velocity"], note["on_order"], note["off_order"] = channel, 64, MADE, MADE
    return note


_NOTES = tuple(_note(channel) for channel in range(16))  # repeating one row is quicker than filling four columns


def _track(track: Any, channel: int) -> Track:
    columns = track.notes.numpy()
    onset = columns["time"]
    notes = _NOTES[channel].repeat(len(onset))
    notes["onset_ticks"], notes["duration_ticks"] = onset, columns["duration"]
    notes["pitch"], notes["velocity"] = columns["pitch"], columns["velocity"]
    if (onset[1:] < onset[:-1]).any():
        notes = notes[np.argsort(notes["onset_ticks"], kind="stable")]
    return Track(track.name.strip("\0 "), int(track.program), bool(track.is_drum), notes)


def _tempos(parsed: Any) -> NDArray[Any]:
    columns = parsed.tempos.numpy()
    rows = np.zeros(len(columns["time"]), TEMPO)
    rows["ticks"], rows["us_per_quarter"], rows["track"], rows["order"] = columns["time"], columns["mspq"], 0, MADE
    if len(rows) == 1 and rows[0]["us_per_quarter"] > 0:
        return rows
    rows = rows[rows["us_per_quarter"] > 0]
    return rows[np.argsort(rows["ticks"], kind="stable")]


def _listed(events: Any, *names: str) -> list[tuple[int, ...]]:
    """A few events as tuples by time: for these lists are quicker than arrays."""
    columns = events.numpy()
    return sorted(zip(*(columns[name].tolist() for name in names), strict=True), key=itemgetter(0))


def _meters(parsed: Any) -> NDArray[Any]:
    found = _listed(parsed.time_signatures, "time", "numerator", "denominator")
    return np.array([(*row, 0, MADE, 24, 8) for row in found if row[1] > 0 and row[2] in _BEATS], METER)


def _keys(parsed: Any) -> NDArray[Any]:
    # subtle: the columns hold what the file says, the attributes of a single key signature do not where it is broken
    found = _listed(parsed.key_signatures, "time", "key", "tonality")
    return np.array([(*row, 0, MADE) for row in found if abs(row[1]) <= 7 and row[2] <= 1], KEY_SIGNATURE)
