"""JSB Chorales: Bach's chorales on a grid of time steps."""

from __future__ import annotations

from bandmate.library.datasets.description import UNKNOWN, Dataset, Remote

DATASET = Dataset(
    name="jsb_chorales",
    title="JSB Chorales",
    about="Bach's four-part chorales; held and repeated notes are not told apart",
    homepage="http://www-etud.iro.umontreal.ca/~boulanni/icml2012",
    licence=UNKNOWN + " (the music is in the public domain)",
    citation="""@inproceedings{boulangerlewandowski2012modeling,
  author = {Nicolas Boulanger-Lewandowski and Yoshua Bengio and Pascal Vincent},
  title = {Modeling Temporal Dependencies in High-Dimensional Sequences: Application to Polyphonic Music Generation and
    Transcription},
  booktitle = {Proceedings of the 29th International Conference on Machine Learning (ICML)},
  year = {2012}
}""",
    pieces=382,
    remotes=(
        Remote(
            "http://www-etud.iro.umontreal.ca/~boulanni/JSB%20Chorales.zip", "JSB Chorales.zip", 215_242,
            "sha256:69924294546a71620c06374085cd6b0300665ea215e2f854f65a11929f1e723c", "MusPy 0.5",
        ),
    ),
    splits="folders",
    muspy="JSBChoralesDataset",
)  # fmt: skip
