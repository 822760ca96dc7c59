"""Layers: pads, strings, brass, voices, arpeggios, effects, pitched percussion and the inner voices of a consort."""

from __future__ import annotations

from typing import Any

from bandmate.groovebook.cells import SOFT, Step, cell
from bandmate.groovebook.comping import Comper
from bandmate.groovebook.ensemble import INNER_VOICES
from bandmate.groovebook.stage import CHORDS, FREE, MELODY, Note, Stage
from bandmate.groovebook.touch import in_unit
from bandmate.score.pitch import QUALITIES

_HOLD = {"n": "hold", "c": "x---------------"}
# For roles the genre has no layer for; written in 16ths of 4/4, re-gridded like every cell.
_CELLS: dict[str, list[dict[str, str]]] = {
    "pad": [_HOLD],
    "strings": [_HOLD, {"n": "halves", "c": "x-------x-------"}],
    "vox": [{"n": "halves", "c": "x-------x-------"}, {"n": "answer", "c": "........x-x-x---"}],
    "brass": [{"n": "hits", "c": "X.....x...x....."}, {"n": "push", "c": "X--.......x.X-.."}],
    "arp": [{"n": "arp8", "c": "x.x.x.x.x.x.x.x."}, {"n": "arp16", "c": "xoxoxoxoxoxoxoxo"}],
    "fx": [_HOLD],
    "perc": [{"n": "tresillo", "c": "x..x..x.x..x..x."}],
    "chords": [{"n": "halves", "c": "x-------x-------"}],
}


def cells_for(stage: Stage, role: str, layer: int | None) -> list[dict[str, Any]]:
    """The cells a layer may play: the genre's own, else what its role usually plays."""
    if layer is not None:
        row = stage.block["layers"][layer]
        return [{"n": row["role"], "c": row["c"]}]
    rows = _CELLS.get(role, [_HOLD])
    fitted = [{"n": row["n"], "c": in_unit(row["c"], stage.grid.unit)} for row in rows]
    steps = int(stage.block["drums"]["steps"])
    return [{"n": row["n"], "c": row["c"][:steps]} for row in fitted]


def layer_notes(stage: Stage, track: int, nth: int, top: int | None) -> list[Note]:
    """The notes of one layer.

    Args:
        stage: the piece; its melody and drums are written already.
        track: index of the track.
        nth: how many tracks of this role came before.
        top: pitch under which chordal layers stay, None = free.
    """
    who = stage.plan.tracks[track]
    part, layer = stage.part(track)
    rows = cells_for(stage, who.role, layer)
    if part in INNER_VOICES:
        return _inner_voice(stage, track, part, rows)
    if who.role == "arp":
        return Comper(stage, track, nth, rows, 4, broken=True).notes()
    if who.role == "fx":
        return _effect(stage, track, rows)
    if who.role == "perc":
        return _pitched_percussion(stage, track, rows)
    if who.role == "brass":
        return _answering(stage, track, Comper(stage, track, nth, rows, 3).notes())
    if who.role in ("vox", "strings"):
        return Comper(stage, track, nth, rows, 2 if who.polyphony >= 2 else 1).notes()
    return Comper(stage, track, nth, rows, who.polyphony, top=top).notes()


def _answering(stage: Stage, track: int, notes: list[Note]) -> list[Note]:
    """Hits in two bars of four, chosen once, so that they answer instead of filling every bar."""
    bar_ticks = stage.grid.bar_ticks
    keep = stage.dice("answer", track).pick(((0, 2), (1, 3), (0, 1, 3), (2, 3)))
    chosen = [n for n in notes if n.ticks // bar_ticks % 4 in keep or n.ticks // bar_ticks == stage.last_bar]
    return chosen or notes


def _inner_voice(stage: Stage, track: int, part: str, rows: list[dict[str, Any]]) -> list[Note]:
    who = stage.plan.tracks[track]
    grid, plan = stage.grid, stage.plan
    place = INNER_VOICES.index(part) % 2
    taken = {note.ticks: note.pitch for note in stage.melody}
    pitch = (who.low + who.high) // 2
    levels = stage.block["vel"]
    out: list[Note] = []
    comps = [r for r in stage.block["harmony"]["comp"] if not r["n"].startswith("tremolo")]
    picked: dict[str, tuple[tuple[Step, ...], ...]] = {}
    for bar in stage.active_bars(track):
        section = plan.sections[stage.section_index[bar]]
        if section.label not in picked:
            dice = stage.dice("inner", section.label)
            calm = [r for r in comps if sum(c in "Xxo" for c in r["c"]) <= (4 if section.energy <= 3 else 9)] or comps
            calm = calm[place::2] or calm  # the two inner voices do not play one rhythm
            row: dict[str, Any] = dice.pick(
                [*calm, *(rows if section.energy >= 4 and len(rows[0]["c"].replace("-", "")) <= 8 else [])]
            )
            picked[section.label] = cell(plan.genre, row["c"], plan.meter, False)
        bars = picked[section.label]
        steps = bars[(bar - section.start_bar) % len(bars)]
        last = bar == stage.last_bar
        for step in [s._replace(held_ticks=grid.bar_ticks) for s in steps[:1]] if last else steps:
            ticks = bar * grid.bar_ticks + (0 if last else step.ticks)
            chord = stage.chord(ticks)
            sung = taken.get(ticks, -1) % 12
            tones = [(chord.root + t) % 12 for t in QUALITIES[chord.quality]]
            # The upper inner voice takes the third or fifth that the melody leaves, the lower one fills the chord.
            wanted = [
                t for t in (tones[1:3] if place == 0 else [tones[-1], tones[0], *tones[1:2]]) if t != sung
            ] or tones
            allowed = stage.allowed(ticks)
            wanted = [t for t in wanted if allowed is None or t in allowed] or wanted
            near = [p for p in range(who.low, who.high + 1) if p % 12 in wanted]
            if near:
                pitch = min(near, key=lambda p: abs(p - pitch) + 0.1 * abs(p - (who.low + who.high) / 2))
            pitch = stage.snap(pitch, ticks, who.low, who.high)
            length = min(step.held_ticks, grid.bar_ticks - (ticks % grid.bar_ticks))
            if plan.chords[2 * bar] != plan.chords[2 * bar + 1] and ticks % grid.bar_ticks < grid.half_ticks:
                length = min(length, grid.half_ticks - ticks % grid.bar_ticks)
            out.append(Note(ticks, max(40, length - 18), pitch, levels["x"] * 0.92, CHORDS))
    return out


def _effect(stage: Stage, track: int, rows: list[dict[str, Any]]) -> list[Note]:
    """A swell in the bar before each section, or a bed under all of it where the genre keeps one."""
    who, grid, plan = stage.plan.tracks[track], stage.grid, stage.plan
    _, layer = stage.part(track)
    bed = layer is not None and stage.block["layers"][layer]["e"] <= 1
    bars = stage.active_bars(track)
    if bed:
        chosen = [b for b in bars if (b - bars[0]) % 2 == 0]
    else:
        ends = {s.start_bar - 1 for s in plan.sections} | {plan.bars - 1 if plan.loop else -1}
        chosen = [b for b in bars if b in ends or b % 8 == 7] or bars[-1:]
    centre = stage.snap((who.low + who.high) // 2, 0, who.low, who.high)
    out = []
    for bar in chosen:
        start = bar * grid.bar_ticks
        length = (2 if bed and bar + 1 in bars else 1) * grid.bar_ticks
        out.append(
            Note(start, length - 20, stage.snap(centre, start, who.low, who.high), stage.block["vel"]["o"] + 12, FREE)
        )
    return out


def _pitched_percussion(stage: Stage, track: int, rows: list[dict[str, Any]]) -> list[Note]:
    who, grid, plan = stage.plan.tracks[track], stage.grid, stage.plan
    bars = cell(plan.genre, rows[0]["c"], plan.meter, False)
    levels = stage.block["vel"]
    out = []
    for bar in stage.active_bars(track):
        last = bar == stage.last_bar
        for number, step in enumerate(bars[bar % len(bars)][:1] if last else bars[bar % len(bars)]):
            ticks = bar * grid.bar_ticks + (0 if last else step.ticks)
            chord = stage.chord(ticks)
            tone = (chord.root + (7 if number % 3 == 2 else 0)) % 12
            near = [p for p in range(who.low, who.high + 1) if p % 12 == tone] or [(who.low + who.high) // 2]
            pitch = stage.snap(min(near, key=lambda p: abs(p - (who.low + who.high) / 2)), ticks, who.low, who.high)
            velocity = levels["o"] if step.level == SOFT else levels["x"] * 0.9
            out.append(
                Note(ticks, min(step.held_ticks, grid.bar_ticks - ticks % grid.bar_ticks), pitch, velocity, FREE)
            )
    return out


def harmony_line(stage: Stage, track: int) -> list[Note]:
    """A second lead: the melody a third or sixth below where both play; long chord tones where the melody rests."""
    who, grid = stage.plan.tracks[track], stage.grid
    bars = set(stage.active_bars(track))
    out: list[Note] = []
    for note in stage.melody:
        bar = note.ticks // grid.bar_ticks
        if bar not in bars:
            continue
        chord = stage.chord(note.ticks)
        pool = (stage.scale(note.ticks) | chord.pitch_classes) & (stage.allowed(note.ticks) or frozenset(range(12)))
        below = [p for p in range(max(who.low, note.pitch - 9), min(who.high, note.pitch - 3) + 1) if p % 12 in pool]
        strong = note.ticks % grid.half_ticks == 0
        in_chord = [p for p in below if p % 12 in chord.pitch_classes]
        choice = (in_chord if strong and in_chord else below) or []
        if choice:
            pitch = min(choice, key=lambda p: abs(note.pitch - 3.5 - p))
            out.append(note._replace(pitch=pitch, velocity=note.velocity * 0.86, group=MELODY))
    filled = {n.ticks // grid.bar_ticks for n in stage.melody}
    for bar in sorted(bars - filled):
        ticks = bar * grid.bar_ticks
        tones = [p for p in range(who.low, who.high + 1) if p % 12 in stage.chord(ticks).pitch_classes]
        if tones and (not out or bar % 2 == 0):
            middle = (who.low + who.high) / 2
            pitch = stage.snap(min(tones, key=lambda p: abs(p - middle)), ticks, who.low, who.high)
            out.append(Note(ticks, grid.half_ticks - 20, pitch, stage.block["vel"]["x"] * 0.8, MELODY))
    return sorted(out)
