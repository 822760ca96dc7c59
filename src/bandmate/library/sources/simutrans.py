"""Simutrans: light pop, jazz and rock for a transport game."""

from __future__ import annotations

from bandmate.library.datasets.description import GITHUB, Dataset

DATASET = Dataset(
    name="simutrans",
    title="Simutrans",
    about="light pop, jazz and rock for a transport game",
    homepage=f"{GITHUB}simutrans/simutrans",
    licence="Artistic License 1.0",
    citation=f"{GITHUB}simutrans/simutrans",
    where=f"clone {GITHUB}simutrans/simutrans: its folder music",
)
