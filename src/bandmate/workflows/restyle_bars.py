"""restyle of some bars: there the band gives way to another genre's, and the rest of the piece is untouched."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bandmate.counts import spanned
from bandmate.errors import BriefError, ScoreError
from bandmate.groovebook.backing import in_ticks, mean_tempo, named_apart
from bandmate.groovebook.cells import TPQ
from bandmate.score.cut import window
from bandmate.score.model import Score, Track
from bandmate.score.selection import Selection, check_one_instrument, select, track_words
from bandmate.score.splice import added, splice
from bandmate.score.timeline import bar_grid, meter_runs
from bandmate.workflows.candidates import write_down
from bandmate.workflows.edit_desk import Desk, notes_within
from bandmate.workflows.edits import Edit, Editor
from bandmate.workflows.given import genre_named, melody_of
from bandmate.workflows.jobs import Job
from bandmate.workflows.report import Demand
from bandmate.workflows.request import MakeOptions, Request, draft_of
from bandmate.workflows.restyle import song_of
from bandmate.workflows.restyle_like import Style


@dataclass(frozen=True, slots=True)
class RestyleBarsOptions:
    """restyle of some bars.

    Attributes:
        to: a genre.
        melody: the track that stays, by name, role or number; None = the one that is heard.
    """

    to: str = ""
    melody: str | None = None


def _restyle(score: Score, own: RestyleBarsOptions, desk: Desk) -> Edit:
    _check(desk)
    genre, place = genre_named(own.to), melody_of(score, own.melody)
    cells = _giving_way(score, place, desk)
    start, end = cells.span(score)
    band = _band(score, place, cells, genre, desk)
    kept = [t for i, t in enumerate(score.tracks) if i not in cells.tracks and i != place]
    taken = {t.role for t in kept if len(notes_within(t.notes, start, end))}
    band = [track for track in band if track.role not in taken and len(track.notes)]
    own_drums = next((i for i in cells.tracks if score.tracks[i].is_drum), None)
    drums = [track for track in band if track.is_drum] if own_drums is not None else []
    new = named_apart([track for track in band if track not in drums], [t.name for t in score.tracks])
    edited, places = added(score, new)  # before its own tracks fall silent, which may have been the last to sound
    edited = splice(edited, cells, {} if own_drums is None or not drums else {own_drums: drums[0].notes})
    played = ()
    if places:
        edited, played = desk.played_well(edited, replace(cells, tracks=places))
    names = [*([track_words(score, own_drums)] if own_drums is not None and drums else []), *(t.name for t in new)]
    heard = f"{spanned(cells.first_bar + 1, cells.last_bar + 1)} in {genre}: {', '.join(names)}"
    demand = Demand("style", genre, ", ".join(names) or "nothing plays", 1.0 if names else 0.0)
    return Edit(edited, cells, heard, (demand, *played))


def _check(desk: Desk) -> None:
    common = desk.common
    if common.bars is None:
        raise BriefError("which bars? give them with --bars, such as 9-16; without them the whole song is restyled")
    for name in ("key", "lock", "genre"):
        if getattr(common, name) is not None:
            raise BriefError(f"restyle keeps key and chords of the bars, so it takes no {name}; leave --{name} out")


def _giving_way(score: Score, melody: int, desk: Desk) -> Selection:
    """The asked tracks without the melody, in the asked bars."""
    cells = select(score, desk.common.tracks or str(melody + 1), desk.common.bars)
    if desk.common.tracks is None:
        chosen = [i for i, track in enumerate(score.tracks) if len(track.notes)]
    else:
        chosen = list(cells.tracks)
    tracks = tuple(i for i in chosen if i != melody)
    for index in tracks:
        check_one_instrument(score, index)
    return replace(cells, tracks=tracks)


def _band(score: Score, melody: int, cells: Selection, genre: str, desk: Desk) -> list[Track]:
    """The genre's band in the asked bars at its place; each stretch of one meter is played by itself.

    Raises:
        ScoreError: the melody rests in all of them.
    """
    bars, found = bar_grid(score)[cells.first_bar : cells.last_bar + 1], dict[tuple[str, int], Track]()
    sung = False
    for first, last in meter_runs(bars, score.ticks_per_quarter):
        span = int(bars["start_ticks"][first]), int(bars["start_ticks"][last] + bars["length_ticks"][last])
        part = window(score, *span)
        if not len(part.tracks[melody].notes):
            continue
        sung, seen = True, Counter[str]()
        for track in _in_one_meter(part, melody, genre, desk):
            place, made = (track.role, seen[track.role]), _placed(track, part, span)
            seen[track.role] += 1
            before = found.get(place)
            found[place] = made if before is None else replace(
                before, notes=np.concatenate([before.notes, _on(made.notes, before)])
            )  # fmt: skip
    if not sung:
        where = spanned(cells.first_bar + 1, cells.last_bar + 1)
        raise ScoreError(f"the melody ({track_words(score, melody)}) rests in {where}; choose other bars, or --melody")
    return list(found.values())


def _on(notes: NDArray[Any], track: Track) -> NDArray[Any]:
    """Notes on the channel of a track."""
    moved = notes.copy()
    moved["channel"] = track.channel
    return moved


def _in_one_meter(part: Score, melody: int, genre: str, desk: Desk) -> list[Track]:
    """The genre's band round the melody of a stretch, without the melody itself."""
    # marks of the musician change from day to day, and a take has to come again as it was
    song = song_of(part, melody, Style(genre), mean_tempo(part))
    plan = song.plan(desk.seed, desk.seed)
    plan = replace(plan, extra=plan.extra | {"ending": "loop"})  # the piece goes on behind it
    singer = next(i for i, track in enumerate(plan.tracks) if track.role == "melody")
    given, source = song.given(plan, singer)
    common = desk.common
    making = MakeOptions(engine=desk.engine, model=common.model, variety=common.variety, stems=False,
                         temperature=common.temperature, candidates=common.candidates, no_copy=common.no_copy,
                         without=("taste",))  # fmt: skip
    request = Request(name="bars", brief=plan.brief, heard="", options=making, given=given, keep={singer: source},
                      drafts=(draft_of(plan, plan.seed, making, 1),))  # fmt: skip
    written = next(iter(write_down(request, desk.engine, Job())))
    desk.job.first_note()
    return [track for i, track in enumerate(written.score.tracks) if i != singer]


def _placed(track: Track, part: Score, span: tuple[int, int]) -> Track:
    """A track of the band at its place in the piece."""
    moved = in_ticks(track, TPQ / part.ticks_per_quarter)
    return replace(moved, notes=_shifted(moved.notes, span), blobs=(), end_ticks=0)


def _shifted(notes: NDArray[Any], span: tuple[int, int]) -> NDArray[Any]:
    rows = notes[notes["onset_ticks"] < span[1] - span[0]].copy()
    rows["onset_ticks"] = np.maximum(rows["onset_ticks"], 0) + span[0]
    rows["duration_ticks"] = np.minimum(rows["duration_ticks"], span[1] - rows["onset_ticks"])
    return rows


RESTYLE = Editor("restyle", RestyleBarsOptions, _restyle)
