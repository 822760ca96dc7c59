"""MusicNet's MIDI files: the scores that recordings were aligned to."""

from __future__ import annotations

from bandmate.library.datasets.description import UNKNOWN, Dataset, Remote

DATASET = Dataset(
    name="musicnet",
    title="MusicNet, its MIDI files",
    about="the scores as MIDI that 330 classical recordings were aligned to",
    homepage="https://homes.cs.washington.edu/~thickstn/musicnet.html",
    licence=UNKNOWN,
    citation="""@inproceedings{thickstun2017learning,
  author = {John Thickstun and Zaid Harchaoui and Sham M. Kakade},
  title = {Learning Features of Music from Scratch},
  booktitle = {International Conference on Learning Representations (ICLR)},
  year = {2017}
}""",
    pieces=330,
    remotes=(
        Remote(
            "https://zenodo.org/record/5120004/files/musicnet_midis.tar.gz", "musicnet_midis.tar.gz", 2_601_302,
            "sha256:943cc47731ec5f397bd6fbab4dff78342472890cd484bd30ffb2e16047eef908", "MusPy 0.5",
        ),
    ),
    names=r"(?P<composer>[^/]+)/\d+_(?P<work>[^/]+?)(?:_\d+)?\.mid$",
    muspy="MusicNetDataset",
)  # fmt: skip
