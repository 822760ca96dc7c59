"""OpenScore Orchestra (Hauptstimme): orchestral movements."""

from __future__ import annotations

from bandmate.library.datasets.description import Dataset, github

DATASET = Dataset(
    name="hauptstimme",
    title="OpenScore Orchestra (Hauptstimme)",
    about="orchestral movements; the analyses beside them are share-alike and not read",
    homepage="https://github.com/MarkGotham/Hauptstimme",
    licence="scores CC0 1.0, annotations CC BY-SA",
    citation="https://github.com/MarkGotham/Hauptstimme",
    files=("*.mxl",),
    remotes=(github("MarkGotham/Hauptstimme", "8f677853c45b74ca0afcd79677e5379c06c82354"),),
    names=r"data/(?P<work>(?P<composer>[^/]+)/[^/]+)/",
)
