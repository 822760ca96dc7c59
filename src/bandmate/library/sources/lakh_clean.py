"""Lakh MIDI, the part that is named by artist and title."""

from __future__ import annotations

from dataclasses import replace

from bandmate.library.datasets.description import Remote
from bandmate.library.sources.lakh_full import DATASET as FULL

DATASET = replace(
    FULL,
    name="lakh_clean",
    title="Lakh MIDI Dataset, clean",
    about="those whose names tell artist and title; several files of one song are numbered",
    pieces=None,
    remotes=(Remote("http://hog.ee.columbia.edu/craffel/lmd/clean_midi.tar.gz", "clean_midi.tar.gz"),),
    names=r"(?:^|/)(?P<work>(?P<artist>[^/]+)/[^/]+?)(?:\.\d+)?\.midi?$",
    muspy="",
)
