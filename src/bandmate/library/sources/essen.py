"""Essen Folk Song Database: tunebooks in ABC."""

from __future__ import annotations

from bandmate.library.datasets.description import UNKNOWN, Dataset, Remote

DATASET = Dataset(
    name="essen",
    title="Essen Folk Song Database",
    about="European and Chinese folk songs written in EsAC under Helmut Schaffrath, turned into ABC by Seymour Shlien",
    homepage="https://ifdo.ca/~seymour/runabc/esac/esacdatabase.html",
    licence=UNKNOWN,
    citation="H. Schaffrath: The Essen Folksong Collection; ABC edition by S. Shlien",
    files=("*.abc",),
    pieces=8_000,
    remotes=(
        Remote(
            "https://ifdo.ca/~seymour/runabc/esac/esac.zip", "esac.zip", 1_700_981,
            "sha256:7957cf8f7a036dac9d807330548816967a13a4f598247e2a0f38aeccf04c7553", "MusPy 0.5",
        ),
    ),
    muspy="EssenFolkSongDatabase",
)  # fmt: skip
