"""A piece as the model reads it: every row of the grid a cell in reading order, coloured by what it says."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from bandmate.counts import counted
from bandmate.pictures import style
from bandmate.pictures.canvas import Canvas
from bandmate.score.model import Track
from bandmate.tokenizers.grid import GridPiece
from bandmate.tokenizers.grid_rows import View, piece_rows, row_text
from bandmate.tokenizers.grid_table import COLUMN, Kind

MARGIN, HEADER, FONT = 28, 84, 14
CELL_WIDTH, CELL_HEIGHT, LINE_HEIGHT = 9, 18, 44
A_LINE = 144  # rows beside each other
MOST_ROWS = 6000
WINDOW_BARS = 32  # as `GridPiece.lines` cuts a long piece
HEADER_COLOUR: style.Colour = (70, 76, 92)
CELL_COLOUR: style.Colour = (168, 174, 188)
SAYS = {"header": HEADER_COLOUR, "a new cell (track and bar)": CELL_COLOUR}
_HEADER_KINDS = frozenset({Kind.START, Kind.GENRE, Kind.TAG, Kind.TEMPO, Kind.METER, Kind.KEY, Kind.BARS, Kind.WRITE,
                           Kind.END, Kind.PAD})  # fmt: skip


def token_rows(piece: GridPiece) -> NDArray[np.int16]:
    """The rows of a piece in reading order, bars numbered through; int16 (n, fields)."""
    parts = []
    for start in range(0, len(piece.bars), WINDOW_BARS):
        rows = piece_rows(piece, View.whole(piece, start, min(WINDOW_BARS, len(piece.bars) - start)))
        rows[:, COLUMN["bar"]] += np.where(rows[:, COLUMN["bar"]] > 0, start, 0).astype(np.int16)
        parts.append(rows)
    return np.concatenate(parts)


def kind_counts(rows: NDArray[np.int16]) -> dict[str, int]:
    """How many rows there are of each kind, in the order of the table."""
    counts = Counter(rows[:, 0].tolist())
    return {kind.name: counts[kind] for kind in Kind if counts[kind]}


def tokens_canvas(piece: GridPiece, title: str, first_bar: int = 1) -> Canvas:
    """Draw the rows of a piece in reading order, line after line; the number of a bar stands where it begins.

    A note has the colour of its track and is as tall as it is loud. The first MOST_ROWS are drawn.

    Args:
        piece: on the grid.
        title: heading.
        first_bar: the number that the first bar carries.
    """
    rows = token_rows(piece)
    shown = rows[:MOST_ROWS]
    tracks = [Track(track.name, track.program, track.is_drum, role=track.role) for track in piece.tracks]
    colours = style.track_colours(tracks)
    width = 2 * MARGIN + A_LINE * CELL_WIDTH
    legend = _legend(tracks, colours, width)
    top = HEADER + 26 * (max(line for line, *_ in legend) + 1) + 18
    canvas = Canvas(width, top + LINE_HEIGHT * -(-len(shown) // A_LINE) + MARGIN)
    canvas.write((MARGIN, 18), style.fit_text(title, 28, width - 2 * MARGIN), 28)
    counts = kind_counts(rows)
    said = [counted(len(rows), "row"), *(f"{count:,} {name}" for name, count in counts.items() if count > 1)]
    canvas.write((MARGIN, 54), style.fit_text("   ·   ".join(said), 17, width - 2 * MARGIN), 17, style.TEXT_MUTED)
    for line, x, name, colour in legend:
        canvas.rect((x, HEADER + 26 * line + 4, x + 12, HEADER + 26 * line + 16), colour, 3)
        canvas.write((x + 18, HEADER + 26 * line + 10), name, FONT, style.TEXT_MUTED, "lm")
    _draw_rows(canvas, shown, colours, top, first_bar)
    return canvas


def _legend(
    tracks: Sequence[Track], colours: Sequence[style.Colour], width: int
) -> list[tuple[int, float, str, style.Colour]]:
    names = [track.name or style.role_of(track) for track in tracks]
    entries = [*SAYS.items(), *zip(names, colours, strict=True)]
    placed, line, x = [], 0, float(MARGIN)
    for name, colour in entries:
        text = style.fit_text(name, FONT, 180)
        wide = style.font(FONT).getlength(text) + 42
        if x + wide > width - MARGIN:
            line, x = line + 1, float(MARGIN)
        placed.append((line, x, text, colour))
        x += wide
    return placed


def _draw_rows(
    canvas: Canvas, rows: NDArray[np.int16], colours: Sequence[style.Colour], top: int, first_bar: int
) -> None:
    last_bar, free_from = 0, (0, 0.0)
    for index, row in enumerate(rows.tolist()):
        line, column = divmod(index, A_LINE)
        x, y = MARGIN + column * CELL_WIDTH, top + line * LINE_HEIGHT
        kind, track, bar = row[0], row[COLUMN["track"]], row[COLUMN["bar"]]
        if kind in (Kind.GIVEN, Kind.CELL) and bar != last_bar:
            last_bar = bar
            canvas.rule((x - 1, y - 14, x - 1, y + CELL_HEIGHT), style.TEXT_FAINT)
            if free_from[0] != line or x >= free_from[1]:
                text = str(first_bar + bar - 1)
                canvas.write((x + 2, y - 8), text, 12, style.TEXT_MUTED, "lm")
                free_from = (line, x + style.font(12).getlength(text) + 6)
        tall = CELL_HEIGHT if kind != Kind.NOTE else 5 + 12 * row[COLUMN["velocity"]] / 32
        colour = _colour(kind, track, colours)
        canvas.rect((x, y + CELL_HEIGHT - tall, x + CELL_WIDTH - 2, y + CELL_HEIGHT - 1), colour, 1)


def _colour(kind: int, track: int, colours: Sequence[style.Colour]) -> style.Colour:
    if kind in _HEADER_KINDS:
        return HEADER_COLOUR
    own = colours[track - 1] if 0 < track <= len(colours) else style.TEXT_FAINT
    return own if kind == Kind.NOTE else style.mix(own, HEADER_COLOUR, 0.6) if kind == Kind.TRACK else CELL_COLOUR


def tokens_text(rows: NDArray[np.int16], width: int = 100) -> str:
    """Counts of each kind as bars, then the first rows as words, for a terminal."""
    counts = kind_counts(rows)
    most = max(counts.values())
    room = max(8, width - 22)
    lines = [f"{name:<8} {count:>8,}  {'█' * max(1, round(count / most * room))}" for name, count in counts.items()]
    return "\n".join([*lines, "", *(row_text(row)[:width] for row in rows[:20])]) + "\n"
