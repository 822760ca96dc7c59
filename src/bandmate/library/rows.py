"""Rows: what a shard keeps of one file, in one table from which the columns and the rows are made.

Scalars are those of the catalog, `descriptors.NAME` those of `analysis.descriptors` of a whole piece, `labels` and
`hints` are JSON; `path`, and the `folder` of its source, stand below the folder that was taken in. With notes, a row
holds the music itself: `score_of` gives it back without the file it came from.
"""

from __future__ import annotations

import base64
import json
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bandmate.analysis.descriptors import DESCRIPTORS
from bandmate.library.sources.base import Found, Hints
from bandmate.score.model import METER, NOTE, TEMPO, Score, Track

_SCALARS = {
    "sha256": "text", "reason": "text", "detail": "text", "title": "text", "stated_work": "text",
    "stated_split": "text", "licence": "text", "credit": "text", "genre": "text", "tempo_bpm": "float", "key": "text",
    "meter": "text", "bars": "int", "notes": "int", "seconds": "float", "has_grid": "bool",
}  # fmt: skip
_FOUND = {"path": "text", "source": "text", "folder": "text", "kind": "text", "size": "int", "mtime_ns": "int",
          "hints": "text"}  # fmt: skip
_LABELS = {"genres": "texts", "styles": "texts", "moods": "texts", "caption": "text", "key_confidence": "float"}
_PRINTS = {"print": "bytes", "sketch": "bytes", "bands": "ints"}
_PIECE = tuple(item.name for item in DESCRIPTORS.values() if item.level == "piece")

COLUMNS: dict[str, str] = {
    **_FOUND, "state": "text", **_SCALARS, "roles": "texts", "programs": "ints", **_LABELS,
    **{f"descriptors.{name}": "float" for name in _PIECE}, "labels": "text", **_PRINTS,
}  # fmt: skip

# Column of the music -> its element type, the array of the score and the field that it is.
_ARRAYS: dict[str, tuple[str, str, str]] = {
    **{name: (str(NOTE[name].str), "notes", name) for name in ("onset_ticks", "duration_ticks", "pitch", "velocity")},
    "tempo_ticks": ("<i8", "tempos", "ticks"), "us_per_quarter": ("<i8", "tempos", "us_per_quarter"),
    "meter_ticks": ("<i8", "meters", "ticks"), "numerator": ("<i4", "meters", "numerator"),
    "denominator": ("<i4", "meters", "denominator"),
}  # fmt: skip
MUSIC: dict[str, str] = {name: row[0] for name, row in _ARRAYS.items()} | {"track": "<u2"}
RESOLUTION = "ticks_per_quarter"
_EMPTY: dict[str, Any] = {"text": "", "int": 0, "float": None, "bool": False, "bytes": b"", "texts": [], "ints": []}


def music_of(score: Score) -> dict[str, Any]:
    """The notes, tempi and meters of a score as plain data that goes through a pipe."""
    parts = [track.notes for track in score.tracks]
    arrays = {"notes": np.concatenate([np.empty(0, NOTE), *parts]), "tempos": score.tempos, "meters": score.meters}
    columns = {name: arrays[place][field].astype(kind) for name, (kind, place, field) in _ARRAYS.items()}
    columns["track"] = np.repeat(np.arange(len(parts)), [len(part) for part in parts]).astype(MUSIC["track"])
    coded = {name: base64.b64encode(values.tobytes()).decode("ascii") for name, values in columns.items()}
    return {RESOLUTION: score.ticks_per_quarter, **coded}


def row_of(found: Found, path: str, answer: dict[str, Any], *, music: bool) -> dict[str, Any]:
    """The row of one file.

    Args:
        found: the file.
        path: its place below the folder that was taken in.
        answer: what the worker said of it (see `library.examine`).
        music: whether the row holds the notes.
    """
    said, labels = answer["columns"], answer.get("labels", {})
    tracks = labels.get("tracks", ())
    measured = labels.get("descriptors", {})
    row = {
        "path": path, "source": found.source.name, "kind": found.source.kind, "size": found.size,
        "folder": path.removesuffix(found.relative).rstrip("/"), "mtime_ns": found.mtime_ns,
        "hints": _json(found.hints.to_json()), "state": answer["state"],
        **{name: said.get(name, _EMPTY[kind]) for name, kind in _SCALARS.items()},
        **{name: labels.get(name, _EMPTY[kind]) for name, kind in _LABELS.items()},
        **{f"descriptors.{name}": measured.get(name) for name in _PIECE},
        "has_grid": bool(said.get("has_grid", False)), "seconds": said.get("seconds", 0.0),
        "roles": said.get("roles", "").split(),
        "programs": [track["program"] for track in tracks], "labels": _json(labels),
        "licence": said.get("licence") or found.hints.licence, "bands": list(answer.get("bands", ())),
        **{name: bytes.fromhex(answer.get(name, "")) for name in ("print", "sketch")},
    }  # fmt: skip
    return row | _decoded(answer.get("music")) if music else row


def _decoded(music: dict[str, Any] | None) -> dict[str, Any]:
    coded = music or {}
    arrays = {name: np.frombuffer(base64.b64decode(coded.get(name, "")), kind) for name, kind in MUSIC.items()}
    return {RESOLUTION: coded.get(RESOLUTION, 0), **arrays}


def _json(value: Any) -> str:
    return json.dumps(value, separators=(",", ":"), sort_keys=True, ensure_ascii=False)


def hints_of(row: dict[str, Any]) -> Hints:
    """What was known of a row's file before it was read."""
    return Hints.from_json(json.loads(row["hints"]))


def score_of(row: dict[str, Any]) -> Score:
    """The music of a row that was written with notes: tracks, notes, tempi and meters, and nothing else of its file."""
    labels = json.loads(row["labels"])
    notes = _filled(row, "notes", NOTE)
    notes["off_velocity"], notes["on_order"], notes["off_order"] = 64, -1, -1
    place = np.asarray(row["track"], np.int64)
    tracks = []
    for index, (said, role) in enumerate(zip(labels["tracks"], labels["roles"], strict=True)):
        own = notes[place == index]
        own["channel"] = 9 if said["is_drum"] else index % 9
        tracks.append(Track(said["name"], said["program"], said["is_drum"], own, role=role))
    tempos, meters = _filled(row, "tempos", TEMPO), _filled(row, "meters", METER)
    meters["clocks"], meters["thirty_seconds"] = 24, 8
    score = Score(tuple(tracks), row[RESOLUTION], title=row["title"])
    return replace(score, tempos=tempos, meters=meters)


def _filled(row: dict[str, Any], place: str, dtype: np.dtype[Any]) -> NDArray[Any]:
    columns = {field: row[name] for name, (_, where, field) in _ARRAYS.items() if where == place}
    out = np.zeros(len(next(iter(columns.values()))), dtype)
    for field, values in columns.items():
        out[field] = values
    return out
