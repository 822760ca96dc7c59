"""The piano roll of a score: one lane a track, what you would hear, to look at."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bandmate.counts import counted
from bandmate.pictures import style
from bandmate.pictures.canvas import Canvas, save_picture
from bandmate.pictures.names import SHORT_DRUM_NAMES, drum_place, note_name
from bandmate.score.cut import split_channels
from bandmate.score.gm import program_name
from bandmate.score.model import Score, Track
from bandmate.score.pitch import Chord, Key
from bandmate.score.timeline import bar_grid, bar_of, ticks_to_seconds

GUTTER = 250  # px to the left of the first bar: names
MARGIN = 28
QUARTER_PX = 32.0  # how wide a quarter would like to be
MIN_WIDTH, MAX_WIDTH = 1500, 5600  # px of the bars
LANE_GAP = 10
HEADER = 92
STRIP = 30  # height of a strip of sections, chords or bar numbers
DRUM_ROW = 20
MAX_HEIGHT = 12_000
CLOSE_BARS, CLOSE_TRACKS, CLOSE_ROOM = 8, 4, 360  # a few bars of a few tracks are drawn large, with the names of notes
_NOTE_NAMES_FROM = 12  # px of a row from which its notes carry their names

_BLACK = frozenset((1, 3, 6, 8, 10))


@dataclass(frozen=True, slots=True)
class Lane:
    """Where one track stands in the picture: its rows from top to bottom are pitches, or drum keys."""

    track: Track
    top: int
    row_px: int
    rows: tuple[int, ...]
    colour: style.Colour

    @property
    def height(self) -> int:
        """Height in px."""
        return self.row_px * len(self.rows)

    def row_tops(self, pitches: NDArray[Any]) -> NDArray[np.int64]:
        """The top of the row of each pitch, in px."""
        index = np.zeros(128, np.int64)
        index[list(self.rows)] = np.arange(len(self.rows))
        return self.top + index[pitches] * self.row_px


@dataclass(frozen=True, slots=True)
class Page:
    """The sizes of the picture, from the score."""

    bars: NDArray[Any]
    lanes: tuple[Lane, ...]
    width: int
    height: int
    px_per_tick: float
    strips: tuple[str, ...]

    def x(self, ticks: Any) -> Any:
        """Ticks to px."""
        return GUTTER + np.asarray(ticks) * self.px_per_tick

    @property
    def right(self) -> int:
        """Where the last bar ends, in px."""
        return round(float(self.x(self.bars["start_ticks"][-1] + self.bars["length_ticks"][-1])))

    def strip_top(self, name: str) -> int:
        """Where a strip above the lanes begins."""
        return HEADER + self.strips.index(name) * STRIP


def draw_roll(
    score: Score,
    path: str | Path,
    *,
    sections: Sequence[Any] | None = None,
    chords: Sequence[Any] | None = None,
    title: str | None = None,
) -> Path:
    """Draw a score as a piano roll and write it as PNG or SVG.

    One lane a track, coloured by role; the louder a note, the stronger its colour; drum lanes have a named row for
    every key that sounds.

    Args:
        score: what to draw; tracks without notes are left out.
        path: the PNG or SVG to write.
        sections: things with `label`, `start_bar` (0-based) and `bars`; None = the markers of the score.
        chords: one a half bar (bandmate.score.pitch.Chord, text or None), two a bar; None = no chord names.
        title: the heading; None = the score's title.

    Raises:
        OutputError: the place cannot be written to; the message names it.
    """
    return save_picture(roll_canvas(score, sections=sections, chords=chords, title=title), path)


def roll_png(score: Score) -> bytes:
    """The piano roll of a score as PNG bytes, as a notebook shows it."""
    return roll_canvas(score).png()


@dataclass(frozen=True, slots=True)
class _Span:
    label: str
    start_bar: int
    bars: int


def _sections_of(score: Score, bars: NDArray[Any]) -> list[_Span]:
    texts = [(int(bar_of(bars, marker.ticks)), marker.text) for marker in score.markers]
    starts = [(bar, text) for bar, text in texts if 0 <= bar < len(bars)]
    ends = [*(bar for bar, _ in starts), len(bars)][1:]
    return [_Span(text, bar, end - bar) for (bar, text), end in zip(starts, ends, strict=True) if end > bar]


def _named_classes(row_px: int) -> tuple[int, ...]:
    """Which pitch classes are named beside a lane whose rows are so high."""
    return (0, 2, 4, 5, 7, 9, 11) if row_px >= 13 else (0, 4, 7) if row_px >= 5 else (0,)


def _lane(track: Track, top: int, room: int, colour: style.Colour) -> Lane:
    pitches = np.unique(track.notes["pitch"])
    if track.is_drum:
        row_px = DRUM_ROW if len(pitches) <= 16 else 14
        return Lane(track, top, row_px, tuple(sorted(pitches.tolist(), key=drum_place, reverse=True)), colour)
    low, high = int(pitches[0]) - 1, int(pitches[-1]) + 1
    spare = max(0, 14 - (high - low))
    low, high = max(0, low - spare // 2), min(127, high + (spare + 1) // 2)
    row_px = int(np.clip(round(room / (high - low + 1)), 3, 18 if room == CLOSE_ROOM else 10))
    return Lane(track, top, row_px, tuple(range(high, low - 1, -1)), colour)


def _layout(score: Score, strips: tuple[str, ...]) -> Page:
    bars = bar_grid(score)
    total_ticks = int(bars["start_ticks"][-1] + bars["length_ticks"][-1])
    quarters = total_ticks / score.ticks_per_quarter
    width = float(np.clip(quarters * QUARTER_PX, MIN_WIDTH, MAX_WIDTH))
    sounding = [track for track in score.tracks if len(track.notes)]
    room = int(np.clip(2400 / max(1, len(sounding)), 60, 180))
    if len(bars) <= CLOSE_BARS and len(sounding) <= CLOSE_TRACKS:
        room = CLOSE_ROOM
    lanes, top = [], HEADER + len(strips) * STRIP + 6
    for track, colour in zip(sounding, style.track_colours(sounding), strict=True):
        if top < MAX_HEIGHT:
            lanes.append(_lane(track, top, room, colour))
            top += max(lanes[-1].height, 52) + LANE_GAP
    height = max(top, HEADER + len(strips) * STRIP + 120) + MARGIN - LANE_GAP
    return Page(bars, tuple(lanes), round(GUTTER + width) + MARGIN, height, width / total_ticks, strips)


def roll_canvas(
    score: Score,
    *,
    sections: Sequence[Any] | None = None,
    chords: Sequence[Any] | None = None,
    title: str | None = None,
    first_bar: int = 1,
) -> Canvas:
    """The piano roll as a page; the arguments are those of `draw_roll`, and the number that the first bar carries."""
    if any(len(track.notes) and np.ptp(track.notes["channel"]) for track in score.tracks):
        score = split_channels(score)  # a band in one track
    spans = _sections_of(score, bar_grid(score)) if sections is None else list(sections)
    strips = (*(("sections",) if spans else ()), *(("chords",) if chords else ()), "bars")
    page = _layout(score, strips)
    canvas, flats = Canvas(page.width, page.height), _uses_flats(score)
    _draw_header(canvas, page, score, title)
    if spans:
        _draw_sections(canvas, page, spans)
    if chords:
        _draw_chords(canvas, page, chords, flats)
    _draw_bar_numbers(canvas, page, first_bar)
    for lane in page.lanes:
        _draw_lane_ground(canvas, page, lane)
        _draw_bar_lines(canvas, page, lane, score.ticks_per_quarter)
        _draw_notes(canvas, page, lane, flats)
        _draw_lane_name(canvas, page, lane)
    if not page.lanes:
        canvas.write((GUTTER, page.height - 90), "no notes", 22, style.TEXT_MUTED)
    return canvas


def _draw_header(canvas: Canvas, page: Page, score: Score, title: str | None) -> None:
    heading = title or score.title or "untitled"
    canvas.write((MARGIN, 20), style.fit_text(heading, 32, page.width - 2 * MARGIN), 32)
    bars = page.bars
    end_ticks = int(bars["start_ticks"][-1] + bars["length_ticks"][-1])
    seconds = float(ticks_to_seconds(score, [end_ticks])[0])
    tempo = f"{score.bpm:.2f}".rstrip("0").rstrip(".")
    parts = [
        f"{tempo} BPM" + (" at first" if len(np.unique(score.tempos["us_per_quarter"])) > 1 else ""),
        f"{bars['numerator'][0]}/{bars['denominator'][0]}"
        + (" at first" if len(np.unique(bars[["numerator", "denominator"]])) > 1 else ""),
        counted(len(bars), "bar"),
        f"{int(seconds) // 60}:{int(seconds) % 60:02d}",
        counted(score.note_count, "note"),
    ]
    canvas.write((MARGIN, 60), "   ·   ".join(parts), 19, style.TEXT_MUTED)


def _draw_sections(canvas: Canvas, page: Page, spans: Sequence[Any]) -> None:
    top = page.strip_top("sections")
    colours: dict[str, style.Colour] = {}
    for span in spans:
        if not 0 <= span.start_bar < len(page.bars):
            continue
        last = page.bars[min(span.start_bar + span.bars, len(page.bars)) - 1]
        left = round(float(page.x(page.bars["start_ticks"][span.start_bar])))
        right = round(float(page.x(last["start_ticks"] + last["length_ticks"]))) - 3
        colour = colours.setdefault(span.label, style.SECTION_COLOURS[len(colours) % len(style.SECTION_COLOURS)])
        canvas.rect((left, top, max(left + 2, right), top + STRIP - 5), colour, 5)
        label = style.fit_text(str(span.label).replace("_", " "), 17, right - left - 16)
        canvas.write((left + 10, top + (STRIP - 5) / 2), label, 17, style.TEXT, "lm")


def _uses_flats(score: Score) -> bool:
    """Whether chord names take flats: as the key signature, or the best seven-note scale of the notes, does."""
    if len(score.keys):
        return int(score.keys["fifths"][0]) < 0
    count = sum(
        (np.bincount(track.notes["pitch"] % 12, minlength=12) for track in score.tracks if not track.is_drum),
        np.zeros(12),
    )
    return max((Key(tonic) for tonic in range(12)), key=lambda key: count[list(key.scale)].sum()).uses_flats


def _draw_chords(canvas: Canvas, page: Page, chords: Sequence[Any], flats: bool) -> None:
    middle, last, free_from = page.strip_top("chords") + STRIP / 2, None, 0.0
    size = 18 if (page.right - GUTTER) / len(page.bars) >= 90 else 15
    for index, chord in enumerate(chords[: 2 * len(page.bars)]):
        name = "" if chord is None else style.clean_text(chord.spell(flats) if isinstance(chord, Chord) else str(chord))
        bar = page.bars[index // 2]
        left = float(page.x(bar["start_ticks"] + (bar["length_ticks"] // 2) * (index % 2)))
        if name == last or left < free_from:
            continue
        last = name
        if name:
            canvas.write((left + 4, middle), name, size, style.TEXT, "lm")
            free_from = left + style.font(size).getlength(name) + 6


def _draw_bar_numbers(canvas: Canvas, page: Page, first_bar: int) -> None:
    middle = page.strip_top("bars") + STRIP / 2
    every = style.label_every((page.right - GUTTER) / len(page.bars), 54)
    for index in range(0, len(page.bars), every):
        left = float(page.x(page.bars["start_ticks"][index]))
        canvas.write((left + 4, middle), str(first_bar + index), 15, style.TEXT_MUTED, "lm")


def _draw_lane_ground(canvas: Canvas, page: Page, lane: Lane) -> None:
    canvas.rect((GUTTER, lane.top, page.right - 1, lane.top + lane.height - 1), style.PANEL)
    for index, pitch in enumerate(lane.rows):
        top = lane.top + index * lane.row_px
        dark = index % 2 == 1 if lane.track.is_drum else pitch % 12 in _BLACK
        if dark:
            canvas.rect((GUTTER, top, page.right - 1, top + lane.row_px - 1), style.PANEL_DARK)
        if not lane.track.is_drum and pitch % 12 == 0:
            canvas.rule((GUTTER, top + lane.row_px - 1, page.right - 1, top + lane.row_px - 1), style.LINE_STRONG)


def _draw_bar_lines(canvas: Canvas, page: Page, lane: Lane, ticks_per_quarter: int) -> None:
    top, bottom = lane.top, lane.top + lane.height - 1
    every = style.label_every((page.right - GUTTER) / len(page.bars), 12)
    for index, bar in enumerate(page.bars):
        beat_ticks = 4 * ticks_per_quarter / int(bar["denominator"])
        if beat_ticks * page.px_per_tick >= 9:
            for beat in np.arange(beat_ticks, int(bar["length_ticks"]) - 0.5, beat_ticks):
                x = round(float(page.x(bar["start_ticks"] + beat)))
                canvas.rule((x, top, x, bottom), style.LINE)
        if index % every == 0:
            x = round(float(page.x(bar["start_ticks"])))
            canvas.rule((x, top, x, bottom), style.LINE_STRONG)


def _note_colours(base: style.Colour) -> list[tuple[style.Colour, style.Colour]]:
    """Body and head colour of a note for each velocity."""
    pairs = []
    for velocity in range(128):
        body = style.mix(style.PANEL, base, 0.34 + 0.66 * min(1.0, velocity / 112) ** 1.3)
        pairs.append((body, style.mix(body, style.TEXT, 0.4)))
    return pairs


def _draw_notes(canvas: Canvas, page: Page, lane: Lane, flats: bool) -> None:
    notes = lane.track.notes
    notes = notes[notes["onset_ticks"] * page.px_per_tick < page.right - GUTTER]
    left = np.rint(page.x(notes["onset_ticks"])).astype(int)
    right = np.rint(page.x(notes["onset_ticks"] + notes["duration_ticks"])).astype(int) - 2
    top = lane.row_tops(notes["pitch"]) + (lane.row_px > 5)
    bottom = top + lane.row_px - (3 if lane.row_px > 5 else 2)
    if lane.track.is_drum:  # a hit has no length: as wide as a 1/32, between 4 and 12 px
        width = int(np.clip(page.px_per_tick * _quarter_ticks(page) / 8 * 2.2, 3, 12))
        right = left + width
        soft = ((127 - notes["velocity"].astype(int)) * (lane.row_px - 8) // 127 + 1) // 2
        top, bottom = top + 1 + soft, bottom - 1 - soft
    right = np.clip(np.maximum(right, left + 1), None, page.right - 1)
    colours = _note_colours(lane.colour)
    radius = 2 if lane.row_px > 5 else 0
    named = lane.row_px >= _NOTE_NAMES_FROM and not lane.track.is_drum
    edges = (edge.tolist() for edge in (left, top, right, bottom))
    for x0, y0, x1, y1, pitch, velocity in zip(
        *edges, notes["pitch"].tolist(), notes["velocity"].tolist(), strict=True
    ):
        body, head = colours[velocity & 127]
        if radius and x1 - x0 > 6:
            canvas.rect((x0, y0, x1, y1), body, radius)
            canvas.rect((x0 + 1, y0 + 1, x0 + 2, y1 - 1), head)
            if named and x1 - x0 > 34:
                ink = style.TEXT if 2 * body[0] + 5 * body[1] + body[2] > 1120 else style.BACKGROUND
                canvas.write((x0 + 6, (y0 + y1) / 2), note_name(pitch, flats), lane.row_px - 3, ink, "lm")
        else:
            canvas.rect((x0, y0, x1, max(y0, y1)), body)


def _quarter_ticks(page: Page) -> float:
    bar = page.bars[0]
    return float(page.bars["length_ticks"].max()) * int(bar["denominator"]) / (4 * int(bar["numerator"]))


def _draw_lane_name(canvas: Canvas, page: Page, lane: Lane) -> None:
    track, bottom = lane.track, lane.top + max(lane.height, 50) - 1
    canvas.rect((MARGIN - 4, lane.top, MARGIN, bottom), lane.colour, 2)
    room = GUTTER - MARGIN - 12 - (88 if track.is_drum else 44)
    name = style.fit_text(track.name or style.role_of(track), 20, room)
    canvas.write((MARGIN + 12, lane.top + 4), name, 20)
    lines = [program_name(track.program, track.is_drum), counted(len(track.notes), "note")]
    for index, line in enumerate(lines if lane.height >= 70 else lines[:1]):
        at = (MARGIN + 12, lane.top + 30 + 20 * index)
        canvas.write(at, style.fit_text(line, 15, room), 15, style.TEXT_FAINT if index else style.TEXT_MUTED)
    for index, pitch in enumerate(lane.rows):
        middle = lane.top + index * lane.row_px + lane.row_px / 2
        if track.is_drum:
            label = SHORT_DRUM_NAMES.get(pitch, f"key {pitch}")
            canvas.write((GUTTER - 8, middle), label, min(15, lane.row_px - 3), style.TEXT_MUTED, "rm")
        elif pitch % 12 in _named_classes(lane.row_px):
            canvas.write((GUTTER - 8, middle), note_name(pitch), 13, style.TEXT_MUTED, "rm")
