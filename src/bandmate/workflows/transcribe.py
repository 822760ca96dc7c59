"""transcribe: a sound file as the notes of one track, and how sure they are; what `learn --audio` takes in.

A tempo in the file's name ("loop_120bpm.wav") is believed, and a loop is cut to its whole bars (see `workflows.hear`).
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from bandmate.errors import BriefError
from bandmate.score.model import Score
from bandmate.workflows.hear import hear
from bandmate.workflows.heard_score import heard_score

MOST_MINUTES = 6.0


def transcribe(path: str | Path) -> tuple[Score, float]:
    """Write down a drum loop, a line or chords.

    Returns:
        The score, and how sure it is, 0..1: how surely it is of its kind, times how surely its notes were heard.

    Raises:
        BriefError: it is a mix of a band, or no beat or no notes were heard. UserError: it is silent or not there.
        FileFormatError: it is no sound.
    """
    heard = hear(path, minutes=MOST_MINUTES)
    if heard.kind == "band":
        raise BriefError(f"{path} is a mix of several instruments, which cannot be written down; give stems or loops")
    score = heard_score(heard)
    events = heard.strokes if heard.kind == "drums" else heard.notes
    return score, float(heard.kinds[heard.kind]) * float(np.mean([event.sure for event in events]))
