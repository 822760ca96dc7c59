"""Which bars are alike: every bar held against every other, with the sections on both sides."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from bandmate.analysis.descriptors import piece_view
from bandmate.analysis.sections import WORTH, Section, bar_rows
from bandmate.counts import counted
from bandmate.pictures import style
from bandmate.pictures.canvas import Canvas
from bandmate.score.model import Score

MARGIN, HEADER, SIDE, STRIP, FONT = 28, 84, 620, 24, 14
LEFT = MARGIN + 44 + STRIP
MOST_CELLS = 310  # a side; longer pieces are drawn with several bars to a cell
# from unlike to the same, lightness falling evenly, told apart by colour-blind eyes and in grey
_SHADES = ((255, 255, 255), (222, 233, 245), (158, 195, 226), (82, 142, 196), (28, 84, 148), (8, 32, 80))
_STOPS = (0.0, 0.35, 0.55, 0.7, 0.85, 1.0)  # most bars of one piece are half alike: finer shades from there on
_SIGNS = " ·░▒▓█"
_STEPS = (0.2, 0.45, 0.65, 0.8, 0.95)  # from which likeness each sign stands


def bar_likeness(score: Score) -> NDArray[np.float64]:
    """How alike bars are by who plays, their harmony and their rhythm, 0..1; float (n_bars, n_bars).

    Two bars in which nothing plays are the same; an empty bar and a full one have nothing in common.
    """
    piece = piece_view(score)
    if not any(len(view.notes) for view in piece.tracks):
        return np.ones((len(piece.bars), len(piece.bars)))
    parts = bar_rows(piece)
    rows = np.concatenate([np.sqrt(WORTH[name]) * part for name, part in parts.items()], axis=1)
    full = np.linalg.norm(rows, axis=1, keepdims=True)
    empty = full == 0
    rows = rows / np.maximum(full, 1e-9)  # a bar without harmony is as much itself as any other
    return np.clip(np.where(empty & empty.T, 1.0, rows @ rows.T), 0.0, 1.0)


def pooled(likeness: NDArray[np.float64], most: int) -> tuple[NDArray[np.float64], int]:
    """The matrix with at most so many cells a side, each the mean of its bars, and how many bars a cell holds."""
    count = len(likeness)
    each = -(-count // most)
    starts = np.arange(0, count, each)
    sums = np.add.reduceat(np.add.reduceat(likeness, starts, axis=0), starts, axis=1)
    sizes = np.diff([*starts.tolist(), count])
    return sums / np.outer(sizes, sizes), each


def similarity_canvas(
    likeness: NDArray[np.float64], sections: Sequence[Section] = (), title: str = "", first_bar: int = 1
) -> Canvas:
    """Draw a matrix of likeness: dark = the same, white = nothing in common; sections along both sides.

    Args:
        likeness: float (n_bars, n_bars), 0..1.
        sections: start bars from 0.
        title: heading.
        first_bar: the number that the first bar carries.
    """
    cells, each = pooled(likeness, MOST_CELLS)
    count = len(likeness)
    canvas = Canvas(LEFT + SIDE + 170, HEADER + STRIP + SIDE + 44)
    top = HEADER + STRIP
    canvas.write((MARGIN, 18), style.fit_text(title, 28, canvas.width - 2 * MARGIN), 28)
    said = f"which of {counted(count, 'bar')} are alike" + (f"   ·   {each} bars a cell" if each > 1 else "")
    canvas.write((MARGIN, 54), said, 17, style.TEXT_MUTED)
    canvas.raster((LEFT, top, LEFT + SIDE - 1, top + SIDE - 1), _shaded(cells))
    px = SIDE / count
    _draw_sections(canvas, sections, px, top)
    for index in range(0, count, style.label_every(px, 34)):
        at = (index + 0.5) * px
        canvas.write((LEFT - STRIP - 8, top + at), str(first_bar + index), FONT, style.TEXT_MUTED, "rm")
        canvas.write((LEFT + at, top + SIDE + 14), str(first_bar + index), FONT, style.TEXT_MUTED, "mm")
    canvas.write((LEFT + SIDE / 2, top + SIDE + 33), "bar", FONT, style.TEXT_FAINT, "mm")
    _draw_key(canvas, LEFT + SIDE + 30, top)
    return canvas


def _shaded(shares: NDArray[np.float64]) -> NDArray[np.uint8]:
    channels = [np.interp(shares, _STOPS, [shade[channel] for shade in _SHADES]) for channel in range(3)]
    return np.stack(channels, axis=-1).astype(np.uint8)


def _draw_sections(canvas: Canvas, sections: Sequence[Section], px: float, top: int) -> None:
    colours: dict[str, style.Colour] = {}
    for section in sections:
        low, high = section.start_bar * px, (section.start_bar + section.bars) * px
        name = section.name or section.label
        colour = colours.setdefault(name, style.SECTION_COLOURS[len(colours) % len(style.SECTION_COLOURS)])
        canvas.rect((LEFT + low, HEADER, LEFT + high - 2, HEADER + STRIP - 4), colour, 3)
        canvas.rect((LEFT - STRIP, top + low, LEFT - 5, top + high - 2), colour, 3)
        label = style.fit_text(name, FONT, high - low - 8)
        canvas.write((LEFT + low + 4, HEADER + (STRIP - 4) / 2), label, FONT, style.TEXT, "lm")
        if section.start_bar:
            canvas.rule((LEFT, top + low, LEFT + SIDE, top + low), style.SECTION_LINE)
            canvas.rule((LEFT + low, top, LEFT + low, top + SIDE), style.SECTION_LINE)


def _draw_key(canvas: Canvas, left: int, top: int) -> None:
    canvas.raster((left, top, left + 17, top + 199), _shaded(np.linspace(1.0, 0.0, 100)[:, None]))
    canvas.rule((left - 1, top - 1, left - 1, top + 200), style.LINE_STRONG)
    canvas.rule((left + 18, top - 1, left + 18, top + 200), style.LINE_STRONG)
    for share, text in ((0.0, "the same"), (0.5, "half alike"), (1.0, "unlike")):
        canvas.write((left + 26, top + 199 * share), text, FONT, style.TEXT_MUTED, "lm")


def similarity_text(
    likeness: NDArray[np.float64], sections: Sequence[Section] = (), width: int = 100, first_bar: int = 1
) -> str:
    """The matrix in letters for a terminal: a cell is two letters wide, the section's name at its first bar."""
    named = {section.start_bar: (section.name or section.label)[:8] for section in sections}
    cells, each = pooled(likeness, max(4, (width - 15) // 2))
    lines = []
    for row, shares in enumerate(cells):
        bar = row * each
        name = next((named[b] for b in range(bar, min(bar + each, len(likeness))) if b in named), "")
        signs = "".join(_SIGNS[level] * 2 for level in np.searchsorted(_STEPS, shares).tolist())
        lines.append(f"{name:<8} {first_bar + bar:>4}  {signs}".rstrip())
    return "\n".join(lines) + "\n"
