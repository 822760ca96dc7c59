"""Whether one hears the genre that was asked: a classifier fitted on the groove book judges takes by model and rules.

    python benchmarks/genres.py [--model FILE|NAME] [--takes 2] [--bars 8] [--data DIR] [--out DIR] [--fit FILE]

The classifier (`bandmate.evaluation.genres`) is fitted on groove-book pieces of one seed and tested on pieces of
another; with --data (a folder that holds corpus/) Groove MIDI, Bach's chorales and string quartets by people join,
split by their own splits. Then both engines write the same plans, --takes for each of the 58 genres. Rows: all
features; all but tempo and drum kit; the notes alone (neither tempo, kit, meter nor programs, which the plan fixes for
any engine). "relative" is the takes' top-1 over the classifier's own on held-out groove-book pieces. --out writes the
confusion matrices as pictures, --fit the classifier of the first row (the package's is data/genre_classifier.npz).

Genres alike: pairs whose rules takes of one seed lie nearest each other, in standard deviations of all features.
"""

from __future__ import annotations

import argparse
import json
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from model_weights import find_weights

from bandmate.analysis.genres import genre_ids
from bandmate.analysis.meter import score_bars
from bandmate.evaluation.genre_features import GROUPS, features
from bandmate.evaluation.genres import Recogniser, fit, vectors
from bandmate.generation.compose import WriteOptions, write_takes
from bandmate.groovebook.plan import make_plan
from bandmate.groovebook.play import play
from bandmate.library.sources.groovebook import piece
from bandmate.models.checkpoint import Weights
from bandmate.pictures.canvas import save_picture
from bandmate.pictures.confusion import confusion_picture
from bandmate.score.brief import Brief
from bandmate.score.cut import trim
from bandmate.score.model import Score
from bandmate.training.corpora import genre_of, read_corpus

ROWS: dict[str, tuple[str, ...]] = {
    "all": tuple(GROUPS),
    "no tempo, kit": tuple(g for g in GROUPS if g not in ("tempo", "kit")),
    "notes alone": tuple(g for g in GROUPS if g not in ("tempo", "kit", "meter", "programs")),
}
REAL = ("groove_midi", "jsb_chorales", "openscore_quartets")
FIT_SEED, TEST_SEED = 11, 77
MOST_BARS = 16
Examples = tuple[list[dict[str, Any]], list[str]]


def groove_book(each: int, seed: int) -> Examples:
    """Features and genres of pieces as the groove book writes them: moods, small bands and other meters included."""
    rows, names = [], []
    for index in range(each * len(genre_ids())):
        score, labels = piece(index, seed, bars=(8, MOST_BARS))
        rows.append(features(score))
        names.append(labels["genre"])
    return rows, names


def by_people(data: Path, train: bool, most: int) -> Examples:
    """Labelled pieces by people, at most so many a genre, cut to 16 bars; the test is what no model was trained on."""
    rows, names = [], []
    count: Counter[str] = Counter()
    for corpus in REAL:
        for found in read_corpus(data / "corpus", corpus):
            name = genre_of(found.tags, genre_ids())
            if corpus == "jsb_chorales":
                name = "chorale"
            if name is None or count[name] >= most or found.origin.held_out == train:
                continue
            score = trim(found.score, 1, min(MOST_BARS, len(score_bars(found.score))))
            if score.note_count >= 16:
                count[name] += 1
                rows.append(features(score))
                names.append(name)
    return rows, names


def takes(weights: Weights, each: int, bars: int, seed: int) -> Iterator[tuple[str, str, Score]]:
    """(engine, genre, score) of both engines on the same plans, seed by seed."""
    for name in genre_ids():
        for number in range(seed, seed + each):
            plan = make_plan(Brief(genre=name, bars=bars), number)
            yield "rules", name, play(plan, number)
            (take,) = write_takes(plan, [number], weights, WriteOptions("onnx"))
            yield "model", name, take.score


def figures(judge: Recogniser, examples: Examples) -> tuple[dict[str, float], np.ndarray]:
    """Top-1 and top-3 shares, and the confusion matrix (asked, heard) of the judge's genres."""
    rows, names = examples
    chance = judge.chances(rows)
    ranked = np.argsort(-chance, axis=1, kind="stable")
    asked = np.array([judge.genres.index(name) for name in names])
    matrix = np.zeros((len(judge.genres), len(judge.genres)), np.int64)
    np.add.at(matrix, (asked, ranked[:, 0]), 1)
    right = ranked == asked[:, None]
    return {"top1": round(float(right[:, 0].mean()), 4), "top3": round(float(right[:, :3].any(1).mean()), 4)}, matrix


def worst(genres: Sequence[str], matrix: np.ndarray, most: int = 12) -> list[tuple[str, str, int, int]]:
    """Pairs most often taken for each other: (asked, heard, times, of)."""
    wrong = matrix * (1 - np.eye(len(matrix), dtype=np.int64))
    order = np.argsort(-wrong, axis=None, kind="stable")[:most]
    pairs = [np.unravel_index(k, wrong.shape) for k in order]
    return [(genres[a], genres[b], int(wrong[a, b]), int(matrix[a].sum())) for a, b in pairs if wrong[a, b]]


def alike(judge: Recogniser, examples: Examples, most: int = 10) -> list[tuple[str, str, float, str]]:
    """Genres whose takes lie nearest, with their distance and the group of features that still tells them apart."""
    rows, names = examples
    table = (vectors(rows, judge.groups) - judge.mean) / judge.spread
    sizes = [len(rows[0][g]) for g in judge.groups]
    where = np.repeat(np.arange(len(sizes)), sizes)
    centres = {name: table[[n == name for n in names]].mean(0) for name in dict.fromkeys(names)}
    found = []
    for i, (a, one) in enumerate(centres.items()):
        for b, two in list(centres.items())[i + 1 :]:
            gap = np.clip(one - two, -4, 4) ** 2
            by_group = np.bincount(where, gap) / np.sqrt(sizes)
            found.append((a, b, round(float(np.sqrt(gap.mean())), 3), judge.groups[int(by_group.argmax())]))
    return sorted(found, key=lambda pair: pair[2])[:most]


def main(arguments: list[str] | None = None) -> dict[str, Any]:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", help="weights file or name of an installed model; default: the shipped one")
    parser.add_argument("--size", default="small", help="of random weights, where there is no model")
    parser.add_argument("--takes", type=int, default=2, help="a genre and engine")
    parser.add_argument("--bars", type=int, default=8)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--fit-each", type=int, default=40, help="groove-book pieces a genre to fit on")
    parser.add_argument("--test-each", type=int, default=10)
    parser.add_argument("--data", type=Path, help="folder that holds corpus/")
    parser.add_argument("--out", type=Path, help="folder for the pictures")
    parser.add_argument("--fit", type=Path, help="write the classifier here")
    options = parser.parse_args(arguments)
    began = time.perf_counter()
    fitted, held_out = groove_book(options.fit_each, FIT_SEED), groove_book(options.test_each, TEST_SEED)
    sets: dict[str, Examples] = {"held out": held_out, "rules": ([], []), "model": ([], [])}
    if options.data:
        people = by_people(options.data, True, options.fit_each)
        fitted = (fitted[0] + people[0], fitted[1] + people[1])
        sets["people"] = by_people(options.data, False, 40)
    judges = {row: fit(*fitted, groups=groups) for row, groups in ROWS.items()}
    if options.fit:
        judges["all"].save(options.fit)
    model, weights = find_weights(options.model, options.size)
    if options.takes:
        for engine, name, score in takes(weights, options.takes, options.bars, options.seed):
            sets[engine][0].append(features(score))
            sets[engine][1].append(name)
    result: dict[str, Any] = {"model": model, "takes": options.takes, "bars": options.bars, "rows": {}}
    for row, judge in judges.items():
        result["rows"][row] = show(row, judge, sets, options.out)
    if options.takes:
        result["alike"] = alike(judges["all"], sets["rules"])
        print("\nalike by rules: " + "; ".join(f"{a} / {b} {d} (told apart by {g})" for a, b, d, g in result["alike"]))
    result["seconds"] = round(time.perf_counter() - began, 1)
    print(json.dumps(result))
    return result


def show(row: str, judge: Recogniser, sets: dict[str, Examples], out: Path | None) -> dict[str, Any]:
    """Print one row of the table and give its figures."""
    found: dict[str, Any] = {}
    for name, examples in sets.items():
        if not examples[0]:
            continue
        found[name], matrix = figures(judge, examples)
        own = found["held out"]["top1"]
        found[name]["relative"] = round(found[name]["top1"] / own, 4) if own else 0.0
        found[name]["worst"] = worst(judge.genres, matrix)
        print(f"{row:14} {name:9} " + "  ".join(f"{k} {found[name][k]:.3f}" for k in ("top1", "top3", "relative")))
        for asked, heard, times, of in found[name]["worst"][:8] if name != "held out" else ():
            print(f"    asked {asked}, heard {heard}: {times} of {of}")
        if out is not None:
            out.mkdir(parents=True, exist_ok=True)
            picture = confusion_picture(judge.genres, matrix, f"{name} ({row}): genre asked, genre heard")
            save_picture(picture, out / f"genres-{name}-{row}.png".replace(" ", "_").replace(",", ""))
    return found


if __name__ == "__main__":
    main()
