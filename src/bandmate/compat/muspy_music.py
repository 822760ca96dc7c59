"""muspy.Music, by the form that its JSON files have."""

from __future__ import annotations

from typing import Any

from bandmate.compat.holds import library, tell_losses
from bandmate.io.note_document import document_of, score_of
from bandmate.score.model import Score


def to_muspy(score: Score) -> Any:
    """A score as a muspy.Music: notes, tempi, meters, keys, bar lines, beats, lyrics; markers are annotations.

    Raises:
        UserError: muspy is not installed.
    """
    muspy = library("muspy")
    tell_losses(score, "muspy")
    return muspy.Music.from_dict(document_of(score))


def from_muspy(music: Any) -> Score:
    """A muspy.Music as a score; chords become notes.

    Raises:
        FileFormatError: a value in it is none that music has; the message names the place.
    """
    return score_of(music.to_ordered_dict(skip_missing=False), "the muspy.Music")
