"""A folder with a manifest: music of your own, or what `datasets convert` wrote."""

from __future__ import annotations

from bandmate.io.files import FORMATS
from bandmate.library.datasets.description import Dataset, Table

MANIFEST = Table("*manifest.jsonl", "file", "tags.split", ("tags.group",), ("tags.*",))

DATASET = Dataset(
    name="corpus",
    title="Corpus with a manifest",
    about="files of music beside manifest.jsonl, a line a file with group, split and whatever else is known",
    homepage="docs/DATASETS.md",
    licence="as its SOURCE.json says",
    citation="as its SOURCE.json says",
    files=tuple(f"*{suffix}" for suffix, known in FORMATS.items() if known.read),
    without=("*source.json", "*metadata.*"),
    where="it is your own",
    tables=(MANIFEST,),
    splits="table",
    muspy="MusicDataset",
)
