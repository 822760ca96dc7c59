"""Lakh MIDI, aligned: the matched ones, aligned to previews of their recordings."""

from __future__ import annotations

from dataclasses import replace

from bandmate.library.datasets.description import Remote
from bandmate.library.sources.lakh_full import DATASET as FULL

DATASET = replace(
    FULL,
    name="lakh_aligned",
    title="Lakh MIDI Dataset, aligned",
    about="the matched ones, aligned to previews of their recordings",
    pieces=None,
    remotes=(
        Remote(
            "http://hog.ee.columbia.edu/craffel/lmd/lmd_aligned.tar.gz", "lmd_aligned.tar.gz", 272_169_548,
            "sha256:2bf5400e82eba73204644946515489b68811e1e656b0cfd854efc14377f6e53b", "MusPy 0.5",
        ),
    ),
    names=r"(?:^|/)(?P<work>TR[0-9A-Z]{16})/",
    muspy="LakhMIDIAlignedDataset",
)  # fmt: skip
