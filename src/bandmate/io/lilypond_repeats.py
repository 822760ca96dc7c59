"""The braces of repeats and endings in LilyPond text, by the bars that they open before and close behind."""

from __future__ import annotations

from collections import defaultdict

from bandmate.io.written import Bar
from bandmate.score.model import Score
from bandmate.score.notation import Repeat, Volta


def repeat_braces(score: Score, bars: list[Bar]) -> tuple[dict[int, str], dict[int, str]]:
    """What opens before bars and closes behind them: repeats and their endings, in order, none within another."""
    opens: dict[int, str] = defaultdict(str)
    closes: dict[int, str] = defaultdict(str)
    if score.notation is None:
        return opens, closes
    starts = {bar.start_ticks: place for place, bar in enumerate(bars)}
    ends = {bar.end_ticks: place for place, bar in enumerate(bars)}
    forward = [starts[r.ticks] for r in score.notation.repeats if not r.backward and r.ticks in starts]
    free = 0  # the first bar that no repeat has taken
    for repeat in sorted(r for r in score.notation.repeats if r.backward and r.ticks in ends):
        last = ends[repeat.ticks]
        first = max([free, *(place for place in forward if place <= last)])
        if last < free:
            continue
        endings = _endings(score.notation.voltas, repeat, bars, starts, ends, first)
        opens[first] += f"\\repeat volta {max([repeat.times, *(max(v.turns) for _, _, v in endings)])} {{ "
        if endings:
            closes[endings[0][0] - 1] += " } \\alternative {"
            for begin, end, volta in endings:
                opens[begin] += f"\\volta {','.join(map(str, volta.turns))} {{ "
                closes[end] += " }"
            last = endings[-1][1]
        closes[last] += " }"
        free = last + 1
    return opens, closes


def _endings(
    voltas: tuple[Volta, ...], repeat: Repeat, bars: list[Bar], starts: dict[int, int], ends: dict[int, int], first: int
) -> list[tuple[int, int, Volta]]:
    """The endings that follow each other through a backward repeat: (first bar, last bar, ending)."""
    found: list[tuple[int, int, Volta]] = []
    for volta in sorted(voltas):
        if volta.start_ticks not in starts or volta.end_ticks not in ends:
            continue
        row = (starts[volta.start_ticks], ends[volta.end_ticks], volta)
        follows = found and row[0] == found[-1][1] + 1
        if (not found and row[0] > first and volta.end_ticks == repeat.ticks) or follows:
            found.append(row)
    return found
