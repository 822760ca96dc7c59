"""Nottingham Database: tunebooks in ABC."""

from __future__ import annotations

from bandmate.library.datasets.description import UNKNOWN, Dataset, Remote

DATASET = Dataset(
    name="nottingham",
    title="Nottingham Database",
    about="British and American folk tunes with chords, collected by Eric Foxley, mended by Seymour Shlien",
    homepage="https://ifdo.ca/~seymour/nottingham/nottingham.html",
    licence=UNKNOWN,
    citation="E. Foxley: Nottingham Music Database; ABC edition by S. Shlien",
    files=("*.abc",),
    pieces=1_200,
    remotes=(
        Remote(
            "http://ifdo.ca/~seymour/nottingham/nottingham_database.zip", "nottingham_database.zip", 142_934,
            "sha256:f79a4bffe78b16d630d4d69f9c62775a7aa246d0973c4d8714ab6c5139ff5a3b", "MusPy 0.5",
        ),
    ),
    muspy="NottinghamDatabase",
)  # fmt: skip
