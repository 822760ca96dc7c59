"""play: the rules engine. A Plan performed by drummer, bassist, compers, layers and singer."""

from __future__ import annotations

from collections import Counter
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bandmate.groovebook.bass import Bassist
from bandmate.groovebook.cells import TPQ
from bandmate.groovebook.comping import Comper
from bandmate.groovebook.drums import Drummer
from bandmate.groovebook.humanise import drift_ms, play_notes
from bandmate.groovebook.layers import cells_for, harmony_line, layer_notes
from bandmate.groovebook.lead import Singer
from bandmate.groovebook.stage import Note, Stage
from bandmate.limits import SEED
from bandmate.score.model import EVENT, KEY_SIGNATURE, MADE, Marker, Score, Track, make_meters, make_tempos
from bandmate.score.pitch import Key
from bandmate.score.plan import Plan

CC_VOLUME, CC_PAN, CC_REVERB = 7, 10, 91
_MIX_NAME = {"drums": "kick", "melody": "lead"}
_REVERB = {"drums": 24, "bass": 8, "pad": 72, "strings": 64, "vox": 60, "melody": 48, "lead": 48, "arp": 52, "fx": 80}
_LEAD = ("melody", "lead")
# Fifths of the major key on each pitch class.
_FIFTHS = (0, -5, 2, -3, 4, -1, 6, 1, -4, 3, -2, 5)


def channels_of(plan: Plan) -> list[int]:
    """A MIDI channel for each track: drums 9, the others 0 to 15 without 9, round again past fifteen."""
    free = [c for c in range(16) if c != 9]
    out, at = [], 0
    for track in plan.tracks:
        if track.is_drum:
            out.append(9)
        else:
            out.append(free[at % len(free)])
            at += 1
    return out


def write_parts(stage: Stage, given: dict[int, list[Note]] | None = None) -> list[list[Note]]:
    """The rows of every track on the grid; `given` tracks keep the notes they bring."""
    plan = stage.plan
    rows: list[list[Note]] = [[] for _ in plan.tracks]
    given = given or {}
    drummer = Drummer(stage)
    kept = next((rows for track, rows in given.items() if plan.tracks[track].role == "drums"), None)
    if kept is not None:
        stage.kicks = _kicks(stage, kept)  # the bass follows the drums that are there
    singers = [t for t, who in enumerate(plan.tracks) if who.role in _LEAD and not who.is_drum]
    lead = next((t for t in singers if plan.tracks[t].role == "melody"), singers[0] if singers else None)
    if lead is not None:
        stage.melody = rows[lead] = given.get(lead) or Singer(stage, lead).notes()
    top = _under_melody(stage)
    seen: Counter[str] = Counter()
    for track, who in enumerate(plan.tracks):
        nth = seen[who.role]
        seen[who.role] += 1
        if track == lead:
            continue
        if track in given:
            rows[track] = given[track]
        elif who.is_drum:
            rows[track] = drummer.notes(track)
        elif who.role == "bass":
            rows[track] = Bassist(stage, track).notes()
        elif who.role == "chords":
            rows[track] = _chords(stage, track, nth, top)
        elif who.role in _LEAD:
            rows[track] = harmony_line(stage, track) or Singer(stage, track).notes()
        else:
            rows[track] = layer_notes(stage, track, nth, top)
    return rows


def _kicks(stage: Stage, drums: list[Note]) -> list[tuple[int, ...]]:
    bar_ticks = stage.grid.bar_ticks
    bars: list[list[int]] = [[] for _ in range(stage.plan.bars)]
    for note in drums:
        if note.pitch in (35, 36) and note.ticks < stage.end_ticks:
            bars[note.ticks // bar_ticks].append(note.ticks % bar_ticks)
    return [tuple(sorted(set(bar))) for bar in bars]


def _chords(stage: Stage, track: int, nth: int, top: int | None) -> list[Note]:
    _, layer = stage.part(track)
    facts = stage.block["harmony"]
    rows = cells_for(stage, "chords", layer) if layer is not None else facts["comp"]
    # The stated number of voices thins to three where the melody lies close.
    return Comper(stage, track, nth, rows, int(facts["voicing"]["notes"]), top=top).notes()


def _under_melody(stage: Stage) -> int | None:
    """The pitch that chords stay under: a third below the lower part of the melody."""
    if not stage.melody:
        return None
    pitches = sorted(note.pitch for note in stage.melody)
    return pitches[len(pitches) // 4] - 3


def play(plan: Plan, seed: int, *, given: dict[int, list[Note]] | None = None) -> Score:
    """Perform a plan; the same plan and seed give the same notes on every platform.

    Args:
        plan: what to play.
        seed: varies the performance, 0 or more.
        given: grid notes of tracks that exist already, by track index; the others are written round them.

    Returns:
        a Score of exactly `plan.bars` bars with one Track per planned track, in order.
    """
    SEED.check(seed)
    stage = Stage(plan, seed)
    rows = write_parts(stage, given)
    drift = drift_ms(stage)
    channels = channels_of(plan)
    tracks = []
    for index, who in enumerate(plan.tracks):
        notes = play_notes(stage, index, rows[index] or _token(stage, index), drift)
        if len(notes):
            notes["channel"] = channels[index]
        events = mix_events(stage, index, channels[index])
        tracks.append(Track(who.name, who.program, who.is_drum, notes, events, (), who.role, stage.end_ticks))
    return Score(
        tracks=tuple(tracks),
        ticks_per_quarter=TPQ,
        tempos=make_tempos(plan.tempo),
        meters=make_meters(*plan.meter),
        keys=key_signature(plan.key),
        markers=tuple(Marker(s.start_bar * stage.grid.bar_ticks, s.label) for s in plan.sections),
        end_ticks=stage.end_ticks,
    )


def _token(stage: Stage, track: int) -> list[Note]:
    # A track was promised: where its rules left nothing (all its cells rest), it touches the chord once.
    who = stage.plan.tracks[track]
    start = stage.active_bars(track)[0] * stage.grid.bar_ticks
    if who.is_drum:
        return []
    tones = [p for p in range(who.low, who.high + 1) if p % 12 in stage.chord(start).pitch_classes]
    pitch = stage.snap(tones[len(tones) // 2] if tones else (who.low + who.high) // 2, start, who.low, who.high)
    return [Note(start, stage.grid.beat_ticks, pitch, stage.block["vel"]["x"])]


def key_signature(key: Key) -> NDArray[Any]:
    """The key signature a reader would write: modes count as the major or minor key they are nearest to."""
    if key.is_minor:
        fifths = _FIFTHS[(key.tonic + 3) % 12]
        return np.array([(0, fifths, True, 0, MADE)], KEY_SIGNATURE)
    return np.array([(0, _FIFTHS[key.tonic], False, 0, MADE)], KEY_SIGNATURE)


def mix_events(stage: Stage, track: int, channel: int) -> NDArray[Any]:
    """Volume, pan and reverb at the start, from the genre's mix; a level in dB counts 40 log10 of CC7/127."""
    who = stage.plan.tracks[track]
    mix = stage.block["mix"]
    part, _ = stage.part(track)
    names = (part, _MIX_NAME.get(part, part), who.role, _MIX_NAME.get(who.role, who.role))
    db = 0.0 if who.is_drum else next((mix["db"][n] for n in names if n in mix["db"]), -8.0)
    # MIDI players square CC7: -40 dB a decade. -3 dB are kept back for the sum.
    volume = int(min(127, max(24, round(112 * 10 ** (max(db, -14.0) / 40)))))
    pan = (
        0.0 if who.is_drum else next((mix.get("pan", {})[n] for n in names if n in mix.get("pan", {})), _spread(track))
    )
    reverb = _REVERB.get(who.role, 40)
    values = ((CC_VOLUME, volume), (CC_PAN, int(min(127, max(0, round(64 + 63 * pan))))), (CC_REVERB, reverb))
    return np.array(
        [(0, order, 0xB0, channel, number, value, -1) for order, (number, value) in enumerate(values)], EVENT
    )


def _spread(track: int) -> float:
    return (0.0, 0.0, -0.15, 0.0, 0.25, -0.3, 0.35, -0.4)[track % 8]
