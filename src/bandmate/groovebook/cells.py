"""Cells: the strings of the genre table read as rhythms, and re-gridded to any meter.

The grammar stands in docs/GENRES.md: drums `X x o . r t q T- f`, comp cells `X x o . -`, bass tokens `R 2..8 ...`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, NamedTuple

from bandmate.analysis.genres import genre, load_table
from bandmate.errors import BriefError

TPQ = 480
ACCENT, NORMAL, SOFT = 2, 1, 0
_LEVEL = {"X": ACCENT, "x": NORMAL, "o": SOFT, "r": NORMAL, "t": NORMAL, "q": NORMAL, "T": NORMAL, "f": ACCENT}
_PARTS = {"r": 2, "t": 3, "q": 4}
_BACKBEAT = ("snare", "clap", "rim")
_CYMBAL = ("closed_hat", "ride", "shaker", "open_hat")


@dataclass(frozen=True, slots=True)
class Grid:
    """The steps of one bar: how a genre's cells fall into a meter.

    Attributes:
        bar_ticks, step_ticks: at 480 ticks a quarter; steps: per bar; beat_steps: per felt beat.
        native: the genre's cells were written for this meter.
        unit: "16", "8" or "3" (triplets of the 8th), what the genre's own cells count.
    """

    meter: tuple[int, int]
    bar_ticks: int
    step_ticks: int
    steps: int
    beat_steps: int
    native: bool
    unit: str

    @property
    def half_ticks(self) -> int:
        """Where the second chord of a bar starts."""
        return self.bar_ticks // 2

    @property
    def beat_ticks(self) -> int:
        """Length of a felt beat."""
        return self.beat_steps * self.step_ticks

    @property
    def compound(self) -> bool:
        """Whether beats fall in three."""
        return self.meter[1] == 8 and self.meter[0] % 3 == 0


class Hit(NamedTuple):
    """A drum stroke: ticks from its bar's start, voice name, ACCENT, NORMAL or SOFT, and whether it is a flam."""

    ticks: int
    voice: str
    level: int
    flam: bool = False


class Step(NamedTuple):
    """A sounding step of a comp or bass cell: ticks from its bar's start, symbol, ticks held, accent level."""

    ticks: int
    symbol: str
    held_ticks: int
    level: int


def parse_meter(text: str) -> tuple[int, int]:
    """Read `3/4`."""
    top, bottom = text.split("/")
    return int(top), int(bottom)


@cache
def home_meter(name: str) -> tuple[int, int]:
    """The meter a genre's cells are written in."""
    return parse_meter(genre(name)["meter"][0])


@cache
def grid_of(name: str, meter: tuple[int, int]) -> Grid:
    """The grid of a genre in a meter.

    Raises:
        BriefError: the meter's beat is shorter than a 16th.
    """
    top, bottom = meter
    if bottom not in (1, 2, 4, 8, 16):
        raise BriefError(f"meter {top}/{bottom} cannot be played by the groove book; use a beat of 1, 2, 4, 8 or 16")
    bar_ticks = TPQ * 4 * top // bottom
    block = genre(name)["drums"]
    unit = {"8th-triplet": "3", "8th": "8"}.get(block["grid"], "16")
    native = meter == home_meter(name) or (meter == (2, 2) and home_meter(name) == (4, 4))
    if native:
        steps = int(block["steps"])
        step = bar_ticks // steps
        return Grid(meter, bar_ticks, step, steps, max(1, TPQ // step), True, unit)
    if unit == "3" and bottom <= 4:
        return Grid(meter, bar_ticks, 160, bar_ticks // 160, 3, False, unit)
    beat = 6 if bottom == 8 and top % 3 == 0 else 4
    return Grid(meter, bar_ticks, 120, bar_ticks // 120, beat, False, unit)


def _rebeat(symbols: list[str], grid: Grid) -> list[str]:
    # One genre beat becomes one beat of the new grid, keeping its strong places.
    width = {"16": 4, "8": 2, "3": 3}[grid.unit]
    if grid.unit == "3" and grid.step_ticks == 160:
        return symbols
    out: list[str] = []
    for start in range(0, len(symbols), width):
        beat = symbols[start : start + width]
        hold = "-" if "-" in beat else "."

        def or_rest(*names: str, rest: str = hold) -> str:
            return next((name for name in names if name not in (".", "-")), rest)

        if grid.compound:
            second, third = (
                (beat[1], beat[2])
                if width == 3
                else ((or_rest(*beat[1:3]), beat[3]) if width == 4 else (hold, beat[1]))
            )
            out += [beat[0], hold, second, hold, third, hold]
        elif width == 3:
            out += [beat[0], hold, or_rest(*beat[1:]), hold]
        elif width == 2:
            out += [beat[0], hold, beat[1], hold]
        else:
            out += beat
    return out


def _fit(symbols: list[str], grid: Grid) -> list[str]:
    if grid.native:
        return symbols
    beats = _rebeat(symbols, grid) or ["."]
    while len(beats) < grid.steps:
        beats = beats + beats
    return beats[: grid.steps]


def _bars(text: str, tokens: bool) -> list[list[str]]:
    return [bar.split() if tokens else list(bar.strip()) for bar in text.split("|")]


def _voice_hits(symbols: list[str], voice: str, step: int) -> list[Hit]:
    hits: list[Hit] = []
    for index, symbol in enumerate(symbols):
        if symbol not in _LEVEL:
            continue
        count, span = (3, 2 * step) if symbol == "T" else (_PARTS.get(symbol, 1), step)
        hits += [
            Hit(index * step + part * span // count, voice, _LEVEL[symbol], symbol == "f") for part in range(count)
        ]
    return hits


@cache
def _meter_table(meter: tuple[int, int]) -> dict[str, list[str]]:
    """Kick, snare and cymbal of a meter in 16th steps, from words.json or by rule."""
    top, bottom = meter
    steps = 16 * top // bottom
    entry = load_table("words")["meter"]["grids"].get(f"{top}/{bottom}")
    if entry:
        wide = steps // int(entry["steps"])
        return {
            voice: [symbol for char in entry[voice] for symbol in [char, *"." * (wide - 1)]]
            for voice in ("kick", "snare", "closed_hat")
        }
    beat = 6 if bottom == 8 and top % 3 == 0 else 4
    at = range(steps)
    return {
        "kick": ["X" if i % (2 * beat) == 0 else "." for i in at],
        "snare": ["X" if i % (2 * beat) == beat else "." for i in at],
        "closed_hat": ["x" if i % 2 == 0 else "." for i in at],
    }


def _restore(voices: dict[str, list[list[str]]], grid: Grid) -> None:
    # The re-gridded bar gets its kick on 1 and the backbeat of its meter back.
    table = _meter_table(grid.meter)
    three = grid.step_ticks == 160

    def place(symbols: list[str]) -> list[str]:
        if not three:
            return symbols
        picked = ["."] * grid.steps
        for index, symbol in enumerate(symbols):
            if symbol != ".":
                picked[min(grid.steps - 1, index // 4 * 3 + (0, 1, 2, 2)[index % 4])] = symbol
        return picked

    back = next((voice for voice in _BACKBEAT if voice in voices), None)
    cymbal = next((voice for voice in _CYMBAL if voice in voices), None)
    if "kick" in voices:
        for bar in voices["kick"]:
            if grid.compound:
                bar[:] = place(table["kick"])
            bar[0] = "X"
    if back:
        for bar in voices[back]:
            bar[:] = place(table["snare"])
    if cymbal and grid.compound:
        for bar in voices[cymbal]:
            bar[:] = place(table["closed_hat"])


_NOT_VOICES = ("n", "bars", "e", "w")


@cache
def drum_pattern(name: str, index: int, meter: tuple[int, int], kind: str = "patterns") -> tuple[tuple[Hit, ...], ...]:
    """The bars of one drum pattern (or fill, `kind="fills"`) of a genre, re-gridded to a meter."""
    entry: dict[str, Any] = genre(name)["drums"][kind][index]
    grid = grid_of(name, meter)
    voices = {v: [_fit(bar, grid) for bar in _bars(text, False)] for v, text in entry.items() if v not in _NOT_VOICES}
    if not grid.native and kind == "patterns":
        _restore(voices, grid)
    count = max([int(entry["bars"]), *(len(bars) for bars in voices.values())])
    out = []
    for number in range(count):
        hits = [h for v, bars in voices.items() for h in _voice_hits(bars[number % len(bars)], v, grid.step_ticks)]
        out.append(tuple(sorted(h for h in hits if h.ticks < grid.bar_ticks)))  # three over two may be cut by the bar
    return tuple(out)


@cache
def cell(name: str, text: str, meter: tuple[int, int], tokens: bool) -> tuple[tuple[Step, ...], ...]:
    """The bars of a comp or layer cell (`tokens=False`) or of a bass cell (`tokens=True`).

    A hold at the start of a bar lengthens the note before it, round the end of the cell too.
    """
    grid = grid_of(name, meter)
    bars = [_fit(bar, grid) for bar in _bars(text, tokens)]
    line = [symbol for bar in bars for symbol in bar]
    total = len(line)
    out: list[list[Step]] = [[] for _ in bars]
    for index, symbol in enumerate(line):
        if symbol in (".", "-"):
            continue
        held = 1
        while held < total and line[(index + held) % total] == "-":
            held += 1
        level = ACCENT if symbol == "X" or symbol.endswith("!") else SOFT if symbol in ("o", "x") and tokens else NORMAL
        if not tokens and symbol == "o":
            level = SOFT
        bar, step = divmod(index, grid.steps)
        out[bar].append(Step(step * grid.step_ticks, symbol.rstrip("!"), held * grid.step_ticks, level))
    return tuple(tuple(bar) for bar in out)


def energy_weights(rows: Sequence[dict[str, Any]], energy: float, reach: float = 0.0) -> list[float]:
    """How likely each cell is at an energy: those whose `e` holds it, most of all where it is their middle.

    A cell without `e` (of a learned style) fits everywhere; one that does not fit stays possible where none does. `w`
    is the weight of a cell of a blend.

    Args:
        rows: the cells.
        energy: 1..5.
        reach: energies beyond its range at which a cell is still drawn, behind those that fit.
    """
    out = []
    for row in rows:
        low, high = row.get("e", (1, 5))
        beyond = max(low - 0.5 - energy, energy - high - 0.5, 0.0)
        fits = 1.0 if beyond == 0 else 0.1 if beyond <= reach else 0.001
        out.append(row.get("w", 1.0) * fits / (1.0 + abs((low + high) / 2 - energy)))
    return out
