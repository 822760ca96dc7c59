"""Prompts end to end: words to a Brief, a plan, a take by rules and by the model, a MIDI file; no sound.

    python benchmarks/prompts.py [--model FILE|NAME] [--engines rules,model] [--data DIR] [--most N] [--bars 8]

Sets: the 60 of the prompt table, 90 held out, and 30 written as one types at two in the morning (tests/fixtures/). With
--data (a folder that holds genres/prompts.yaml) the table is read from there. "parse" is the share of prompts of which
nothing that their text fixes is missed (tests/generation/words_score.py). "met" is checked in the MIDI file, read
back, against what the prompt fixes, not against what was parsed: tempo exactly; key signature, and every pitched note
in the key's lock or in a stated chord; meter; bars exactly; seconds within a twelfth or two bars; asked programs, kits
and drum keys sounding, excluded roles, programs and drum keys silent, and nothing else where "only" was said. Prompts
that state no length are written with --bars bars.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections import Counter, defaultdict
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from model_weights import find_weights

from bandmate.analysis.genres import load_table
from bandmate.generation.compose import WriteOptions, write_takes
from bandmate.generation.words import compile_text
from bandmate.groovebook.plan import make_plan
from bandmate.groovebook.play import play
from bandmate.io.midi import midi_bytes, parse_midi
from bandmate.models.checkpoint import Weights
from bandmate.score.brief import Brief
from bandmate.score.model import Score
from bandmate.score.pitch import Key
from bandmate.score.plan import Plan

ROOT = Path(__file__).parent.parent
SETS = {"prompts": "table", "prompts_held_out": "held_out", "prompts_night": "night"}
VOICE_KEYS = {"kick": (35, 36), "hats": (42, 44, 46)}
SEED = 5


def prompts_of(name: str, data: Path | None) -> list[dict[str, Any]]:
    """The rows of one set."""
    if name == "prompts" and data is not None:
        import yaml

        return yaml.safe_load((data / "genres" / "prompts.yaml").read_text(encoding="utf-8"))["prompts"]
    return json.loads((ROOT / "tests" / "fixtures" / f"{name}.json").read_text(encoding="utf-8"))["prompts"]


class Checked:
    """What a MIDI file gives of what a prompt fixes: sentences by kind of demand."""

    def __init__(self, expect: dict[str, Any], brief: Brief, plan: Plan, score: Score) -> None:
        self.brief, self.plan, self.score = brief, plan, score
        self.tracks = [track for track in score.tracks if len(track.notes)]
        self.asked: Counter[str] = Counter()
        self.missed: list[tuple[str, str]] = []
        for name, value in expect.items():
            check = getattr(self, f"on_{name}", None)
            if check is not None:
                check(value)

    def tell(self, kind: str, met: bool, otherwise: str) -> None:
        """Note one demand."""
        self.asked[kind] += 1
        if not met:
            self.missed.append((kind, otherwise))

    def on_tempo(self, bpm: float) -> None:
        us = self.score.tempos["us_per_quarter"]
        self.tell("tempo", len(us) == 1 and int(us[0]) == round(60e6 / bpm), f"{self.score.bpm:g} instead of {bpm:g}")

    def on_key(self, name: str | None) -> None:
        if not name:
            return
        key = Key.parse(name)
        minor = bool(self.score.keys["minor"][0]) if len(self.score.keys) else None
        self.tell("key", minor == key.is_minor, f"the signature is minor: {minor}")
        self.tell("key", not (outside := self.outside(key)), f"{outside} notes outside {key.name}")

    def outside(self, key: Key) -> int:
        """Pitched notes outside the key's lock and the stated chord of their half bar."""
        wrong = 0
        half = self.score.ticks_per_quarter * 2 * self.plan.meter[0] // self.plan.meter[1]
        for track in self.tracks:
            if not track.is_drum:
                notes = track.notes[~np.isin(track.notes["pitch"] % 12, list(key.lock))]
                for note in notes if self.plan.chord_lock else ():
                    # micro-timing moves an onset by at most 8 ticks, a step of the grid is 20
                    at = np.clip((int(note["onset_ticks"]) + 9) // half, 0, len(self.plan.chords) - 1)
                    wrong -= int(note["pitch"]) % 12 in self.plan.chords[at].pitch_classes
                wrong += len(notes)
        return wrong

    def on_mode(self, mode: str) -> None:
        key = replace(self.plan.key, mode=mode)
        minor = bool(self.score.keys["minor"][0]) if len(self.score.keys) else None
        self.tell("key", self.plan.key.mode == mode and minor == key.is_minor, f"{self.plan.key.name}, not {mode}")

    def on_meter(self, meter: str) -> None:
        got = {(int(row["numerator"]), int(row["denominator"])) for row in self.score.meters}
        asked = tuple(int(part) for part in meter.split("/"))
        self.tell("meter", got == {asked}, f"{sorted(got)} instead of {meter}")

    def on_bars(self, bars: int) -> None:
        bar = self.score.ticks_per_quarter * 4 * self.plan.meter[0] / self.plan.meter[1]
        got = max(track.end_ticks for track in self.score.tracks) / bar
        self.tell("bars", got == bars, f"{got:g} instead of {bars}")

    def on_seconds(self, seconds: float) -> None:
        quarter = 60 / self.score.bpm
        got = max(track.end_ticks for track in self.score.tracks) / self.score.ticks_per_quarter * quarter
        bar = 4 * self.plan.meter[0] / self.plan.meter[1] * quarter
        self.tell("seconds", abs(got - seconds) <= max(seconds / 12, 2 * bar), f"{got:.1f} s instead of {seconds:g} s")

    def keys(self) -> set[int]:
        """Drum keys that sound."""
        return {int(pitch) for track in self.tracks if track.is_drum for pitch in np.unique(track.notes["pitch"])}

    def roles(self) -> set[str]:
        """Roles that sound; a file's tracks bear the names of the plan's."""
        names = {track.name for track in self.tracks}
        return {who.role for who in self.plan.tracks if who.name in names}

    def on_include(self, rows: list[dict[str, Any]]) -> None:
        for row in rows:
            if "note" in row:
                self.tell("instruments", row["note"] in self.keys(), f"drum key {row['note']} is silent")
            elif "kit" in row:
                kits = {track.program for track in self.tracks if track.is_drum}
                self.tell("instruments", row["kit"] in kits, f"kit {kits} instead of {row['kit']}")
            elif "program" in row:
                programs = {track.program for track in self.tracks if not track.is_drum}
                self.tell("instruments", row["program"] in programs, f"program {row['program']} not in {programs}")
            else:
                self.tell("instruments", row["role"] in self.roles(), f"no {row['role']} in {self.roles()}")

    def on_exclude(self, roles: list[str]) -> None:
        for role in roles:
            drums = role == "drums" and any(track.is_drum for track in self.tracks)
            self.tell("instruments", role not in self.roles() and not drums, f"{role} sounds")

    def on_exclude_programs(self, programs: list[int]) -> None:
        bad = sorted({t.program for t in self.tracks if not t.is_drum} & set(programs))
        self.tell("instruments", not bad, f"programs {bad} sound")

    def on_exclude_instrument(self, names: list[str]) -> None:
        families = load_table("words")["families"]
        self.on_exclude_programs([program for name in names for program in families[name]])

    def on_excluded_drums(self, keys: list[int]) -> None:
        bad = sorted(self.keys() & set(keys))
        self.tell("instruments", not bad, f"drum keys {bad} sound")

    def on_only(self, names: list[str]) -> None:
        voices = [key for name in names for key in VOICE_KEYS.get(name, ())]
        roles = {name for name in names if name not in VOICE_KEYS} | ({"drums"} if voices else set())
        self.tell("instruments", self.roles() == roles, f"{sorted(self.roles())} instead of {sorted(roles)}")
        if voices:
            self.tell("instruments", self.keys() <= set(voices), f"drum keys {sorted(self.keys() - set(voices))} sound")


def sized(brief: Brief, bars: int) -> Brief:
    """The Brief with a length where none follows from its words."""
    free = brief.bars is None and brief.seconds is None and not brief.structure and not brief.progression
    return replace(brief, bars=bars) if free else brief


def written(plan: Plan, engine: str, weights: Weights) -> Score:
    """A take as its MIDI file holds it."""
    score = play(plan, SEED) if engine == "rules" else write_takes(plan, [SEED], weights, WriteOptions("onnx"))[0].score
    return parse_midi(midi_bytes(score))


def one_set(rows: list[dict[str, Any]], engines: list[str], weights: Weights, bars: int) -> dict[str, Any]:
    """All prompts of a set by all engines: prints what is missed and gives the figures."""
    from words_score import differences

    parsed, asked, missed = 0, defaultdict(Counter), defaultdict(Counter)
    whole: Counter[str] = Counter()
    for row in rows:
        brief = compile_text(row["text"])
        found = differences(brief, row["expect"])
        parsed += not found
        if found:
            print(f"{row['id']} parse: {'; '.join(found)}  <- {row['text']}")
        plan = make_plan(sized(brief, bars), SEED)
        for engine in engines:
            checked = Checked(row["expect"], brief, plan, written(plan, engine, weights))
            asked[engine] += checked.asked
            missed[engine].update(kind for kind, _ in checked.missed)
            whole[engine] += not checked.missed
            for kind, text in checked.missed:
                print(f"{row['id']} {engine} {kind}: {text}  <- {row['text']}")
    out: dict[str, Any] = {"prompts": len(rows), "parse": parsed}
    for engine in engines:
        out[engine] = {k: [n - missed[engine][k], n] for k, n in asked[engine].items()} | {"all": whole[engine]}
    return out


def main(arguments: list[str] | None = None) -> dict[str, Any]:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", help="weights file or name of an installed model; default: the shipped one")
    parser.add_argument("--size", default="small", help="of random weights, where there is no model")
    parser.add_argument("--engines", default="rules,model")
    parser.add_argument("--data", type=Path, help="folder that holds genres/prompts.yaml")
    parser.add_argument("--most", type=int, default=1000, help="prompts of a set")
    parser.add_argument("--bars", type=int, default=8)
    parser.add_argument("--sets", default="table,held_out,night")
    options = parser.parse_args(arguments)
    sys.path.insert(0, str(ROOT / "tests" / "generation"))
    began = time.perf_counter()
    model, weights = find_weights(options.model, options.size)
    result: dict[str, Any] = {"model": model}
    for name, label in SETS.items():
        if label in options.sets.split(","):
            rows = prompts_of(name, options.data)[: options.most]
            result[label] = one_set(rows, options.engines.split(","), weights, options.bars)
            print(f"{label}: {result[label]}")
    result["seconds"] = round(time.perf_counter() - began, 1)
    print(json.dumps(result))
    return result


if __name__ == "__main__":
    main()
