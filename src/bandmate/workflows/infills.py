"""regenerate, continue and accompany: cells anew, bars behind the last, tracks beside the others."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bandmate.counts import counted
from bandmate.errors import BriefError, ScoreError
from bandmate.generation.harmony import singing
from bandmate.generation.infill import Infilled
from bandmate.generation.scene import Harmony, Part
from bandmate.limits import BARS, TRACKS
from bandmate.score.brief import Brief
from bandmate.score.cut import released
from bandmate.score.model import MADE, TEMPO, Score, Track
from bandmate.score.plan import Plan
from bandmate.score.selection import Selection, check_one_instrument, select, track_words
from bandmate.score.splice import added, extended, music_bars, splice
from bandmate.score.timeline import bar_grid, bar_of
from bandmate.workflows.company import alone, company_of
from bandmate.workflows.edit_demands import density_demand, key_demand, syncopation_demand
from bandmate.workflows.edit_desk import Desk
from bandmate.workflows.edits import Edit, Editor, notes_asked
from bandmate.workflows.report import Demand

_LATELY = 8  # bars at the end that say who plays on
_PERIODS = (4, 8, 2, 1, 6, 12, 16)  # bars after which chords come round, the likeliest first
_THROUGH = 0.6  # share of the last bars from which on a track plays through
_SLOWED = 0.88  # a last tempo below this share of the main one is the end of a piece, not its pace


@dataclass(frozen=True, slots=True)
class RegenerateOptions:
    """regenerate has no options of its own."""


def _regenerate(score: Score, _own: RegenerateOptions, desk: Desk) -> Edit:
    selection = select(score, desk.common.tracks, desk.common.bars)
    ask = desk.ask()
    if desk.genre:
        ask = desk.leaning(score, selection, ask, parts=desk.parts(score, selection), harmony=desk.harmony)
    before = notes_asked(score, selection)

    def steps(written: Infilled) -> list[Demand]:
        new = splice(score, selection, written.notes)
        found = list(density_demand(ask.density, before, notes_asked(new, selection)))
        return found + (list(syncopation_demand(score, new, selection)) if ask.syncopated > 0 else [])

    written = desk.write_step(score, selection, ask, steps)
    edited, played = desk.played_well(splice(score, selection, written.notes), selection)
    demands = [*played, *steps(written), *key_demand(desk.key, score, written.notes)]
    heard = f"{selection.words(score)} anew{_manner(desk.brief)}"
    return Edit(edited, selection, heard, tuple(demands), written.log_likelihood)


def _manner(brief: Brief) -> str:
    """What the words ask, in a few words."""
    said = []
    density = math.prod([brief.density, *(track.density for track in brief.tracks)])  # as `Desk.ask` has it
    if density != 1.0:
        said.append(f"{'busier' if density > 1 else 'sparser'} ({density:g} times)")
    said += [word.replace("_", " ") for word in brief.feel]
    if brief.register:
        said.append(f"{counted(abs(brief.register), 'semitone')} {'higher' if brief.register > 0 else 'lower'}")
    if brief.energy is not None and "energy" not in brief.guessed and brief.energy != 3:
        said.append("louder" if brief.energy > 3 else "quieter")
    if brief.key and "key" not in brief.guessed:
        said.append(f"in {brief.key.name}")
    if brief.genre and "genre" not in brief.guessed:
        said.append(brief.genre)
    said += list(brief.moods)
    return f": {', '.join(said)}" if said else ""


@dataclass(frozen=True, slots=True)
class ContinueOptions:
    """continue: how many bars are written behind the last."""

    bars: int = 8


def _continue(score: Score, own: ContinueOptions, desk: Desk) -> Edit:
    BARS.check(own.bars)
    if desk.common.tracks is not None:
        tracks = select(score, desk.common.tracks, str(music_bars(score))).tracks
    else:
        tracks = _playing(score)
    first = music_bars(score)
    longer = _paced(_let_go(extended(score, own.bars), first), first)
    selection = Selection(tracks, first, first + own.bars - 1)
    harmony = _going_round(desk.harmony, first, own.bars)
    ask = desk.ask(rests=_resting(score, tracks, first, own.bars))
    written = desk.write(longer, selection, ask, harmony=harmony)
    edited, played = desk.played_well(splice(longer, selection, written.notes), selection)
    names = ", ".join(track_words(score, i) for i in tracks)
    heard = f"{counted(own.bars, 'bar')} behind bar {first}: {names}{_manner(desk.brief)}"
    bars = Demand("bars", str(first + own.bars), str(len(bar_grid(edited))),
                  1.0 if len(bar_grid(edited)) == first + own.bars else 0.0)  # fmt: skip
    seam = selection.span(longer)[0]
    demands = (bars, *played, *key_demand(desk.key, score, written.notes))
    return Edit(edited, None, heard, demands, written.log_likelihood, behind=seam)


def _playing(score: Score) -> tuple[int, ...]:
    """The tracks that play at the end of a piece; all of them if none does."""
    grid = bar_grid(score)
    start = int(grid["start_ticks"][max(0, music_bars(score) - _LATELY)])
    sounding = [i for i, track in enumerate(score.tracks) if len(track.notes)]
    late = [i for i in sounding if (score.tracks[i].notes["onset_ticks"] >= start).any()]
    for index in late or sounding:
        check_one_instrument(score, index)
    return tuple(late or sounding)


def _let_go(score: Score, bars: int) -> Score:
    """The score with pedals that were still down let go where its music ended."""
    grid = bar_grid(score)
    seam = int(grid["start_ticks"][bars])
    tracks = []
    for track in score.tracks:
        late = released(track.events, max(seam, int(track.events["ticks"].max(initial=0))))
        tracks.append(replace(track, events=np.concatenate([track.events, late])) if len(late) else track)
    return replace(score, tracks=tuple(tracks))


def _paced(score: Score, bars: int) -> Score:
    """The score at its own pace again behind a slowed ending."""
    grid, tempos = bar_grid(score), score.tempos
    seam = int(grid["start_ticks"][bars])
    if len(tempos) < 2:
        return score
    ends = np.append(tempos["ticks"][1:], seam)
    main = int(tempos["us_per_quarter"][int(np.argmax(np.maximum(ends - tempos["ticks"], 0)))])
    last = int(tempos["us_per_quarter"][-1])
    if last * _SLOWED <= main:
        return score
    row = np.array([(seam, main, int(tempos["track"][-1]), MADE)], TEMPO)
    return replace(score, tempos=np.concatenate([tempos, row]))


def _going_round(harmony: Harmony, bars: int, more: int) -> Harmony:
    """The harmony with so many bars more, in which the last chords come round again."""
    known = list(harmony.chords[: 2 * bars])
    known += [None] * (2 * bars - len(known))

    def like(period: int) -> float:
        late = [(known[i], known[i - 2 * period]) for i in range(max(2 * period, len(known) - 32), len(known))]
        pairs = [(a, b) for a, b in late if a is not None]
        return float(np.mean([a == b for a, b in pairs])) if len(pairs) >= 4 else 0.0

    periods = [p for p in _PERIODS if 2 * p <= bars] or [bars]
    best = max(periods, key=lambda period: (round(like(period), 1), -periods.index(period)))
    chords = [*known, *(known[2 * bars - 2 * best + i % (2 * best)] for i in range(2 * more))]
    return replace(harmony, chords=tuple(chords))


def _resting(score: Score, tracks: Sequence[int], bars: int, more: int) -> NDArray[np.bool_]:
    """Which of the new cells may rest: those of tracks that did not play through most of the last bars."""
    grid, lately = bar_grid(score), max(0, bars - 2 * _LATELY)
    rests = np.zeros((len(tracks), more), bool)
    for row, index in enumerate(tracks):
        played = np.unique(bar_of(grid, score.tracks[index].notes["onset_ticks"]))
        rests[row] = int((played >= lately).sum()) < _THROUGH * (bars - lately)
    return rests


@dataclass(frozen=True, slots=True)
class AccompanyOptions:
    """accompany: the tracks that are added, such as "bass,chords=rhodes"; `tracks` are those that they listen to."""

    add: str = ""


def _accompany(score: Score, own: AccompanyOptions, desk: Desk) -> Edit:
    from bandmate.generation.words_flag_tracks import parse_track

    wanted = [word.strip() for word in own.add.split(",") if word.strip()]
    if not wanted:
        raise BriefError('nothing to add was named; give roles or instruments, such as --add "bass,chords=rhodes"')
    TRACKS.check(len(wanted) + sum(len(track.notes) > 0 for track in score.tracks))
    asks, whole = tuple(parse_track(word) for word in wanted), score
    if desk.common.tracks is not None:
        score = alone(score, select(score, desk.common.tracks, None).tracks)
        desk = replace(desk, score=score, memo={})
    _all_one_instrument(score)
    company = company_of(score, desk.genre)
    genre = company.genre
    plan = _accompaniment(score, desk, asks, company.players or genre)
    harmony = desk.harmony
    if all(chord is None for chord in harmony.chords):  # nothing but drums: the plan says what is played over
        harmony = Harmony(desk.key or plan.key, _spread(plan, score))
    new = [Track(p.name, p.program, p.is_drum, role=p.role) for p in plan.tracks]
    wide = replace(score, tracks=(*score.tracks, *new))
    count = len(score.tracks)
    selection = _chosen_bars(wide, tuple(range(count, count + len(new))), desk.common.bars)
    parts = {count + i: Part.planned(planned) for i, planned in enumerate(plan.tracks)}
    lines = frozenset(count + i for i, sings in enumerate(singing(plan)) if sings)
    ask = desk.ask(rests=_silent(score, selection), fresh=True, sings=lines, genre=genre)
    ask = replace(ask, velocity=ask.velocity * company.velocity, moods=ask.moods or company.moods)
    if genre or not any(desk.harmony.chords):  # else the piece says more than a genre does
        ask = desk.leaning(wide, selection, ask, parts=parts, harmony=harmony)
    written = desk.write(wide, selection, ask, parts=parts, harmony=harmony)
    filled = [replace(track, notes=written.notes[count + i]) for i, track in enumerate(new)]
    edited, places = added(whole, filled)
    edited, played = desk.played_well(edited, replace(selection, tracks=places))
    silent = [edited.tracks[i].name for i in places if not len(edited.tracks[i].notes)]
    got = "all play" if not silent else f"{', '.join(silent)} silent"
    heard = f"{', '.join(p.name for p in plan.tracks)} added{_to_whom(score, desk)}{_manner(desk.brief)}{company.said}"
    tracks = Demand("tracks", ", ".join(wanted), got, 1.0 - len(silent) / len(new))
    demands = (tracks, *played, *key_demand(desk.key, wide, written.notes))
    return Edit(edited, None, heard, demands, written.log_likelihood)


def _to_whom(score: Score, desk: Desk) -> str:
    """Whom the new tracks listen to, where it is not everybody."""
    if desk.common.tracks is None:
        return ""
    return f" to {', '.join(track_words(score, i) for i, track in enumerate(score.tracks) if len(track.notes))}"


def _all_one_instrument(score: Score) -> None:
    for index, track in enumerate(score.tracks):
        if len(track.notes):
            check_one_instrument(score, index)


def _chosen_bars(score: Score, tracks: tuple[int, ...], bars: str | None) -> Selection:
    if bars is None:
        return Selection(tracks, 0, music_bars(score) - 1)
    sounding = next(i for i, track in enumerate(score.tracks) if len(track.notes))
    return replace(select(score, str(sounding + 1), bars), tracks=tracks)


def _accompaniment(score: Score, desk: Desk, asks: Sequence[Any], genre: str) -> Plan:
    """Programs, ranges and voices of the new tracks, as the groove book gives them to the genre; key and chords too."""
    from bandmate.groovebook.plan import make_plan

    grid = bar_grid(score)
    meter = (int(grid["numerator"][0]), int(grid["denominator"][0]))
    brief = Brief(
        genre=genre or "pop", key=desk.key or desk.harmony.key, tempo=min(400.0, max(20.0, score.bpm)),
        meter=meter, bars=min(len(grid), 64), tracks=tuple(asks), only=tuple(dict.fromkeys(a.role for a in asks)),
        moods=desk.brief.moods, chords=desk.brief.chords,
    )  # fmt: skip
    plan = make_plan(brief, desk.seed, shared=desk.seed)
    kept = [
        next((t for t in plan.tracks if t.role == ask.role and ask.program in (None, t.program)), None) for ask in asks
    ]
    if None in kept:
        raise ScoreError(f"{asks[kept.index(None)].role} cannot be added in this meter; choose another role")
    return replace(plan, tracks=tuple(t for t in kept if t is not None))


def _spread(plan: Plan, score: Score) -> tuple[Any, ...]:
    halves = 2 * len(bar_grid(score))
    return tuple(plan.chords[i % len(plan.chords)] for i in range(halves))


def _silent(score: Score, selection: Selection) -> NDArray[np.bool_]:
    """Cells that may rest: in bars in which nobody else plays."""
    grid = bar_grid(score)
    played = np.zeros(len(grid), bool)
    for track in score.tracks:
        played[bar_of(grid, track.notes["onset_ticks"])] = True
    return np.tile(~played[selection.first_bar : selection.last_bar + 1], (len(selection.tracks), 1))


REGENERATE = Editor("regenerate", RegenerateOptions, _regenerate)
CONTINUE = Editor("continue", ContinueOptions, _continue)
ACCOMPANY = Editor("accompany", AccompanyOptions, _accompany)
