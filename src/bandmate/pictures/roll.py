"""The piano roll of a score: one lane a track, what you would hear, to look at."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from bandmate.pictures import style
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

SHORT_DRUM_NAMES = {
    27: "laser", 28: "whip", 31: "sticks", 32: "click", 33: "click", 34: "bell", 35: "kick 2", 36: "kick",
    37: "rim", 38: "snare", 39: "clap", 40: "snare 2", 41: "tom floor", 42: "hat", 43: "tom low", 44: "hat foot",
    45: "tom low", 46: "hat open", 47: "tom mid", 48: "tom mid", 49: "crash", 50: "tom high", 51: "ride", 52: "china",
    53: "ride bell", 54: "tamb", 55: "splash", 56: "cowbell", 57: "crash 2", 58: "vibraslap", 59: "ride 2",
    60: "bongo hi", 61: "bongo lo", 62: "conga mute", 63: "conga hi", 64: "conga lo", 65: "timbale hi",
    66: "timbale lo", 67: "agogo hi", 68: "agogo lo", 69: "cabasa", 70: "maracas", 71: "whistle", 72: "whistle long",
    73: "guiro", 74: "guiro long", 75: "claves", 76: "block hi", 77: "block lo", 78: "cuica mute", 79: "cuica",
    80: "triangle m", 81: "triangle", 82: "shaker", 83: "bells", 84: "bell tree", 85: "castanets",
}  # fmt: skip
# from the bottom of a drum lane up: as a drummer counts the kit, not as the keys are numbered
DRUM_ORDER = (
    35, 36, 37, 38, 40, 39, 42, 44, 46, 41, 43, 45, 47, 48, 50, 51, 59, 53, 49, 57, 55, 52,
)  # fmt: skip
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
    """Draw a score as a piano roll and write it as PNG.

    One lane a track, coloured by role; velocity is brightness; drum lanes have a named row for every key that sounds.

    Args:
        score: what to draw; tracks without notes are left out.
        path: the PNG to write.
        sections: things with `label`, `start_bar` (0-based) and `bars`; None = the markers of the score.
        chords: one a half bar (bandmate.score.pitch.Chord, text or None), two a bar; None = no chord names.
        title: the heading; None = the score's title.

    Raises:
        OutputError: the place cannot be written to; the message names it.
    """
    return style.save_png(_picture(score, sections, chords, title), path)


def roll_png(score: Score) -> bytes:
    """The piano roll of a score as PNG bytes, as a notebook shows it."""
    return style.png_bytes(_picture(score, None, None, None))


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


def drum_place(key: int) -> tuple[int, int]:
    """Sorts drum keys as a drummer counts the kit: kick, snare, hats, toms, cymbals, then the rest by number."""
    return (DRUM_ORDER.index(key), key) if key in DRUM_ORDER else (len(DRUM_ORDER), key)


def _lane(track: Track, top: int, room: int, colour: style.Colour) -> Lane:
    pitches = np.unique(track.notes["pitch"])
    if track.is_drum:
        row_px = DRUM_ROW if len(pitches) <= 16 else 14
        return Lane(track, top, row_px, tuple(sorted(pitches.tolist(), key=drum_place, reverse=True)), colour)
    low, high = int(pitches[0]) - 1, int(pitches[-1]) + 1
    spare = max(0, 14 - (high - low))
    low, high = max(0, low - spare // 2), min(127, high + (spare + 1) // 2)
    row_px = int(np.clip(round(room / (high - low + 1)), 3, 10))
    return Lane(track, top, row_px, tuple(range(high, low - 1, -1)), colour)


def _layout(score: Score, strips: tuple[str, ...]) -> Page:
    bars = bar_grid(score)
    total_ticks = int(bars["start_ticks"][-1] + bars["length_ticks"][-1])
    quarters = total_ticks / score.ticks_per_quarter
    width = float(np.clip(quarters * QUARTER_PX, MIN_WIDTH, MAX_WIDTH))
    sounding = [track for track in score.tracks if len(track.notes)]
    room = int(np.clip(2400 / max(1, len(sounding)), 60, 180))
    lanes, top = [], HEADER + len(strips) * STRIP + 6
    for track, colour in zip(sounding, style.track_colours(sounding), strict=True):
        if top < MAX_HEIGHT:
            lanes.append(_lane(track, top, room, colour))
            top += max(lanes[-1].height, 52) + LANE_GAP
    height = max(top, HEADER + len(strips) * STRIP + 120) + MARGIN - LANE_GAP
    return Page(bars, tuple(lanes), round(GUTTER + width) + MARGIN, height, width / total_ticks, strips)


def _picture(
    score: Score, sections: Sequence[Any] | None, chords: Sequence[Any] | None, title: str | None
) -> Image.Image:
    if any(len(track.notes) and np.ptp(track.notes["channel"]) for track in score.tracks):
        score = split_channels(score)  # a band in one track
    spans = _sections_of(score, bar_grid(score)) if sections is None else list(sections)
    strips = (*(("sections",) if spans else ()), *(("chords",) if chords else ()), "bars")
    page = _layout(score, strips)
    image, draw = style.new_picture(page.width, page.height)
    _draw_header(draw, page, score, title)
    if spans:
        _draw_sections(draw, page, spans)
    if chords:
        _draw_chords(draw, page, chords, _uses_flats(score))
    _draw_bar_numbers(draw, page)
    for lane in page.lanes:
        _draw_lane_ground(draw, page, lane)
        _draw_bar_lines(draw, page, lane, score.ticks_per_quarter)
        _draw_notes(draw, page, lane)
        _draw_lane_name(draw, page, lane)
    if not page.lanes:
        style.write_text(draw, (GUTTER, page.height - 90), "no notes", 22, style.TEXT_MUTED)
    return image


def _draw_header(draw: ImageDraw.ImageDraw, page: Page, score: Score, title: str | None) -> None:
    heading = title or score.title or "untitled"
    style.write_text(draw, (MARGIN, 20), style.fit_text(heading, 32, page.width - 2 * MARGIN), 32)
    bars = page.bars
    end_ticks = int(bars["start_ticks"][-1] + bars["length_ticks"][-1])
    seconds = float(ticks_to_seconds(score, [end_ticks])[0])
    tempo = f"{score.bpm:.2f}".rstrip("0").rstrip(".")
    parts = [
        f"{tempo} BPM" + (" at first" if len(np.unique(score.tempos["us_per_quarter"])) > 1 else ""),
        f"{bars['numerator'][0]}/{bars['denominator'][0]}"
        + (" at first" if len(np.unique(bars[["numerator", "denominator"]])) > 1 else ""),
        f"{len(bars)} bar" + "s" * (len(bars) != 1),
        f"{int(seconds) // 60}:{int(seconds) % 60:02d}",
        f"{score.note_count:,} notes",
    ]
    style.write_text(draw, (MARGIN, 60), "   ·   ".join(parts), 19, style.TEXT_MUTED)


def _draw_sections(draw: ImageDraw.ImageDraw, page: Page, spans: Sequence[Any]) -> None:
    top = page.strip_top("sections")
    colours: dict[str, style.Colour] = {}
    for span in spans:
        if not 0 <= span.start_bar < len(page.bars):
            continue
        last = page.bars[min(span.start_bar + span.bars, len(page.bars)) - 1]
        left = round(float(page.x(page.bars["start_ticks"][span.start_bar])))
        right = round(float(page.x(last["start_ticks"] + last["length_ticks"]))) - 3
        colour = colours.setdefault(span.label, style.SECTION_COLOURS[len(colours) % len(style.SECTION_COLOURS)])
        draw.rounded_rectangle((left, top, max(left + 2, right), top + STRIP - 5), 5, colour)
        label = style.fit_text(str(span.label).replace("_", " "), 17, right - left - 16)
        style.write_text(draw, (left + 10, top + (STRIP - 5) / 2), label, 17, style.TEXT, "lm")


def _uses_flats(score: Score) -> bool:
    """Whether chord names take flats: as the key signature, or the best seven-note scale of the notes, does."""
    if len(score.keys):
        return int(score.keys["fifths"][0]) < 0
    count = sum(
        (np.bincount(track.notes["pitch"] % 12, minlength=12) for track in score.tracks if not track.is_drum),
        np.zeros(12),
    )
    return max((Key(tonic) for tonic in range(12)), key=lambda key: count[list(key.scale)].sum()).uses_flats


def _draw_chords(draw: ImageDraw.ImageDraw, page: Page, chords: Sequence[Any], flats: bool) -> None:
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
            style.write_text(draw, (left + 4, middle), name, size, style.TEXT, "lm")
            free_from = left + style.font(size).getlength(name) + 6


def _draw_bar_numbers(draw: ImageDraw.ImageDraw, page: Page) -> None:
    middle = page.strip_top("bars") + STRIP / 2
    every = style.label_every((page.right - GUTTER) / len(page.bars), 54)
    for index in range(0, len(page.bars), every):
        left = float(page.x(page.bars["start_ticks"][index]))
        style.write_text(draw, (left + 4, middle), str(index + 1), 15, style.TEXT_FAINT, "lm")


def _draw_lane_ground(draw: ImageDraw.ImageDraw, page: Page, lane: Lane) -> None:
    draw.rectangle((GUTTER, lane.top, page.right - 1, lane.top + lane.height - 1), style.PANEL)
    for index, pitch in enumerate(lane.rows):
        top = lane.top + index * lane.row_px
        dark = index % 2 == 1 if lane.track.is_drum else pitch % 12 in _BLACK
        if dark:
            draw.rectangle((GUTTER, top, page.right - 1, top + lane.row_px - 1), style.PANEL_DARK)
        if not lane.track.is_drum and pitch % 12 == 0:
            draw.line((GUTTER, top + lane.row_px - 1, page.right - 1, top + lane.row_px - 1), style.LINE_STRONG)


def _draw_bar_lines(draw: ImageDraw.ImageDraw, page: Page, lane: Lane, ticks_per_quarter: int) -> None:
    top, bottom = lane.top, lane.top + lane.height - 1
    every = style.label_every((page.right - GUTTER) / len(page.bars), 12)
    for index, bar in enumerate(page.bars):
        beat_ticks = 4 * ticks_per_quarter / int(bar["denominator"])
        if beat_ticks * page.px_per_tick >= 9:
            for beat in np.arange(beat_ticks, int(bar["length_ticks"]) - 0.5, beat_ticks):
                x = round(float(page.x(bar["start_ticks"] + beat)))
                draw.line((x, top, x, bottom), style.LINE)
        if index % every == 0:
            x = round(float(page.x(bar["start_ticks"])))
            draw.line((x, top, x, bottom), style.LINE_STRONG)


def _note_colours(base: style.Colour) -> list[tuple[style.Colour, style.Colour]]:
    """Body and head colour of a note for each velocity."""
    pairs = []
    for velocity in range(128):
        body = style.mix(style.PANEL, base, 0.34 + 0.66 * min(1.0, velocity / 112) ** 1.3)
        pairs.append((body, style.mix(body, (255, 255, 255), 0.45)))
    return pairs


def _draw_notes(draw: ImageDraw.ImageDraw, page: Page, lane: Lane) -> None:
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
    columns = zip(left.tolist(), top.tolist(), right.tolist(), bottom.tolist(), notes["velocity"].tolist(), strict=True)
    for x0, y0, x1, y1, velocity in columns:
        body, head = colours[velocity & 127]
        if radius and x1 - x0 > 6:
            draw.rounded_rectangle((x0, y0, x1, y1), radius, body)
            draw.rectangle((x0 + 1, y0 + 1, x0 + 2, y1 - 1), head)
        else:
            draw.rectangle((x0, y0, x1, max(y0, y1)), body)


def _quarter_ticks(page: Page) -> float:
    bar = page.bars[0]
    return float(page.bars["length_ticks"].max()) * int(bar["denominator"]) / (4 * int(bar["numerator"]))


def _draw_lane_name(draw: ImageDraw.ImageDraw, page: Page, lane: Lane) -> None:
    track, bottom = lane.track, lane.top + max(lane.height, 50) - 1
    draw.rounded_rectangle((MARGIN - 4, lane.top, MARGIN, bottom), 2, lane.colour)
    room = GUTTER - MARGIN - 12 - (88 if track.is_drum else 44)
    name = style.fit_text(track.name or style.role_of(track), 20, room)
    style.write_text(draw, (MARGIN + 12, lane.top + 4), name, 20)
    lines = [program_name(track.program, track.is_drum), f"{len(track.notes):,} notes"]
    for index, line in enumerate(lines if lane.height >= 70 else lines[:1]):
        at = (MARGIN + 12, lane.top + 30 + 20 * index)
        style.write_text(draw, at, style.fit_text(line, 15, room), 15, style.TEXT_FAINT if index else style.TEXT_MUTED)
    for index, pitch in enumerate(lane.rows):
        middle = lane.top + index * lane.row_px + lane.row_px / 2
        if track.is_drum:
            label = SHORT_DRUM_NAMES.get(pitch, f"key {pitch}")
            style.write_text(draw, (GUTTER - 8, middle), label, min(15, lane.row_px - 3), style.TEXT_MUTED, "rm")
        elif pitch % 12 == 0:
            style.write_text(draw, (GUTTER - 8, middle), f"C{pitch // 12 - 1}", 13, style.TEXT_FAINT, "rm")
