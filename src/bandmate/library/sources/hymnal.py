"""Hymns of hymnal.net, as they are set."""

from __future__ import annotations

from bandmate.library.datasets.description import UNKNOWN, Dataset

DATASET = Dataset(
    name="hymnal",
    title="Hymnal",
    about="hymns in four parts as MIDI, in folders such as Classic, New Tunes, New Songs, Children",
    homepage="https://www.hymnal.net/",
    licence=UNKNOWN,
    citation="https://www.hymnal.net/",
    where="https://www.hymnal.net/ offers a MIDI file on the page of each hymn; there is no archive, and the site is "
    "not combed through here",
    muspy="HymnalDataset",
)
