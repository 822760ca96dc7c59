"""GigaMIDI: over two million MIDI files, for research."""

from __future__ import annotations

from bandmate.library.datasets.description import Dataset

DATASET = Dataset(
    name="gigamidi",
    title="GigaMIDI",
    about="over 2.1 million MIDI files (version 2) with marks for loops and for playing by people",
    homepage="https://huggingface.co/datasets/Metacreation/GigaMIDI",
    licence="non-commercial research and education only (its terms of access)",
    citation="""@article{lee2025gigamidi,
  title = {The GigaMIDI Dataset with Features for Expressive Music Performance Detection},
  author = {Lee, Keon Ju Maverick and Ens, Jeff and Adkins, Sara and Sarmento, Pedro and Barthet, Mathieu and Pasquier,
    Philippe},
  journal = {Transactions of the International Society for Music Information Retrieval (TISMIR)},
  volume = {8},
  number = {1},
  pages = {1--19},
  year = {2025}
}""",
    where="ask for access at https://huggingface.co/datasets/Metacreation/GigaMIDI, take the version of raw MIDI "
    "files, and unpack its archives and those within them",
    splits="folders",
)
