"""Freedoom: music for a free game in the manner of Doom: metal, rock, ambient; full band."""

from __future__ import annotations

from bandmate.library.datasets.description import GITHUB, Dataset

DATASET = Dataset(
    name="freedoom",
    title="Freedoom",
    about="music for a free game in the manner of Doom: metal, rock, ambient; full band",
    homepage=f"{GITHUB}freedoom/freedoom",
    licence="BSD-3-Clause",
    citation=f"{GITHUB}freedoom/freedoom",
    where=f"clone {GITHUB}freedoom/freedoom: its folder musics",
)
