"""Comping: chord parts that follow the genre's cells with voice leading; arpeggios; also pads and stabs by cell."""

from __future__ import annotations

from typing import Any

from bandmate.groovebook.cells import ACCENT, SOFT, Step, cell, energy_weights
from bandmate.groovebook.stage import CHORDS, Note, Stage
from bandmate.groovebook.touch import comp_cell, gate_of, in_unit, is_broken
from bandmate.groovebook.variants import crossed
from bandmate.groovebook.voicing import candidates, lead, tones_of
from bandmate.score.pitch import Chord
from bandmate.score.plan import PlannedTrack

_BROKEN = ("arp", "alberti", "travis", "montuno", "dotted_arp")  # cells that are played one note at a time
_ORDERS = {
    "up": (0, 1, 2, 3),
    "down": (3, 2, 1, 0),
    "updown": (0, 1, 2, 3, 2, 1),
    "alberti": (0, 2, 1, 2),
    "skip": (0, 2, 1, 3),
}


class Comper:
    """Writes one chordal track: blocks or broken chords in the genre's cells.

    Args:
        stage: the piece.
        track: index of the track.
        nth: 0 for the first chordal track, 1 for a second one, which takes another cell.
        cells: rows {n, c} to choose from.
        voices: most voices at once.
        broken: play every cell as an arpeggio.
        top: highest pitch, to stay under the melody.
    """

    def __init__(
        self,
        stage: Stage,
        track: int,
        nth: int,
        cells: list[dict[str, Any]],
        voices: int,
        *,
        broken: bool = False,
        top: int | None = None,
    ) -> None:
        self.stage = stage
        self.track = track
        self.who: PlannedTrack = stage.plan.tracks[track]
        self.nth = nth
        self.rows = cells
        self.broken = broken or is_broken(self.who.articulation)
        voicing = stage.block["harmony"]["voicing"]
        asked = stage.plan.brief.voicing
        self.kind = (
            asked
            if asked
            else voicing["type"]
            if self.who.role == "chords"
            else "7th"
            if voicing["type"] == "9th"
            else "triad"
        )
        self.count = max(1, voices if self.broken else min(voices, self.who.polyphony))
        self.low, self.high = self.who.low, self.who.high
        if top is not None:
            self.high = max(min(self.high, top), min(self.who.high, self.low + 12))
        rule = voicing["rule"].lower()
        self.parallel = (
            self.who.role == "chords"
            and ("parallel" in rule)
            and stage.block["family"] in ("house", "techno", "rock", "reggae")
        )
        self.drop = "drop-2" in rule or stage.block["family"] == "jazz"
        self.rootless = any(t.role == "bass" for t in stage.plan.tracks)
        self.before: tuple[int, ...] | None = None
        self.voiced: dict[tuple[Chord, frozenset[int] | None], tuple[int, ...]] = {}
        self.last: tuple[Chord, tuple[int, ...]] | None = None
        self.centre = (self.low + self.high) / 2
        self.density = self.who.density * stage.colour["density"]
        self.picked: dict[str, tuple[str, tuple[tuple[Step, ...], ...]]] = {}

    def notes(self) -> list[Note]:
        """All notes in the track's active bars."""
        out: list[Note] = []
        for bar in self.stage.active_bars(self.track):
            out += self._bar(bar)
        return out

    def voicing(self, ticks: int) -> tuple[int, ...]:
        """The voicing of the chord at a place, led from the one before."""
        chord = self.stage.chord(ticks)
        if self.last and self.last[0] == chord:
            return self.last[1]
        allowed = self.stage.allowed(ticks)
        scale = self.stage.scale(ticks) & (allowed or self.stage.scale(ticks))
        tones = tones_of(chord, self.kind, self.count, self.rootless, scale)
        if allowed is not None:
            tones = tuple(t for t in tones if t in allowed) or tuple(allowed & chord.pitch_classes)
        options = candidates(tuple(sorted(tones)), self.low, self.high, self.count, self.drop)
        if self.parallel and options:  # one shape, moved: root position or the lowest spelling of it
            low_tone = tones[0] if self.kind == "9th" else chord.root
            options = tuple(v for v in options if v[0] % 12 == low_tone) or options
        voices = lead(self.before, options, self.centre, self.parallel)
        if not voices:
            voices = (self.stage.snap(round(self.centre), ticks, self.low, self.high),)
        self.before = voices
        self.last = (chord, voices)
        return voices

    def _cell(self, bar: int) -> tuple[str, tuple[tuple[Step, ...], ...]]:
        index = self.stage.section_index[bar]
        section = self.stage.plan.sections[index]
        label = f"{section.label} {section.energy}"
        if label not in self.picked:
            named = [r for name in self.stage.wanted for r in self.rows if r["n"] == name] if not self.nth else []
            kind = self.stage.kinds[index]
            level = min(5.0, max(1.0, section.energy * self.density))
            if self.nth:  # a second player is calm where the first is busy
                level = 6.0 - level
            weights = energy_weights(self.rows, level, 1 if self.stage.number else 0)
            row = named[0] if named else self.stage.deal(self.rows, weights, "comp", kind, self.track)
            asked = comp_cell(self.who.articulation)
            text = in_unit(asked, self.stage.grid.unit) if asked else row["c"]
            if not asked and not self.nth and self.who.role == "chords":
                text = self.stage.overrides.get("comp_cell", text)
            bars = cell(self.stage.plan.genre, text, self.stage.plan.meter, False)
            if self.stage.number and not named and text == row["c"]:
                other = self.stage.deal(self.rows, weights, "comp end", kind, self.track)["c"]
                ends = cell(self.stage.plan.genre, other, self.stage.plan.meter, False)
                bars = crossed(bars, ends, self.stage.grid.half_ticks)
            self.picked[label] = (row["n"], bars)
        return self.picked[label]

    def _bar(self, bar: int) -> list[Note]:
        stage, grid = self.stage, self.stage.grid
        start = bar * grid.bar_ticks
        levels = stage.block["vel"]
        ending = stage.plan.extra.get("ending")
        if bar == stage.last_bar and ending != "fade":
            length = grid.bar_ticks if ending == "ring" else min(grid.bar_ticks, 2 * grid.beat_ticks)
            return [Note(start, length - 20, p, levels["x"], CHORDS) for p in self.voicing(start)]
        name, bars = self._cell(bar)
        section = stage.plan.sections[stage.section_index[bar]]
        steps = self._thin(list(bars[(bar - section.start_bar) % len(bars)]), bar)
        steps = self._on_changes(steps, bar, bars)
        broken = self.broken or name.startswith(_BROKEN)
        out: list[Note] = []
        plan_locks = stage.plan.chord_lock
        dice = stage.dice("order", section.label, self.track)
        order = _ORDERS["alberti" if name.startswith("alberti") else dice.pick(("up", "updown", "skip", "down"))]
        for number, step in enumerate(steps):
            ticks = start + step.ticks
            length = self._length(step, ticks, start)
            velocity = levels["X"] if step.level == ACCENT else levels["o"] + 8 if step.level == SOFT else levels["x"]
            velocity = velocity * 0.88 + (5 if step.ticks % grid.beat_ticks == 0 else 0)
            early = name.startswith("anticip") and not plan_locks and bar + 1 < stage.plan.bars
            if early and step.ticks + grid.step_ticks >= grid.bar_ticks:  # the change, played before the bar line
                voices = self.voicing(start + grid.bar_ticks)
                length = grid.step_ticks + (grid.beat_ticks if stage.plan.active[self.track, bar + 1] else 0) - 20
            else:
                voices = self.voicing(ticks)
            if broken:
                out.append(Note(ticks, length, self._broken(voices, order, number), velocity, CHORDS))
            else:
                out += [Note(ticks, length, pitch, velocity - 2 * i, CHORDS) for i, pitch in enumerate(voices)]
        return out

    def _broken(self, voices: tuple[int, ...], order: tuple[int, ...], number: int) -> int:
        ladder = list(voices)
        for pitch in voices:  # a fourth rung, an octave up, where the range has it
            if len(ladder) < 4 and pitch + 12 <= self.high and pitch + 12 not in ladder:
                ladder.append(pitch + 12)
        ladder.sort()
        return ladder[order[number % len(order)] % len(ladder)]

    def _thin(self, steps: list[Step], bar: int) -> list[Step]:
        if self.density >= 0.85 or len(steps) < 3:
            return steps
        dice = self.stage.dice("comp thin", self.stage.section_index[bar], bar % 2, self.track)
        kept = [s for s in steps if s.level == ACCENT or s.ticks == 0 or dice.chance(self.density)]
        return kept or steps[:1]

    def _on_changes(self, steps: list[Step], bar: int, bars: tuple[tuple[Step, ...], ...]) -> list[Step]:
        """A held chord gives way where the harmony changes: the hold is struck again."""
        plan, grid = self.stage.plan, self.stage.grid
        if plan.chords[2 * bar] != plan.chords[2 * bar + 1]:
            place = -(-grid.half_ticks // grid.step_ticks) * grid.step_ticks
            over = [s for s in steps if s.ticks < grid.half_ticks < s.ticks + s.held_ticks]
            if over and not any(grid.half_ticks <= s.ticks <= place for s in steps):
                rest = over[-1].ticks + over[-1].held_ticks - place
                if rest > 0:
                    steps = sorted([*steps, Step(place, over[-1].symbol, rest, over[-1].level)])
        return steps

    def _length(self, step: Step, ticks: int, start: int) -> int:
        stage, grid = self.stage, self.stage.grid
        gate = gate_of(self.who.articulation) * min(1.15, stage.colour["gate"])
        held = step.held_ticks > grid.step_ticks
        length = step.held_ticks * min(1.0, gate) - (24 if held else 12)
        if held and gate < 0.8:
            length = min(length, grid.beat_ticks * gate)
        # Nothing is held into a chord it does not belong to.
        half = (ticks // grid.half_ticks + 1) * grid.half_ticks
        while (
            half < ticks + length
            and half < stage.end_ticks
            and stage.chord(half) == stage.chord(ticks)
            and half < start + grid.bar_ticks
        ):
            half += grid.half_ticks
        return max(
            30, int(min(length, half - ticks - 6 if half < ticks + length else length, start + grid.bar_ticks - ticks))
        )
