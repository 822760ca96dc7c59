"""Selection: the cells of a piece (tracks x bars) that something is asked of, in a musician's words.

Inside, tracks and bars count from 0; in words and messages they count from 1, as `bandmate inspect` does.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bandmate.counts import spanned
from bandmate.errors import ScoreError
from bandmate.score.brief import ROLES
from bandmate.score.model import Score, Track
from bandmate.score.timeline import bar_grid

_MOST_NAMED = 12  # tracks that a message lists


@dataclass(frozen=True, slots=True)
class Selection:
    """A rectangle of cells.

    Attributes:
        tracks: indices of the score's tracks, ascending.
        first_bar, last_bar: the first and the last bar, counted from 0, both in.
    """

    tracks: tuple[int, ...]
    first_bar: int
    last_bar: int

    @property
    def bars(self) -> int:
        """How many bars."""
        return self.last_bar - self.first_bar + 1

    def span(self, score: Score) -> tuple[int, int]:
        """Where the bars begin and where they end, in ticks of the score.

        Raises:
            ScoreError: the score has no such bars.
        """
        bars = bar_grid(score)
        _check_bars(self.first_bar + 1, self.last_bar + 1, len(bars))
        last = bars[self.last_bar]
        return int(bars["start_ticks"][self.first_bar]), int(last["start_ticks"] + last["length_ticks"])

    def mask(self, tracks: int, bars: int) -> NDArray[np.bool_]:
        """The selected cells among so many tracks and bars; bool (tracks, bars)."""
        cells = np.zeros((tracks, bars), bool)
        cells[list(self.tracks), self.first_bar : self.last_bar + 1] = True
        return cells

    def words(self, score: Score) -> str:
        """The selection as a musician says it: "bass, bars 5-8"."""
        names = ", ".join(track_words(score, index) for index in self.tracks)
        first, last = self.first_bar + 1, self.last_bar + 1
        return f"{names}, " + (f"bars {first}-{last}" if last > first else f"bar {first}")


def track_words(score: Score, index: int) -> str:
    """What a track is called: its name, else its role, else its number."""
    track = score.tracks[index]
    return _on_a_line(track.name) or track.role or f"track {index + 1}"


def _on_a_line(name: str) -> str:
    """A name without the line breaks that scores put into it."""
    return " ".join(name.split())


def parse_bars(text: str) -> tuple[int, int]:
    """`1-8` or `5` as first and last bar, counted from 1.

    Raises:
        ScoreError: it is neither.
    """
    match = re.fullmatch(r"\s*(\d{1,6})\s*(?:[-–]\s*(\d{1,6}))?\s*", text)
    if not match:
        raise ScoreError(f"bars '{text}' are not understood; write them like 1-8, or 5 for one bar")
    return int(match[1]), int(match[2] or match[1])


def select(score: Score, tracks: str | None = None, bars: str | None = None) -> Selection:
    """The cells that words mean.

    Args:
        score: the piece; roles are known to it where its tracks carry them (`Track.role`).
        tracks: names, roles or numbers, separated by commas; None = every track that has notes. A role stands for all
            tracks of that role.
        bars: `5-8` or `5`; None = all bars.

    Raises:
        ScoreError: no such bars, no such track, a name that several tracks carry, or a track that holds several
            instruments.
    """
    grid = bar_grid(score)
    first, last = (1, len(grid)) if bars is None else parse_bars(bars)
    _check_bars(first, last, len(grid))
    chosen = _all_with_notes(score) if tracks is None else _tracks(score, tracks)
    for index in chosen:
        check_one_instrument(score, index)
    return Selection(chosen, first - 1, last - 1)


def _check_bars(first: int, last: int, count: int) -> None:
    if not 1 <= first <= last <= count:
        raise ScoreError(
            f"{spanned(first, last)} {'is' if first == last else 'are'} not in the piece; "
            f"give two numbers from 1 to {count}, the first first"
        )


def _all_with_notes(score: Score) -> tuple[int, ...]:
    found = tuple(index for index, track in enumerate(score.tracks) if len(track.notes))
    if not found:
        raise ScoreError("the piece has no notes, so there is nothing to go by; give a file with music in it")
    return found


def _tracks(score: Score, text: str) -> tuple[int, ...]:
    wanted = [word.strip() for word in text.split(",") if word.strip()]
    if not wanted:
        raise ScoreError(f"tracks '{text}' name no track; write them like bass,drums or 2,3")
    return tuple(sorted({index for word in wanted for index in find_tracks(score, word)}))


def find_tracks(score: Score, word: str) -> tuple[int, ...]:
    """The tracks that a name, a role or a number (from 1) means.

    Raises:
        ScoreError: none, or a name that several tracks carry; the message says which there are.
    """
    if word.isdecimal() and not any(track.name.strip() == word for track in score.tracks):
        if not 1 <= int(word) <= len(score.tracks):
            raise ScoreError(f"track {word} is not in the piece; it has {_listed(score)}")
        if _conducts(score, int(word) - 1):
            raise ScoreError(f"track {word} holds tempo and meter, and no part; the piece has {_listed(score)}")
        return (int(word) - 1,)
    low = word.lower()
    named = _sounding_first(score, [i for i, track in enumerate(score.tracks) if track.name.strip().lower() == low])
    if len(named) > 1:
        numbers = " or ".join(str(index + 1) for index in named)
        raise ScoreError(f"{len(named)} tracks are called '{word}'; say which by number: {numbers}")
    cast = tuple(index for index, track in enumerate(score.tracks) if track.role == low)
    part = [i for i, track in enumerate(score.tracks) if low in track.name.lower() and len(track.notes)]
    if named or cast or len(part) == 1:
        return tuple(named) or cast or tuple(part)
    raise ScoreError(_unknown(score, word))


def _conducts(score: Score, index: int) -> bool:
    """Whether a track of a piece has neither notes nor a name nor a sound of its own."""
    track = score.tracks[index]
    own = len(track.notes) or track.name.strip() or track.role or (track.events["status"] < 0xF0).any()
    return not own and score.note_count > 0


def _sounding_first(score: Score, indices: list[int]) -> list[int]:
    """Those with notes, if there are any: a conductor track may carry the name of a part."""
    return [index for index in indices if len(score.tracks[index].notes)] or indices


def _unknown(score: Score, word: str) -> str:
    known = {name.lower(): name for track in score.tracks for name in (track.name.strip(), track.role) if name}
    close = difflib.get_close_matches(word.lower(), known, n=1, cutoff=0.6)
    if close:
        return f"track '{word}' is not in the piece; did you mean '{known[close[0]]}'? It has {_listed(score)}"
    if word.lower() in ROLES:
        return f"no track plays {word.lower()}; the piece has {_listed(score)}"
    return f"track '{word}' is not in the piece; it has {_listed(score)}"


def _listed(score: Score) -> str:
    sounding = [index for index, track in enumerate(score.tracks) if len(track.notes)]
    names = [f"{index + 1} {_described(score.tracks[index])}".strip() for index in sounding]
    more = f" and {len(names) - _MOST_NAMED} more" if len(names) > _MOST_NAMED else ""
    return (", ".join(names[:_MOST_NAMED]) + more) or "no track with notes"


def _described(track: Track) -> str:
    name, role = _on_a_line(track.name), track.role
    return f"{name} ({role})" if name and role and name.lower() != role else name or role


def instruments(track: Track) -> tuple[tuple[int, int], ...]:
    """The (channel, program) pairs that a track's notes sound with, programs as first set on each channel."""
    changes = track.events[track.events["status"] == 0xC0]
    channels: Sequence[int] = np.unique(track.notes["channel"]).tolist()
    pairs = []
    for channel in channels:
        own = changes[changes["channel"] == channel]
        pairs.append((channel, int(own["data1"][0]) if len(own) else 0))
    return tuple(pairs)


def check_one_instrument(score: Score, index: int) -> None:
    """Find out whether a track is one part.

    Raises:
        ScoreError: it holds several instruments; the message says how to split it.
    """
    sounds = instruments(score.tracks[index])
    if len({(channel == 9, program) for channel, program in sounds}) > 1:
        raise ScoreError(
            f"track {index + 1} holds {len(sounds)} instruments on one channel each; give each a track of its own "
            "first: bandmate edit FILE --split-channels"
        )
