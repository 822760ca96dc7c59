"""Tunes of hymnal.net, the melodies alone."""

from __future__ import annotations

from dataclasses import replace

from bandmate.library.sources.hymnal import DATASET as HYMNAL

DATASET = replace(
    HYMNAL,
    name="hymnal_tunes",
    title="Hymnal, tunes",
    about="the melodies of hymns as MIDI",
    muspy="HymnalTuneDataset",
)
