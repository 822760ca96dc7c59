"""Lakh MIDI, the whole of it."""

from __future__ import annotations

from bandmate.library.datasets.description import Dataset, Remote

CITATION = """@phdthesis{raffel2016learning,
  author = {Colin Raffel},
  title = {Learning-Based Methods for Comparing Sequences, with Applications to Audio-to-{MIDI} Alignment and Matching},
  school = {Columbia University},
  year = {2016}
}"""

DATASET = Dataset(
    name="lakh_full",
    title="Lakh MIDI Dataset",
    about="MIDI files found on the net, each once by its MD5; the same song may be there many times in other files",
    homepage="https://colinraffel.com/projects/lmd/",
    licence="CC BY 4.0 (of the collection; the songs belong to others)",
    citation=CITATION,
    pieces=176_581,
    remotes=(
        Remote(
            "http://hog.ee.columbia.edu/craffel/lmd/lmd_full.tar.gz", "lmd_full.tar.gz", 1_768_163_879,
            "sha256:6fcfe2ac49ca08f3f214cec86ab138d4fc4dabcd7f27f491a838dae6db45a12b", "MusPy 0.5",
        ),
    ),
    muspy="LakhMIDIDataset",
)  # fmt: skip
