"""The drum grid: the hits of some bars as a step sequencer shows them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bandmate.errors import BriefError
from bandmate.pictures import style
from bandmate.pictures.canvas import Canvas, save_picture
from bandmate.pictures.names import SHORT_DRUM_NAMES, drum_place
from bandmate.score.model import Score
from bandmate.score.timeline import bar_grid, bar_of

DIVISIONS = (4, 3, 6, 8)  # steps a quarter, the first that the hits fit
CLOSE = 0.06  # quarters: a hit that far from its step still is on it
LEFT, MARGIN, HEADER, ROW, GAP = 150, 28, 84, 34, 26
LINE_WIDTH = 1280  # px that a line of bars may take
MAX_BARS = 64


@dataclass(frozen=True, slots=True)
class _Line:
    """Some bars beside each other: their first and last index, and where they stand."""

    first: int
    last: int
    top: int


def draw_drums(score: Score, path: str | Path, *, first_bar: int = 1, bars: int = 2, title: str | None = None) -> Path:
    """Draw the drums of some bars as a grid: a row a drum, a cell a step, louder hits stronger in colour and larger.

    A hit stands where it was played, so that swing and a late snare are seen beside the cell.

    Args:
        score: its drum tracks are drawn together.
        path: the PNG or SVG to write.
        first_bar: from 1.
        bars: how many, at most 64.
        title: heading; None = the score's title.

    Raises:
        BriefError: the bars are not in the score, or no drum sounds in them; the message names them.
        OutputError: the place cannot be written to.
    """
    return save_picture(drums_canvas(score, first_bar, bars, title), path)


def drums_canvas(score: Score, first_bar: int = 1, bars: int = 2, title: str | None = None) -> Canvas:
    """The drum grid as a page; the arguments and errors are those of `draw_drums`."""
    shown, hits, rows, division, steps = _grid(score, first_bar, bars)
    a_line = max(1, min(len(shown), LINE_WIDTH // int(steps.max() * 20)))
    cell = float(min(LINE_WIDTH / (steps.max() * a_line), 44))
    height = len(rows) * ROW
    lines = [
        _Line(first, min(first + a_line, len(shown)), HEADER + 24 + index * (height + GAP + 20))
        for index, first in enumerate(range(0, len(shown), a_line))
    ]
    width = LEFT + round(cell * int(steps.max()) * a_line) + MARGIN
    canvas = Canvas(max(width, 420), lines[-1].top + height + MARGIN)
    heading = title or score.title or "drums"
    canvas.write((MARGIN, 18), style.fit_text(heading, 28, canvas.width - 2 * MARGIN), 28)
    under = f"bars {first_bar} to {first_bar + len(shown) - 1}   ·   {score.bpm:g} BPM   ·   {division} steps a quarter"
    canvas.write((MARGIN, 54), under, 17, style.TEXT_MUTED)
    for line in lines:
        _draw_line(canvas, line, shown, steps, rows, hits, cell, division, first_bar)
    return canvas


def drums_text(score: Score, first_bar: int = 1, bars: int = 2, width: int = 100) -> str:
    """The drum grid in letters: a row a drum, a sign a step (# loud, x as usual, o soft), bars between upright lines.

    Raises:
        BriefError: as of `draw_drums`.
    """
    shown, hits, rows, division, steps = _grid(score, first_bar, bars)
    a_line = max(1, (width - 11) // (int(steps.max()) + 1))
    at = hits["onset_ticks"] - shown["start_ticks"][bar_of(shown, hits["onset_ticks"])]
    step = np.rint(at / score.ticks_per_quarter * division).astype(int)
    lines = []
    for first in range(0, len(shown), a_line):
        part = range(first, min(first + a_line, len(shown)))
        lines.append(f"{'bar':<10} " + "".join(f"{first_bar + bar:<{steps[bar] + 1}}" for bar in part).rstrip())
        for key in rows:
            signs = [["."] * int(steps[bar]) for bar in part]
            own = (hits["pitch"] == key) & (hits["onset_ticks"] >= shown["start_ticks"][part[0]])
            for bar, place, velocity in zip(bar_of(shown, hits["onset_ticks"])[own].tolist(), step[own].tolist(),
                                            hits["velocity"][own].tolist(), strict=True):  # fmt: skip
                if bar in part:
                    signs[bar - first][min(place, int(steps[bar]) - 1)] = (
                        "#" if velocity >= 100 else "x" if velocity >= 50 else "o"
                    )
            lines.append(f"{SHORT_DRUM_NAMES.get(key, f'key {key}')[:10]:<10}|" + "|".join(map("".join, signs)) + "|")
        lines.append("")
    return "\n".join(lines)


def _grid(
    score: Score, first_bar: int, bars: int
) -> tuple[NDArray[Any], NDArray[Any], list[int], int, NDArray[np.int64]]:
    """The bars shown, the hits in them, the drums from top to bottom, steps a quarter, steps of each bar."""
    grid = bar_grid(score)
    if not (1 <= first_bar <= len(grid) and 1 <= bars <= MAX_BARS):
        raise BriefError(
            f"bars {first_bar} to {first_bar + bars - 1} cannot be drawn; the piece has bars 1 to {len(grid)}"
        )
    shown = grid[first_bar - 1 : first_bar - 1 + bars]
    hits = _hits(score, shown)
    if not len(hits):
        raise BriefError(f"no drum sounds in bars {first_bar} to {first_bar + len(shown) - 1}; choose other bars")
    rows = sorted({int(key) for key in hits["pitch"]}, key=drum_place, reverse=True)
    division = _division(hits, shown, score.ticks_per_quarter)
    steps = np.maximum(1, np.rint(shown["length_ticks"] / score.ticks_per_quarter * division)).astype(int)
    return shown, hits, rows, division, steps


def _hits(score: Score, shown: NDArray[Any]) -> NDArray[Any]:
    start, end = int(shown["start_ticks"][0]), int(shown["start_ticks"][-1] + shown["length_ticks"][-1])
    parts = [track.notes for track in score.tracks if track.is_drum and len(track.notes)]
    notes = (
        np.concatenate(parts) if parts else np.empty(0, [("onset_ticks", "<i8"), ("pitch", "u1"), ("velocity", "u1")])
    )
    return notes[(notes["onset_ticks"] >= start) & (notes["onset_ticks"] < end)]


def _division(hits: NDArray[Any], shown: NDArray[Any], ticks_per_quarter: int) -> int:
    at = hits["onset_ticks"] - shown["start_ticks"][bar_of(shown, hits["onset_ticks"])]
    quarters = at / ticks_per_quarter
    for division in DIVISIONS:
        off = np.abs(quarters * division - np.rint(quarters * division)) / division
        if np.mean(off <= min(CLOSE, 0.2 / division)) >= 0.8:
            return division
    return DIVISIONS[0]


def _draw_line(
    canvas: Canvas,
    line: _Line,
    shown: NDArray[Any],
    steps: NDArray[Any],
    rows: list[int],
    hits: NDArray[Any],
    cell: float,
    division: int,
    first_bar: int,
) -> None:
    left = float(LEFT)
    for row, key in enumerate(rows):
        middle = line.top + row * ROW + ROW / 2
        canvas.write((LEFT - 14, middle), SHORT_DRUM_NAMES.get(key, f"key {key}"), 16, style.TEXT, "rm")
    for index in range(line.first, line.last):
        bar = shown[index]
        canvas.write((left + 3, line.top - 12), str(first_bar + index), 15, style.TEXT_MUTED, "lm")
        for row in range(len(rows)):
            for step in range(int(steps[index])):
                x, y = left + step * cell, line.top + row * ROW
                strong = (step // division) % 2 == 0
                colour = style.mix(style.PANEL, style.LINE, 0.9 if strong else 0.35)
                canvas.rect((x + 2, y + 2, x + cell - 2, y + ROW - 3), colour, 4)
        _draw_hits(canvas, hits, bar, rows, left, line.top, cell * int(steps[index]), cell)
        left += cell * int(steps[index])
        if index + 1 < line.last:
            canvas.rule((left, line.top - 16, left, line.top + len(rows) * ROW), style.TEXT_FAINT, 2)


def _draw_hits(
    canvas: Canvas,
    hits: NDArray[Any],
    bar: Any,
    rows: list[int],
    left: float,
    top: int,
    width: float,
    cell: float,
) -> None:
    start, length = int(bar["start_ticks"]), int(bar["length_ticks"])
    inside = hits[(hits["onset_ticks"] >= start) & (hits["onset_ticks"] < start + length)]
    for onset, key, velocity in inside[["onset_ticks", "pitch", "velocity"]].tolist():
        loud = min(1.0, velocity / 115)
        x = left + (onset - start) / length * width
        y = top + rows.index(key) * ROW + ROW / 2
        half = (ROW - 8) / 2 * (0.45 + 0.55 * loud)
        colour = style.mix(style.PANEL, style.ROLE_COLOURS["drums"], 0.35 + 0.65 * loud)
        wide = max(5.0, (cell - 6) * (0.55 + 0.45 * loud))
        x = min(x + 3, left + width - wide - 2)
        canvas.rect((x, y - half, x + wide, y + half), colour, 4, style.BACKGROUND)
