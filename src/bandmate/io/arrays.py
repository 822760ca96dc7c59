"""Music as NumPy files.

    NAME.npz         piano rolls of all tracks: `pianoroll` uint8 (tracks, steps, 128), velocity or 0, and `onset` bool
                     of the same shape; `steps_per_quarter`, `programs`, `is_drum`, `names` (tracks,); `tempos` float
                     (n, 2) step and quarters a minute; `meters` int (n, 3) step, numerator, denominator; `title`
    NAME.npy         events int (n, 1) as MusPy counts them: 0-127 note on, 128-255 note off, 256-355 time shift of 1
                     to 100 steps, 356-387 velocity in 32 bins; all tracks in one
    NAME.roll.npy    piano roll of all tracks in one, uint8 (steps, 128)
    NAME.notes.npy   notes int (n, 4) as MusPy has them: step, pitch, steps that it lasts, velocity; all tracks in one

A step is a 24th of a quarter. A `.npy` is read by its shape, rolls (tracks, steps, 128) too; it holds neither tempo nor
meter nor instruments. An `.npz` of pypianoroll (the Lakh Pianoroll Dataset) is read as well.
"""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from bandmate.errors import FileFormatError, ScoreError
from bandmate.io.atomic import write_bytes_atomic
from bandmate.io.event_codes import notes_of_codes, to_codes
from bandmate.io.midi import read_file_bytes
from bandmate.limits import MIDI_NOTES
from bandmate.score.gm import DRUM_CHANNEL
from bandmate.score.model import MADE, METER, NO_NOTES, TEMPO, Score, Track, make_notes
from bandmate.score.warp import resample

STEPS_PER_QUARTER = 24
_MOST_CELLS = 1 << 28
_MOST_BYTES = 1 << 29
_PITCHES = 128


def write_npz(score: Score, path: str | Path) -> Path:
    """Write the piano rolls of a score, a step a 24th of a quarter.

    Raises:
        ScoreError: it is too long for piano rolls.
        OutputError: the place cannot be written.
    """
    stepped = resample(score, STEPS_PER_QUARTER)
    rolls, onsets = piano_rolls(stepped)
    file = io.BytesIO()
    np.savez_compressed(
        file,
        pianoroll=rolls,
        onset=onsets,
        steps_per_quarter=STEPS_PER_QUARTER,
        programs=np.array([track.program for track in score.tracks], np.int64),
        is_drum=np.array([track.is_drum for track in score.tracks], bool),
        names=np.array([track.name for track in score.tracks], np.str_),
        tempos=np.array([(t["ticks"], 60e6 / t["us_per_quarter"]) for t in stepped.tempos], float).reshape(-1, 2),
        meters=np.array([(m["ticks"], m["numerator"], m["denominator"]) for m in stepped.meters], int).reshape(-1, 3),
        title=score.title,
    )
    return write_bytes_atomic(path, file.getvalue())


def write_npy(score: Score, path: str | Path) -> Path:
    """Write the notes of all tracks as one array: events, or what `.roll` or `.notes` before the suffix asks for.

    Raises:
        ScoreError: it is too long for a piano roll.
        OutputError: the place cannot be written.
    """
    stepped = resample(score, STEPS_PER_QUARTER)
    notes = np.concatenate([NO_NOTES, *(track.notes for track in stepped.tracks)])
    kind = Path(Path(path).stem).suffix.lower()
    if kind == ".roll":
        array: NDArray[Any] = piano_rolls(Score((Track(notes=notes),), STEPS_PER_QUARTER))[0][0]
    elif kind == ".notes":
        rows = np.lexsort([notes[name] for name in ("velocity", "duration_ticks", "pitch", "onset_ticks")])
        columns = ("onset_ticks", "pitch", "duration_ticks", "velocity")
        array = np.stack([notes[name][rows].astype(np.int64) for name in columns], axis=1)
    else:
        array = to_codes(notes)[:, None]
    file = io.BytesIO()
    np.save(file, array, allow_pickle=False)
    return write_bytes_atomic(path, file.getvalue())


def piano_rolls(score: Score) -> tuple[NDArray[np.uint8], NDArray[np.bool_]]:
    """Velocity by (track, tick, pitch), and where notes begin; of notes in one cell the later one is seen.

    Raises:
        ScoreError: it would have more than 2**28 cells.
    """
    steps = score.last_ticks
    if len(score.tracks) * steps * _PITCHES > _MOST_CELLS:
        raise ScoreError(
            f"{len(score.tracks)} piano rolls of {steps:,} steps are more than 2**28 cells; "
            "trim the score or merge tracks"
        )
    rolls = np.zeros((len(score.tracks), steps, _PITCHES), np.uint8)
    onsets = np.zeros(rolls.shape, bool)
    for roll, onset, track in zip(rolls, onsets, score.tracks, strict=True):
        for note in track.notes:
            start, pitch = int(note["onset_ticks"]), int(note["pitch"])
            roll[start : start + int(note["duration_ticks"]), pitch] = note["velocity"]
            if note["duration_ticks"]:
                onset[start, pitch] = True
    return rolls, onsets


def notes_of_roll(roll: NDArray[Any], onset: NDArray[np.bool_] | None = None, channel: int = 0) -> NDArray[Any]:
    """The notes of a piano roll: a note ends where its row is silent, changes its velocity, or where another begins.

    Args:
        roll: velocity, or whether it sounds; (steps, 128).
        onset: where notes begin, if that is known; (steps, 128).
        channel: that they get.
    """
    is_binary = roll.dtype == bool or int(roll.max(initial=0)) <= 1
    cells = np.zeros((len(roll) + 2, _PITCHES), np.uint8)
    cells[1:-1] = np.where(roll > 0, 64, 0) if is_binary else np.clip(roll, 0, 127)
    change = np.diff(cells.astype(np.int16), axis=0) != 0
    begins, ends = change & (cells[1:] > 0), change & (cells[:-1] > 0)
    if onset is not None:
        struck = np.zeros_like(begins)
        struck[:-1] = onset & (cells[1:-1] > 0)
        begins |= struck
        ends |= struck & (cells[:-1] > 0)
    pitch, start = np.nonzero(begins.T)
    _, end = np.nonzero(ends.T)
    return make_notes(start, end - start, pitch, cells[start + 1, pitch], channel=channel)


def read_npy(path: str | Path) -> Score:
    """Read events, notes or piano rolls, whatever the array's shape says.

    Raises:
        FileFormatError: it is missing, no array file, or its shape and values are none of those.
    """
    name = str(path)
    array = _load(read_file_bytes(path), name, lambda file: np.load(file, allow_pickle=False))
    if not isinstance(array, np.ndarray) or array.dtype.kind not in "iub" or not array.size:
        kind = getattr(array, "dtype", type(array).__name__)
        raise FileFormatError(f"{name} holds {kind} values, not whole numbers; give events, notes or piano rolls")
    shape = array.shape
    if array.ndim in (2, 3) and shape[-1] == _PITCHES:
        rolls = array[None] if array.ndim == 2 else array
        return _stepped((Track(notes=_checked(notes_of_roll(roll), name)) for roll in rolls), name)
    if array.ndim == 2 and shape[1] == 4:
        return _stepped([Track(notes=_made(array.T.astype(np.int64), name))], name)
    if array.ndim == 1 or shape[1:] == (1,):
        return _stepped([Track(notes=_made(notes_of_codes(array.reshape(-1)), name))], name)
    raise FileFormatError(
        f"{name} has the shape {shape}; give events (n, 1), notes (n, 4) or piano rolls (steps, 128) "
        "or (tracks, steps, 128)"
    )


def read_npz(path: str | Path) -> Score:
    """Read piano rolls of ours or of pypianoroll.

    Raises:
        FileFormatError: it is missing, damaged, unpacks to too much, or holds no piano rolls.
    """
    name = str(path)
    data = read_file_bytes(path)
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            size = sum(member.file_size for member in archive.infolist())
            info = (
                json.loads(archive.read("info.json"))
                if "info.json" in archive.namelist() and size < _MOST_BYTES
                else None
            )
    except (zipfile.BadZipFile, ValueError, OSError, RecursionError, NotImplementedError, RuntimeError) as error:
        raise FileFormatError(f"{name} is damaged or no array file ({error}); restore it") from None
    if size > _MOST_BYTES:
        raise FileFormatError(f"{name} unpacks to {size / 2**20:,.0f} MB, more than {_MOST_BYTES >> 20}; split it")
    arrays = _load(data, name, lambda file: _members(np.load(file, allow_pickle=False)))
    try:
        return _of_pypianoroll(arrays, info, name) if info is not None else _of_rolls(arrays, name)
    except (KeyError, IndexError, TypeError, ValueError, AttributeError, ScoreError) as error:
        raise FileFormatError(f"{name} holds no piano rolls as they are written here ({error})") from None


def _members(file: Mapping[str, NDArray[Any]]) -> dict[str, NDArray[Any]]:
    return {key: file[key] for key in file if not key.endswith(".json")}


def _load(data: bytes, name: str, load: Callable[[Any], Any]) -> Any:
    try:
        return load(io.BytesIO(data))
    except (ValueError, EOFError, OSError, MemoryError, SyntaxError, TypeError, zipfile.BadZipFile) as error:
        said = "it holds Python objects" if "pickle" in str(error) else " ".join(str(error).split())[:100]
        raise FileFormatError(f"{name} is damaged or no array file ({said}); restore it") from None


def _of_rolls(arrays: Mapping[str, NDArray[Any]], name: str) -> Score:
    rolls = arrays["pianoroll"]
    if rolls.ndim == 2:
        rolls = rolls[None]
    if rolls.ndim != 3 or rolls.shape[2] != _PITCHES or rolls.dtype.kind not in "iub":
        raise ValueError(f"'pianoroll' is {rolls.dtype} {rolls.shape}")
    count = len(rolls)
    onsets = arrays.get("onset")
    if onsets is not None and onsets.shape != rolls.shape:
        raise ValueError(f"'onset' is {onsets.shape}, 'pianoroll' {rolls.shape}")
    drums = [bool(x) for x in arrays.get("is_drum", np.zeros(count, bool))]
    programs = [int(x) & 127 for x in arrays.get("programs", np.zeros(count, int))]
    names = [str(x) for x in arrays.get("names", np.array([""] * count))]
    tracks = (
        _track(rolls[i], None if onsets is None else onsets[i].astype(bool), names[i], programs[i], drums[i], name)
        for i in range(count)
    )
    tempos = [(round(float(at)), round(60e6 / float(qpm)), 0, MADE) for at, qpm in arrays.get("tempos", ())]
    meters = [(int(at), int(n), int(d), 0, MADE, 24, 8) for at, n, d in arrays.get("meters", ())]
    resolution = int(arrays.get("steps_per_quarter", np.array(STEPS_PER_QUARTER)))
    if not 1 <= resolution <= 32767 or any(d < 1 or n < 1 for _, n, d, *_ in meters):
        raise ValueError("steps_per_quarter or meters out of range")
    return Score(
        tuple(tracks), resolution, np.array(tempos, TEMPO), np.array(meters, METER), title=str(arrays.get("title", ""))
    )


def _of_pypianoroll(arrays: Mapping[str, NDArray[Any]], info: Mapping[str, Any], name: str) -> Score:
    tracks = []
    for place in sorted(int(key) for key in info if str(key).isdigit()):
        about, stem = info[str(place)], f"pianoroll_{place}_csc_"
        parts = {key: arrays[stem + key] for key in ("data", "indices", "indptr")}
        steps, pitches = (int(n) for n in arrays[stem + "shape"])
        if pitches != _PITCHES or not 0 <= steps * pitches <= _MOST_CELLS:
            raise ValueError(f"a roll of {steps} x {pitches}")
        roll = np.zeros((steps, pitches), np.uint8)
        column = np.repeat(np.arange(pitches), np.diff(parts["indptr"]))
        roll[parts["indices"], column] = parts["data"]
        program, is_drum = int(about.get("program") or 0) & 127, bool(about.get("is_drum"))
        tracks.append(_track(roll, None, str(about.get("name") or ""), program, is_drum, name))
    resolution = int(info.get("resolution") or info.get("beat_resolution") or STEPS_PER_QUARTER)
    tempo = np.asarray(arrays.get("tempo", np.array([120.0])), float).reshape(-1)
    changes = np.flatnonzero(np.diff(tempo, prepend=np.nan) != 0)
    tempos = [(int(at), round(60e6 / float(tempo[at])), 0, MADE) for at in changes]
    return Score(tuple(tracks), resolution, np.array(tempos, TEMPO), title=str(info.get("name") or ""))


def _track(
    roll: NDArray[Any], onset: NDArray[np.bool_] | None, title: str, program: int, is_drum: bool, name: str
) -> Track:
    notes = notes_of_roll(roll, onset, DRUM_CHANNEL if is_drum else 0)
    return Track(title, program, is_drum, _checked(notes, name))


def _made(columns: ArrayLike, name: str) -> NDArray[Any]:
    onset, pitch, duration, velocity = np.asarray(columns, np.int64)
    try:
        return _checked(make_notes(onset, duration, pitch, np.maximum(velocity, 1)), name)
    except ScoreError as error:
        raise FileFormatError(f"{name}: {error}") from None


def _checked(notes: NDArray[Any], name: str) -> NDArray[Any]:
    if len(notes) > MIDI_NOTES.high:
        raise FileFormatError(f"{name} holds {len(notes):,} notes, more than {MIDI_NOTES.high:,.0f}; split it")
    return notes


def _stepped(tracks: Iterable[Track], name: str) -> Score:
    return Score(tuple(tracks), STEPS_PER_QUARTER, title=Path(Path(name).stem).stem)
