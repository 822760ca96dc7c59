"""Slakh2100-redux: the MIDI of synthesized songs of Lakh."""

from __future__ import annotations

from bandmate.library.datasets.description import Dataset, Remote

DATASET = Dataset(
    name="slakh",
    title="Slakh2100-redux",
    about="songs of Lakh MIDI chosen for synthesis; the archive is mostly sound, of which nothing is unpacked",
    homepage="http://www.slakh.com/",
    licence="CC BY 4.0",
    citation="""@inproceedings{manilow2019cutting,
  title = {Cutting Music Source Separation Some {Slakh}: A Dataset to Study the Impact of Training Data Quality and
    Quantity},
  author = {Manilow, Ethan and Wichern, Gordon and Seetharaman, Prem and Le Roux, Jonathan},
  booktitle = {Proc. IEEE Workshop on Applications of Signal Processing to Audio and Acoustics (WASPAA)},
  year = {2019}
}""",
    files=("*all_src.mid",),
    without=("*/omitted/*",),
    pieces=1_710,
    remotes=(
        Remote(
            "https://zenodo.org/record/4599666/files/slakh2100_flac_redux.tar.gz", "slakh2100_flac_redux.tar.gz", None,
            "md5:f4b71b6c45ac9b506f59788456b3f0c4", "Zenodo, as mirdata keeps it",
        ),
    ),
    names=r"(?P<work>Track\d+)",
    splits="folders",
)  # fmt: skip
