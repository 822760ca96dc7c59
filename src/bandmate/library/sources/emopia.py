"""EMOPIA: pop piano with perceived emotion."""

from __future__ import annotations

from bandmate.library.datasets.description import Dataset, Remote

DATASET = Dataset(
    name="emopia",
    title="EMOPIA 2.2",
    about="clips of pop songs on the piano, each with its quadrant of valence and arousal (Q1 to Q4) in its name",
    homepage="https://annahung31.github.io/EMOPIA/",
    licence="CC BY 4.0 (the songs belong to others)",
    citation="""@inproceedings{hung2021emopia,
  author = {Hung, Hsiao-Tzu and Ching, Joann and Doh, Seungheon and Kim, Nabin and Nam, Juhan and Yang, Yi-Hsuan},
  title = {{EMOPIA}: A Multi-Modal Pop Piano Dataset For Emotion Recognition and Emotion-based Music Generation},
  booktitle = {Proceedings of the 22nd International Society for Music Information Retrieval Conference (ISMIR)},
  year = {2021}
}""",
    pieces=1_087,
    remotes=(
        Remote(
            "https://zenodo.org/record/5257995/files/EMOPIA_2.2.zip", "EMOPIA_2.2.zip", None,
            "md5:bad5171786a4898f37fc2678e99afd94", "Zenodo, as MusPy 0.5 keeps it",
        ),
    ),
    names=r"(?P<emotion>Q[1-4])_(?P<work>.{11})_\d+\.midi?$",
    muspy="EMOPIADataset",
)  # fmt: skip
