"""Lead: a melody one can hum: a motif, its repetition and sequence, an answer, a cadence and a breath."""

from __future__ import annotations

from bandmate.groovebook.dice import Dice
from bandmate.groovebook.harmony import mode_family
from bandmate.groovebook.motifs import CHARACTERS, Motif, Onsets, contour, rhythm
from bandmate.groovebook.phrases import answered_leaps, neighbour, one_climax
from bandmate.groovebook.stage import MELODY, Note, Stage
from bandmate.groovebook.touch import gate_of
from bandmate.score.pitch import MODES, QUALITIES, Chord
from bandmate.score.plan import PlannedTrack

_BLUES_FAMILIES = ("blues", "funk", "rock", "soul", "hip_hop", "jazz")
# Chance that a strong beat is set on a chord tone; what is left to the line falls on one half the time.
_CHORD_TONE = {"classical": 0.7, "jazz": 0.25, "blues": 0.25}
# Bars of a phrase: A motif, a the same sequenced, B answer, C cadence, "-" silence; capital C closes, c leaves open.
_SHAPES = {
    1: (("A",),),
    2: (("A", "C"), ("A", "B")),
    4: (("A", "a", "B", "C"), ("A", "B", "a", "C"), ("A", "a", "A", "C")),
    8: (("A", "B", "a", "c", "A", "B", "D", "C"), ("A", "a", "B", "c", "A", "a", "D", "C")),
}
_SPARSE = {
    1: (("A",),),
    2: (("A", "-"), ("A", "C")),
    4: (("A", "-", "a", "C"), ("A", "a", "-", "C"), ("A", "B", "C", "-")),
    8: (("A", "-", "a", "c", "A", "-", "B", "C"), ("A", "a", "c", "-", "A", "B", "C", "-")),
}


def _arch(part: float, dice: Dice) -> float:
    """Semitones above the middle at a part of a phrase: up to a climax at two thirds, then home."""
    rise = part / 0.65 if part <= 0.65 else (1 - part) / 0.35
    return -1.5 + 5.0 * rise + dice.pick((-1, 0, 0, 1))


class Singer:
    """Writes one melody track.

    Args:
        stage: the piece.
        track: index of the track.
    """

    def __init__(self, stage: Stage, track: int) -> None:
        self.stage = stage
        self.track = track
        self.who: PlannedTrack = stage.plan.tracks[track]
        self.facts = stage.block["melody"]
        self.scale = self._scale()
        self.strong = _CHORD_TONE.get(stage.block["family"], 0.4)
        self.density = self.who.density * stage.colour["density"]
        self.character = stage.deal(CHARACTERS, [each.weight for each in CHARACTERS], "character", track)
        self.ladders: dict[tuple[Chord, frozenset[int] | None, int], tuple[list[int], list[int]]] = {}
        # A singable span in the middle of the range, high enough to stand over the chords.
        low, high = self.who.low, self.who.high
        span = min(high - low, 19)
        bottom = low + max(0, (high - low - span) // 2)
        self.low, self.high = bottom, bottom + span

    def notes(self) -> list[Note]:
        """All notes, one at a time, in the track's active bars."""
        out: list[Note] = []
        bars = self.stage.active_bars(self.track)
        runs: list[list[int]] = []
        for bar in bars:
            joined = (
                runs and bar == runs[-1][-1] + 1 and self.stage.section_index[bar] == self.stage.section_index[bar - 1]
            )
            runs[-1].append(bar) if joined else runs.append([bar])
        for run in runs:
            out += self._section(run)
        out = self._cut(sorted({n.ticks: n for n in out}.values()))
        if not out and bars:  # a line that rests everywhere still says one thing
            start = bars[0] * self.stage.grid.bar_ticks
            out = [
                Note(
                    start,
                    self.stage.grid.half_ticks,
                    self._near(self._ladder(start)[1], (self.low + self.high) / 2),
                    self.stage.block["vel"]["x"],
                    MELODY,
                )
            ]
        return out

    # -- pitch material -----------------------------------------------------------------------------------------

    def _scale(self) -> frozenset[int]:
        """Pitch classes of the genre's melody scale that suits the key, inside the lock."""
        plan = self.stage.plan
        family = mode_family(plan.key.mode)
        dice = self.stage.dice("scale")
        fitting = []
        for name in self.facts["scales"]:
            name = {"minor_blues": "blues"}.get(name, name)
            if name not in MODES or name in ("chromatic", "altered", "diminished"):
                continue
            pitches = frozenset((plan.key.tonic + step) % 12 for step in MODES[name])
            bluesy = name in ("blues", "minor_pentatonic") and self.stage.block["family"] in _BLUES_FAMILIES
            inside = pitches <= plan.key.lock if plan.key_lock else len(pitches - plan.key.lock) <= (1 if bluesy else 0)
            if inside and (mode_family(name) == family or bluesy):
                fitting.append(pitches)
        own = plan.key.scale
        return dice.pick([*fitting, own]) if fitting else own

    def _ladder(self, ticks: int) -> tuple[list[int], list[int]]:
        """The pitches a melody may walk on over the chord at a place, and those of them in the chord."""
        chord = self.stage.chord(ticks)
        allowed = self.stage.allowed(ticks)
        lift = self.stage.plan.extra.get("lift")
        moved = lift[1] if lift and ticks >= lift[0] * self.stage.grid.bar_ticks else 0
        key = (chord, allowed, moved)
        if key not in self.ladders:
            tones = frozenset((chord.root + step) % 12 for step in QUALITIES[chord.quality])
            # A chord tone outside the scale replaces its chromatic neighbours.
            scale = frozenset((p + moved) % 12 for p in self.scale)
            outside = tones - scale
            pool = {p for p in scale if p in tones or not any((p - t) % 12 in (1, 11) for t in outside)} | tones
            if allowed is not None:
                pool &= allowed
                tones = tones & allowed
            rungs = [p for p in range(self.low, self.high + 1) if p % 12 in pool]
            rungs = rungs or [self.stage.snap((self.low + self.high) // 2, ticks, self.who.low, self.who.high)]
            self.ladders[key] = (rungs, [p for p in rungs if p % 12 in tones] or rungs)
        return self.ladders[key]

    @staticmethod
    def _near(pitches: list[int], goal: float) -> int:
        return min(pitches, key=lambda p: (abs(p - goal), p))

    def _motif(self, count: int, dice: Dice, *, until: int | None = None) -> Motif:
        onsets = self._rhythm(count, dice, until=until)
        return Motif(onsets, contour(len(onsets), dice, self.character))

    def _rhythm(self, count: int, dice: Dice, *, avoid: tuple[int, ...] = (), until: int | None = None) -> Onsets:
        return rhythm(self.stage, count, dice, self.character, avoid=avoid, until=until)

    # -- sections -----------------------------------------------------------------------------------------------

    def _section(self, bars: list[int]) -> list[Note]:
        stage = self.stage
        section = stage.plan.sections[stage.section_index[bars[0]]]
        dice = stage.dice("motif", section.label, self.track)  # a section that comes back brings its motif back
        low, high = self.facts["notes_per_bar"]
        level = (section.energy - 1) / 4
        usual = low + (high - low) * min(1.0, max(0.0, 0.25 + 0.5 * level + self.character.fuller))
        count = max(1, round(usual * min(1.6, self.density)))
        rest = self.facts["rest"] / max(0.6, min(1.4, self.density))
        a = self._motif(count, dice)
        b_rhythm = self._rhythm(count, dice, avoid=a.onsets) if dice.chance(0.5) else a.onsets
        b = Motif(
            b_rhythm,
            tuple(-s for s in a.steps)
            if len(b_rhythm) == len(a.steps) and dice.chance(0.5)
            else contour(len(b_rhythm), dice, self.character),
        )
        c = self._close(a, count, dice)
        d = self._motif(min(count + 1, 12), dice)
        motifs = {"A": a, "a": a, "B": b, "C": c, "c": c, "D": d}
        size = next(n for n in (8, 4, 2, 1) if n <= min(int(self.facts["phrase_bars"]), len(bars)))
        shape = dice.pick((_SPARSE if rest >= 0.42 else _SHAPES)[size])
        centre = (self.low + self.high) / 2 + (2.5 if stage.kinds[stage.section_index[bars[0]]] == "high" else -1.5)
        out: list[Note] = []
        for start in range(0, len(bars), size):
            number = start // size
            phrase = bars[start : start + size]
            letters = list(shape[: len(phrase)])
            if len(phrase) < size:
                letters[-1] = "C"
            last = start + size >= len(bars)
            fresh = stage.dice("phrase", section.label, self.track, number)
            sung: list[Note] = []
            for offset, (bar, letter) in enumerate(zip(phrase, letters, strict=True)):
                if letter == "-":
                    continue
                anchor = centre + _arch(offset / max(1, len(phrase) - 1), fresh)
                motif = self._varied(motifs[letter], fresh) if number % 2 and letter in "ABD" else motifs[letter]
                closes = letter == "C" and (last or number % 2 == 1)
                ends = offset == len(phrase) - 1 or letter in "Cc"
                previous = sung[-1].pitch if sung else out[-1].pitch if out else None
                sung += self._sing(bar, motif, anchor, closes, ends, previous)
            sung = self._shaped(sung, letters[-1] != "-")
            if out and sung and fresh.chance(0.5):
                out += self._pickup(out[-1], sung[0], fresh)
            out += sung
        return out

    def _close(self, motif: Motif, count: int, dice: Dice) -> Motif:
        """The bar of a cadence: the head of the motif, so that one hears where it comes from, then its last note."""
        until = self.stage.grid.half_ticks + self.stage.grid.step_ticks
        head = tuple(t for t in motif.onsets if t < until)
        if len(head) < 2 or dice.chance(0.3):
            return self._motif(max(2, count // 2), dice, until=until)
        steps = motif.steps[: len(head) - 1]
        return Motif(head, (*steps, steps[-1] - dice.pick((1, 1, 2))))

    def _shaped(self, notes: list[Note], ends: bool) -> list[Note]:
        """A phrase with its leaps answered and one highest note."""
        if len(notes) < 3:
            return notes
        ladders = [self._ladder(note.ticks)[0] for note in notes]
        firm = [ends and index == len(notes) - 1 for index in range(len(notes))]
        pitches = one_climax([note.pitch for note in notes], ladders)
        pitches = answered_leaps(pitches, ladders, firm)
        if not firm[-1] or pitches[-1] == notes[-1].pitch:
            pitches = one_climax(pitches, ladders)
        pitches = [n.pitch if kept else p for n, p, kept in zip(notes, pitches, firm, strict=True)]
        return [note._replace(pitch=pitch) for note, pitch in zip(notes, pitches, strict=True)]

    def _pickup(self, before: Note, first: Note, dice: Dice) -> list[Note]:
        """Notes in the last beat before a phrase that lead to its first one by step, where there is a breath before."""
        grid = self.stage.grid
        eighth = max(grid.step_ticks, grid.beat_ticks // 2)
        bar = first.ticks // grid.bar_ticks * grid.bar_ticks
        count = dice.pick((1, 2, 2, 3))
        while count and bar - count * eighth < before.ticks + before.duration_ticks + eighth:
            count -= 1
        if not count or first.ticks - bar > eighth:
            return []
        up = dice.chance(0.7)
        pitches = [first.pitch]
        for index in range(count):
            rungs = self._ladder(bar - (index + 1) * eighth)[0]
            pitches.append(neighbour(rungs, pitches[-1], up=not up))
        level = self.stage.block["vel"]["x"] - 8
        return [
            Note(bar - (index + 1) * eighth, int(eighth * 0.9), pitch, level + 2 * (count - index), MELODY)
            for index, pitch in reversed(list(enumerate(pitches[1:])))
        ]

    def _varied(self, motif: Motif, dice: Dice) -> Motif:
        """The motif again, with one note other: its last steps turned, or a note left out."""
        onsets, steps = list(motif.onsets), list(motif.steps)
        if len(onsets) > 3 and dice.chance(0.3):
            at = dice.between(1, len(onsets) - 2)
            del onsets[at], steps[at]
        if len(steps) > 1:
            steps[-1] = steps[-2] + dice.pick((-1, 1, 2))
        return Motif(tuple(onsets), tuple(steps))

    def _sing(self, bar: int, motif: Motif, anchor: float, closes: bool, ends: bool, before: int | None) -> list[Note]:
        stage, grid = self.stage, self.stage.grid
        start = bar * grid.bar_ticks
        levels = stage.block["vel"]
        if bar == stage.last_bar and stage.plan.extra.get("ending") != "fade":
            home = [p for p in self._ladder(start)[1] if p % 12 == stage.chord(start).root] or self._ladder(start)[1]
            length = (
                grid.bar_ticks if stage.plan.extra.get("ending") == "ring" else min(grid.bar_ticks, 2 * grid.beat_ticks)
            )
            # It falls home rather than up to it.
            goal = before - 2 if before else anchor - 2
            return [Note(start, length - 20, self._near(home, goal), levels["x"] + 6, MELODY)]
        out: list[Note] = []
        rungs, tones = self._ladder(start)
        root = rungs.index(self._near(tones, anchor)) if self._near(tones, anchor) in rungs else len(rungs) // 2
        base = rungs[root]
        if self.stage.dice("base", bar % 8, self.track).chance(0.35):  # a bar may hang from a passing tone
            base = self._near(rungs, anchor)
        dice = stage.dice("sing", stage.plan.sections[stage.section_index[bar]].label, bar % 8, self.track)
        leans = False
        for index, (onset, step) in enumerate(zip(motif.onsets, motif.steps, strict=True)):
            ticks = start + onset
            rungs, tones = self._ladder(ticks)
            home = min(range(len(rungs)), key=lambda i: abs(rungs[i] - base))
            at = home + step
            if at < 0:
                at = -at
            if at >= len(rungs):
                at = 2 * (len(rungs) - 1) - at
            pitch = rungs[min(max(at, 0), len(rungs) - 1)]
            final = ends and index == len(motif.onsets) - 1
            strong = onset % grid.half_ticks == 0 or (grid.meter[0] == 3 and onset == 0)
            if final:
                pitch = self._cadence_tone(ticks, pitch, closes)
            elif leans:  # a tone that leaned on the beat before resolves by step
                pitch = self._near(tones, out[-1].pitch)
            elif strong and dice.chance(self.strong):
                pitch = self._near(tones, pitch)
            leans = strong and not final and pitch not in tones
            pitch = self._reachable(pitch, out[-1].pitch if out else before, rungs, tones if final else rungs)
            nxt = motif.onsets[index + 1] if index + 1 < len(motif.onsets) else grid.bar_ticks
            length = self._length(onset, nxt, final)
            rubs = pitch not in tones and any((pitch - tone) % 12 in (1, 11) for tone in tones)
            if rubs and length >= 1.4 * grid.beat_ticks:  # a semitone against the chord may pass, not stay
                pitch = self._near(tones, pitch)
            velocity = (
                levels["x"]
                + (8 if onset == 0 else 4 if onset % grid.beat_ticks == 0 else -3)
                + (4 if index == len(motif.onsets) // 2 else 0)
            )
            out.append(Note(ticks, length, pitch, velocity, MELODY))
        return out

    def _cadence_tone(self, ticks: int, pitch: int, closes: bool) -> int:
        chord = self.stage.chord(ticks)
        tones = QUALITIES[chord.quality]
        wanted = {chord.root} if closes else {(chord.root + t) % 12 for t in tones[:3]}
        rungs = self._ladder(ticks)[1]
        return self._near([p for p in rungs if p % 12 in wanted] or rungs, pitch)

    def _reachable(self, pitch: int, before: int | None, rungs: list[int], among: list[int]) -> int:
        """No leap over an octave; what lies too far is taken nearer."""
        if before is None or abs(pitch - before) <= 9:
            return pitch
        near = [p for p in among if abs(p - before) <= 9] or [p for p in rungs if abs(p - before) <= 9]
        return self._near(near, pitch) if near else pitch

    def _length(self, onset: int, following: int, final: bool) -> int:
        grid, stage = self.stage.grid, self.stage
        gap = following - onset
        gate = 0.92 * min(1.08, stage.colour["gate"]) * gate_of(self.who.articulation)
        if final:  # long, then a breath of at least an 8th before the bar ends
            return (
                max(grid.step_ticks, min(gap - max(grid.step_ticks, 240), 2 * grid.beat_ticks))
                if gap > 300
                else int(gap * 0.8)
            )
        return max(40, int(min(gap, 3 * grid.beat_ticks) * min(1.0, gate)))

    def _cut(self, notes: list[Note]) -> list[Note]:
        out = []
        for note, after in zip(notes, [*notes[1:], None], strict=True):
            end = min(note.ticks + note.duration_ticks, after.ticks if after else self.stage.end_ticks)
            out.append(note._replace(duration_ticks=max(20, end - note.ticks)))
        return out
