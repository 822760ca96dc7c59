"""GiantMIDI-Piano: piano recordings written down by a network."""

from __future__ import annotations

from bandmate.library.datasets.description import Dataset

DATASET = Dataset(
    name="giantmidi",
    title="GiantMIDI-Piano",
    about="classical piano, transcribed from recordings by a network; touch is good, there is no beat grid",
    homepage="https://github.com/bytedance/GiantMIDI-Piano",
    licence="CC BY 4.0",
    citation="Kong, Li, Chen, Wang: GiantMIDI-Piano, a large-scale MIDI dataset for classical piano music, "
    "TISMIR 5(1), 2022",
    where="https://github.com/bytedance/GiantMIDI-Piano says how the archive is asked for in disclaimer.md; some 60 "
    "files lie in the repository itself",
)
