"""What the drums of a song do where its sections meet: crashes, fills, rolls, in the meter of each bar."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from bandmate.analysis.genres import genre
from bandmate.groovebook.cells import TPQ, Hit, drum_pattern, grid_of
from bandmate.groovebook.dice import Dice
from bandmate.groovebook.drums import drum_keys
from bandmate.groovebook.fills import FILL_VOICES
from bandmate.groovebook.sketch_lines import BarLines, Piece
from bandmate.score.model import make_notes

KICK, CRASH, SNARE = 36, 49, 38


class Drummer:
    """What the drums do where sections meet."""

    def __init__(self, style: str, lines: BarLines, seed: int) -> None:
        self.style, self.lines, self.seed = style, lines, seed
        self.factor = lines.ticks_per_quarter / TPQ
        self._known: dict[tuple[int, int], list[tuple[Hit, ...]]] = {}

    def _fills(self, bar: int) -> list[tuple[Hit, ...]]:
        """The style's fills in the meter of a bar."""
        meter = self.lines.meter(bar)
        if meter not in self._known:
            rows = genre(self.style)["drums"]["fills"]
            found = [drum_pattern(self.style, i, meter, "fills")[-1] for i in range(len(rows))]
            self._known[meter] = [hits for hits in found if sum(h.voice in FILL_VOICES for h in hits) >= 3]
        return self._known[meter]

    def _beat(self, bar: int) -> int:
        return round(grid_of(self.style, self.lines.meter(bar)).beat_ticks * self.factor)

    def meet(
        self,
        pieces: Sequence[Piece],
        roles: Sequence[str],
        span: tuple[int, int],
        kind: str,
        after: str,
        *,
        opens: bool,
    ) -> None:
        """A crash where a section opens, a fill or a roll where it ends."""
        drums = next((i for i, role in enumerate(roles) if role == "drums" and pieces[i].track.is_drum), None)
        if drums is None:
            return
        piece, lines = pieces[drums], self.lines
        plays = any(lines.inside(notes, (span[1] - 1, span[1])).any() for notes in piece.notes)
        if plays and after and kind != "outro":
            build = after == "high" and kind in ("build", "break") and span[1] - span[0] >= 4
            self._roll(piece, span[1]) if build else self._fill(piece, span[1] - 1, whole=after == "high")
        opening = any(lines.inside(notes, (span[0], span[0] + 1)).any() for notes in piece.notes)
        if opens and opening and kind in ("high", "low"):
            loud = 112 if kind == "high" else 96
            self._add(piece, [(int(lines.starts[span[0]]), CRASH, loud)], self._beat(span[0]))

    def _cleared(self, piece: Piece, low: int, high: int, beat: int, keys: Sequence[int] | None = None) -> None:
        for place, notes in enumerate(piece.notes):
            gone = (notes["onset_ticks"] >= low - beat // 16) & (notes["onset_ticks"] < high - beat // 16)
            if keys is not None:
                gone &= np.isin(notes["pitch"], keys)
            piece.notes[place] = notes[~gone]

    def _add(self, piece: Piece, rows: list[tuple[int, int, int]], beat: int) -> None:
        if rows:
            onset, pitch, loud = (np.array(column) for column in zip(*rows, strict=True))
            piece.notes.append(make_notes(onset, beat // 4, pitch, np.clip(loud, 1, 127), channel=9))

    def _fill(self, piece: Piece, bar: int, *, whole: bool) -> None:
        """The last beats of a bar as one of the style's fills, rising; a bar that is cut short has none."""
        fills, beat = self._fills(bar), self._beat(bar)
        if not fills or not self.lines.is_whole(bar):
            return
        start, end = int(self.lines.starts[bar]), int(self.lines.starts[bar + 1])
        length = end - start
        hits = Dice(self.seed, "fill", bar).pick(fills)
        voices = [h.ticks for h in hits if h.voice in FILL_VOICES]
        begin = min(voices) // (grid := max(1, round(beat / self.factor))) * grid
        begin = begin if whole else max(begin, round(length / self.factor) - 2 * grid)
        self._cleared(piece, start + round(begin * self.factor), end, beat)
        keys = drum_keys()
        self._add(piece, [
            (start + round(h.ticks * self.factor), keys[h.voice], round(76 + 30 * h.ticks * self.factor / length))
            for h in hits if h.ticks >= begin
        ], beat)  # fmt: skip

    def _roll(self, piece: Piece, end: int) -> None:
        """Two bars of a snare roll that doubles, and a breath before what comes."""
        low, last, high = (int(ticks) for ticks in self.lines.starts[end - 2 : end + 1])
        beat = self._beat(end - 1)
        self._cleared(piece, low, high, beat, [SNARE, 40, 37, 39])
        self._cleared(piece, last, high, beat, [35, KICK, 42, 44, 46, 51])
        steps = [*range(low, last, self._beat(end - 2) // 2), *range(last, high - beat // 2, beat // 4)]
        self._add(piece, [(t, SNARE, round(56 + 56 * (t - low) / (high - low))) for t in steps], beat)
