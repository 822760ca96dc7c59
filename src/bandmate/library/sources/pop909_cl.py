"""POP909-CL: POP909 on a corrected grid of bars, with chords."""

from __future__ import annotations

from bandmate.library.datasets.description import GITHUB, Dataset

DATASET = Dataset(
    name="pop909_cl",
    title="POP909-CL",
    about="POP909 with beats, keys and chords corrected by hand; the chords are a track of notes",
    homepage=f"{GITHUB}AndyWeasley2004/POP909-CL-Dataset",
    licence="MIT (the songs belong to others)",
    citation="see its repository, and POP909",
    where=f"clone {GITHUB}AndyWeasley2004/POP909-CL-Dataset",
    names=r"(?:^|/)(?P<work>\d{3})\.mid$",
)
