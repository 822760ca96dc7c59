"""Bass: the genre's cell over the chords, on the root where chords change, and in its relation to the kick."""

from __future__ import annotations

from functools import cache
from typing import Any

from bandmate.analysis.genres import genre, genre_ids
from bandmate.groovebook.cells import ACCENT, NORMAL, SOFT, Step, cell, energy_weights
from bandmate.groovebook.stage import BASS, Note, Stage
from bandmate.groovebook.touch import bass_cell, gate_of, in_unit
from bandmate.groovebook.variants import crossed
from bandmate.groovebook.walking import way
from bandmate.score.pitch import QUALITIES, Chord
from bandmate.score.plan import PlannedSection, PlannedTrack

_LITERAL = {"b2": 1, "b5": 6, "b6": 8, "#4": 6}
_BLUESY = ("blues", "funk", "rock", "soul", "hip_hop")
# Cells that a player of another genre would know by name.
_LENDABLE = ("tumbao", "tresillo", "walk", "octaves", "gallop", "offbeat", "eighths", "skank")


def degree(sign: str, chord: Chord, stage: Stage, ticks: int) -> int:
    """Semitones above the chord's root that a bass token stands for."""
    tones = QUALITIES[chord.quality]
    scale = {(pitch - chord.root) % 12 for pitch in stage.scale(ticks)}
    minor = 3 in tones
    if sign in ("R", "x", "n"):
        return 0
    if sign == "8":
        return 12
    if sign == "5":
        return next((t for t in (7, 6, 8) if t in tones), 7)
    if sign == "3" or sign == "b3":
        third = next((t for t in (4, 3) if t in tones), None)
        if third is None:
            third = 3 if 3 in scale or sign == "b3" else 4 if 4 in scale else 7
        bluesy = sign == "b3" and stage.block["family"] in _BLUESY and not stage.plan.key_lock
        return 3 if bluesy else third
    if sign in ("7", "b7"):
        seventh = next((t for t in (10, 11) if t in tones), None)
        if seventh is None:
            seventh = 10 if 10 in scale or minor else 11 if sign == "7" and 11 in scale else 9
        return seventh
    if sign == "6":
        return 9 if 9 in scale or not minor else 8
    if sign == "2":
        return 2 if 2 in scale else 1 if 1 in scale else 2
    if sign == "4":
        return 5
    return _LITERAL.get(sign, 0)


@cache
def _named_cells(genre_name: str, name: str) -> list[dict[str, str]]:
    """Bass cells of a name: the genre's own, else those of a genre that counts the same steps."""
    facts = genre(genre_name)
    own = [row for row in facts["bass"]["cells"] if row["n"] == name]
    steps = facts["drums"]["steps"]
    others = (genre(g) for g in genre_ids() if genre(g)["drums"]["steps"] == steps and name in _LENDABLE)
    return own or [row for other in others for row in other["bass"]["cells"] if row["n"] == name][:1]


def _level(sign: str) -> int:
    return ACCENT if sign.endswith("!") else SOFT if sign == "x" else NORMAL


class Bassist:
    """Writes one bass track."""

    def __init__(self, stage: Stage, track: int) -> None:
        self.stage = stage
        self.track = track
        self.who: PlannedTrack = stage.plan.tracks[track]
        self.facts = stage.block["bass"]
        self.name = stage.plan.genre
        self._walks = stage.block["family"] == "jazz"
        self.density = self.who.density * stage.colour["density"]
        self.root = self.who.low + 5
        self.cells: dict[str, tuple[tuple[Step, ...], ...]] = {}
        self.varied: set[str] = set()  # sections that play a cell of the genre, which its `vary` may turn
        self.walked: set[str] = set()  # sections in which the line walks
        self.at: int | None = None  # where a walking line has come to
        self.turns: dict[tuple[str, int, int], list[dict[str, Any]]] = {}

    def notes(self) -> list[Note]:
        """All notes, monophonic, in the track's active bars."""
        bars = self.stage.active_bars(self.track)
        out: list[Note] = []
        for bar in bars:
            out += self._bar(bar)
        return self._cut(out)

    def _label(self, bar: int) -> str:
        section = self.stage.plan.sections[self.stage.section_index[bar]]
        return f"{section.label} {section.energy}"

    def _cell(self, bar: int) -> tuple[tuple[Step, ...], ...]:
        index = self.stage.section_index[bar]
        label = self._label(bar)
        if label not in self.cells:
            rows = self.facts["cells"]
            named = [row for name in self.stage.wanted for row in _named_cells(self.name, name)]
            kind = self.stage.kinds[index]
            weights = energy_weights(rows, self.stage.energy[bar], 1 if self.stage.number else 0)
            row = named[0] if named else self.stage.deal(rows, weights, "bass", kind, self.track)
            own = [row for row in rows if row["n"] == self.who.articulation]
            row = own[0] if own else row
            asked = None if own else bass_cell(self.who.articulation)
            text = in_unit(asked, self.stage.grid.unit) if asked else row["c"]
            if not asked and row in rows:
                self.varied.add(label)
            if text == bass_cell("walking") or (row["n"].startswith("walk") and self._walks and not asked):
                self.walked.add(label)
            self.cells[label] = cell(self.name, text, self.stage.plan.meter, True)
            if self.stage.number and not (named or own or asked) and label not in self.walked:
                other = self.stage.deal(rows, weights, "bass end", kind, self.track)["c"]
                ends = cell(self.name, other, self.stage.plan.meter, True)
                self.cells[label] = crossed(self.cells[label], ends, self.stage.grid.half_ticks)
        return self.cells[label]

    def _bar(self, bar: int) -> list[Note]:
        stage, grid = self.stage, self.stage.grid
        start = bar * grid.bar_ticks
        if bar == stage.last_bar and stage.plan.extra.get("ending") != "fade":
            length = (
                grid.bar_ticks if stage.plan.extra.get("ending") == "ring" else min(grid.bar_ticks, 2 * grid.beat_ticks)
            )
            return [
                Note(
                    start,
                    length - 30,
                    self._place(stage.chord(start), 0, start),
                    self.stage.block["vel"]["X"] * 0.85,
                    BASS,
                )
            ]
        bars = self._cell(bar)
        if self._label(bar) in self.walked:
            return self._walk(bar, start)
        section = stage.plan.sections[stage.section_index[bar]]
        steps = list(bars[(bar - section.start_bar) % len(bars)])
        anticipates = any(s.symbol == "n" for one in bars for s in one)
        if self._label(bar) in self.varied and (bar - section.start_bar) % 2:
            steps = self._vary(steps, bar - section.start_bar, section)
        steps = self._kick_relation(steps, bar)
        steps = self._thin(steps, bar)
        if not anticipates:
            steps = self._on_changes(steps, bar)
        held = any(s.held_ticks > grid.step_ticks for one in bars for s in one)
        return [self._note(step, start, bar, held) for step in steps]

    def _walk(self, bar: int, start: int) -> list[Note]:
        """A bar of walking: from root to root, with an approach into each change."""
        stage, grid, beat = self.stage, self.stage.grid, self.stage.grid.beat_ticks
        count = max(1, grid.bar_ticks // beat)
        half = -(-grid.half_ticks // beat) if count > 1 else count
        changes = half < count and stage.plan.chords[2 * bar] != stage.plan.chords[2 * bar + 1]
        dice = stage.dice("walk", bar, self.track)
        level, out = stage.block["vel"], []
        for first, after in ((0, half), (half, count)) if changes else ((0, count),):
            ticks, until = start + first * beat, start + after * beat
            chord = stage.chord(ticks)
            here = self._nearest(chord.root if chord.bass is None else chord.bass, self.at, ticks)
            coming = stage.chord(until) if until < stage.end_ticks else stage.next_chord(ticks)
            target = self._nearest(coming.root if coming.bass is None else coming.bass, here, ticks)
            free = stage.allowed(ticks)
            span = [p for p in range(self.who.low, self.who.high + 1) if free is None or p % 12 in free]
            scale = [p for p in span if p % 12 in stage.scale(ticks) | chord.pitch_classes] or span
            tones = [p for p in span if p % 12 in chord.pitch_classes] or span
            for index, pitch in enumerate(way(here, target, after - first, scale, tones, span, dice)):
                loud = level["X"] if (first + index) % 2 else level["x"]  # a walking bass leans on 2 and 4
                length = int(beat * min(0.95, self.facts["len"] * stage.colour["gate"]))
                out.append(Note(ticks + index * beat, max(30, length), pitch, loud * 0.95, BASS))
                self.at = pitch
        if grid.step_ticks * 3 == beat and stage.energy[bar] >= 3 and dice.chance(0.3):  # a skip into a beat
            skipped = out[dice.between(0, len(out) - 1)]
            late = skipped.ticks + 2 * grid.step_ticks
            out.append(Note(late, grid.step_ticks // 2, skipped.pitch, level["o"] * 0.95, BASS))
        return sorted(out)

    def _nearest(self, pitch_class: int, near: int | None, ticks: int) -> int:
        """The pitch of a class that a line reaches from where it is, away from the ends of the range."""
        low, high = self.who.low, self.who.high
        found = [p for p in range(low, high + 1) if p % 12 == pitch_class]
        if not found:
            return self.stage.snap((low + high) // 2, ticks, low, high)
        middle = (low + high) / 2 - 2
        goal = middle if near is None else near
        return self.stage.snap(min(found, key=lambda p: (abs(p - goal) + 0.35 * abs(p - middle), p)), ticks, low, high)

    def _vary(self, steps: list[Step], offset: int, section: PlannedSection) -> list[Step]:
        """The cell with the genre's turns, the same in every fourth bar of a section."""
        grid = self.stage.grid
        step = grid.step_ticks if grid.native or grid.unit == "3" else {"8": 240}.get(grid.unit, 120)
        for row in self._turns(section, offset % 4):
            for ticks in (place * step for place in row["at"]):
                there = [s for s in steps if s.ticks == ticks]
                if ticks >= grid.bar_ticks or bool(there) == (row["op"] == "add"):
                    continue
                if row["op"] == "drop":
                    steps = [s for s in steps if s.ticks != ticks] or steps
                else:
                    held = there[0].held_ticks if there else step
                    turned = Step(ticks, row["to"].rstrip("!"), held, _level(row["to"]))
                    steps = sorted([*(s for s in steps if s.ticks != ticks), turned])
        return steps

    def _turns(self, section: PlannedSection, cycle: int) -> list[dict[str, Any]]:
        """The edits that a bar of four takes; the fourth takes more of them than the second."""
        place = (section.label, section.energy, cycle)
        if place not in self.turns:
            dice = self.stage.dice("bass vary", section.label, cycle, self.track)
            likely = 1.4 if cycle == 3 else 0.6
            # Turns join from their energy upwards, drops thin out from theirs downwards.
            self.turns[place] = [
                row
                for row in self.facts.get("vary", ())
                if dice.chance(row["p"] * likely)
                and (section.energy <= row["e"] if row["op"] == "drop" else section.energy >= row["e"])
            ]
        return self.turns[place]

    def _kick_relation(self, steps: list[Step], bar: int) -> list[Step]:
        relation = self.facts["kick_rel"]
        kicks = self.stage.kicks[bar] if self.stage.kicks else ()
        if not kicks or relation == "free":
            return steps
        taken = {s.ticks for s in steps}
        if relation == "offbeat":
            return [s for s in steps if s.ticks not in kicks] or steps
        if relation == "between":
            dice = self.stage.dice("between", self.stage.section_index[bar])
            kept = [s for s in steps if s.ticks not in kicks or s.ticks == 0 or dice.chance(0.6)]
            return kept or steps
        need = -(-len(kicks) * 2 // 3)
        missing = [k for k in kicks if k not in taken]
        step = self.stage.grid.step_ticks
        for kick in missing[: max(0, need - (len(kicks) - len(missing)))]:
            if (kick % step == 0 and (kick - step) not in taken) or kick % self.stage.grid.beat_ticks == 0:
                steps = [*steps, Step(kick, "R", step, 1)]
        return sorted(steps)

    def _thin(self, steps: list[Step], bar: int) -> list[Step]:
        grid = self.stage.grid
        dice = self.stage.dice("bass thin", self.stage.section_index[bar], bar % 2)
        if self.density < 0.85:
            kept = [s for s in steps if s.ticks in (0, grid.half_ticks) or dice.chance(self.density)]
            return kept or steps[:1]
        if self.density > 1.15:
            eighth = max(grid.step_ticks, grid.beat_ticks // 2)
            taken = {s.ticks for s in steps}
            kicks = set(self.stage.kicks[bar]) if self.stage.kicks and self.facts["kick_rel"] == "offbeat" else set()
            extra = [
                Step(t, "R" if dice.chance(0.6) else "8" if dice.chance(0.5) else "5", eighth, 1)
                for t in range(0, grid.bar_ticks, eighth)
                if t not in taken and t not in kicks and dice.chance(self.density - 1)
            ]
            fast = range(grid.step_ticks, grid.bar_ticks, grid.step_ticks) if self.density > 2 else ()
            extra += [  # a bass that plays all eighths is busier in the steps between them
                Step(t, "R" if dice.chance(0.8) else "8", grid.step_ticks, 1)
                for t in fast
                if t % eighth and t not in taken and t not in kicks and dice.chance((self.density - 2) / 2)
            ]
            return sorted([*steps, *extra])
        return steps

    def _on_changes(self, steps: list[Step], bar: int) -> list[Step]:
        """The first onset within an 8th of a chord change is the root (or named bass); without one it is added."""
        grid, plan = self.stage.grid, self.stage.plan
        reach = max(grid.step_ticks, 240)
        kicks = self.stage.kicks[bar] if self.stage.kicks and self.facts["kick_rel"] == "offbeat" else ()
        for half in (0, 1):
            at = half * grid.half_ticks
            index = 2 * bar + half
            if half and plan.chords[index] == plan.chords[index - 1]:
                continue
            near = [s for s in steps if at <= s.ticks <= at + reach]
            if near:
                first = near[0]
                steps = [s._replace(symbol="R") if s is first else s for s in steps]
            else:
                place = -(-at // grid.step_ticks) * grid.step_ticks
                place += reach // 2 // grid.step_ticks * grid.step_ticks if place in kicks else 0
                if place < grid.bar_ticks:
                    steps = sorted([*steps, Step(place, "R", max(grid.step_ticks, grid.beat_ticks // 2), 1)])
        return steps

    def _note(self, step: Step, start: int, bar: int, held: bool) -> Note:
        stage, grid = self.stage, self.stage.grid
        ticks = start + step.ticks
        chord = stage.chord(ticks)
        sign = step.symbol
        if sign == "n":
            pitch = self._place(stage.next_chord(ticks), 0, ticks)
        elif sign == "a":
            pitch = self._approach(ticks)
        else:
            pitch = self._place(chord, degree(sign, chord, stage, ticks), ticks, move=sign in ("R", "8"))
        gate = self.facts["len"] * stage.colour["gate"] * gate_of(self.who.articulation)
        if held:
            length = step.held_ticks * min(1.0, max(0.55, gate))
        else:  # a cell without holds leaves lengths to the gate: up to a beat, cut by the next onset
            length = (
                grid.beat_ticks if self.facts["len"] >= 0.8 else max(grid.step_ticks, grid.beat_ticks // 2)
            ) * min(1.0, gate)
        if sign == "x":
            length = grid.step_ticks * 0.4
        level = self.stage.block["vel"]
        velocity = level["X"] if step.level == ACCENT else level["x"] if step.level != SOFT else level["o"]
        if step.level == 1 and step.ticks == 0:
            velocity += 6
        if ticks - start in (stage.kicks[bar] if stage.kicks else ()):
            velocity *= 1 - 0.2 * self.facts["sidechain"]
        return Note(ticks, max(30, int(length)), pitch, velocity * 0.95, BASS)

    def _place(self, chord: Chord, above: int, ticks: int, move: bool = True) -> int:
        low, high = self.who.low, self.who.high
        base = chord.root if chord.bass is None or above else chord.bass
        roots = [p for p in range(low, high + 1) if p % 12 == base]
        if not roots:
            return self.stage.snap((low + high) // 2, ticks, low, high)
        lower = [p for p in roots if p <= low + 13] or roots
        root = min(lower, key=lambda p: abs(p - self.root) + 0.3 * abs(p - low - 6))
        if move:
            self.root = root
        pitch = root + above
        while pitch > high:
            pitch -= 12
        while pitch < low:
            pitch += 12
        return self.stage.snap(pitch, ticks, low, high)

    def _approach(self, ticks: int) -> int:
        target = self._place(self.stage.next_chord(ticks), 0, ticks, move=False)
        if self.stage.dice("approach", ticks).chance(0.6):
            target_side = (target - 1, target + 1, target - 2)
        else:
            target_side = (target + 2, target - 2, target + 1)
        allowed = self.stage.allowed(ticks)
        for pitch in target_side:
            if self.who.low <= pitch <= self.who.high and (allowed is None or pitch % 12 in allowed):
                return pitch
        return self.stage.snap(target, ticks, self.who.low, self.who.high)

    def _cut(self, notes: list[Note]) -> list[Note]:
        """One note at a time; with a kick that must stay free, notes end before it."""
        notes = sorted({n.ticks: n for n in notes}.values())
        out = []
        bar_ticks = self.stage.grid.bar_ticks
        ducks = self.facts["kick_rel"] == "offbeat"
        for note, after in zip(notes, [*notes[1:], None], strict=True):
            end = min(note.ticks + note.duration_ticks, after.ticks if after else self.stage.end_ticks)
            if ducks and self.stage.kicks:
                bar = note.ticks // bar_ticks
                kick = next(
                    (bar * bar_ticks + k for k in self.stage.kicks[bar] if bar * bar_ticks + k > note.ticks),
                    (bar + 1) * bar_ticks,
                )
                end = min(end, max(kick - 10, note.ticks + 40))
            out.append(note._replace(duration_ticks=max(20, end - note.ticks)))
        return out
