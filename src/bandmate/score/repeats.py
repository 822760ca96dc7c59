"""Repeats, endings and jumps as they are played: the way through a score, and the score written out.

|: A [1. B :| [2. C |     A B A C
D.C. al Fine, D.S. al Coda: from the start or the sign, repeats not taken again and last endings alone
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable
from dataclasses import replace
from itertools import accumulate
from operator import attrgetter, itemgetter
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from bandmate.errors import ScoreError
from bandmate.limits import MIDI_NOTES, SCORE_BARS, SCORE_SIGNS
from bandmate.score.model import MADE, Marker, Score, Track
from bandmate.score.notation import REST, Lyric, ScoreNotation, Slur, TrackNotation, Volta, Words
from bandmate.score.timeline import bar_grid

_MOST_STRETCHES = 2000
_BEGIN = attrgetter("start_ticks")


class Stretch(NamedTuple):
    """What is played in one go: from a tick up to another, and where that begins when it is written out."""

    start: int
    end: int
    at: int


def play_order(score: Score) -> tuple[Stretch, ...]:
    """The stretches of a score in the order in which they are played; one where nothing is repeated.

    Raises:
        ScoreError: its signs lead through more stretches, or more bars, than anybody plays.
    """
    written, last = score.notation, score.last_ticks
    if written is None or not (written.repeats or written.voltas or written.jumps):
        return (Stretch(0, last, 0),)
    walk = _Walk(written, last)
    starts = bar_grid(score)["start_ticks"].tolist()
    out: list[Stretch] = []
    bars = 0  # of the stretches before the last
    for start, end in walk.steps():
        if out and out[-1].end == start:
            out[-1] = out[-1]._replace(end=end)
        else:
            bars += _bars(starts, out[-1]) if out else 0
            out.append(Stretch(start, end, out[-1].at + out[-1].end - out[-1].start if out else 0))
        if len(out) > _MOST_STRETCHES:
            raise ScoreError(f"the repeats of the score lead through more than {_MOST_STRETCHES} stretches; mend them")
        if bars + _bars(starts, out[-1]) > SCORE_BARS.high:
            raise ScoreError(
                f"written out, the score has more than {SCORE_BARS.high:,.0f} bars; mend its repeats or cut it first"
            )
    return tuple(out)


def _bars(starts: list[int], stretch: Stretch) -> int:
    return bisect_left(starts, stretch.end) - bisect_right(starts, stretch.start) + 1


class _Walk:
    """A reader of the signs who goes through a score once."""

    def __init__(self, written: ScoreNotation, last: int) -> None:
        self.forward = {sign.ticks for sign in written.repeats if not sign.backward}
        self.backward = {sign.ticks: sign.times for sign in written.repeats if sign.backward}
        self.voltas = {volta.start_ticks: volta for volta in written.voltas if volta.end_ticks > volta.start_ticks}
        self.ends = {volta.end_ticks: volta for volta in self.voltas.values()}
        rows = sorted(self.voltas.values())
        self.starts = [volta.start_ticks for volta in rows]
        self.reach = list(accumulate(rows, lambda a, b: max(a, b, key=lambda one: one.end_ticks)))
        self.last: dict[int, Volta] = {}  # by where an ending starts: the last of those that stand in a row with it
        self.most: dict[int, int] = {}  # and the highest turn of them all
        for volta in reversed(rows):
            self.last[volta.start_ticks] = self.last.get(volta.end_ticks, volta)
            self.most[volta.start_ticks] = max((*volta.turns, self.most.get(volta.end_ticks, 1)))
        for volta in rows:
            before = self.ends.get(volta.start_ticks)
            if before is not None:
                self.most[volta.start_ticks] = max(self.most[volta.start_ticks], self.most[before.start_ticks])
        self.jumps = {(jump.ticks, jump.kind) for jump in written.jumps}
        self.signs = {kind: at for at, kind in sorted(self.jumps, reverse=True)}  # the first of each
        places = {0, last, *self.forward, *self.backward, *(at for at, _ in self.jumps), *self.voltas}
        places |= {volta.end_ticks for volta in self.voltas.values()}
        self.places = sorted(place for place in places if 0 <= place <= last)

    def steps(self) -> Iterable[tuple[int, int]]:
        """Neighbouring places from which to which it is played."""
        where, home, turn, jumped = 0, 0, 1, False
        taken: set[tuple[int, str]] = set()
        next_place = dict(zip(self.places, self.places[1:], strict=False))
        while where in next_place:
            if where in self.forward and home != where:
                home, turn = where, 1
            volta = self.voltas.get(where)
            if volta is not None and not self._plays(volta, turn, jumped):
                where = volta.end_ticks
                continue
            end = next_place[where]
            yield where, end
            if jumped and (end, "fine") in self.jumps:
                return
            if jumped and (end, "to-coda") in self.jumps and "coda" in self.signs:
                where = home = self.signs["coda"]
                turn = 1
                continue
            if end in self.backward and not jumped and turn < max(self.backward[end], self._turns(end)):
                where, turn = home, turn + 1
                continue
            if end in self.backward or (end in self.ends and end not in self.voltas):
                home, turn = end, 1
            back = next((kind for kind in ("da-capo", "dal-segno") if (end, kind) in self.jumps), "")
            if back and (end, back) not in taken:
                taken.add((end, back))
                where = home = self.signs.get("segno", 0) if back == "dal-segno" else 0
                turn, jumped = 1, True
                continue
            where = end

    def _plays(self, volta: Volta, turn: int, jumped: bool) -> bool:
        return self.last[volta.start_ticks] == volta if jumped else turn in volta.turns

    def _turns(self, place: int) -> int:
        """How often the stretch is played whose ending ends here."""
        before = bisect_left(self.starts, place)
        if before and self.reach[before - 1].end_ticks >= place:
            return self.most[self.reach[before - 1].start_ticks]
        return 1


def expand_repeats(score: Score) -> Score:
    """The score written out as it is played, its notation with it; the same where nothing is repeated.

    A note that is tied into a stretch from before sounds anew where it is jumped to.

    Raises:
        ScoreError: its signs lead through more stretches or bars, or to more notes, rests and syllables, than a score
            may have.
    """
    way = play_order(score)
    if len(way) == 1 and (score.notation is None or not score.notation.repeats):
        return score
    _check_size(score, way)
    meters = _map(score.meters, way, again=True)
    whole = None if score.notation is None else _whole(score.notation, way, meters)
    return replace(
        score,
        tracks=tuple(_track(track, way) for track in score.tracks),
        tempos=_map(score.tempos, way),
        meters=meters,
        keys=_map(score.keys, way),
        markers=tuple(Marker(*one[:2]) for one in _moved((Words(m.ticks, m.text) for m in score.markers), way)),
        end_ticks=way[-1].at + way[-1].end - way[-1].start,
        header=None,
        notation=whole,
    )


def _check_size(score: Score, way: tuple[Stretch, ...]) -> None:
    notes = sum(_met(track.notes["onset_ticks"], way) for track in score.tracks)
    if notes > MIDI_NOTES.high:
        raise ScoreError(f"written out, the score has {notes:,} notes, more than {MIDI_NOTES.high:,.0f}; cut it first")
    signs = 0
    for track in score.tracks:
        if track.notation is not None:
            sung = np.array([lyric.note for lyric in track.notation.lyrics], np.int64)
            signs += _met(track.notation.rows["onset_ticks"], way) + _met(
                track.notation.notes["onset_ticks"][sung], way
            )
    if signs > SCORE_SIGNS.high:
        raise ScoreError(
            f"written out, the score has {signs:,} notes, rests and syllables, more than {SCORE_SIGNS.high:,.0f}; "
            "cut it first"
        )


def _met(ticks: NDArray[Any], way: tuple[Stretch, ...]) -> int:
    """How many of these places the way leads past, as often as it does."""
    ticks, spans = np.sort(ticks), np.array(way, np.int64)
    return int((np.searchsorted(ticks, spans[:, 1]) - np.searchsorted(ticks, spans[:, 0])).sum())


def _map(rows: NDArray[Any], way: tuple[Stretch, ...], *, again: bool = False) -> NDArray[Any]:
    """A map of tempo, meter or key along the way; `again`: each stretch begins a bar, and says so."""
    out = []
    now = rows[:0]
    for start, end, at in way:
        force = rows[rows["ticks"] <= start][-1:].copy()
        inside = rows[(rows["ticks"] > start) & (rows["ticks"] < end)].copy()
        force["ticks"], inside["ticks"] = at, inside["ticks"] - start + at
        names = [name for name in rows.dtype.names or () if name not in ("ticks", "track", "order")]
        if again or not len(now) or not len(force) or any((now[name] != force[name]).any() for name in names):
            out.append(force)
        out.append(inside)
        now = np.concatenate([now, force, inside])[-1:]
    table = np.concatenate(out) if out else rows
    table["track"], table["order"] = 0, MADE
    return table


def _moved(placed: Iterable[Any], way: tuple[Stretch, ...]) -> list[Any]:
    """Tuples that begin with their place, wherever the way leads past them."""
    rows = sorted(placed, key=itemgetter(0))
    places = [one[0] for one in rows]
    return [
        one._replace(ticks=one.ticks - s.start + s.at)
        for s in way for one in rows[bisect_left(places, s.start) : bisect_left(places, s.end)]
    ]  # fmt: skip


def _in_force(placed: Iterable[Any], way: tuple[Stretch, ...], key: int) -> tuple[Any, ...]:
    """Clefs and the like: those on the way, and at each jump those that hold where it leads to."""
    found, out = sorted(placed), []
    places = [one[0] for one in found]
    chains: dict[Any, list[Any]] = {}
    for one in found:
        chains.setdefault(one[key] if key else 0, []).append(one)
    now: dict[Any, Any] = {}
    for stretch in way:
        last = {which: bisect_right(chain, stretch.start, key=itemgetter(0)) for which, chain in chains.items()}
        here = {which: chains[which][n - 1]._replace(ticks=stretch.at) for which, n in last.items() if n}
        out += [one for which, one in here.items() if which not in now or now[which][1:] != one[1:]]
        inside = found[bisect_right(places, stretch.start) : bisect_left(places, stretch.end)]
        later = [one._replace(ticks=one.ticks - stretch.start + stretch.at) for one in inside]
        out += later
        now |= here | {one[key] if key else 0: one for one in later}
    return tuple(out)


def _track(track: Track, way: tuple[Stretch, ...]) -> Track:
    notes, origins = [], []
    for start, end, at in way:
        onset, stop = track.notes["onset_ticks"], track.notes["onset_ticks"] + track.notes["duration_ticks"]
        place = np.flatnonzero((onset < end) & ((onset >= start) | (stop > start)))
        part = track.notes[place].copy()
        part["onset_ticks"] = np.maximum(onset[place], start) - start + at
        part["duration_ticks"] = np.minimum(stop[place], end) - np.maximum(onset[place], start)
        part["on_order"] = part["off_order"] = MADE
        notes.append(part)
        origins.append(place)
    table = np.concatenate(notes)
    order = np.lexsort((table["pitch"], table["onset_ticks"]))
    back = np.empty(len(order), np.int64)
    back[order] = np.arange(len(order))
    table = table[order]
    events = []
    for start, end, at in way:
        inside = track.events[(track.events["ticks"] >= start) & (track.events["ticks"] < end)].copy()
        inside["ticks"] += at - start
        inside["order"] = MADE
        events.append(inside)
    notation = None if track.notation is None else _notation(track.notation, table, way, origins, back)
    return replace(track, notes=table, events=np.concatenate(events), end_ticks=0, end_order=MADE, notation=notation)


def _notation(
    written: TrackNotation, notes: NDArray[Any], way: tuple[Stretch, ...], origins: list[NDArray[Any]],
    back: NDArray[np.int64],
) -> TrackNotation:  # fmt: skip
    rows, lyrics, slurs, spans = [], [], [], []
    sung: dict[int, list[Lyric]] = {}
    slurred: dict[int, list[int]] = {}
    for lyric in written.lyrics:
        sung.setdefault(lyric.note, []).append(lyric)
    for note, to in written.slurs:
        slurred.setdefault(note, []).append(to)
    spanned = sorted(written.spans, key=_BEGIN)
    begins = [one.start_ticks for one in spanned]
    first = 0
    for (start, end, at), place in zip(way, origins, strict=True):
        new = {int(old): int(back[first + n]) for n, old in enumerate(place)} | {REST: REST}
        first += len(place)
        inside = written.rows[(written.rows["onset_ticks"] >= start) & (written.rows["onset_ticks"] < end)]
        inside = inside[[int(note) in new for note in inside["note"]]].copy()
        inside["note"] = [new[int(note)] for note in inside["note"]]
        inside["onset_ticks"] += at - start
        rows.append(inside)
        here = sorted(new)  # by note, not by sign: stretches times signs would be too long a search
        lyrics += [one._replace(note=new[note]) for note in here for one in sung.get(note, ())]
        slurs += [Slur(new[note], new[to]) for note in here for to in slurred.get(note, ()) if to in new]
        spans += [
            one._replace(start_ticks=one.start_ticks - start + at, end_ticks=min(one.end_ticks, end) - start + at)
            for one in spanned[bisect_left(begins, start) : bisect_left(begins, end)]
        ]
    return replace(
        written, notes=notes, rows=np.concatenate(rows), lyrics=tuple(sorted(lyrics)), slurs=tuple(slurs),
        spans=tuple(spans), clefs=_in_force(written.clefs, way, 1), dynamics=tuple(_moved(written.dynamics, way)),
        transpositions=_in_force(written.transpositions, way, 0), words=tuple(_moved(written.words, way)),
    )  # fmt: skip


def _whole(written: ScoreNotation, way: tuple[Stretch, ...], meters: NDArray[Any]) -> ScoreNotation:
    end = way[-1].at + way[-1].end - way[-1].start
    lines = [line for line in _moved(written.barlines, way) if line.ticks > 0]
    closing = [line._replace(ticks=end) for line in written.barlines if line.ticks == way[-1].end]
    return replace(
        written, meters=meters, repeats=(), voltas=(), jumps=(), bar_numbers=(), barlines=tuple(lines + closing),
        chords=tuple(_moved(written.chords, way)), tempo_words=tuple(_moved(written.tempo_words, way)),
    )  # fmt: skip
