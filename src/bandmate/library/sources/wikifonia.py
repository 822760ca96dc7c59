"""Wikifonia: lead sheets of a site that is closed."""

from __future__ import annotations

from bandmate.library.datasets.description import UNKNOWN, Dataset

DATASET = Dataset(
    name="wikifonia",
    title="Wikifonia",
    about="lead sheets (melody, chords, words) in MusicXML",
    homepage="http://www.wikifonia.org/",
    licence=UNKNOWN + " (many of the songs belong to others)",
    citation="http://www.wikifonia.org/",
    files=("*.mxl", "*.musicxml", "*.xml"),
    pieces=6_675,
    where="the site is closed and nobody offers it with a right to; a copy that you kept can be read (MusPy 0.5 knew "
    "one of 35,727,800 bytes, sha256 e7bce509462a73cee175308b6a3cdafa9effd6e8958b3ce03b4edb293cc6b691)",
    gone=True,
    muspy="WikifoniaDataset",
)
