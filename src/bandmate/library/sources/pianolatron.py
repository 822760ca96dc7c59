"""Pianolatron: piano rolls, played by an emulated player piano."""

from __future__ import annotations

from bandmate.library.datasets.description import Dataset, github

DATASET = Dataset(
    name="pianolatron",
    title="Pianolatron piano rolls",
    about="realisations of scanned piano rolls with dynamics and pedal; time is paper speed, there are no bars",
    homepage="https://github.com/pianoroll/pianolatron-data",
    licence="MIT",
    citation="https://github.com/pianoroll/pianolatron-data",
    files=("*midi/exp/*.mid",),
    remotes=(github("pianoroll/pianolatron-data", "bd37a9f23ebcaacec132a3093167f64a6bc47ad2"),),
)
