"""NES-MDB: the music of games for one sound chip."""

from __future__ import annotations

from bandmate.library.datasets.description import UNKNOWN, Dataset, Remote

DATASET = Dataset(
    name="nes",
    title="NES Music Database",
    about="music of games for the Nintendo Entertainment System: four voices (two pulses, triangle, noise) a file",
    homepage="https://github.com/chrisdonahue/nesmdb",
    licence=UNKNOWN,
    citation="""@inproceedings{donahue2018nesmdb,
  author = {Chris Donahue and Huanru Henry Mao and Julian McAuley},
  title = {The {NES} Music Database: A multi-instrumental dataset with expressive performance attributes},
  booktitle = {Proceedings of the 19th International Society for Music Information Retrieval Conference (ISMIR)},
  year = {2018}
}""",
    remotes=(
        Remote(
            "http://deepyeti.ucsd.edu/cdonahue/nesmdb/nesmdb_midi.tar.gz", "nesmdb_midi.tar.gz", 12_922_275,
            "sha256:37610e2ca5fe70359c85170cf1f4982596783bb304c59d9c439f68c24ff4ee93", "MusPy 0.5",
        ),
    ),
    names=r"(?:^|/)(?P<work>\d{3}_(?P<game>[^/_]+))_[^/]+\.mid$",
    splits="folders",
    muspy="NESMusicDatabase",
)  # fmt: skip
