"""Any folder of music."""

from __future__ import annotations

from bandmate.io.files import MUSIC_SUFFIXES
from bandmate.library.datasets.description import Dataset

DATASET = Dataset(
    name="any_folder",
    title="Any folder",
    about="every file of music in a folder and below, in all formats that are read",
    homepage="docs/DATASETS.md",
    licence="as you know it",
    citation="as you know it",
    files=tuple(f"*{suffix}" for suffix in MUSIC_SUFFIXES),
    where="it is your own",
    muspy="FolderDataset",
)
