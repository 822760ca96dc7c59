"""Groove MIDI: drummers on a Roland TD-11, whose pads speak a little more than General MIDI does."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from bandmate.library.datasets.description import Dataset, Remote, Table
from bandmate.score.model import Score

# Roland TD-11 note -> General MIDI drum key. Source: the mapping published with the data set; 22 and 26 are hi-hat
# edges, 40 the snare's rim, 50, 47, 58 rims of toms, 52, 55, 59 edges of cymbals.
TO_GM = np.arange(128, dtype=np.uint8)
for _roland, _gm in {22: 42, 26: 46, 40: 38, 58: 43, 50: 48, 47: 45, 52: 49, 55: 49, 57: 49, 59: 51, 53: 53}.items():
    TO_GM[_roland] = _gm


def prepare(score: Score, tags: dict[str, Any]) -> Score:
    """The same playing on General MIDI drum keys, on drum tracks."""
    tracks = []
    for track in score.tracks:
        notes = track.notes.copy()
        notes["pitch"] = TO_GM[notes["pitch"]]
        notes["channel"] = 9
        tracks.append(replace(track, notes=notes, is_drum=True, role="drums"))
    return replace(score, tracks=tuple(tracks))


def _on_drum_keys(score: Score) -> Score:
    return prepare(score, {})


DATASET = Dataset(
    name="groove_midi",
    title="Groove MIDI Dataset",
    about="drummers to a click, with their timing and touch; converted to General MIDI drum keys",
    homepage="https://magenta.tensorflow.org/datasets/groove",
    licence="CC BY 4.0",
    citation="""@inproceedings{groove2019,
  author = {Jon Gillick and Adam Roberts and Jesse Engel and Douglas Eck and David Bamman},
  title = {Learning to Groove with Inverse Sequence Transformations},
  booktitle = {International Conference on Machine Learning (ICML)},
  year = {2019}
}""",
    pieces=1_150,
    remotes=(
        Remote(
            "https://storage.googleapis.com/magentadata/datasets/groove/groove-v1.0.0-midionly.zip",
            "groove-v1.0.0-midionly.zip", 3_260_318,
            "sha256:651cbc524ffb891be1a3e46d89dc82a1cecb09a57c748c7b45b844c4841dcc1e", "TensorFlow Datasets",
        ),
    ),
    tables=(
        Table("*info.csv", "midi_filename", "split", ("drummer", "session"),
              ("drummer", "style", "bpm", "beat_type", "time_signature")),
    ),
    splits="table",
    kind="groove_midi",
    convert=_on_drum_keys,
)  # fmt: skip
