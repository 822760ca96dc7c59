"""Whether a mood moves a take the way the mood table says: mode, tempo, density and register, with and without it.

    python benchmarks/moods.py [--model FILE|NAME] [--genres 3] [--seeds 2] [--bars 8] [--engines rules,model]

Each of the 44 moods meets some genres: first those that list it among the moods that fit them, then plain ones whose
facts do not speak of it. In each genre the same seed is written with the mood and without it, by both engines. What is
expected is the mood's row (data/moods.json), unless the genre's own facts say how the mood changes it.

A trait is right where its mean change over the takes has the sign that the table gives; "takes" is the share of single
takes that do. Not asked: a factor of 1, a shift of 0, moods that allow both major and minor, a tempo that the genre's
range does not let move. Measured on the notes: mode = more of its own third above the tonic than of the other (the
tonic is the plan's); density = notes a bar; register = mean pitch of the tracks above the bass that both takes have.
"""

from __future__ import annotations

import argparse
import json
import time
from collections import defaultdict
from typing import Any

import numpy as np
from model_weights import find_weights

from bandmate.analysis.genres import genre, genre_ids, load_table
from bandmate.generation.compose import WriteOptions, write_takes
from bandmate.groovebook.harmony import mode_family
from bandmate.groovebook.plan import make_plan
from bandmate.groovebook.play import play
from bandmate.models.checkpoint import Weights
from bandmate.score.brief import Brief
from bandmate.score.model import Score
from bandmate.score.pitch import MODES
from bandmate.score.plan import Plan

PLAIN = ("pop", "rock", "house", "cinematic", "trap", "funk", "lofi_hip_hop", "jazz_swing", "synthwave", "folk")
TRAITS = ("mode", "tempo", "density", "register")
Written = tuple[Plan, Score]


def row_of(mood: str) -> dict[str, Any]:
    return load_table("moods")["moods"][mood]


def change_of(name: str, mood: str) -> dict[str, Any]:
    """What a genre's own facts say of a mood."""
    changes = genre(name)["moods"]["change"]
    return next((changes[word] for word in (mood, *row_of(mood)["aka"]) if word in changes), {})


def genres_for(mood: str, most: int) -> list[str]:
    """Genres that list the mood, then plain ones that say nothing of it, then plain ones that do."""
    fitting = [name for name in genre_ids() if {mood, *row_of(mood)["aka"]} & set(genre(name)["moods"]["fits"])]
    silent = [name for name in PLAIN if not change_of(name, mood)]
    return list(dict.fromkeys([*fitting[: most - 1], *silent, *PLAIN]))[:most]


def expected(mood: str, name: str, bpm: float) -> dict[str, float]:
    """The sign that each trait's change is to have; mode: 1 = major, -1 = minor; traits not asked are left out.

    bpm is the tempo without the mood, which may stand at the end of the genre's range already.
    """
    row, change = row_of(mood), change_of(name, mood)
    modes = [change["mode"]] if change.get("mode") else row["mode"]
    modes = ["blues" if mode == "minor_blues" else mode for mode in modes]
    families = {mode_family(mode) for mode in modes}
    tempo = change["tempo"] if "tempo" in change else row["tempo"] - 1
    density = row["density"] * change.get("density", 1.0) - 1
    register = row["reg"] + 12 * change.get("oct", 0)
    facts = genre(name)["tempo"]
    if (tempo > 0 and bpm >= facts["max"]) or (tempo < 0 and bpm <= facts["min"]):
        tempo = 0
    found = {"tempo": tempo, "density": density, "register": register}
    found = {trait: float(np.sign(value)) for trait, value in found.items() if abs(value) > 1e-6}
    if len(families) == 1 and all(len({3, 4} & set(MODES[mode])) == 1 for mode in modes):
        found["mode"] = 1.0 if families == {"major"} else -1.0
    return found


def majorness(plan: Plan, score: Score) -> float:
    """Share of major less minor thirds above the tonic among the pitched notes, by how long they sound."""
    weight = np.zeros(12)
    for track in score.tracks:
        if not track.is_drum:
            np.add.at(weight, track.notes["pitch"] % 12, track.notes["duration_ticks"])
    return float(weight[(plan.key.tonic + 4) % 12] - weight[(plan.key.tonic + 3) % 12]) / max(1.0, float(weight.sum()))


def register(with_mood: Score, without: Score) -> float:
    """Mean over the roles above the bass that both have of the difference in mean pitch."""
    pitches: list[dict[str, float]] = [{}, {}]
    for place, score in enumerate((with_mood, without)):
        for track in score.tracks:
            if not track.is_drum and track.role != "bass" and len(track.notes):
                pitches[place].setdefault(track.role, float(track.notes["pitch"].mean()))
    shared = [role for role in pitches[0] if role in pitches[1]]
    return float(np.mean([pitches[0][role] - pitches[1][role] for role in shared])) if shared else 0.0


def changes(with_mood: Written, without: Written) -> dict[str, float]:
    """How far each trait moved; mode is the take's own."""
    (plan, score), (_, other) = with_mood, without
    return {
        "mode": majorness(plan, score), "tempo": score.bpm - other.bpm,
        "density": float(np.log((score.note_count + 1) / (other.note_count + 1))), "register": register(score, other),
    }  # fmt: skip


def write(brief: Brief, seed: int, engine: str, weights: Weights | None) -> Written:
    plan = make_plan(brief, seed)
    if engine == "rules" or weights is None:
        return plan, play(plan, seed)
    return plan, write_takes(plan, [seed], weights, WriteOptions("onnx"))[0].score


def main(arguments: list[str] | None = None) -> dict[str, Any]:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", help="weights file or name of an installed model; default: the shipped one")
    parser.add_argument("--size", default="small", help="of random weights, where there is no model")
    parser.add_argument("--genres", type=int, default=3, help="a mood")
    parser.add_argument("--seeds", type=int, default=2, help="a mood and genre")
    parser.add_argument("--bars", type=int, default=8)
    parser.add_argument("--moods", type=int, default=44, help="at most so many")
    parser.add_argument("--engines", default="rules,model")
    options = parser.parse_args(arguments)
    began = time.perf_counter()
    model, weights = find_weights(options.model, options.size)
    result: dict[str, Any] = {"model": model}
    for engine in options.engines.split(","):
        result[engine] = measured(engine, weights, options)
    result["seconds"] = round(time.perf_counter() - began, 1)
    print(json.dumps(result))
    return result


def measured(engine: str, weights: Weights, options: argparse.Namespace) -> dict[str, Any]:
    """All moods by one engine: prints the table of what goes wrong and gives the figures."""
    plain: dict[tuple[str, int], Written] = {}
    right: dict[str, list[bool]] = defaultdict(list)
    single: dict[str, list[bool]] = defaultdict(list)
    wrong = []
    for mood in [*load_table("moods")["moods"]][: options.moods]:
        moved: dict[str, list[float]] = defaultdict(list)
        where: dict[str, list[str]] = defaultdict(list)
        for name in genres_for(mood, options.genres):
            for seed in range(options.seeds):
                if (name, seed) not in plain:
                    plain[name, seed] = write(Brief(genre=name, bars=options.bars), seed, engine, weights)
                coloured = write(Brief(genre=name, bars=options.bars, moods=(mood,)), seed, engine, weights)
                found = changes(coloured, plain[name, seed])
                for trait, sign in expected(mood, name, plain[name, seed][1].bpm).items():
                    moved[trait].append(sign * found[trait])
                    where[trait] += [name] * (sign * found[trait] <= 0)
        for trait, values in moved.items():
            right[trait].append(float(np.mean(values)) > 0)
            single[trait] += [value > 0 for value in values]
            if not right[trait][-1]:
                wrong.append((mood, trait, round(float(np.mean(values)), 3), sorted(set(where[trait]))))
    print(f"\n{engine:10}{'moods':>8}{'right':>8}{'takes':>8}{'right':>8}")
    for trait in TRAITS:
        a, b = right[trait] or [True], single[trait] or [True]
        print(f"{trait:10}{len(right[trait]):8}{np.mean(a):8.3f}{len(single[trait]):8}{np.mean(b):8.3f}")
    for mood, trait, value, names in wrong:
        print(f"    {mood}: {trait} moved {value} the right way, on the mean; wrong in {', '.join(names)}")
    every, each = [x for rows in right.values() for x in rows], [x for rows in single.values() for x in rows]
    print(f"{'all':10}{len(every):8}{np.mean(every):8.3f}{len(each):8}{np.mean(each):8.3f}")
    return {
        "right": round(float(np.mean(every)), 4), "right_takes": round(float(np.mean(each)), 4),
        "by_trait": {t: [round(float(np.mean(right[t])), 4), round(float(np.mean(single[t])), 4)] for t in right},
        "wrong": wrong,
    }  # fmt: skip


if __name__ == "__main__":
    main()
