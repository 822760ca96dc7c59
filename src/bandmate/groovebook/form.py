"""Form: the sections of a piece of any length, and which track sounds in which bar."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bandmate.groovebook.dice import Dice
from bandmate.score.brief import Brief, TrackAsk
from bandmate.score.plan import PlannedSection

DRUM_VOICES = ("kick", "snare", "hats", "perc")
_KINDS = {
    "intro": ("intro", "fade_in"),
    "build": ("build", "prechorus"),
    "break": ("break", "breakdown", "bridge", "stop_time", "strip", "trio"),
    "outro": ("outro", "coda", "fade_out"),
    "high": ("chorus", "drop", "main", "mambo", "climax", "vamp", "head_b", "theme_b", "b", "montuno", "theme"),
}
_ENERGY = {"intro": 2, "low": 3, "build": 3, "high": 4, "break": 2, "outro": 2}
# Bars and the kinds of section that fill them; the longest row that fits is stretched. Where there are several of one
# length, the first is the rule and the others are what further takes of the same request may have instead.
_SHAPES: tuple[tuple[int, tuple[tuple[str, int], ...]], ...] = (
    (1, (("high", 1),)),
    (8, (("low", 4), ("high", 4))),
    (8, (("high", 8),)),
    (12, (("low", 4), ("high", 8))),
    (12, (("low", 8), ("high", 4))),
    (16, (("intro", 4), ("low", 4), ("high", 8))),
    (16, (("low", 8), ("high", 8))),
    (16, (("low", 4), ("high", 4), ("break", 4), ("high", 4))),
    (16, (("low", 4), ("build", 4), ("high", 8))),
    (24, (("intro", 4), ("low", 8), ("high", 8), ("outro", 4))),
    (24, (("intro", 4), ("high", 8), ("break", 4), ("high", 8))),
    (32, (("intro", 4), ("low", 8), ("high", 8), ("break", 4), ("high", 8))),
    (32, (("low", 8), ("high", 8), ("break", 4), ("build", 4), ("high", 8))),
    (32, (("intro", 4), ("low", 8), ("high", 8), ("low", 4), ("high", 8))),
    (40, (("intro", 4), ("low", 8), ("high", 8), ("break", 4), ("high", 12), ("outro", 4))),
    (48, (("intro", 4), ("low", 8), ("high", 8), ("break", 4), ("build", 4), ("high", 16), ("outro", 4))),
    (64, (("intro", 8), ("low", 8), ("high", 8), ("low", 8), ("high", 8), ("break", 8), ("high", 8), ("outro", 8))),
)


@dataclass(frozen=True, slots=True)
class Part:
    """A section before it is planned: its row of the genre's form, and what kind it is."""

    kind: str
    label: str
    bars: int
    energy: int
    roles: tuple[str, ...]


def kind_of(label: str) -> str:
    """The kind of a section by its label; what is not known is "low"."""
    return next((kind for kind, labels in _KINDS.items() if label in labels), "low")


def _rows_by_kind(rows: Sequence[Sequence[Any]]) -> dict[str, list[Sequence[Any]]]:
    kinds: dict[str, list[Sequence[Any]]] = {}
    for row in rows:
        kinds.setdefault(kind_of(row[0]), []).append(row)
    if "high" not in kinds:
        top = max(rows, key=lambda row: (row[2], len(row[3])))
        kinds["high"] = [top]
    kinds.setdefault("low", [min(kinds["high"], key=lambda row: row[2])])
    return kinds


def _shape(bars: int, loop: bool, dice: Dice | None, number: int) -> list[tuple[str, int]]:
    if loop:
        return [("high", bars)] if bars <= 8 else [("low", bars // 2), ("high", bars - bars // 2)]
    total = max(size for size, _ in _SHAPES if size <= bars)
    shapes = [shape for size, shape in _SHAPES if size == total]
    parts = list(shapes[0])  # the first take has the usual form, and so has the first of each round
    if number and dice:
        parts = list(dice.dealt(number - 1, [*shapes[1:], shapes[0]], [*[1.0] * (len(shapes) - 1), 1e-3]))
    spare = bars - total
    # Whole fours go to the last high section; the rest lengthens the end.
    at = max(i for i, (kind, _) in enumerate(parts) if kind == "high")
    parts[at] = (parts[at][0], parts[at][1] + spare // 4 * 4)
    parts[-1] = (parts[-1][0], parts[-1][1] + spare % 4)
    return parts


def _whole_form(rows: Sequence[Sequence[Any]], bars: int) -> list[Part]:
    # The genre's own form, each section scaled to whole fours, the last one taking the rest.
    total = sum(int(row[1]) for row in rows)
    repeats = max(1, round(bars / total))
    rows = [*rows[:-1], *[row for _ in range(repeats - 1) for row in (rows[1:-1] or rows)], rows[-1]]
    total = sum(int(row[1]) for row in rows)
    edges = np.unique(np.round(np.cumsum([0, *(int(row[1]) for row in rows)]) * bars / total / 4).astype(int) * 4)
    edges[-1] = bars
    if len(edges) > 2 and edges[-2] >= bars:
        edges = np.append(edges[edges < bars], bars)
    starts = np.cumsum([0, *(int(row[1]) for row in rows)]) * bars / total
    parts = []
    for start, stop in pairwise(edges.tolist()):
        row = rows[min(len(rows) - 1, int(np.searchsorted(starts, (start + stop) / 2, side="right")) - 1)]
        parts.append(Part(kind_of(row[0]), row[0], int(stop - start), int(row[2]), tuple(row[3])))
    return parts


def _stated(brief: Brief, rows: dict[str, list[Sequence[Any]]], bars: int) -> list[Part]:
    asked = list(brief.structure)[:bars]
    fixed = sum(length for _, length, _, _ in asked if length)
    open_count = sum(not length for _, length, _, _ in asked)
    lengths = [length for _, length, _, _ in asked]
    if open_count:
        spare = max(open_count, bars - fixed)
        # Ways in, up and out are half as long as what they lead to.
        weights = [
            0 if length else 1 if kind_of(label) in ("intro", "outro", "build", "break") else 2
            for label, length, *_ in asked
        ]
        unit = 4 if spare >= 4 * open_count else 1
        for index in [i for i, length in enumerate(lengths) if not length][:-1]:
            lengths[index] = max(unit, round(spare * weights[index] / sum(weights) / unit) * unit)
        last = max(i for i, (_, length, *_) in enumerate(asked) if not length)
        lengths[last] = max(1, bars - sum(length for i, length in enumerate(lengths) if i != last))
    edges = [0, *np.cumsum(lengths).tolist()]
    if edges[-1] != bars:
        edges = [round(edge * bars / edges[-1]) for edge in edges]
    parts = []
    for (label, _, energy, roles), start, stop in zip(asked, edges[:-1], edges[1:], strict=True):
        if stop <= start:
            continue
        kind = kind_of(label)
        row = next((row for group in rows.values() for row in group if row[0] == label), None)
        row = row or rows.get(kind, rows["low"])[0]
        parts.append(Part(kind, label, stop - start, energy or int(row[2]), tuple(roles) or tuple(row[3])))
    return parts


def is_partial(brief: Brief) -> bool:
    """Whether the stated structure names only a way in or out, so that the middle is still to be found."""
    labels = [row[0] for row in brief.structure]
    return 0 < len(labels) <= 2 and all(kind_of(label) in ("intro", "outro") for label in labels)


def _with_edges(brief: Brief, middle: list[Part]) -> list[Part]:
    """A generated form with the stated intro or outro in place of its own."""
    for label, length, energy, roles in brief.structure:
        kind = kind_of(label)
        at = 0 if kind == "intro" else len(middle) - 1
        old = middle[at]
        new = Part(kind, label, old.bars, energy or (old.energy if old.kind == kind else 2), tuple(roles) or old.roles)
        size = length or min(4, max(1, old.bars // 2))
        if old.kind == kind and not length:
            middle[at] = new
        elif size < old.bars:
            rest = replace(old, bars=old.bars - size)
            middle[at : at + 1] = (
                [replace(new, bars=size), rest] if kind == "intro" else [rest, replace(new, bars=size)]
            )
    return middle


def lay_out(
    brief: Brief, form: dict[str, Any], bars: int, energy_shift: int, dice: Dice | None = None, number: int = 0
) -> list[Part]:
    """Sections that cover exactly `bars` bars: the stated structure, else the genre's form at that size.

    Args:
        brief: `structure`, `loop` and `energy` are read.
        form: the genre's `form` block.
        bars: 1 or more.
        energy_shift: added to every section's energy (moods), the result stays in 1..5.
        dice: deals the forms of that size among takes; None = the first, which is the rule.
        number: of the take.
    """
    rows = form["sections"]
    kinds = _rows_by_kind(rows)
    kinds_has_low = any(kind_of(row[0]) == "low" for row in rows)
    total = sum(int(row[1]) for row in rows)
    partial = is_partial(brief)
    if brief.structure and not partial:
        parts = _stated(brief, kinds, bars)
    elif bars >= max(72, total * 3 // 4) and not brief.loop:
        parts = _whole_form(rows, bars)
    else:
        parts = []
        seen: dict[str, int] = {}
        for kind, length in _shape(bars, brief.loop, dice, number):
            use = kind if kind in kinds else "low"
            if use == "low" and not kinds_has_low and "build" in kinds and "build" not in seen and length <= 8:
                use = kind = "build"  # music of drops rises to them
            nth = seen.get(use, 0)
            seen[use] = nth + 1
            choices = kinds[use]
            row = max(choices, key=lambda r: len(r[3])) if use == "high" and not nth else choices[nth % len(choices)]
            energy = int(row[2]) if kind == use else _ENERGY[kind]
            parts.append(Part(kind, row[0] if kind == use else kind, length, energy, tuple(row[3])))
    if partial:
        parts = _with_edges(brief, parts)
    parts = [replace(p, energy=1) if f"{p.label}:quiet" in brief.events else p for p in parts]
    if brief.structure and max(part.energy for part in parts) < 4:  # a stated rise must arrive somewhere
        parts = [
            replace(p, energy=5) if p.kind == "build" and not _energy_stated(brief, i) else p
            for i, p in enumerate(parts)
        ]
    ramp = next((r for r in ("ramp_up", "crescendo", "ramp_down", "diminuendo") if r in brief.events), "")
    if ramp and len(parts) > 1:  # energies in steps from 2 to 5, or from 4 down to 1
        low, high = (2, 5) if ramp in ("ramp_up", "crescendo") else (4, 1)
        steps = [round(low + (high - low) * i / (len(parts) - 1)) for i in range(len(parts))]
        parts = [p if _energy_stated(brief, i) else replace(p, energy=steps[i]) for i, p in enumerate(parts)]
    if "big_finish" in brief.events:
        parts[-1] = replace(parts[-1], energy=5)
    peak = max(part.energy for part in parts)
    shift = energy_shift + (brief.energy - peak if brief.energy else 0)
    return [
        Part(
            p.kind, p.label, p.bars, p.energy if _energy_stated(brief, i) else min(5, max(1, p.energy + shift)), p.roles
        )
        for i, p in enumerate(parts)
    ]


def _energy_stated(brief: Brief, index: int) -> bool:
    if is_partial(brief):
        return False
    return index < len(brief.structure) and bool(brief.structure[index][2])


def _sounds(part_name: str, roles: tuple[str, ...]) -> bool:
    if part_name == "drums":
        return any(role in ("drums", *DRUM_VOICES) for role in roles)
    if part_name == "perc":
        return any(role in ("drums", "perc") for role in roles)
    if part_name == "melody":
        return "lead" in roles or "melody" in roles
    return part_name in roles


def activity(
    parts: Sequence[Part], names: Sequence[str], firm: Sequence[bool], loop: bool, layer_energy: dict[str, int]
) -> NDArray[np.bool_]:
    """Which track sounds in which bar; bool (tracks, bars).

    Every track sounds at least once, a firm one (asked for, or of the core) in most bars of a short piece, and no
    bar is empty. A loop of up to 8 bars sounds in full from its first bar.

    Args:
        parts: the sections.
        names: what each track is called in the genre's form ("drums", "bass", "melody", "pad", "violin2" ...).
        firm: whether each track must carry the piece.
        loop: the piece is a loop.
        layer_energy: energy from which a layer joins although the form does not name it.
    """
    bars = sum(part.bars for part in parts)
    starts = np.cumsum([0, *(part.bars for part in parts)])
    active = np.zeros((len(names), bars), bool)
    if (loop and bars <= 8) or bars < 4:
        active[:] = True
        return active
    for track, name in enumerate(names):
        for index, part in enumerate(parts):
            joins = name in layer_energy and part.kind == "high" and part.energy >= layer_energy[name]
            active[track, starts[index] : starts[index + 1]] = _sounds(name, part.roles) or joins
        share = (0.6 if bars <= 16 else 0.5 if bars <= 32 else 0.4) if firm[track] else 0.25
        order = sorted(
            range(len(parts)),
            key=lambda i: (("high", "low", "build", "break", "outro", "intro").index(parts[i].kind), -i),
        )
        for index in order:
            if active[track].mean() >= share:
                break
            active[track, starts[index] : starts[index + 1]] = True
    for index in range(len(parts)):
        rows = slice(starts[index], starts[index + 1])
        if not active[:, rows].any():
            carriers = [t for t, f in enumerate(firm) if f] or list(range(len(names)))
            active[carriers[:3], rows] = True
    return active


def enter(active: NDArray[np.bool_], asks: Sequence[TrackAsk], parts: Sequence[Part]) -> None:
    """Let tracks begin where they were told to, in place: silent before, sounding from there on."""
    starts = np.cumsum([0, *(part.bars for part in parts)])
    for track, ask in enumerate(asks):
        bar = ask.enter_bar - 1
        if ask.enter_section:
            bar = int(starts[min(ask.enter_section, len(parts)) - 1])
        if 0 < bar < active.shape[1]:
            active[track, :bar] = False
            active[track, bar] = True
            if not active[track, bar:].mean() >= 0.5:
                active[track, bar:] = True
    empty = ~active.any(0)
    if empty.any():
        early = [t for t, a in enumerate(asks) if not (a.enter_bar or a.enter_section)] or list(range(len(asks)))
        active[early[0], empty] = True


def sections_of(parts: Sequence[Part], roles: Sequence[str], active: NDArray[np.bool_]) -> tuple[PlannedSection, ...]:
    """The sections as the plan tells them, with the roles that sound."""
    out = []
    start = 0
    for part in parts:
        sounding = tuple(dict.fromkeys(r for t, r in enumerate(roles) if active[t, start : start + part.bars].any()))
        out.append(PlannedSection(part.label, start, part.bars, part.energy, sounding))
        start += part.bars
    return tuple(out)
