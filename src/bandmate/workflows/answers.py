"""respond: an answer to a piece or to some bars of it, as long as they are and over the same chords."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bandmate.counts import counted
from bandmate.errors import BriefError, ScoreError
from bandmate.generation.infill import Ask
from bandmate.generation.scene import Harmony, with_roles
from bandmate.io.files import read
from bandmate.score.cut import merge, trim
from bandmate.score.model import Score
from bandmate.score.selection import Selection, select, track_words
from bandmate.score.splice import extended, music_bars, splice
from bandmate.score.timeline import bar_grid
from bandmate.workflows.edit_demands import key_demand
from bandmate.workflows.edit_desk import Desk, notes_within
from bandmate.workflows.edits import Edit, Editor
from bandmate.workflows.report import Demand


@dataclass(frozen=True, slots=True)
class RespondOptions:
    """respond.

    Attributes:
        mode: "complement" or "contrast".
        memory: `exchange.mid` of the answers before; None = this is the first.
    """

    mode: str = "complement"
    memory: str | Path | None = None


def _respond(score: Score, own: RespondOptions, desk: Desk) -> Edit:
    if own.mode not in ("complement", "contrast"):
        raise BriefError(f"'{own.mode}' is no way to answer; choose complement or contrast")
    call_alone, chosen = _called(score, desk)
    length = music_bars(call_alone)
    past, before = _past(score, call_alone, own, desk)
    first = music_bars(past)
    longer = extended(past, length)
    tracks = chosen if own.memory is None else _same_tracks(past, call_alone, chosen)
    selection = Selection(tracks, first, first + length - 1)
    call = {
        i: notes_within(past.tracks[i].notes, *Selection(tracks, first - length, first - 1).span(past)) for i in tracks
    }
    ask = _answering(desk, own, call, past, length)
    here = replace(desk, score=past, memo={})
    written = here.write(longer, selection, ask, harmony=_same_changes(here.harmony, first, length))
    whole, played = desk.played_well(splice(longer, selection, written.notes), selection)
    answer = trim(whole, first + 1, first + length)
    exchange = trim(whole, before + 1, first + length) if before else whole
    heard = f"an answer of {counted(length, 'bar')} in {own.mode} to {', '.join(track_words(past, i) for i in tracks)}"
    demands = (Demand("bars", str(length), str(len(bar_grid(answer))), 1.0 if len(bar_grid(answer)) == length else 0.0),
               *played, *key_demand(desk.key, past, written.notes))  # fmt: skip
    return Edit(answer, None, heard, demands, written.log_likelihood, files={"exchange.mid": exchange})


def _same_changes(harmony: Harmony, first: int, length: int) -> Harmony:
    """The harmony with an answer behind bar `first` that goes over the chords of its call, as in trading fours."""
    known = list(harmony.chords[: 2 * first])
    known += [None] * (2 * first - len(known))
    return replace(harmony, chords=(*known, *known[2 * (first - length) :]))


def _called(score: Score, desk: Desk) -> tuple[Score, tuple[int, ...]]:
    """What is answered: the piece or the asked bars of it, and which tracks of it play."""
    cells = select(score, desk.common.tracks, desk.common.bars)
    if desk.common.bars is None:
        return score, cells.tracks
    call = trim(score, cells.first_bar + 1, cells.last_bar + 1)
    playing = tuple(index for index in cells.tracks if len(call.tracks[index].notes))
    if not playing:
        raise ScoreError(f"{cells.words(score)}: nothing sounds there, so there is nothing to answer; give other bars")
    return call, playing


def _past(score: Score, call: Score, own: RespondOptions, desk: Desk) -> tuple[Score, int]:
    """What was played so far, with the call at its end; and how many bars of the piece come before the asked ones.

    An answer to some bars hears the piece up to them; where an exchange is remembered, it hears that instead.
    """
    if own.memory is not None:
        return _remembered(call, own), 0
    if desk.common.bars is None:
        return call, 0
    cells = select(score, desk.common.tracks, desk.common.bars)
    return trim(score, 1, cells.last_bar + 1), cells.first_bar


def _remembered(score: Score, own: RespondOptions) -> Score:
    """The exchange so far, with the call at its end."""
    assert own.memory is not None
    before = read(own.memory)
    if not before.note_count:
        raise ScoreError(f"{own.memory} has no notes to remember; leave --memory out")
    return with_roles(merge(before, score, after=True))


def _same_tracks(past: Score, score: Score, chosen: tuple[int, ...]) -> tuple[int, ...]:
    """The tracks of the exchange that play the call."""
    found = []
    for index in chosen:
        track = score.tracks[index]
        places = [
            i for i, t in enumerate(past.tracks) if (t.name, t.is_drum) == (track.name, track.is_drum) and len(t.notes)
        ]
        found += places[:1]
    if not found:
        raise ScoreError("none of the tracks of the call is in the exchange; give the exchange that belongs to it")
    return tuple(sorted(set(found)))


def _answering(desk: Desk, own: RespondOptions, call: Mapping[int, NDArray[Any]], score: Score, bars: int) -> Ask:
    """A complement plays as the call does; a contrast is sparse where it was busy, low where it was high."""
    if own.mode == "complement":
        return desk.ask(fresh=True)
    quarters = max(1.0, sum(bar_grid(score)["length_ticks"][-bars:]) / score.ticks_per_quarter)
    busy = sum(len(notes) for notes in call.values()) / quarters / max(1, len(call)) > 1.5
    pitched = [n["pitch"] for i, n in call.items() if not score.tracks[i].is_drum and len(n)]
    high = float(np.mean(np.concatenate(pitched))) > 60 if pitched else False
    said = desk.ask(fresh=True)
    density = said.density if said.density != 1.0 else (0.5 if busy else 1.8)
    register = said.register or ((-12 if high else 12) if pitched else 0)
    return replace(said, density=density, register=register)


RESPOND = Editor("respond", RespondOptions, _respond, lossless=False)
