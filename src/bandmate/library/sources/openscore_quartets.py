"""OpenScore String Quartets: string quartets of the long 19th century."""

from __future__ import annotations

from bandmate.library.datasets.description import Dataset, github

DATASET = Dataset(
    name="openscore_quartets",
    title="OpenScore String Quartets",
    about="string quartets of the long 19th century",
    homepage="https://github.com/OpenScore/StringQuartets",
    licence="CC0 1.0",
    citation="https://github.com/OpenScore/StringQuartets",
    files=("*.mxl",),
    remotes=(github("OpenScore/StringQuartets", "2c723a5b7b4ea5420826116dfa912956c6a022c2"),),
    names=r"scores/(?P<work>(?P<composer>[^/]+)/[^/]+)/",
)
