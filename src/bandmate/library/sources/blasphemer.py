"""Blasphemer: music for a free game in the manner of Heretic."""

from __future__ import annotations

from bandmate.library.datasets.description import GITHUB, Dataset

DATASET = Dataset(
    name="blasphemer",
    title="Blasphemer",
    about="music for a free game in the manner of Heretic",
    homepage=f"{GITHUB}Blasphemer/blasphemer",
    licence="BSD-3-Clause style (COPYING)",
    citation=f"{GITHUB}Blasphemer/blasphemer",
    where=f"clone {GITHUB}Blasphemer/blasphemer: its MIDI files",
)
