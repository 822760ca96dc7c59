"""200 Drum Machine Patterns, written down."""

from __future__ import annotations

from bandmate.library.datasets.description import GITHUB, Dataset

DATASET = Dataset(
    name="drum_patterns",
    title="Drum machine patterns",
    about="patterns of sixteen steps with accents and style, from a book of them",
    homepage=f"{GITHUB}montoyamoraga/drum-machine-patterns",
    licence="MIT",
    citation=f"R.-P. Bardet: 200 Drum Machine Patterns; {GITHUB}montoyamoraga/drum-machine-patterns",
    where=f"{GITHUB}montoyamoraga/drum-machine-patterns has them as text; MIDI files made of them are read here",
)
