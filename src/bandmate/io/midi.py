"""MIDI files without loss: every event that went in comes out, on the same track, at the same tick, in the same order.

    data ──midi_walk──> events ──midi_build──> Score ──midi_emit──> data

The library reads by the other door, `bandmate.io.midi_fast`, which is quicker and keeps only what it needs.
"""

from __future__ import annotations

import stat
from pathlib import Path

from bandmate.errors import FileFormatError
from bandmate.io.atomic import write_bytes_atomic
from bandmate.io.midi_build import build_score
from bandmate.io.midi_emit import score_bytes
from bandmate.io.midi_walk import read_events
from bandmate.limits import MIDI_BYTES
from bandmate.score.model import Score


def read_midi(path: str | Path) -> Score:
    """Read a MIDI file of type 0, 1 or 2 with every event it holds.

    One Track a MIDI track, note-less ones included. What was mended stands in `score.header.repairs`.

    Raises:
        FileFormatError: no such file, no MIDI, too large, or so damaged that its music is not sure; the message names
            the file, the byte offset, what is there and the cure.
    """
    return parse_midi(read_file_bytes(path), str(path))


def parse_midi(data: bytes, name: str = "MIDI data") -> Score:
    """Read the bytes of a MIDI file; `name` is what messages call it.

    Raises:
        FileFormatError: as `read_midi`.
    """
    _check_size(len(data), name)
    header, events = read_events(bytes(data), name)
    return build_score(header, events, data, name)


def midi_bytes(score: Score) -> bytes:
    """A score as the bytes of a MIDI file, the same for the same score.

    Raises:
        ScoreError: something a MIDI file cannot hold.
    """
    return score_bytes(score)


def write_midi(score: Score, path: str | Path) -> Path:
    """Write a score to a MIDI file, whole or not at all.

    Raises:
        ScoreError: something a MIDI file cannot hold.
        OutputError: the place cannot be written.
    """
    return write_bytes_atomic(path, score_bytes(score))


def read_file_bytes(path: str | Path) -> bytes:
    """The bytes of a file of music, if it can be had and is not too large.

    Raises:
        FileFormatError: it is missing, a folder, a pipe or device, unreadable or too large.
    """
    path = Path(path)
    try:
        found = path.stat()
        if not stat.S_ISREG(found.st_mode) and not stat.S_ISDIR(found.st_mode):
            raise FileFormatError(f"{path} is a pipe or a device, which may never end; give a file")
        _check_size(found.st_size, str(path))
        return path.read_bytes()
    except FileNotFoundError:
        raise FileFormatError(f"{path}: there is no such file; check its name and folder") from None
    except (IsADirectoryError, PermissionError) as error:
        if path.is_dir():
            raise FileFormatError(f"{path} is a folder; give a file in it") from None
        raise FileFormatError(f"{path} may not be read; change its permissions") from error
    except (OSError, ValueError) as error:
        raise FileFormatError(f"{path} cannot be read ({error}); check the name and the disk") from error


def _check_size(size: int, name: str) -> None:
    if size > MIDI_BYTES.high:
        raise FileFormatError(
            f"{name} is {size / 2**20:.0f} MB, more than the {MIDI_BYTES.high / 2**20:.0f} MB a MIDI file may have; "
            "split it"
        )
