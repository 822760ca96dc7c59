"""make_plan: a Brief completed by the genre's facts until nothing is left to guess."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from bandmate.analysis.genres import genre, load_table
from bandmate.errors import RuleConflict
from bandmate.groovebook import form
from bandmate.groovebook.cells import grid_of, parse_meter
from bandmate.groovebook.colour import Colour, choose_genre, colour_of
from bandmate.groovebook.dice import Dice, hand_of
from bandmate.groovebook.ensemble import Seat, seat
from bandmate.groovebook.harmony import (
    cadence,
    further_progressions,
    guess_key,
    into_family,
    into_key,
    length_bars,
    mode_family,
    numeral,
    progressions_for,
    slots,
    spelt_out,
    turnaround,
)
from bandmate.groovebook.retakes import opened, tempered
from bandmate.groovebook.stated_chords import fine_chords, half_bars
from bandmate.limits import BARS, METER_NUMERATOR, SEED, TEMPO
from bandmate.score.brief import Brief
from bandmate.score.gm import DRUM_NAMES
from bandmate.score.locks import bound, settle
from bandmate.score.pitch import QUALITIES, Chord, Key
from bandmate.score.plan import Plan

DEFAULT_BARS = 16
DEFAULT_LOOP_BARS = 8
# How often each tonic is drawn when no key was stated: those that players choose.
_TONIC_WEIGHTS = {"major": (3, 1, 3, 2, 3, 3, 1, 3, 1, 3, 2, 1), "minor": (3, 2, 3, 1, 3, 2, 2, 3, 1, 3, 1, 2)}
KEY_CHANGE = 2  # semitones up, where a key change was asked for
_ENDING_EVENTS = {"fade_out": "fade", "cold_ending": "hit", "big_finish": "ring"}
_ENDINGS = (
    ("fade", "fade"), ("ring", "ring"), ("held", "ring"), ("tail", "ring"), ("arpeggio", "ring"), ("maj9", "ring"),
    ("6/9", "ring"), ("chord", "ring"), ("cadence", "ring"), ("v-i", "ring"), ("v7-i", "ring"), ("strip", "strip"),
    ("drums only", "strip"), ("removed", "strip"), ("remove one", "strip"), ("filter", "strip"),
)  # fmt: skip


def _tempo(brief: Brief, block: dict[str, Any], colour: Colour, dice: Dice) -> float:
    if brief.tempo is not None:
        return TEMPO.check(float(brief.tempo))
    facts = block["tempo"]
    over = dict(colour.overrides).get("tempo")
    style = next((load_table("words")["near_genres"].get(s, {}).get("tempo") for s in brief.styles), None)
    if style:
        return TEMPO.check(float(round(style * brief.tempo_factor)))
    base = facts["default"] * (0.97 + 0.06 * dice.roll()) + (colour.tempo_shift if over else 0)
    bpm = base * colour.tempo_factor * brief.tempo_factor
    low, high = (
        min(facts["min"], facts["default"] + colour.tempo_shift),
        max(facts["max"], facts["default"] + colour.tempo_shift),
    )
    return TEMPO.check(float(round(min(high, max(low, bpm)))))


def _meter(brief: Brief, block: dict[str, Any], colour: Colour) -> tuple[int, int]:
    if brief.meter is not None:
        METER_NUMERATOR.check(brief.meter[0])
        return int(brief.meter[0]), int(brief.meter[1])
    return parse_meter(dict(colour.overrides).get("meter") or block["meter"][0])


def _bars(brief: Brief, tempo: float, meter: tuple[int, int]) -> int:
    if brief.bars is not None:
        return int(BARS.check(brief.bars))
    if brief.seconds is not None:
        exact = brief.seconds * tempo / 60 / (4 * meter[0] / meter[1])
        return int(BARS.check(max(1, round(exact) if exact < 10 else 4 * round(exact / 4))))
    if brief.progression == "12-bar blues":
        return 12
    stated = sum(length for _, length, _, _ in brief.structure)
    unsized = sum(not length for _, length, _, _ in brief.structure)
    if brief.structure and not form.is_partial(brief):
        return int(BARS.check(max(stated + 8 * unsized, 0 if stated else DEFAULT_BARS)))
    return DEFAULT_LOOP_BARS if brief.loop else DEFAULT_BARS


def _key(brief: Brief, rows: Sequence[Sequence[Any]], colour: Colour, dice: Dice) -> Key:
    if brief.key is not None:
        return brief.key
    if brief.chords:
        key = guess_key([chord for bar in brief.chords for chord in bar])
        return key if brief.mode is None or brief.mode == key.mode else Key(key.tonic, brief.mode)
    mode = _mode(brief, rows, colour, dice)
    return Key(dice.weighted(range(12), _TONIC_WEIGHTS[mode_family(mode)]), mode)


def _mode(brief: Brief, rows: Sequence[Sequence[Any]], colour: Colour, dice: Dice) -> str:
    """The stated mode, else what moods, a stated progression or the genre suggest."""
    if brief.mode is not None:
        return brief.mode
    if colour.modes:
        known = [m for m in colour.modes if any(row[0] == m for row in rows)]
        related = [m for m in colour.modes if any(mode_family(row[0]) == mode_family(m) for row in rows)]
        return dice.pick(known or related or colour.modes)
    if brief.progression:
        if spelt_out(brief.progression, True) != spelt_out(brief.progression, False):
            return dice.pick(rows)[0]  # the name suits both modes
        cycle = slots(spelt_out(brief.progression, False), 0)
        home = next((chord for chord in cycle if chord.root == 0), None)
        return "minor" if home is not None and 3 in QUALITIES[home.quality] else "major"
    return dice.pick(rows)[0]


def _dominant(key: Key, block: dict[str, Any], texts: str) -> Chord | None:
    if mode_family(key.mode) == "major":
        return numeral("bVII" if key.mode == "mixolydian" else "V7" if "7" in texts else "V", key.tonic)
    strong = (
        block["family"] in ("classical", "latin", "bass_music", "jazz", "african", "orchestral")
        or "V7" in texts
        or "| V" in texts
    )
    return numeral("V7" if strong else "bVII" if block["family"] in ("rock", "pop", "folk") else "v", key.tonic)


def _progression_chords(
    rows: Sequence[Sequence[Any]],
    key: Key,
    parts: Sequence[form.Part],
    overrides: dict[str, Any],
    dice: Dice,
    number: int,
) -> tuple[list[Chord], str]:
    """Chords of all sections: one progression for the high sections, one for the others, sized to the sections.

    The first take draws both. Further ones are dealt what is left of the genre's, two each: first those in the mode of
    the piece, then those near it.
    """
    pool = progressions_for(rows, key.mode)
    named = [row for row in pool if row[1] == overrides.get("progression")]

    def fitting(among: Sequence[Sequence[Any]], bars: int) -> list[Sequence[Any]]:
        exact = [row for row in among if length_bars(row) <= bars and bars % length_bars(row) == 0]
        return named or exact or [row for row in among if length_bars(row) <= bars] or list(among)

    shortest = {kind: min((p.bars for p in parts if (p.kind == "high") == kind), default=4) for kind in (True, False)}
    high = dice.pick(fitting(pool, shortest[True]))
    others = [row for row in pool if row is not high] or pool
    low = high if dice.chance(0.4) else dice.pick(fitting(others, shortest[False]))
    if number and not named:
        cards = further_progressions(rows, key.mode, (high, low), dice)
        turned = [cards[(at + 2 * number - 2) % len(cards)] for at in range(len(cards))]
        high = fitting(turned, shortest[True])[0]
        low = fitting([row for row in turned if row is not high] or turned, shortest[False])[0]
    chords: list[Chord] = []
    for part in parts:
        mode, text, bars_each = high[:3] if part.kind == "high" else low[:3]
        cycle = slots(text, key.tonic, int(bars_each))
        if len(cycle) > 2 * part.bars and int(bars_each) > 1:  # long slots shrink into short sections
            cycle = slots(text, key.tonic, max(1, 2 * part.bars // (2 * len(text.split("|")))))
        if mode_family(mode) != mode_family(key.mode):  # a happy song in a genre that knows minor only
            cycle = tuple(into_family(chord, key) for chord in cycle)
        chords += [cycle[i % len(cycle)] for i in range(2 * part.bars)]
    return chords, f"{high[1]} {low[1]}"


def _chords(
    brief: Brief,
    name: str,
    block: dict[str, Any],
    rows: Sequence[Sequence[Any]],
    key: Key,
    parts: Sequence[form.Part],
    colour: Colour,
    dice: Dice,
    number: int,
    locked: bool,
) -> tuple[Chord, ...]:
    bars = sum(part.bars for part in parts)
    if brief.chords or brief.progression:
        return half_bars(brief, key, bars, name)
    chords, texts = _progression_chords(rows, key, parts, dict(colour.overrides), dice, number)
    if not brief.loop and bars >= 4:
        cadence(chords, key, _dominant(key, block, texts), block["family"] in ("jazz", "blues"))
    if brief.loop:
        turnaround(chords, key, _dominant(key, block, texts))
    if locked:
        return tuple(into_key(chord, key) for chord in chords)
    if "picardy" in brief.events and not brief.loop and key.is_minor:
        chords[-2:] = [Chord(key.tonic, "maj")] * 2
    return tuple(chords)


def _lift(brief: Brief, parts: Sequence[form.Part], locked: bool) -> int:
    """First bar of the last high section where a key change was asked for, 0 = none; a stated key stays."""
    highs = [i for i, part in enumerate(parts) if part.kind == "high"]
    if locked or brief.chords or len(highs) < 1 or not any(e.startswith("key_change") for e in brief.events):
        return 0
    start = sum(part.bars for part in parts[: highs[-1]])
    return start or parts[highs[-1]].bars // 2


def _ending(block: dict[str, Any], brief: Brief, bars: int) -> str:
    if brief.loop:
        return "loop"
    for event, kind in _ENDING_EVENTS.items():
        if event in brief.events:
            return kind
    text = block["form"]["ending"].lower()
    kind = next((kind for word, kind in _ENDINGS if word in text), "hit")
    return "ring" if kind in ("fade", "strip") and bars < 16 else kind


def _drum_voices(part: form.Part) -> list[str] | None:
    """Which drum voices a section has, None = all."""
    if "drums" in part.roles:
        return None
    named = [voice for voice in form.DRUM_VOICES if voice in part.roles]
    return named or None


def _check_drums(brief: Brief, seats: Sequence[Seat]) -> None:
    if any(s.track.is_drum for s in seats) and set(brief.excluded_drums) >= set(DRUM_NAMES):
        raise RuleConflict("drums are asked for but every drum is excluded; allow at least one or leave drums out")


def _guessed(brief: Brief) -> tuple[str, ...]:
    stated = {
        "genre": brief.genre, "tempo": brief.tempo, "key": brief.key, "meter": brief.meter,
        "tracks": brief.tracks or brief.only,
        "bars": brief.bars or brief.seconds or brief.structure, "chords": brief.chords or brief.progression,
    }  # fmt: skip
    return tuple(dict.fromkeys([*brief.guessed, *(name for name, value in stated.items() if not value)]))


def make_plan(brief: Brief, seed: int, *, shared: int | None = None) -> Plan:
    """Complete a Brief: form, tracks, key, tempo, chords and who plays where; the same seed gives the same plan.

    Args:
        brief: what was asked; stated fields are met exactly.
        seed: 0 or more; varies what was left open.
        shared: seed of what the takes of one request have in common (tempo, key, tracks); None = `seed`.

    Returns:
        a Plan whose `brief.guessed` names the fields filled in and whose `extra` holds what the rules engine
        needs beside the common fields ("parts", "kinds", "voices", "colour", "ending", "overrides").

    Raises:
        BriefError: a value is out of range or unknown; the message names it and the range.
        RuleConflict: the demands leave nothing to play; the message names the rules.
    """
    SEED.check(seed)
    common = seed if shared is None else shared
    number = hand_of(seed, common)
    name = choose_genre(brief)
    block = genre(name)
    lender = genre(brief.genre2) if brief.genre2 else block  # a second genre lends its harmony
    colour = colour_of(brief, block)
    tempo = _tempo(brief, block, colour, Dice(common, "tempo"))
    meter = _meter(brief, block, colour)
    grid_of(name, meter)  # refuses meters that cannot be gridded
    bars = _bars(brief, tempo, meter)
    rows = lender["harmony"]["progressions"]
    key = _key(brief, rows, colour, Dice(common, "key"))
    locked = brief.key is not None and "key" not in brief.guessed
    parts = form.lay_out(brief, block["form"], bars, colour.energy, Dice(common, "form"), number)
    parts = tempered(brief, parts, number, Dice(common, "temper"))
    overrides = dict(colour.overrides)
    shift = brief.register + max(-12, min(12, colour.register))
    seats = seat(brief, name, key if locked else None, shift, overrides, Dice(common, "tracks"))
    _check_drums(brief, seats)
    layer_energy = {layer["role"]: int(layer["e"]) for layer in block["layers"]}
    active = form.activity(parts, [s.part for s in seats], [s.firm for s in seats], brief.loop, layer_energy)
    opened(brief, active, [s.part for s in seats], number, Dice(common, "opening"))
    form.enter(active, [s.ask for s in seats], parts)
    swing = brief.swing if brief.swing is not None else overrides.get("swing", block["swing"]["amount"])
    chords = _chords(brief, name, block, rows, key, parts, colour, Dice(common, "chords"), number, locked)
    fine = fine_chords(brief, key, meter, bars, name)
    lift = _lift(brief, parts, locked)
    if lift:
        chords, fine = (
            (
                *row[: len(row) // bars * lift],
                *(chord.transpose(KEY_CHANGE) for chord in row[len(row) // bars * lift :]),
            )
            for row in (chords, fine)
        )
    tracks = bound([s.track for s in seats], brief.locks)
    settle(tracks, active, 96 * meter[0] // meter[1])
    return Plan(
        brief=replace(brief, guessed=_guessed(brief)),
        seed=seed,
        genre=name,
        tempo=tempo,
        key=key,
        meter=meter,
        bars=bars,
        tracks=tracks,
        sections=form.sections_of(parts, [s.track.role for s in seats], active),
        chords=chords,
        active=active,
        swing=float(swing),
        key_lock=locked,
        chord_lock=bool(brief.chords or brief.progression),
        loop=brief.loop,
        fine_chords=fine,
        extra={
            "parts": [(s.part, s.layer) for s in seats],
            "kinds": [part.kind for part in parts],
            "voices": [_drum_voices(part) for part in parts],
            "colour": {
                "density": colour.density * brief.density,
                "gate": colour.gate,
                "velocity": colour.velocity + (0 if brief.dynamics is None else 0.9 * (brief.dynamics - 84)),
                "dissonance": colour.dissonance,
            },
            "overrides": overrides,
            "ending": _ending(block, brief, bars),
            "lift": (lift, KEY_CHANGE) if lift else None,
            "shared": common,
        },
    )
