"""A folder with a manifest: music of your own, or what `datasets convert` wrote."""

from __future__ import annotations

from bandmate.library.datasets.description import MIDI, Dataset, Table

MANIFEST = Table("*manifest.jsonl", "file", "tags.split", ("tags.group",), ("tags.*",))

DATASET = Dataset(
    name="corpus",
    title="Corpus with a manifest",
    about="MIDI files beside manifest.jsonl, a line a file with group, split and whatever else is known",
    homepage="docs/DATASETS.md",
    licence="as its SOURCE.json says",
    citation="as its SOURCE.json says",
    files=MIDI,
    where="it is your own",
    tables=(MANIFEST,),
    splits="table",
    muspy="MusicDataset",
)
