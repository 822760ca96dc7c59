"""Drums: the genre's patterns by energy, varied, with fills before section lines, crashes after them and an ending."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np

from bandmate.analysis.genres import genre, genre_ids, load_table
from bandmate.groovebook.cells import ACCENT, NORMAL, SOFT, Hit, _meter_table, _voice_hits, drum_pattern, grid_of
from bandmate.groovebook.drum_touch import loudness_of, place_of, voice_numbers
from bandmate.groovebook.fills import FILL_VOICES, GROUP, Fills
from bandmate.groovebook.stage import HATS, KICK, PERC, SNARE, Note, Stage
from bandmate.groovebook.variants import lent_tops

_SUBSET = {KICK: "kick", SNARE: "snare", HATS: "hats", PERC: "perc"}
_BACKBEAT = ("snare", "clap", "rim")
# Level of a voice against kick and snare.
_LEVEL = {
    "closed_hat": 0.74, "open_hat": 0.82, "pedal_hat": 0.62, "ride": 0.76, "shaker": 0.62, "maracas": 0.6, "tamb": 0.66,
    "rim": 0.82, "crash": 0.95, "clap": 0.95, "cowbell": 0.74, "claves": 0.8, "guiro_s": 0.66, "guiro_l": 0.7,
    "conga_h": 0.8, "conga_m": 0.78, "conga_l": 0.82, "bongo_h": 0.74, "bongo_l": 0.76, "tri_o": 0.6,
}  # fmt: skip
# What a drum that was asked for plays where the pattern does not have it, in 16ths.
_USUAL = {
    "tamb": "....x.......x...", "clap": "....x.......x...", "snare": "....X.......X...", "kick": "X.......X.......",
    "cowbell": "x...x...x...x...", "ride_bell": "x...x...x...x...", "closed_hat": "x.x.x.x.x.x.x.x.",
    "shaker": "xoxoxoxoxoxoxoxo", "maracas": "xoxoxoxoxoxoxoxo", "cabasa": "xoxoxoxoxoxoxoxo",
    "rim": "...x..x....x....", "open_hat": "..x...x...x...x.", "ride": "x.x.x.x.x.x.x.x.", "claves": "x..x..x...x.x...",
    "conga_h": "..o...xx..o...xx", "conga_l": "x..x......x.....", "crash": "x...............",
    "china": "x...............", "splash": "..............x.", "tom_l": "x..x..x.........", "tom_h": "..........x.....",
    "tom_m": "............x...",
}  # fmt: skip
# Patterns that players of other genres know by name.
_LENDABLE = (
    "dembow", "train", "double_kick", "blast", "one_drop", "rockers", "steppers", "two_step", "second_line", "clave",
    "clave23", "clave32", "batucada", "oompah", "chop_a", "d_beat", "bembe", "stomp", "tom_verse", "boom_chk",
    "breakdown", "gallop", "two_beat", "tresillo", "bachata",
)  # fmt: skip
_HAND = 0.4  # of the spread between players: an extreme hand would unbalance a mix
_USUAL_OTHER = "x..x..x...x.x..."
_HALF_TIME = ("half_time", "half", "breakdown")
_DEFAULT_PERC = {"shaker": "xoxoxoxoxoxoxoxo", "conga_h": "..o...xx..o...xx", "conga_l": "x..x......x....."}


@cache
def drum_keys() -> dict[str, int]:
    """Voice name -> General MIDI drum key."""
    return load_table("genres")["_meta"]["drum_notes"]


@cache
def _default_perc(name: str, meter: tuple[int, int]) -> tuple[Hit, ...]:
    grid = grid_of(name, meter)
    steps = grid.bar_ticks // 120
    return tuple(
        hit for voice, text in _DEFAULT_PERC.items() for hit in _voice_hits(list((text * 8)[:steps]), voice, 120)
    )


@cache
def _default_kit(name: str, meter: tuple[int, int]) -> tuple[Hit, ...]:
    step = 120
    return tuple(hit for voice, row in _meter_table(meter).items() for hit in _voice_hits(row, voice, step))


@cache
def _named_pattern(genre_name: str, name: str, meter: tuple[int, int]) -> tuple[tuple[Hit, ...], ...]:
    """The pattern of a name: the genre's own, else that of another genre in the same meter; () if nobody knows it."""
    for other in (genre_name, *(genre_ids() if name in _LENDABLE else ())):
        if grid_of(other, meter).native != grid_of(genre_name, meter).native:
            continue
        for index, row in enumerate(genre(other)["drums"]["patterns"]):
            if row["n"] == name and name != "none":
                return drum_pattern(other, index, meter)
    return ()


class Drummer:
    """Writes the drum tracks of one stage."""

    def __init__(self, stage: Stage) -> None:
        self.stage = stage
        self.block = stage.block
        self.name = stage.plan.genre
        self.meter = stage.plan.meter
        self.facts: dict[str, Any] = self.block["drums"]
        self.levels = self.block["vel"]
        self.feel = " ".join(stage.plan.brief.feel)
        tracks = stage.plan.tracks
        self.has_perc = any(t.is_drum and t.role == "perc" for t in tracks)
        density = next((t.density for t in tracks if t.is_drum), 1.0)
        self.density = density * stage.colour["density"]
        self._patterns: dict[str, tuple[tuple[Hit, ...], ...]] = {}
        self._forces: dict[tuple[str, int, int], float] = {}
        self.fills = Fills(stage)
        self._bars = self._write()

    def notes(self, track: int) -> list[Note]:
        """The notes of one drum track in its active bars."""
        stage = self.stage
        role = stage.plan.tracks[track].role
        keys, gone = drum_keys(), set(stage.plan.brief.excluded_drums)
        bar_ticks = stage.grid.bar_ticks
        out: list[Note] = []
        for bar in stage.active_bars(track):
            hits = self._bars[bar]
            if role == "perc":
                hits = [h for h in hits if h.voice not in GROUP] or list(_default_perc(self.name, self.meter))
                if bar == stage.last_bar:
                    hits = hits[:1]
            elif self.has_perc:
                hits = [h for h in hits if h.voice in GROUP] or hits
            kept = [h for h in hits if keys[h.voice] not in gone] or self._instead(gone)
            out += [self._note(h, bar * bar_ticks, keys, bar) for h in kept]
            grace = round(stage.ticks_of_ms(20))  # a flam: the other stick 20 ms before
            out += [
                n._replace(ticks=n.ticks - grace, velocity=n.velocity * 0.5)
                for n in (self._note(h, bar * bar_ticks, keys, bar) for h in kept if h.flam)
                if n.ticks >= bar * bar_ticks + grace
            ]
        return _no_doubles(out)

    def _note(self, hit: Hit, start: int, keys: dict[str, int], bar: int) -> Note:
        velocity = self._velocity(hit)
        if bar in self.stage.fill_bars and hit.voice in FILL_VOICES:
            velocity *= 0.84 + 0.22 * hit.ticks / self.stage.grid.bar_ticks  # fills rise from 70 to 84 (measured)
        return Note(start + hit.ticks, 60, keys[hit.voice], velocity, GROUP.get(hit.voice, PERC))

    def _instead(self, gone: set[int]) -> list[Hit]:
        keys = drum_keys()
        voice = next((v for v in ("closed_hat", "shaker", "rim", "snare", "kick", *keys) if keys[v] not in gone), "")
        grid = self.stage.grid
        return [Hit(t, voice, NORMAL) for t in range(0, grid.bar_ticks, grid.beat_ticks)] if voice else []

    def _velocity(self, hit: Hit) -> float:
        key = (hit.voice, hit.ticks, hit.level)
        if key not in self._forces:
            self._forces[key] = self._force(hit)
        return self._forces[key]

    def _force(self, hit: Hit) -> float:
        """Velocity of a stroke: the genre's levels, and where people drum, theirs at this place of the bar.

        Each step of the pattern has an accent of its own that comes back in every bar, and the whole kit a hand.
        """
        plain, touch, grid = self._plain(hit), self.stage.touch, self.stage.grid
        number = int(voice_numbers()[drum_keys()[hit.voice]])
        place = int(place_of(np.array([hit.ticks / grid.beat_ticks]))[0])
        mean = touch.force(number, place, hit.level) if touch else 0.0
        if not (touch and mean):
            return plain
        dice = self.stage.dice("accent", number, hit.ticks)
        hand = self.stage.dice("hand", number).normals(1)[0] * _HAND * touch.player_sd[number]
        accent = float(dice.normals(1)[0]) * touch.step_sd[number] * (0.4 if hit.level == SOFT else 0.8)
        people = (mean + float(hand) * mean / 100 + accent) * loudness_of(self.name)
        return (1 - self.stage.live) * plain + self.stage.live * max(8.0, people)

    def _plain(self, hit: Hit) -> float:
        base = self.levels[("o", "x", "X")[hit.level]] * _LEVEL.get(hit.voice, 1.0)
        if hit.level == NORMAL and hit.voice in ("closed_hat", "ride", "shaker"):
            grid = self.stage.grid
            place = hit.ticks % grid.beat_ticks
            live = self.stage.live
            if place == 0:
                base *= 1.0
            elif place * 2 == grid.beat_ticks:
                base *= 1 - 0.14 * live  # the "and" lies at 0.73-0.96 of the beat (measured)
            else:
                base *= 0.86 - 0.28 * live
        return base

    # -- patterns -----------------------------------------------------------------------------------------------

    def _pattern(self, index: int) -> tuple[tuple[Hit, ...], ...]:
        section = self.stage.plan.sections[index]
        label = f"{section.label} {section.energy}"
        if label not in self._patterns:
            self._patterns[label] = self._choose(
                section.energy, self.stage.kinds[index], "kick" in (self._voices(index) or ())
            )
        return self._patterns[label]

    def _voices(self, index: int) -> list[str] | None:
        rows = self.stage.plan.extra.get("voices")
        return rows[index] if rows else None

    def _choose(self, energy: int, kind: str, needs_kick: bool) -> tuple[tuple[Hit, ...], ...]:
        rows = self.facts["patterns"]
        sounding = [i for i in range(len(rows)) if any(drum_pattern(self.name, i, self.meter))]
        for name in self.stage.wanted:
            found = _named_pattern(self.name, name, self.meter)
            if found:
                return found
        fitting = [i for i in sounding if rows[i]["e"][0] <= energy <= rows[i]["e"][1]]
        fitting = fitting or sorted(sounding, key=lambda i: abs(sum(rows[i]["e"]) / 2 - energy))[:1]
        if not fitting:
            return (_default_kit(self.name, self.meter),)
        # Patterns without a kick are tops for quiet sections, not the groove of a chorus.
        driven = [i for i in fitting if "kick" in rows[i]] if energy >= 3 or needs_kick else fitting
        fitting = driven or ([i for i in sounding if "kick" in rows[i]] if needs_kick else []) or fitting
        halves = [i for i in fitting if rows[i]["n"] in _HALF_TIME]
        if "half" in self.feel and halves:
            fitting = halves
        weights = [
            rows[i].get("w", 1.0) * (0.3 if i in halves else 1.0) / (1.0 + abs(sum(rows[i]["e"]) / 2 - energy))
            for i in fitting
        ]
        chosen = drum_pattern(self.name, self.stage.deal(fitting, weights, "pattern", kind, energy), self.meter)
        if not self.stage.number:
            return chosen
        tops = self.stage.deal(fitting, [1.0] * len(fitting), "tops", kind, energy)
        return lent_tops(chosen, drum_pattern(self.name, tops, self.meter))

    def _write(self) -> list[list[Hit]]:
        stage = self.stage
        plan = stage.plan
        out: list[list[Hit]] = []
        drums = next((t for t, track in enumerate(plan.tracks) if track.is_drum and track.role == "drums"), None)
        for index, section in enumerate(plan.sections):
            pattern = self._pattern(index)
            edits = [self._edits(section.label, cycle, section.energy) for cycle in range(4)]
            voices = self._voices(index)
            for offset in range(section.bars):
                bar = section.start_bar + offset
                hits = self._edited(list(pattern[offset % len(pattern)]), edits[offset % 4], offset)
                hits = self._felt(self._dense(hits, section.label, offset % max(2, len(pattern))), section.label)
                if voices:
                    hits = [h for h in hits if _SUBSET[GROUP.get(h.voice, PERC)] in voices] or hits
                hits = self._included(hits)
                hits = self.fills.fill(hits, bar, index, offset)
                hits = self.fills.crash(hits, bar, index, offset)
                if bar == stage.last_bar:
                    hits = self.fills.end(hits)
                out.append(sorted(set(hits)))
        audible = plan.active[drums] if drums is not None else None
        keys, gone = drum_keys(), set(plan.brief.excluded_drums)
        stage.kicks = [
            tuple(
                sorted(
                    {
                        h.ticks
                        for h in hits
                        if GROUP.get(h.voice) == KICK and h.level >= NORMAL and keys[h.voice] not in gone
                    }
                )
            )
            if audible is not None and audible[bar]
            else ()
            for bar, hits in enumerate(out)
        ]
        return out

    def _edits(self, label: str, cycle: int, energy: int) -> list[dict[str, Any]]:
        dice = self.stage.dice("vary", label, cycle)
        drop = self.stage.overrides.get("drop", ())
        factor = self.density if self.density < 1 else self.density * self.density
        # Additions join from their energy upwards, drops thin out from theirs downwards.
        fitting = [r for r in self.facts["vary"] if (energy <= r["e"] if r["op"] == "drop" else energy >= r["e"])]
        if cycle:  # a crash marks the first bar of four, not each of them
            fitting = [r for r in fitting if r["v"] != "crash"]
        chosen = [row for row in fitting if dice.chance(min(1.0, row["p"] * factor))]
        # Of the places named, one or two change: all of them at once would be another pattern.
        picked = []
        for row in chosen:
            at = list(row["at"])
            keep = len(at) if row["p"] >= 0.5 or len(at) == 1 else 1 + (dice.roll() < 0.3)
            while len(at) > keep:
                del at[int(dice.roll() * len(at))]
            picked.append(row | {"at": at})
        return picked + [{"op": "mute", "v": voice, "at": []} for voice in drop]

    def _edited(self, hits: list[Hit], edits: list[dict[str, Any]], offset: int) -> list[Hit]:
        grid = self.stage.grid
        native_steps = int(self.facts["steps"])
        step = (
            grid.step_ticks
            if grid.native or grid.step_ticks == 160
            else 480 * 4 // (16 if self.facts["grid"] == "16th" else 8)
        )
        for row in edits:
            voice, op = row["v"], row["op"]
            if op == "mute":
                hits = [h for h in hits if h.voice != voice and _SUBSET.get(GROUP.get(h.voice, PERC)) != voice]
                continue
            for place in row["at"]:
                if place >= native_steps and offset % 2 == 0:
                    continue
                ticks = place % native_steps * step
                if ticks >= grid.bar_ticks or voice not in drum_keys():
                    continue
                there = [h for h in hits if h.voice == voice and ticks <= h.ticks < ticks + step]
                if op == "drop" or (op == "swap" and there):
                    hits = [h for h in hits if h not in there]
                if op == "add" and not there:
                    hits.append(Hit(ticks, voice, SOFT if voice in ("snare", "rim") else NORMAL))
                if op == "swap" and there:
                    symbols = ["."] * place + [str(row.get("to", "X"))] if place < native_steps else []
                    hits += [h for h in _voice_hits(symbols, voice, step) if h.ticks < grid.bar_ticks]
        return hits

    def _dense(self, hits: list[Hit], label: str, cycle: int) -> list[Hit]:
        """Thin or thicken what is not kick or backbeat, the same way in every bar of a section."""
        if 0.85 <= self.density <= 1.15:
            return hits
        dice = self.stage.dice("dense", label, cycle)
        grid = self.stage.grid
        if self.density < 1:
            core = [h for h in hits if h.level == ACCENT or GROUP.get(h.voice) == KICK]
            other = [h for h in hits if h not in core]
            eighth = max(grid.step_ticks, grid.beat_ticks // 2)
            return core + [h for h in other if dice.chance(self.density if h.ticks % eighth == 0 else self.density**3)]
        voice = next((h.voice for h in hits if h.voice in ("closed_hat", "ride", "shaker")), "closed_hat")
        taken = {h.ticks for h in hits if h.voice == voice}
        free = [t for t in range(0, grid.bar_ticks, grid.step_ticks) if t not in taken]
        return hits + [Hit(t, voice, SOFT) for t in free if dice.chance(min(1.0, (self.density - 1) * 1.2))]

    def _felt(self, hits: list[Hit], label: str) -> list[Hit]:
        grid = self.stage.grid
        feel = self.feel + " ".join(e for e in self.stage.plan.brief.events if e.startswith(f"{label}:"))
        if "half" in feel:
            back = next((v for v in _BACKBEAT if any(h.voice == v for h in hits)), "snare")
            hits = [
                h
                for h in hits
                if h.voice not in _BACKBEAT and (GROUP.get(h.voice) != KICK or h.ticks < grid.half_ticks)
            ]
            hits = [h for h in hits if GROUP.get(h.voice) != KICK or h.ticks == 0 or h.ticks % grid.beat_ticks]
            hits.append(Hit(grid.half_ticks // grid.step_ticks * grid.step_ticks, back, ACCENT))
        elif "double_time" in feel:
            core = [h for h in hits if h.voice in ("kick", *_BACKBEAT)]
            other = [h for h in hits if h not in core]
            half = [h._replace(ticks=h.ticks // 2) for h in core]
            hits = other + half + [h._replace(ticks=h.ticks + grid.half_ticks) for h in half]
        asked = self.stage.feel
        if asked.kick:  # "four on the floor", "one drop"
            hits = [h for h in hits if GROUP.get(h.voice) != KICK] + self._stated(asked.kick, "kick")
        if asked.snare:
            back = next((v for v in _BACKBEAT if any(h.voice == v for h in hits)), "snare")
            hits = [h for h in hits if h.voice not in _BACKBEAT] + self._stated(asked.snare, back)
        return hits

    def _included(self, hits: list[Hit]) -> list[Hit]:
        """Drums that were asked for by name play, in the genre's way or in the way such drums usually do."""
        keys = drum_keys()
        steps = self.stage.grid.bar_ticks // 120
        for key in self.stage.plan.brief.included_drums:
            voice = next((v for v, k in keys.items() if k == key), None)
            if voice is None or any(keys[h.voice] == key for h in hits):
                continue
            text = _USUAL.get(voice, _USUAL_OTHER)
            hits = hits + _voice_hits(list((text * 8)[:steps]), voice, 120)
        for name, voice, text in (
            ("hats_16ths", "closed_hat", "xoxoxoxoxoxoxoxo"),
            ("ghosts", "snare", ".o.o..o..o.o..o."),
        ):
            if name in self.stage.plan.brief.patterns:
                taken = {h.ticks for h in hits if h.voice == voice}
                added = _voice_hits(list((text * 8)[:steps]), voice, 120)
                hits = hits + [h for h in added if h.ticks not in taken]
        return hits

    def _stated(self, text: str, voice: str) -> list[Hit]:
        """A stated row of 16ths of 4/4, beat by beat over the bar."""
        grid = self.stage.grid
        steps = [place * 120 for place, symbol in enumerate(text) if symbol in "Xx"]
        beats = {t // 480 for t in steps if t % 480 == 0}
        every = len(beats) == 4
        places = range(0, grid.bar_ticks, grid.beat_ticks) if every else [t for t in steps if t < grid.bar_ticks]
        return [Hit(t, voice, ACCENT) for t in places]


def _no_doubles(notes: list[Note]) -> list[Note]:
    """One stroke of a key at a time; of two the louder stays."""
    best: dict[tuple[int, int], Note] = {}
    for note in notes:
        place = (note.ticks, note.pitch)
        if place not in best or best[place].velocity < note.velocity:
            best[place] = note
    return sorted(best.values())
