"""What a library holds, at a glance: tempi, keys, density, lengths, instruments, genres, and a map of its pieces."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bandmate.analysis.descriptors import DESCRIPTORS
from bandmate.counts import counted
from bandmate.library.catalog import Piece
from bandmate.pictures import style
from bandmate.pictures.canvas import Canvas
from bandmate.score.gm import program_name

MARGIN, HEADER, GAP = 28, 84, 12
PANEL = (400, 280)
MAP = (812, 572)
FONT = 13
BAR: style.Colour = style.ROLE_COLOURS["bass"]
MINOR: style.Colour = style.ROLE_COLOURS["drums"]
MOST_LISTED = 11
MOST_DOTS = 20_000
_LEAST_BINS = 6
# genres of the map, most frequent first; told apart by colour-blind eyes (Okabe and Ito), the last for all others
GENRE_COLOURS: tuple[style.Colour, ...] = (
    (0, 114, 178), (213, 94, 0), (0, 158, 115), (204, 121, 167), (86, 180, 233), (190, 138, 0), (90, 60, 150),
    (30, 30, 30),
)  # fmt: skip
OTHER: style.Colour = (172, 178, 190)
FIFTHS = ("C", "G", "D", "A", "E", "B", "F#", "C#", "Ab", "Eb", "Bb", "F")
_CLASSES = {"C": 0, "C#": 1, "Db": 1, "D": 2, "D#": 3, "Eb": 3, "E": 4, "F": 5, "F#": 6, "Gb": 6, "G": 7, "G#": 8,
            "Ab": 8, "A": 9, "A#": 10, "Bb": 10, "B": 11}  # fmt: skip
_MINOR_MODES = frozenset({"minor", "dorian", "phrygian", "locrian", "aeolian", "harmonic", "melodic"})


@dataclass(frozen=True, slots=True, eq=False)
class LibraryFacts:
    """What is drawn of a library, one entry a piece unless said otherwise.

    Attributes:
        tempi: quarter notes a minute; densities: notes a quarter; bars.
        keys: names such as "D minor", "" = not known.
        instruments: in how many pieces each plays; genres: "" = not known.
        places: where pieces stand on the map, float (n, 2); shares: of the variance along its two axes;
        axes: what each axis goes with, in words; placed: which pieces the places belong to.
    """

    tempi: NDArray[np.float64]
    densities: NDArray[np.float64]
    bars: NDArray[np.int64]
    keys: tuple[str, ...]
    instruments: Counter[str]
    genres: tuple[str, ...]
    places: NDArray[np.float64]
    shares: tuple[float, float]
    axes: tuple[str, str]
    placed: NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class PieceFacts:
    """What is drawn of one piece, as `library.catalog.Piece` has it."""

    tempo_bpm: float | None
    bars: int
    key: str
    genre: str
    labels: Mapping[str, Any]


def library_facts(pieces: Iterable[Piece | PieceFacts]) -> LibraryFacts:
    """Read off the pieces of a catalog, or of shards, what is drawn of them."""
    tempi, bars, keys, genres, rows = [], [], [], [], []
    instruments: Counter[str] = Counter()
    names = [name for name, one in DESCRIPTORS.items() if one.level == "piece"]
    for piece in pieces:
        tempi.append(piece.tempo_bpm or np.nan)
        bars.append(piece.bars)
        keys.append(piece.key)
        genres.append(piece.genre)
        known = piece.labels.get("descriptors", {})
        rows.append([float(known.get(name, np.nan)) for name in names])
        tracks = [track for track in piece.labels.get("tracks", ()) if track.get("notes")]
        instruments.update({"drums" if t["is_drum"] else program_name(t["program"]).lower() for t in tracks})
    table = np.array(rows, np.float64).reshape(len(rows), len(names))
    places, shares, axes, placed = principal_places(table, names)
    return LibraryFacts(
        np.array(tempi, np.float64), table[:, names.index("piece_density")], np.array(bars, np.int64), tuple(keys),
        instruments, tuple(genres), places, shares, axes, placed,
    )  # fmt: skip


def principal_places(
    table: NDArray[np.float64], names: Sequence[str]
) -> tuple[NDArray[np.float64], tuple[float, float], tuple[str, str], NDArray[np.int64]]:
    """Places of rows on their first two principal components, columns standardised.

    Columns that are NaN in half the rows or that never change are left out, other gaps take the column's mean; the
    sign of an axis is such that its strongest column rises.

    Returns:
        float (n, 2), the two shares of the variance, what each axis goes with, and the indices of the rows placed.
    """
    nothing = (np.zeros((0, 2)), (0.0, 0.0), ("", ""), np.zeros(0, np.int64))
    if len(table) < 3:
        return nothing
    known = np.isfinite(table)
    kept = [c for c in range(table.shape[1]) if known[:, c].mean() > 0.5 and np.nanstd(table[:, c]) > 1e-9]
    if len(kept) < 2:
        return nothing
    rows = np.flatnonzero(known[:, kept].any(axis=1))
    part = table[rows][:, kept]
    part = np.where(np.isfinite(part), part, np.nanmean(part, axis=0))
    part = (part - part.mean(axis=0)) / np.maximum(part.std(axis=0), 1e-9)
    variances, axes = np.linalg.eigh(part.T @ part / len(part))
    axes, variances = axes[:, ::-1][:, :2], variances[::-1]
    axes = axes * np.sign(axes[np.abs(axes).argmax(axis=0), [0, 1]])
    shares = (float(variances[0] / variances.sum()), float(variances[1] / variances.sum()))
    said = tuple(_axis_words(axes[:, i], [names[c] for c in kept]) for i in (0, 1))
    return part @ axes, shares, (said[0], said[1]), rows


def _axis_words(weights: NDArray[np.float64], names: list[str]) -> str:
    strongest = np.argsort(-np.abs(weights), kind="stable")[:3].tolist()
    return ", ".join(
        f"{'more' if weights[i] > 0 else 'less'} {names[i].removeprefix('piece_').replace('_', ' ')}" for i in strongest
    )


def library_canvas(facts: LibraryFacts, title: str) -> Canvas:
    """Draw a library: histograms, what occurs most, and a map on which like pieces stand near each other."""
    columns = 3
    width = 2 * MARGIN + columns * PANEL[0] + (columns - 1) * GAP
    canvas = Canvas(width, HEADER + 2 * (PANEL[1] + GAP) + MAP[1] + MARGIN)
    canvas.write((MARGIN, 18), style.fit_text(title, 28, width - 2 * MARGIN), 28)
    known = sum(1 for genre in facts.genres if genre)
    pieces, bars = counted(len(facts.keys), "piece"), counted(int(facts.bars.sum()), "bar")
    said = f"{pieces}   ·   {bars}   ·   genre known of {known:,}"
    canvas.write((MARGIN, 54), said, 17, style.TEXT_MUTED)
    spots = [(MARGIN + c * (PANEL[0] + GAP), HEADER + r * (PANEL[1] + GAP)) for r in (0, 1, 2) for c in range(columns)]
    _histogram(canvas, spots[0], "tempo", "BPM", facts.tempi, _edges(facts.tempi, 40, 220, 10))
    _keys(canvas, spots[1], facts.keys)
    _histogram(canvas, spots[2], "density", "notes a quarter", facts.densities, _edges(facts.densities, 0, 24, 1))
    _histogram(canvas, spots[3], "length", "bars", facts.bars.astype(float), _edges(facts.bars, 0, 200, 8))
    _listed(canvas, spots[4], "instruments", "pieces with each", facts.instruments)
    colours = genre_colours(facts.genres)
    _listed(canvas, spots[5], "genres", "pieces", Counter(g or "not known" for g in facts.genres), colours)
    _map(canvas, spots[6], facts, colours)
    _map_key(canvas, (MARGIN + MAP[0] + GAP, spots[6][1]), facts, colours)
    return canvas


def genre_colours(genres: Sequence[str]) -> dict[str, style.Colour]:
    """A colour for each of the most frequent genres, the same grey for all others."""
    usual = sorted(Counter(genre for genre in genres if genre).items(), key=lambda item: (-item[1], item[0]))
    return {genre: colour for (genre, _), colour in zip(usual, GENRE_COLOURS, strict=False)}


def _edges(values: NDArray[np.generic], low: float, high: float, step: float) -> NDArray[np.float64]:
    """Borders of equal bins that reach over the values, inside a span beyond which everything is one bin."""
    known = np.asarray(values, np.float64)
    known = known[np.isfinite(known)]
    first = max(low, np.floor(known.min() / step) * step) if len(known) else low
    last = min(high, np.floor(known.max() / step + 1) * step) if len(known) else high
    last = max(last, first + _LEAST_BINS * step)
    return np.arange(first, last + step / 2, step)


def _panel(canvas: Canvas, at: tuple[float, float], size: tuple[int, int], name: str, unit: str) -> None:
    canvas.rect((at[0], at[1], at[0] + size[0] - 1, at[1] + size[1] - 1), style.PANEL, 6)
    canvas.write((at[0] + 14, at[1] + 10), name, 16)
    canvas.write((at[0] + size[0] - 14, at[1] + 12), unit, FONT, style.TEXT_FAINT, "ra")


def _histogram(
    canvas: Canvas, at: tuple[int, int], name: str, unit: str, values: NDArray[np.float64], edges: NDArray[np.float64]
) -> None:
    known = values[np.isfinite(values)]
    beyond = f" ({edges[-1]:g} and more in the last bar)" if len(known) and known.max() > edges[-1] else ""
    _panel(canvas, at, PANEL, name, unit + beyond)
    left, top, right, bottom = at[0] + 48, at[1] + 64, at[0] + PANEL[0] - 18, at[1] + PANEL[1] - 32
    counts = np.histogram(np.clip(known, edges[0], edges[-1] - 1e-9), edges)[0]
    _scale(canvas, (left, top, right, bottom), int(counts.max(initial=1)))
    step = (right - left) / len(counts)
    for index, count in enumerate(counts.tolist()):
        if count:
            tall = (bottom - top) * count / max(1, counts.max())
            canvas.rect((left + index * step + 1, bottom - tall, left + (index + 1) * step - 1, bottom - 1), BAR)
    every = style.label_every(step, 34)
    for index in range(0, len(edges), every):
        canvas.write((left + index * step, bottom + 12), f"{edges[index]:g}", FONT - 1, style.TEXT_MUTED, "mm")
    if len(known):
        middle = float(np.median(known))
        x = left + (min(max(middle, edges[0]), edges[-1]) - edges[0]) / (edges[-1] - edges[0]) * (right - left)
        canvas.rule((x, top - 6, x, bottom), MINOR, 2)
        canvas.write((at[0] + 14, at[1] + 31), f"median {middle:.3g}", FONT, MINOR)


def _scale(canvas: Canvas, box: tuple[float, float, float, float], most: int) -> None:
    left, top, right, bottom = box
    for count in sorted({0, most // 2, most}):
        y = bottom - (bottom - top) * count / max(1, most)
        canvas.rule((left, y, right, y), style.LINE)
        canvas.write((left - 6, y), f"{count:,}", FONT - 1, style.TEXT_MUTED, "rm")


def key_counts(keys: Sequence[str]) -> NDArray[np.int64]:
    """How often each tonic occurs along the circle of fifths from C, in major and in minor modes; int (12, 2)."""
    counts = np.zeros((12, 2), np.int64)
    for key in keys:
        tonic, _, mode = key.partition(" ")
        if tonic in _CLASSES:
            counts[_CLASSES[tonic] * 7 % 12, int(mode.split(" ")[0].lower() in _MINOR_MODES)] += 1
    return counts


def _keys(canvas: Canvas, at: tuple[int, int], keys: Sequence[str]) -> None:
    _panel(canvas, at, PANEL, "key", "along the circle of fifths")
    counts = key_counts(keys)
    left, top, right, bottom = at[0] + 48, at[1] + 64, at[0] + PANEL[0] - 18, at[1] + PANEL[1] - 32
    for x, name, colour in ((left, "major", BAR), (left + 84, "minor", MINOR)):
        canvas.rect((x, at[1] + 40, x + 11, at[1] + 51), colour, 2)
        canvas.write((x + 17, at[1] + 46), name, FONT, style.TEXT_MUTED, "lm")
    most = int(counts.max(initial=1)) or 1
    _scale(canvas, (left, top, right, bottom), most)
    step = (right - left) / 12
    for place, name in enumerate(FIFTHS):
        canvas.write((left + (place + 0.5) * step, bottom + 12), name, FONT, style.TEXT_MUTED, "mm")
        for mode, colour in enumerate((BAR, MINOR)):
            if counts[place, mode]:
                x = left + place * step + 3 + mode * (step / 2 - 2)
                tall = (bottom - top) * counts[place, mode] / most
                canvas.rect((x, bottom - tall, x + step / 2 - 4, bottom - 1), colour)


def _listed(
    canvas: Canvas,
    at: tuple[int, int],
    name: str,
    unit: str,
    counts: Counter[str],
    colours: dict[str, style.Colour] | None = None,
) -> None:
    """What occurs most, as bars from the longest."""
    usual = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    more = f" ({len(usual) - MOST_LISTED} more)" if len(usual) > MOST_LISTED else ""
    _panel(canvas, at, PANEL, name, unit + more)
    left, right = at[0] + 168, at[0] + PANEL[0] - 62
    for row, (entry, count) in enumerate(usual[:MOST_LISTED]):
        y = at[1] + 50 + row * 20
        label = style.fit_text(entry.replace("_", " "), FONT, 146)
        canvas.write((left - 8, y), label, FONT, style.TEXT_MUTED, "rm")
        colour = BAR if colours is None else colours.get(entry, OTHER)
        end = left + max(1.0, (right - left) * count / usual[0][1])
        canvas.rect((left, y - 7, end, y + 6), colour)
        canvas.write((end + 6, y), f"{count:,}", FONT, style.TEXT_MUTED, "lm")


def _map(canvas: Canvas, at: tuple[int, int], facts: LibraryFacts, colours: dict[str, style.Colour]) -> None:
    _panel(canvas, at, MAP, "map", "like pieces stand near each other")
    box = (at[0] + 44, at[1] + 46, at[0] + MAP[0] - 18, at[1] + MAP[1] - 44)
    canvas.rect(box, style.BACKGROUND)
    if not len(facts.places):
        canvas.write(
            ((box[0] + box[2]) / 2, (box[1] + box[3]) / 2), "too few pieces for a map", 16, style.TEXT_MUTED, "mm"
        )
        return
    low, high = np.percentile(facts.places, (1, 99), axis=0)
    room = np.maximum((high - low) * 0.08, 1e-6)
    share = np.clip((facts.places - low + room) / (high - low + 2 * room), 0.0, 1.0)
    x = box[0] + 6 + share[:, 0] * (box[2] - box[0] - 12)
    y = box[3] - 6 - share[:, 1] * (box[3] - box[1] - 12)
    shown = np.linspace(0, len(x) - 1, min(len(x), MOST_DOTS)).astype(int)
    own = [colours.get(facts.genres[facts.placed[i]]) for i in shown]
    radius = 5 if len(shown) < 300 else 3.5 if len(shown) < 3000 else 2
    for first in (True, False):  # genres over the grey of the others
        for i, colour in zip(shown.tolist(), own, strict=True):
            if (colour is None) == first:
                canvas.dot((float(x[i]), float(y[i])), radius, colour or OTHER)
    for index, share_ in enumerate(facts.shares):
        text = style.fit_text(f"{facts.axes[index]} ({share_:.0%} of the variance)", FONT, box[2 + index] - box[index])
        if index:
            canvas.write_upright((at[0] + 22, box[3]), text, FONT, style.TEXT_MUTED)
        else:
            canvas.write((box[0], box[3] + 14), text, FONT, style.TEXT_MUTED)


def _map_key(canvas: Canvas, at: tuple[float, int], facts: LibraryFacts, colours: dict[str, style.Colour]) -> None:
    _panel(canvas, at, (PANEL[0], MAP[1]), "on the map", "")
    counts = Counter(facts.genres[i] for i in facts.placed.tolist())
    entries = [(name.replace("_", " "), counts[name], colour) for name, colour in colours.items()]
    rest = sum(count for name, count in counts.items() if name not in colours)
    for row, (name, count, colour) in enumerate([*entries, *([("all others", rest, OTHER)] if rest else [])]):
        y = at[1] + 56 + row * 26
        canvas.dot((at[0] + 24, y), 6, colour)
        canvas.write((at[0] + 40, y), style.fit_text(f"{name}, {count:,}", 15, PANEL[0] - 60), 15, style.TEXT, "lm")
