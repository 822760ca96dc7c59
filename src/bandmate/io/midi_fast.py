"""The library's door for MIDI: symusic's parser, a Score of the same shape with less in it.

It keeps notes, tempo, meter, key, markers, track names and programs; no controllers, no SysEx, no event order. A track
is one program on one channel, as symusic splits them, so a type 0 file comes apart by channel. For editing take
`bandmate.io.midi`.

symusic's ABC functions are never called: they run programs that its wheel carries under another licence.
"""

from __future__ import annotations

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


def _track(track: Any, channel: int) -> Track:
    columns = track.notes.numpy()
    notes = np.zeros(len(columns["time"]), NOTE)
    notes["onset_ticks"], notes["duration_ticks"] = columns["time"], columns["duration"]
    notes["pitch"], notes["velocity"] = columns["pitch"], columns["velocity"]
    notes["channel"], notes["off_velocity"] = channel, 64
    notes["on_order"] = notes["off_order"] = MADE
    if len(notes) > 1 and (np.diff(notes["onset_ticks"]) < 0).any():
        notes = notes[np.argsort(notes["onset_ticks"], kind="stable")]
    return Track(track.name.strip("\0 "), int(track.program), bool(track.is_drum), notes)


def _sorted(rows: NDArray[Any]) -> NDArray[Any]:
    rows["order"] = MADE
    return rows[np.argsort(rows["ticks"], kind="stable")]


def _tempos(parsed: Any) -> NDArray[Any]:
    columns = parsed.tempos.numpy()
    rows = np.zeros(len(columns["time"]), TEMPO)
    rows["ticks"], rows["us_per_quarter"] = columns["time"], columns["mspq"]
    return _sorted(rows[rows["us_per_quarter"] > 0])


def _meters(parsed: Any) -> NDArray[Any]:
    columns = parsed.time_signatures.numpy()
    rows = np.zeros(len(columns["time"]), METER)
    rows["ticks"], rows["numerator"], rows["denominator"] = (
        columns["time"], columns["numerator"], columns["denominator"]
    )  # fmt: skip
    rows["clocks"], rows["thirty_seconds"] = 24, 8
    beats = rows["denominator"].astype(np.int64)
    return _sorted(rows[(rows["numerator"] > 0) & (beats > 0) & (beats <= 64) & (beats & (beats - 1) == 0)])


def _keys(parsed: Any) -> NDArray[Any]:
    columns = parsed.key_signatures.numpy()
    rows = np.zeros(len(columns["time"]), KEY_SIGNATURE)
    rows["ticks"], rows["fifths"], rows["minor"] = columns["time"], columns["key"], columns["tonality"]
    return _sorted(rows[(np.abs(columns["key"].astype(np.int64)) <= 7) & (columns["tonality"] <= 1)])
