"""Sections of a piece: where its material or its band changes, and which stretches come back.

Each bar is described by who plays, its harmony and its rhythm. The novelty of a bar line is how far the bars before
it lie from the bars after it (a checkerboard kernel on the self-similarity of bars, worked out without the matrix).
A best path places boundaries on novel bar lines, at distances of 8 or 4 bars where nothing speaks against it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bandmate.analysis.chords import pitched_notes, span_evidence
from bandmate.analysis.descriptors import PieceView, piece_view
from bandmate.analysis.meter import half_bar_edges
from bandmate.analysis.texture import Floats
from bandmate.score.model import Score

LONGEST = 32  # bars a section may have while anything changes
KERNELS = (4, 8)  # bars each side of a bar line
WORTH = {"band": 0.4, "harmony": 0.35, "rhythm": 0.25}  # of the three descriptions, sum 1
SAME, VARIED = 0.9, 0.8  # likeness of material from which a section is the same, or a variation
CHORUS_LIFT = 1.08  # energy of a chorus over that of its verse
_LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
MOST_COMPARED = 64  # different stretches that a new one is held against, the latest


@dataclass(frozen=True, slots=True)
class Section:
    """A stretch of bars with one character.

    Attributes:
        label: "A", "B" ...; "A'" for A varied.
        start_bar: first bar, counted from 0; bars: length.
        name: "intro", "verse", "chorus", "bridge", "break" or "outro" where the form suggests it, else "".
        energy: 1 to 5 (the loudest and busiest of the piece).
        roles_playing: share of the tracks that play, 0..1.
    """

    label: str
    start_bar: int
    bars: int
    name: str = ""
    energy: int = 3
    roles_playing: float = 1.0


def _unit_rows(rows: Floats) -> Floats:
    return rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-9)


def _band_rows(piece: PieceView) -> Floats:
    """Who plays, and how busily against its own mean; (bars, tracks)."""
    rows = [np.sqrt(v.count / max(v.count[v.filled].mean(), 1e-9)) for v in piece.tracks if len(v.notes)]
    return np.minimum(np.array(rows).T, 2.0)


def _rhythm_rows(piece: PieceView) -> Floats:
    """Which sixteenths drums and the others strike; (bars, 32)."""
    rows = np.zeros((len(piece.bars), 32))
    for v in piece.tracks:
        if len(v.notes):
            place = np.minimum(v.step // 6, 15) % 16 + 16 * v.is_drum
            rows += np.minimum(np.bincount(v.bar * 32 + place, minlength=rows.size).reshape(rows.shape), 1)
    return rows


def bar_rows(piece: PieceView, chroma: Floats | None = None) -> dict[str, Floats]:
    """Each bar's three descriptions as unit vectors (zero where nothing plays).

    Args:
        piece: the piece, at least one track with notes.
        chroma: sounding time of pitch classes in its half bars, (2 * n_bars, 12); worked out if not given.
    """
    if chroma is None:
        chroma = span_evidence(
            pitched_notes(piece.score), half_bar_edges(piece.bars), piece.score.ticks_per_quarter
        ).chroma
    harmony = np.sqrt(chroma).reshape(len(piece.bars), 24)
    made = {"band": _band_rows(piece), "harmony": harmony, "rhythm": _rhythm_rows(piece)}
    return {name: _unit_rows(rows) for name, rows in made.items()}


def novelty(rows: Floats) -> Floats:
    """How far the bars before each bar line lie from those after it; float (n_bars,), 0 at the first."""
    total = np.concatenate([np.zeros((1, rows.shape[1])), np.cumsum(rows, axis=0)])
    line = np.arange(len(rows))
    result = np.zeros(len(rows))
    for reach in KERNELS:
        before, after = np.maximum(line - reach, 0), np.minimum(line + reach, len(rows))
        left = (total[line] - total[before]) / np.maximum(line - before, 1)[:, None]
        right = (total[after] - total[line]) / np.maximum(after - line, 1)[:, None]
        full = np.minimum(line - before, after - line) / reach  # near the ends the kernel is cut and counts for less
        result += np.square(left - right).sum(1) * np.sqrt(full) / len(KERNELS)
    result[0] = 0.0
    return result


def _length_price(lengths: NDArray[np.int64]) -> Floats:
    """What a section of each length costs: eights are free, odd lengths dear, tiny ones dearer."""
    price = np.select([lengths % 8 == 0, lengths % 4 == 0, lengths % 2 == 0], [0.0, 0.04, 0.12], 0.2)
    return price + 0.25 * (lengths < 4) + 0.01 * np.maximum(lengths - LONGEST, 0)


def _boundaries(strength: Floats) -> list[int]:
    """First bars of sections: the best sum of novelty won less the prices of boundary and length."""
    count = len(strength)
    threshold = float(np.clip(strength.mean() + 0.5 * strength.std(), 0.04, 0.4))
    reward = strength - threshold
    reward[0] = 0.0
    price = _length_price(np.arange(1, 2 * LONGEST + 1))
    best, back = np.full(count + 1, -np.inf), np.zeros(count + 1, np.int64)
    best[0] = 0.0
    for stop in range(1, count + 1):
        first = max(0, stop - len(price))
        options = best[first:stop] + reward[first:stop] - price[: stop - first][::-1]
        choice = int(options.argmax())
        best[stop], back[stop] = options[choice], first + choice
    starts, stop = [], count
    while stop > 0:
        stop = int(back[stop])
        starts.append(stop)
    return starts[::-1]


def _likeness(rows: Floats, a: tuple[int, int], b: tuple[int, int]) -> float:
    """Mean likeness of the bars of two stretches, the shorter laid on the start of the longer."""
    length = min(a[1], b[1])
    alike = np.vdot(rows[a[0] : a[0] + length], rows[b[0] : b[0] + length])
    return float(alike) / length * min(1.0, 0.5 + length / max(a[1], b[1]))


def _letters(rows: dict[str, Floats], spans: list[tuple[int, int]]) -> list[str]:
    """One letter for stretches of the same harmony and rhythm; a prime where it or the band differs."""
    material = np.concatenate([np.sqrt(0.7) * rows["harmony"], np.sqrt(0.3) * rows["rhythm"]], axis=1)
    if not rows["harmony"].any():
        material = rows["rhythm"]
    labels: list[str] = []
    owners: list[int] = []  # the first section of each letter
    for index, span in enumerate(spans):
        compared = owners[-MOST_COMPARED:]
        alike = [_likeness(material, span, spans[owner]) for owner in compared]
        closest = int(np.argmax(alike)) if alike else -1
        if closest < 0 or alike[closest] < VARIED:
            owners.append(index)
            labels.append(_letter(len(owners) - 1))
        else:
            band = _likeness(rows["band"], span, spans[compared[closest]])
            same = alike[closest] >= SAME and band >= SAME
            labels.append(labels[compared[closest]] + ("" if same else "'"))
    return labels


def _letter(index: int) -> str:
    """A to Z, then AA, AB ..."""
    return (_letter(index // 26 - 1) if index >= 26 else "") + _LETTERS[index % 26]


def _names(labels: list[str], energy: Floats, share: Floats, spans: list[tuple[int, int]]) -> list[str]:
    """Names of song form where repetition, energy and the share of tracks that play suggest them."""
    names = [""] * len(labels)
    if len(labels) < 3:
        return names
    letters = [label.rstrip("'") for label in labels]
    usual = float(np.median(energy))
    thin = (energy < 0.8 * usual) | (share < 0.6 * np.median(share))
    for end, name in ((0, "intro"), (-1, "outro")):
        once = letters.count(letters[end]) == 1
        short = end == -1 and spans[end][1] <= 4
        if (once and (thin[end] or short) and spans[end][1] <= 16) or energy[end] < 0.5 * usual:
            names[end] = name
    free = [i for i in range(len(labels)) if not names[i]]
    again = {x for x in letters if sum(letters[i] == x for i in free) > 1}
    mean = {x: float(np.mean([energy[i] for i in free if letters[i] == x])) for x in again}
    chorus = max(mean, key=lambda x: mean[x]) if mean else ""
    verse = next((letters[i] for i in free if letters[i] in again and letters[i] != chorus), "")
    if not verse or mean[chorus] < CHORUS_LIFT * mean[verse]:
        chorus = verse = ""  # nothing lifts: names would be invented
    for i in free:
        if chorus and letters[i] == chorus:
            names[i] = "chorus"
        elif verse and letters[i] == verse:
            names[i] = "verse"
        elif energy[i] < 0.6 * usual:
            names[i] = "break"
        elif chorus and letters.count(letters[i]) == 1 and i > len(labels) / 2:
            names[i] = "bridge"
    return names


def find_sections(score: Score, bars: NDArray[Any] | None = None) -> tuple[Section, ...]:
    """Divide a score into sections that cover all its bars, in order.

    Args:
        score: any score.
        bars: its BAR array; worked out if not given.
    """
    return sections_of(piece_view(score, bars))


def sections_of(piece: PieceView, chroma: Floats | None = None) -> tuple[Section, ...]:
    """The same as `find_sections`, on a piece that is already set against its bars (`chroma` as in `bar_rows`)."""
    count = len(piece.bars)
    playing = [v for v in piece.tracks if len(v.notes)]
    if not playing:
        return (Section("A", 0, count, energy=1, roles_playing=0.0),)
    rows = bar_rows(piece, chroma)
    strength = novelty(np.concatenate([np.sqrt(WORTH[name]) * part for name, part in rows.items()], axis=1))
    starts = _boundaries(strength)
    spans = [(a, b - a) for a, b in zip(starts, [*starts[1:], count], strict=True)]
    loudness = sum(v.count * np.nan_to_num(v.mean(v.notes["velocity"])) for v in playing) / piece.together.bar_quarters
    energy = np.sqrt(np.add.reduceat(loudness, starts) / [length for _, length in spans])
    filled = np.mean([v.filled for v in playing], axis=0)
    share = np.add.reduceat(filled, starts) / [length for _, length in spans]
    labels = _letters(rows, spans)
    names = _names(labels, energy, share, spans)
    level = np.clip(np.rint(1 + 4 * energy / max(energy.max(), 1e-9)), 1, 5).astype(int)
    return tuple(
        Section(label, start, length, name, int(strong), round(float(part), 3))
        for label, (start, length), name, strong, part in zip(labels, spans, names, level, share, strict=True)
    )
