"""Lakh MIDI, matched: those matched to entries of the Million Song Dataset, in a folder a recording."""

from __future__ import annotations

from dataclasses import replace

from bandmate.library.datasets.description import Remote
from bandmate.library.sources.lakh_full import DATASET as FULL

DATASET = replace(
    FULL,
    name="lakh_matched",
    title="Lakh MIDI Dataset, matched",
    about="those matched to entries of the Million Song Dataset, in a folder a recording",
    pieces=45_129,
    remotes=(
        Remote(
            "http://hog.ee.columbia.edu/craffel/lmd/lmd_matched.tar.gz", "lmd_matched.tar.gz", 1_407_072_670,
            "sha256:621ff830aed771f469e5bfa13dc12a33c6ed69090adeda63d0b5c47783af0191", "MusPy 0.5",
        ),
    ),
    names=r"(?:^|/)(?P<work>TR[0-9A-Z]{16})/",
    muspy="LakhMIDIMatchedDataset",
)  # fmt: skip
