"""LMMS demo projects: demo songs of a sequencer, converted to MIDI."""

from __future__ import annotations

from bandmate.library.datasets.description import GITHUB, Dataset

DATASET = Dataset(
    name="lmms_projects",
    title="LMMS demo projects",
    about="demo songs of a sequencer, converted to MIDI",
    homepage=f"{GITHUB}LMMS/lmms",
    licence="per file (Artistic 2.0, CC BY, BSD)",
    citation=f"{GITHUB}LMMS/lmms",
    where=f"clone {GITHUB}LMMS/lmms: projects as .mmp/.mmpz; MIDI files made of them are read here",
)
