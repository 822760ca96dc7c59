"""Haydn's string quartets op. 20 with harmonic analysis."""

from __future__ import annotations

from bandmate.library.datasets.description import UNKNOWN, Dataset, Remote

DATASET = Dataset(
    name="haydn_op20",
    title="Haydn op. 20 with harmonic analysis",
    about="six string quartets in Humdrum, with a spine of functional harmony",
    homepage="https://doi.org/10.5281/zenodo.1095630",
    licence=UNKNOWN,
    citation="""@dataset{nestor_napoles_lopez_2017_1095630,
  author = {N\'apoles L\'opez, N\'estor},
  title = {{Joseph Haydn - String Quartets Op.20 - Harmonic Analysis Annotations Dataset}},
  year = {2017},
  publisher = {Zenodo},
  doi = {10.5281/zenodo.1095630}
}""",
    files=("*.hrm",),
    pieces=24,
    remotes=(
        Remote(
            "https://github.com/napulen/haydn_op20_harm/releases/download/v1.3/haydnop20v1.3_annotated.zip",
            "haydnop20v1.3_annotated.zip", 130_954,
            "sha256:96986cccebfd37a36cc97a2fc0ebcfbe22d5136e622b21e04ea125d589f5073b", "MusPy 0.5",
        ),
    ),
    names=r"op20n(?P<work>\d)",
    muspy="HaydnOp20Dataset",
)  # fmt: skip
