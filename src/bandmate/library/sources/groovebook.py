"""groovebook: an endless source of labelled full-band pieces, written by rule from the genre facts.

Who: Bandmate's own rules engine. Licence: the project's (MIT); nothing was copied from recordings or scores.
Splits: by index; a piece is known by (seed, index) and never stored.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from bandmate.analysis.genres import genre, genre_ids
from bandmate.errors import LibraryError
from bandmate.groovebook.arrange import rearrange
from bandmate.groovebook.cells import parse_meter
from bandmate.groovebook.dice import Dice
from bandmate.groovebook.labels import labels_of
from bandmate.groovebook.plan import make_plan
from bandmate.groovebook.play import play
from bandmate.score.brief import Brief
from bandmate.score.model import Score

NAME = "groovebook"
LICENCE = "MIT"
# Most pieces are as long as a training segment; some are loops, some whole songs.
_BARS = (8, 12, 16, 20, 24, 32, 40, 48, 64)
_BARS_WEIGHTS = (4.0, 1.5, 6.0, 1.0, 3.0, 4.0, 1.0, 1.0, 1.0)
_SPAN = 2**31
# Small bands, so that a model also learns to play without the rest.
_BANDS = (
    ("drums",), ("drums", "bass"), ("drums", "bass", "chords"), ("bass", "chords", "melody"), ("chords", "melody"),
    ("drums", "melody", "bass"), ("drums", "bass", "arp", "pad"), ("drums", "perc", "bass", "melody"),
    ("chords", "bass"), ("drums", "chords", "lead", "strings", "bass"),
)  # fmt: skip


def random_brief(dice: Dice, name: str, bars: tuple[int, int]) -> Brief:
    """A Brief as a musician might give it: a genre, at times a mood, a tempo of its own, another meter, a loop."""
    block = genre(name)
    low, high = bars
    sizes = [(b, w) for b, w in zip(_BARS, _BARS_WEIGHTS, strict=True) if low <= b <= high] or [(low, 1.0)]
    length = dice.weighted([b for b, _ in sizes], [w for _, w in sizes])
    tempo = block["tempo"]
    bpm = round(tempo["min"] + (tempo["max"] - tempo["min"]) * dice.roll()) if dice.chance(0.5) else None
    meters = [m for m in block["meter"][1:] if "/" in m]
    moods = tuple([*block["moods"]["fits"], *block["moods"]["change"]][: None if dice.chance(0.5) else 0])
    return Brief(
        genre=name,
        bars=length,
        tempo=float(bpm) if bpm else None,
        meter=parse_meter(dice.pick(meters)) if meters and dice.chance(0.12) else None,
        moods=(dice.pick(moods),) if moods else (),
        only=dice.pick(_BANDS) if dice.chance(0.15) else (),
        loop=length <= 16 and dice.chance(0.35),
        energy=dice.between(1, 5) if dice.chance(0.3) else None,
        density=dice.pick((0.7, 0.85, 1.2, 1.35)) if dice.chance(0.15) else 1.0,
        swing=block["swing"]["range"][0] + dice.roll() * (block["swing"]["range"][1] - block["swing"]["range"][0])
        if dice.chance(0.3)
        else None,
    )


def piece(
    index: int, seed: int, *, genres: Sequence[str] | None = None, bars: tuple[int, int] = (8, 64)
) -> tuple[Score, dict[str, Any]]:
    """The piece of one index: the same (index, seed) gives the same piece.

    Args:
        index: 0 or more; genres take turns.
        seed: 0 or more.
        genres: genre ids to use, None = all.
        bars: shortest and longest piece.

    Raises:
        LibraryError: no genre is left; BriefError: a genre is not known.
    """
    names = tuple(genres) if genres is not None else genre_ids()
    if not names:
        raise LibraryError("the groove book was given no genre; name at least one or leave the list out")
    dice = Dice(seed, index, "piece")
    own = int(dice.roll() * _SPAN)
    plan = make_plan(random_brief(dice, names[index % len(names)], bars), own)
    return play(plan, own), labels_of(plan, NAME)


def pieces(
    n: int, seed: int, *, genres: Sequence[str] | None = None, bars: tuple[int, int] = (8, 64)
) -> Iterator[tuple[Score, dict[str, Any]]]:
    """Labelled training pieces, genres in turn; see `groovebook.labels.labels_of` for the labels.

    Args:
        n: how many.
        seed: 0 or more; another seed gives other pieces.
        genres: genre ids to use, None = all 58.
        bars: shortest and longest piece.
    """
    for index in range(n):
        yield piece(index, seed, genres=genres, bars=bars)


def rearrangements(
    songs: Iterable[tuple[Score, int]], seed: int, *, each: int = 2, bars: tuple[int, int] = (8, 64)
) -> Iterator[tuple[Score, dict[str, Any]]]:
    """Real melodies and chords set for the bands of several genres.

    The labels' licence is that of the songs, not ours: their melodies are kept.

    Args:
        songs: (score, beats before its first downbeat); leave out songs whose downbeat is not known.
        seed: 0 or more; decides genres, stretches of bars and arrangements.
        each: genres a song is set in.
        bars: shortest and longest stretch taken.
    """
    for index, (song, offset_beats) in enumerate(songs):
        dice = Dice(seed, index, "rearrangements")
        for _ in range(each):
            name = dice.pick(genre_ids())
            yield rearrange(song, name, dice.between(0, _SPAN), downbeat_offset_beats=offset_beats, bars=bars)
