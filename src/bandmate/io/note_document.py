"""MusPy's own form of a piece as plain lists and dicts, the content of its JSON and YAML files (schema 0.1, MusPy 0.5).

    metadata         title, creators ...           lyrics, annotations   words with their time
    resolution       time steps a quarter          tracks                program, is_drum, name
    tempos, key_signatures, time_signatures          notes               time, pitch, duration, velocity
    barlines, beats                                  lyrics, annotations

It holds no controllers, bends, channels or release velocities. Lyrics and annotations of a track are its lyric and
text events, annotations of the piece are its markers.
"""

from __future__ import annotations

import reprlib
from collections.abc import Mapping
from pathlib import PurePath
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bandmate.errors import FileFormatError
from bandmate.io.text_events import LYRIC, TEXT, texts_of, with_texts
from bandmate.limits import MIDI_NOTES
from bandmate.score.gm import DRUM_CHANNEL
from bandmate.score.model import KEY_SIGNATURE, MADE, METER, TEMPO, Marker, Score, Track, make_notes
from bandmate.score.timeline import bar_grid

SCHEMA = "0.1"
DEFAULT_VELOCITY = 64
_MOST_TICKS = 1 << 40
_FIFTHS_OF = {tonic: (tonic * 7 + 5) % 12 - 5 for tonic in range(12)}  # as major keys
_LETTERS = "FCGDAEB"  # along the line of fifths
_SHOWN = reprlib.Repr()
_SHOWN.maxlevel = _SHOWN.maxlist = _SHOWN.maxdict = 2  # lists of lists in an error may be without end


def document_of(score: Score, source: str = "") -> dict[str, Any]:
    """A score in MusPy's form.

    Args:
        score: the piece.
        source: the name of the file that it came from, "" if there is none.
    """
    bars = bar_grid(score)
    metadata: dict[str, Any] = {"schema_version": SCHEMA}
    if score.title:
        metadata["title"] = score.title
    if source:
        metadata |= {"source_filename": PurePath(source).name, "source_format": PurePath(source).suffix[1:].lower()}
    document: dict[str, Any] = {
        "metadata": metadata,
        "resolution": score.ticks_per_quarter,
        "tempos": [{"time": int(t["ticks"]), "qpm": 60e6 / int(t["us_per_quarter"])} for t in score.tempos],
        "key_signatures": [_key_row(row) for row in score.keys],
        "time_signatures": [
            {"time": int(m["ticks"]), "numerator": int(m["numerator"]), "denominator": int(m["denominator"])}
            for m in score.meters
        ],
        "barlines": [{"time": int(start)} for start in bars["start_ticks"]],
        "beats": [{"time": time} for time in _beats(bars)],
        "annotations": [{"time": m.ticks, "annotation": m.text, "group": "marker"} for m in score.markers],
        "tracks": [_track_row(track) for track in score.tracks],
    }
    return {name: value for name, value in document.items() if value != []}


def score_of(document: Any, name: str) -> Score:
    """A score from MusPy's form.

    Args:
        document: what a JSON or YAML file held.
        name: what messages call it.

    Raises:
        FileFormatError: it is no such piece; the message names the place in it.
    """
    root = _mapping(document, name, "the file")
    if not {"tracks", "resolution"} & set(root):
        raise FileFormatError(f"{name} holds no music: it has neither 'resolution' nor 'tracks' of MusPy's form")
    resolution = _whole(root.get("resolution", 24), name, "resolution", 1, 32767)
    title = _text(_mapping(root.get("metadata") or {}, name, "metadata"), "title", name, "metadata")
    tracks, left = [], int(MIDI_NOTES.high)
    for place, row in enumerate(_rows(root, "tracks", name)):
        tracks.append(_track(row, name, f"tracks[{place}]", left))
        left -= len(tracks[-1].notes)
    markers = [
        Marker(_time(row, name, "annotations"), _text(row, "annotation", name, "annotations"))
        for row in _rows(root, "annotations", name)
    ]
    words = [
        (_time(row, name, "lyrics"), LYRIC, _text(row, "lyric", name, "lyrics")) for row in _rows(root, "lyrics", name)
    ]
    if tracks and words:
        tracks[0] = with_texts(tracks[0], words)
    return Score(
        tuple(tracks),
        resolution,
        _map(root, "tempos", TEMPO, name, _tempo),
        _map(root, "time_signatures", METER, name, _meter),
        _map(root, "key_signatures", KEY_SIGNATURE, name, _key),
        tuple(sorted(markers, key=lambda marker: marker.ticks)),
        title,
    )


def _beats(bars: NDArray[Any]) -> list[int]:
    out = []
    for bar in bars:
        full, length = int(bar["numerator"]), int(bar["length_ticks"])
        beat = _beat_ticks(bars, bar) if full else length
        out += range(int(bar["start_ticks"]), int(bar["start_ticks"]) + length, max(1, beat))
    return out


def _beat_ticks(bars: NDArray[Any], bar: Any) -> int:
    # a bar cut short still beats as the full ones of its meter do
    same = bars[(bars["numerator"] == bar["numerator"]) & (bars["denominator"] == bar["denominator"])]
    return int(same["length_ticks"].max()) // int(bar["numerator"])


def _key_row(row: Any) -> dict[str, Any]:
    fifths, minor = int(row["fifths"]), bool(row["minor"])
    root = (fifths * 7 + (9 if minor else 0)) % 12
    signs, letter = divmod(fifths + (4 if minor else 1), 7)
    name = _LETTERS[letter] + ("#" if signs > 0 else "b") * abs(signs)
    return {
        "time": int(row["ticks"]), "root": root, "mode": "minor" if minor else "major", "fifths": fifths,
        "root_str": name,
    }  # fmt: skip


def _track_row(track: Track) -> dict[str, Any]:
    columns = [track.notes[name].tolist() for name in ("onset_ticks", "pitch", "duration_ticks", "velocity")]
    row: dict[str, Any] = {
        "program": track.program,
        "is_drum": track.is_drum,
        "name": track.name,
        "notes": [
            {"time": time, "pitch": pitch, "duration": duration, "velocity": velocity}
            for time, pitch, duration, velocity in zip(*columns, strict=True)
        ],
        "lyrics": [{"time": time, "lyric": text} for time, text in texts_of(track, LYRIC)],
        "annotations": [{"time": time, "annotation": text, "group": "text"} for time, text in texts_of(track, TEXT)],
    }
    return {key: value for key, value in row.items() if value not in ([], "")}


def _track(row: Any, name: str, place: str, left: int) -> Track:
    row = _mapping(row, name, place)
    listed = [_note(note, name, f"{place}.notes[{i}]") for i, note in enumerate(_rows(row, "notes", name, place))]
    for i, chord in enumerate(_rows(row, "chords", name, place)):
        here = f"{place}.chords[{i}]"
        listed += [_note({**chord, "pitch": p}, name, here) for p in _rows(chord, "pitches", name, here, of=int)]
    if len(listed) > left:
        raise FileFormatError(f"{name} holds more than {MIDI_NOTES.high:,.0f} notes; split it")
    is_drum = bool(row.get("is_drum", False))
    program = _whole(row.get("program") or 0, name, f"{place}.program", 0, 127)
    columns = np.array(listed, np.int64).reshape(-1, 4).T
    notes = make_notes(columns[0], columns[1], columns[2], columns[3], channel=DRUM_CHANNEL if is_drum else 0)
    words = [
        (_time(word, name, f"{place}.{kind}"), code, _text(word, field, name, f"{place}.{kind}"))
        for kind, code, field in (("lyrics", LYRIC, "lyric"), ("annotations", TEXT, "annotation"))
        for word in _rows(row, kind, name, place)
    ]
    track = Track(_text(row, "name", name, place), program, is_drum, notes)
    return with_texts(track, sorted(words, key=lambda word: word[0]))


def _note(row: Any, name: str, place: str) -> tuple[int, int, int, int]:
    row = _mapping(row, name, place)
    velocity = row.get("velocity")
    return (
        _time(row, name, place),
        _whole(row.get("duration"), name, f"{place}.duration", 0, _MOST_TICKS),
        _whole(row.get("pitch"), name, f"{place}.pitch", 0, 127),
        # MusPy lets a note of velocity 0 be; it would end a note in MIDI
        max(1, _whole(DEFAULT_VELOCITY if velocity is None else velocity, name, f"{place}.velocity", 0, 127)),
    )


def _tempo(row: Mapping[str, Any], name: str) -> tuple[int, ...]:
    qpm = row.get("qpm")
    if isinstance(qpm, bool) or not isinstance(qpm, int | float) or not 1e-3 < qpm < 6e7:
        raise FileFormatError(f"{name}: tempos: qpm {_shown(qpm)} is no tempo; give quarter notes a minute")
    return (round(60e6 / qpm), 0, MADE)


def _meter(row: Mapping[str, Any], name: str) -> tuple[int, ...]:
    parts = [_whole(row.get(part), name, f"time_signatures.{part}", 1, 255) for part in ("numerator", "denominator")]
    return (*parts, 0, MADE, 24, 8)


def _key(row: Mapping[str, Any], name: str) -> tuple[int, ...]:
    minor = row.get("mode") == "minor"
    fifths, root = row.get("fifths"), row.get("root")
    if fifths is None and root is None:
        raise FileFormatError(f"{name}: key_signatures: a row has neither 'fifths' nor 'root'")
    if fifths is None:
        tonic = _whole(root, name, "key_signatures.root", 0, 11)
        fifths = _FIFTHS_OF[(tonic + (3 if minor else 0)) % 12]
    return (_whole(fifths, name, "key_signatures.fifths", -7, 7), minor, 0, MADE)


def _map(root: Mapping[str, Any], field: str, dtype: np.dtype[Any], name: str, make: Any) -> NDArray[Any]:
    rows = [(_time(row, name, field), *make(row, name)) for row in _rows(root, field, name)]
    return np.array(sorted(rows, key=lambda row: row[0]), dtype)


def _mapping(value: Any, name: str, place: str) -> Mapping[str, Any]:
    if not isinstance(value, Mapping):
        raise FileFormatError(f"{name}: {place} is {_shown(value)}, where MusPy's form has a table of names and values")
    return value


def _rows(root: Mapping[str, Any], field: str, name: str, place: str = "", of: type = dict) -> list[Any]:
    rows = root.get(field)
    rows = [] if rows is None else rows
    where = f"{place}.{field}".lstrip(".")
    if not isinstance(rows, list):
        raise FileFormatError(f"{name}: {where} is {_shown(rows)}, where MusPy's form has a list")
    if len(rows) > MIDI_NOTES.high:
        raise FileFormatError(f"{name}: {where} has {len(rows):,} members, more than a piece may have; split it")
    for row in rows:
        if not isinstance(row, of):
            raise FileFormatError(f"{name}: {where} holds {_shown(row)}, which is no {of.__name__}")
    return rows


def _time(row: Mapping[str, Any], name: str, place: str) -> int:
    return _whole(row.get("time"), name, f"{place}.time", 0, _MOST_TICKS)


def _whole(value: Any, name: str, place: str, low: int, high: int) -> int:
    if isinstance(value, bool) or not isinstance(value, int | float) or value != value or not low <= value <= high:
        raise FileFormatError(f"{name}: {place} is {_shown(value)}; it must be a number from {low} to {high}")
    return round(value)


def _text(row: Mapping[str, Any], field: str, name: str, place: str) -> str:
    value = row.get(field)
    if isinstance(value, Mapping | list | tuple | set):
        raise FileFormatError(f"{name}: {place}.{field} is {_shown(value)}; it must be a text")
    return "" if value is None or value is False else str(value)


def _shown(value: Any) -> str:
    try:
        return "missing" if value is None else _SHOWN.repr(value)[:40]
    except ValueError:  # Python writes out no whole number of so many digits
        return "a number of thousands of digits"
