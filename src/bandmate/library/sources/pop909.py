"""POP909: bar one is not always on beat one, and the chord labels are a track of notes."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from bandmate.errors import LibraryError
from bandmate.library.datasets.description import Dataset, github
from bandmate.score.model import Score

ROLES = {"MELODY": "melody", "BRIDGE": "lead", "PIANO": "chords"}


def prepare(score: Score, tags: dict[str, Any]) -> Score:
    """The song on bars that start where it says, without the track of chord labels, roles named.

    What comes before the first downbeat stays, as a pick-up in a first bar that starts with rests.

    Raises:
        LibraryError: where its bars start is unknown.
    """
    if "downbeat_offset_beats_est" not in tags:
        raise LibraryError("where its bars start is unknown, so its bars mean nothing")
    numerator, denominator = (4, 4) if not len(score.meters) else score.meters[["numerator", "denominator"]][0]
    beats = -float(tags["downbeat_offset_beats_est"]) % int(numerator)
    shift = round(beats * score.ticks_per_quarter * 4 / int(denominator))
    tracks = []
    for track in score.tracks:
        if track.name == "CHORDS":
            continue
        notes = track.notes.copy()
        notes["onset_ticks"] += shift
        tracks.append(replace(track, notes=notes, role=ROLES.get(track.name, track.role)))
    return replace(score, tracks=tuple(tracks), end_ticks=score.end_ticks + shift if score.end_ticks else 0)


def with_roles(score: Score) -> Score:
    """The song with the roles that its track names mean; its bars stay where the file has them."""
    tracks = [replace(track, role=ROLES.get(track.name, track.role)) for track in score.tracks]
    return replace(score, tracks=tuple(tracks))


DATASET = Dataset(
    name="pop909",
    title="POP909",
    about="Chinese pop songs as melody, bridge and piano; bar one is not always on beat one",
    homepage="https://github.com/music-x-lab/POP909-Dataset",
    licence="MIT (the songs belong to others)",
    citation="Wang, Chen, Jiang, Zhang, Xu, Dai, Bin, Xia: POP909, a pop-song dataset for music arrangement "
    "generation, ISMIR 2020",
    without=("*/versions/*",),
    pieces=909,
    remotes=(github("music-x-lab/POP909-Dataset", "d83e6edba6872a704f5d3b8b32f5cb540088dae6"),),
    names=r"(?:^|/)(?P<work>\d{3})(?:/|\.mid$)",
    convert=with_roles,
)
