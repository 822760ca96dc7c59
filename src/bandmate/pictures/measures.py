"""Measures: shares as bars, lines beside a band that people's music keeps to, and how often each number occurs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from bandmate.pictures import style
from bandmate.pictures.canvas import Canvas, save_picture

MARGIN, HEADER, ROW, FONT = 24, 62, 21, 14
BAR_WIDTH, NAMES, SAID = 420, 250, 230
INSIDE: style.Colour = style.ROLE_COLOURS["melody"]
OUTSIDE: style.Colour = style.ROLE_COLOURS["drums"]
SHARE: style.Colour = style.ROLE_COLOURS["chords"]
_BAND = (0.3, 0.7)  # where people's 10th and 90th percentile stand, as shares of the width
_LEAST_COLUMNS, _MOST_COLUMNS = 16, 40


@dataclass(frozen=True, slots=True)
class ShareBar:
    """One bar: its name, a share from 0 to 1, what is said beside it, and an interval it may lie in."""

    name: str
    share: float
    said: str = ""
    interval: tuple[float, float] | None = None


@dataclass(frozen=True, slots=True)
class BandLine:
    """One line: its group and name, people's 10th, 50th and 90th percentile, and what was measured."""

    group: str
    name: str
    people: tuple[float, float, float]
    value: float

    @property
    def inside(self) -> bool:
        """Whether the value lies in people's band."""
        return self.people[0] <= self.value <= self.people[2]

    def place(self, value: float) -> float:
        """Where a value stands, 0..1; people's 10th percentile at 0.3, their 90th at 0.7, what is far at the ends."""
        low, high = self.people[0], self.people[2]
        if high <= low:
            return 0.5 if value == low else float(value > low)
        share = _BAND[0] + (_BAND[1] - _BAND[0]) * (value - low) / (high - low)
        return min(1.0, max(0.0, share))


def draw_shares(
    bars: Sequence[ShareBar], path: str | Path, *, title: str, below: str = "", mark: float | None = None
) -> Path:
    """Draw shares as bars, from 0 to 100 %.

    Args:
        bars: from top to bottom.
        path: the PNG or SVG to write.
        title: heading.
        below: a line under it.
        mark: a share at which a line goes down, such as what chance would give.

    Raises:
        OutputError: the place cannot be written to.
    """
    canvas, left = _page(title, below, len(bars))
    bottom = HEADER + ROW * max(1, len(bars))
    for tenth in range(0, 11):
        x = left + BAR_WIDTH * tenth / 10
        canvas.rule((x, HEADER, x, bottom), style.LINE)
        if tenth % 2 == 0:
            canvas.write((x, bottom + 10), f"{10 * tenth} %", FONT - 2, style.TEXT_FAINT, "mm")
    for place, bar in enumerate(bars):
        top = HEADER + place * ROW
        _named(canvas, bar.name, left, top)
        canvas.rect((left, top + 4, left + max(1.0, BAR_WIDTH * bar.share), top + ROW - 5), SHARE)
        if bar.interval:
            _whisker(canvas, [left + BAR_WIDTH * end for end in bar.interval], top + ROW / 2)
        canvas.write((left + BAR_WIDTH + 12, top + ROW / 2), bar.said, FONT, style.TEXT_MUTED, "lm")
    if mark is not None:
        canvas.rule((left + BAR_WIDTH * mark, HEADER - 4, left + BAR_WIDTH * mark, bottom), style.TEXT, 1)
    return save_picture(canvas, path)


def draw_bands(lines: Sequence[BandLine], path: str | Path, *, title: str, below: str = "") -> Path:
    """Draw lines beside people's band: shaded from their 10th to their 90th percentile, a tick at their median.

    Args:
        lines: from top to bottom; those of one group follow one another.
        path: the PNG or SVG to write.
        title: heading.
        below: a line under it.

    Raises:
        OutputError: the place cannot be written to.
    """
    groups = [place for place, line in enumerate(lines) if not place or line.group != lines[place - 1].group]
    canvas, left = _page(title, below, len(lines) + len(groups))
    top = HEADER
    for place, line in enumerate(lines):
        if place in groups:
            canvas.write((MARGIN, top + ROW / 2), line.group, FONT + 1, style.TEXT, "lm")
            top += ROW
        _named(canvas, line.name.replace("_", " "), left, top)
        _band(canvas, line, left, top)
        low, _, high = line.people
        said = f"{line.value:.3g}  ({low:.3g} to {high:.3g})"
        canvas.write((left + BAR_WIDTH + 12, top + ROW / 2), said, FONT, style.TEXT_MUTED, "lm")
        top += ROW
    return save_picture(canvas, path)


def draw_counts(
    values: Sequence[int], path: str | Path, *, title: str, unit: str, below: str = "", mark: int | None = None
) -> Path:
    """Draw how often each whole number occurs, one column each, or several numbers to a column where they go far.

    Args:
        values: 0 or more each.
        path: the PNG or SVG to write.
        title: heading.
        unit: of the numbers.
        below: a line under the heading.
        mark: a number to draw a line at.

    Raises:
        OutputError: the place cannot be written to.
    """
    height, rows = 12 * ROW, 13
    canvas, _ = _page(title, below, rows)
    left, right, bottom = MARGIN + 40, canvas.width - MARGIN, HEADER + height
    last = max([*values, mark or 0, _LEAST_COLUMNS - 1])
    wide = -(-(last + 1) // _MOST_COLUMNS)  # numbers to a column
    counts = Counter(value // wide for value in values)
    columns, most = last // wide + 1, max([*counts.values(), 1])
    step = (right - left) / columns
    for share in (0.0, 0.5, 1.0):
        y = bottom - (height - 14) * share
        canvas.rule((left, y, right, y), style.LINE)
        canvas.write((left - 8, y), f"{most * share:g}", FONT - 2, style.TEXT_FAINT, "rm")
    every = style.label_every(step, 34)
    for column in range(columns):
        x = left + column * step
        tall = (height - 14) * counts[column] / most
        if tall:
            canvas.rect((x + 1, bottom - tall, x + step - 2, bottom - 1), SHARE)
        if column % every == 0:
            canvas.write((x + step / 2, bottom + 11), str(column * wide), FONT - 2, style.TEXT_FAINT, "mm")
    canvas.write((right, bottom + 24), unit, FONT - 1, style.TEXT_MUTED, "ra")
    if mark is not None:
        x = left + (mark // wide + 1) * step
        canvas.rule((x, HEADER - 4, x, bottom), style.TEXT, 1)
    return save_picture(canvas, path)


def _page(title: str, below: str, rows: int) -> tuple[Canvas, int]:
    """An empty page with its heading, and where its bars begin."""
    left = MARGIN + NAMES
    width = left + BAR_WIDTH + SAID + MARGIN
    canvas = Canvas(width, HEADER + ROW * max(1, rows) + 2 * MARGIN)
    canvas.write((MARGIN, 14), style.fit_text(title, 20, width - 2 * MARGIN), 20)
    canvas.write((MARGIN, 40), style.fit_text(below, FONT - 1, width - 2 * MARGIN), FONT - 1, style.TEXT_FAINT)
    return canvas, left


def _named(canvas: Canvas, name: str, left: int, top: float) -> None:
    text = style.fit_text(name, FONT, NAMES - 12)
    canvas.write((left - 10, top + ROW / 2), text, FONT, style.TEXT_MUTED, "rm")


def _whisker(canvas: Canvas, ends: Sequence[float], y: float) -> None:
    canvas.rule((ends[0], y, ends[1], y), style.TEXT, 1)
    for x in ends:
        canvas.rule((x, y - 4, x, y + 4), style.TEXT, 1)


def _band(canvas: Canvas, line: BandLine, left: int, top: float) -> None:
    y = top + ROW / 2
    canvas.rule((left, y, left + BAR_WIDTH, y), style.LINE)
    ends = [left + BAR_WIDTH * share for share in _BAND]
    canvas.rect((ends[0], top + 4, ends[1], top + ROW - 5), style.LINE_STRONG)
    middle = left + BAR_WIDTH * line.place(line.people[1])
    canvas.rule((middle, top + 4, middle, top + ROW - 5), style.TEXT_MUTED, 1)
    x, colour = left + BAR_WIDTH * line.place(line.value), INSIDE if line.inside else OUTSIDE
    canvas.dot((x, y), 5, colour)
