"""Repeats, endings and jumps as they are played: the way through a score.

|: A [1. B :| [2. C |     A B A C
D.C. al Fine, D.S. al Coda: from the start or the sign, repeats not taken again and last endings alone
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable
from itertools import accumulate
from typing import NamedTuple

from bandmate.errors import ScoreError
from bandmate.limits import SCORE_BARS
from bandmate.score.model import Score
from bandmate.score.notation import ScoreNotation, Volta
from bandmate.score.timeline import bar_grid

_MOST_STRETCHES = 2000


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
