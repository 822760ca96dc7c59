"""EasyRPG RTP: loops for role-playing games."""

from __future__ import annotations

from bandmate.library.datasets.description import GITHUB, Dataset

DATASET = Dataset(
    name="easyrpg_rtp",
    title="EasyRPG RTP",
    about="loops for role-playing games",
    homepage=f"{GITHUB}EasyRPG/RTP",
    licence="CC BY 4.0 or CC0, per file (AUTHORS.md)",
    citation=f"{GITHUB}EasyRPG/RTP",
    where=f"clone {GITHUB}EasyRPG/RTP: its folder music",
)
