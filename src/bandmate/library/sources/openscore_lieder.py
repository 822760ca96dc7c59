"""OpenScore Lieder: art songs of the 19th century, voice and piano."""

from __future__ import annotations

from bandmate.library.datasets.description import Dataset, github

DATASET = Dataset(
    name="openscore_lieder",
    title="OpenScore Lieder",
    about="art songs of the 19th century, voice and piano",
    homepage="https://github.com/OpenScore/Lieder",
    licence="CC0 1.0",
    citation="https://github.com/OpenScore/Lieder",
    files=("*.mxl",),
    remotes=(github("OpenScore/Lieder", "bca122458de6da362abe62dd6aec62e25d7759b1"),),
    names=r"scores/(?P<work>(?P<composer>[^/]+)/(?:_/[^/]+|[^/_][^/]*))/",
)
