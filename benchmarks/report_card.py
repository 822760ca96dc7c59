"""How near takes are to people's music: the report card, means with intervals, and the two-sample test.

    python benchmarks/report_card.py --data DIR --sets rules,model,mine=FOLDER [--takes 200] [--cache DIR]

People: held-out windows (16 bars) of full-band pieces, split by work into two halves, A and B. Without --data pieces
of the groove book stand in for them. A set is one of benchmarks/fillers.py, NAME=WEIGHTS (the grid model with those
weights), or NAME=FOLDER of MIDI files. Fillers get frames of people's windows, drawn at random: tracks, bars, meter and
tempo, no key. Printed are:

- line by line people's 10th, 50th and 90th percentile and the median of each set (* = inside), and the share inside;
- how far the distributions of the lines lie from people's (Kolmogorov-Smirnov), mean and the furthest lines;
- means of pitch-class entropy, scale and groove consistency, ours and as MusPy counts them, with bootstrap intervals of
  95 % (works drawn) and their distance to people's mean (* = the nearest set);
- the AUC of a logistic regression on the lines, 5 folds by work.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import sys
import time
from collections.abc import Iterator
from dataclasses import asdict
from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np
from fillers import BANDS, FillOptions, make_filler

from bandmate.evaluation.card import ALL_LINES, CARD, measure
from bandmate.evaluation.excerpt import Excerpt, windows
from bandmate.evaluation.frames import frame_of
from bandmate.evaluation.intervals import mean_interval
from bandmate.evaluation.measured import Measured, measured, together
from bandmate.evaluation.report import report_card
from bandmate.evaluation.twosample import line_distances, two_sample_auc
from bandmate.evaluation.yardstick import Yardstick, is_full_band, spread_of
from bandmate.io.files import FORMATS, read, write
from bandmate.score.frame import Filler, Frame
from bandmate.score.model import Score

STATISTICS = ("pitch_class_entropy", "scale_consistency", "groove_consistency",
              "muspy_entropy", "muspy_scale", "muspy_groove")  # fmt: skip
HALVINGS = 10
MOST = 8  # lines named as the furthest
LEAST_WORKS, LEAST_WINDOWS = 5, 16  # of a source, to be held against another
Window = tuple[str, str, Excerpt]  # source, work


def people(data: Path) -> Iterator[tuple[str, str, Score]]:
    """Held-out full-band pieces: source, work, score."""
    from bandmate.training.corpora import read_corpus

    for name in BANDS:
        for found in read_corpus(data / "corpus", name):
            if found.origin.held_out and is_full_band(found.score):
                yield name, f"{name}/{found.origin.group}", found.score


def stand_in(pieces: int) -> Iterator[tuple[str, str, Score]]:
    """Pieces of the groove book: two sources, each piece a work."""
    from bandmate.groovebook.plan import make_plan
    from bandmate.groovebook.play import play
    from bandmate.score.brief import Brief

    for number in range(pieces):
        genre = ("rock", "house")[number % 2]
        yield genre, f"{genre}/{number}", play(make_plan(Brief(genre=genre, bars=16), 1000 + number), 1000 + number)


def measure_windows(found: list[Window]) -> Measured:
    rows = np.array([measure(excerpt) for _, _, excerpt in found]).reshape(-1, len(ALL_LINES))
    return Measured(rows, np.array([work for _, work, _ in found]), np.array([source for source, _, _ in found]))


def frames_drawn(found: list[Window], count: int, seed: int) -> list[Window]:
    """So many windows, each as often as the others."""
    draw = np.random.default_rng(seed)
    order = np.concatenate([draw.permutation(len(found)) for _ in range(-(-count // len(found)))])
    return [found[index] for index in sorted(order[:count])]  # like frames side by side, for batches


def folder_of(place: Path) -> Measured:
    paths = sorted(path for path in place.rglob("*") if path.suffix.lower() in FORMATS)
    return measured(((place.name, str(path), read(path)) for path in paths), strict=False)


def written(name: str, fill: Filler, frames: list[Frame], options: argparse.Namespace) -> list[Score]:
    """The takes of a filler; with --midi each is a file at once, and a run that was cut off goes on from those."""
    if options.midi is None:
        return fill(frames, options.seed)
    folder, scores = options.midi / name, []
    folder.mkdir(parents=True, exist_ok=True)
    for number, frame in enumerate(frames):
        path = folder / f"{options.seed}-{number:04}.mid"
        if not path.is_file():
            write(fill([frame], options.seed * 100_003 + number)[0], path)
        scores.append(read(path))
    return scores


def takes_of(name: str, place: Path | None, found: list[Window], options: argparse.Namespace) -> Measured:
    """Measure a set: a folder, or a filler's takes; a filler's are kept in the cache."""
    if place is not None and place.is_dir():
        return folder_of(place)
    mark = hashlib.sha256(place.read_bytes()).hexdigest()[:8] if place is not None else "own"
    kept = options.cache / f"{name}-{mark}-{options.takes}-{options.seed}.npz" if options.cache else None
    if kept is not None and kept.is_file():
        return Measured.load(kept)
    fill = make_filler(name, FillOptions(place, options.size, options.data, options.seed))
    chosen = frames_drawn(found, options.takes, options.seed)
    scores = written(name, fill, [frame_of(excerpt) for _, _, excerpt in chosen], options)
    # Takes on the frame of a work stand on that work's side of every fold.
    parts = [measured([(name, work, score)], strict=False) for (_, work, _), score in zip(chosen, scores, strict=True)]
    result = together(parts)
    if kept is not None:
        kept.parent.mkdir(parents=True, exist_ok=True)
        result.save(kept)
    return result


def show_lines(yard: Yardstick, columns: dict[str, Measured]) -> dict[str, dict[str, float]]:
    """The table of medians; share of lines inside by set."""
    cards = {name: report_card(found, yard) for name, found in columns.items()}
    cells = {name: {row.line.name: row for row in card.rows} for name, card in cards.items()}
    print(f"{'line':26}{'p10':>9}{'p50':>9}{'p90':>9} |" + "".join(f"{name[:10]:>11}" for name in columns))
    for line in CARD:
        if line.name not in yard.lines:
            continue
        spread = yard.lines[line.name]
        text = f"{line.name:26}" + "".join(f"{spread.at(p):9.3f}" for p in (10, 50, 90)) + " |"
        for name in columns:
            row = cells[name].get(line.name)
            text += f"{'-':>11}" if row is None else f"{row.median:10.3f}{'*' if row.inside else ' '}"
        print(text)
    print(f"{'share of lines inside':53} |" + "".join(f"{card.share:10.3f} " for card in cards.values()))
    return {name: {"inside": card.inside, "of": len(card.rows), "share": round(card.share, 4)}
            for name, card in cards.items()}  # fmt: skip


def show_means(everyone: Measured, halves: dict[str, Measured], sets: dict[str, Measured]) -> dict[str, Any]:
    """Means with intervals and distances to everyone's mean; the nearest set has a star."""
    result: dict[str, Any] = {}
    for statistic in STATISTICS:
        base = mean_interval(everyone, statistic)
        found = {n: mean_interval(m, statistic) for n, m in {**halves, **sets}.items()}
        away = {name: abs(interval.mean - base.mean) for name, interval in found.items()}
        near = min((name for name in sets if away[name] == away[name]), key=lambda name: away[name], default="")
        apart = abs(found["A"].mean - found["B"].mean)
        print(f"\n{statistic}: people {base.mean:.3f} [{base.low:.3f}, {base.high:.3f}], halves apart {apart:.3f}")
        for name, interval in found.items():
            print(f"  {name:14}{interval.mean:9.3f} [{interval.low:.3f}, {interval.high:.3f}]"
                  f"  away {away[name]:.3f}{' *' if name == near else ''}")  # fmt: skip
        result[statistic] = {
            "people": asdict(base), "halves_apart": apart, "nearest": near,
            **{name: {**asdict(interval), "away": away[name]} for name, interval in found.items()},
        }  # fmt: skip
    return result


def show_distances(everyone: Measured, halves: dict[str, Measured], sets: dict[str, Measured]) -> dict[str, Any]:
    """Mean distance of the lines' distributions from people's, and the lines that tell most."""
    pairs = {"half against half": (halves["A"], halves["B"])} | {
        name: (everyone, found) for name, found in sets.items()
    }
    result = {}
    print("\ndistance of distributions, mean over lines; furthest lines")
    for name, pair in pairs.items():
        away = line_distances(*pair)
        result[name] = {"mean": round(float(np.mean(list(away.values()))), 4), "lines": dict(list(away.items())[:MOST])}
        listed = ", ".join(f"{line} {value:.2f}" for line, value in result[name]["lines"].items())
        print(f"  {name:18}{result[name]['mean']:7.3f}  {listed}")
    return result


def halves_auc(found: Measured) -> float:
    """AUC of a set's half of works against the other, mean over random halvings."""
    values = [two_sample_auc(*found.halves(seed), seed=seed) for seed in range(HALVINGS)]
    known = [value for value in values if value == value]
    return float(np.mean(known)) if known else float("nan")


def show_aucs(everyone: Measured, sets: dict[str, Measured]) -> dict[str, float]:
    """Two-sample test of people against people, and of each set against all people."""
    result = {"half against half": halves_auc(everyone)}
    sources = {}
    for source in np.unique(everyone.sources).tolist():
        part = everyone.where(everyone.sources == source)
        if len(np.unique(part.works)) >= LEAST_WORKS and len(part) >= LEAST_WINDOWS:
            sources[source] = part
            if len(np.unique(part.works)) >= 2 * LEAST_WORKS:
                result[f"{source}, half against half"] = halves_auc(part)
    for a, b in combinations(sources, 2):
        result[f"{a} against {b}"] = two_sample_auc(sources[a], sources[b])
    for name, found in sets.items():
        result[name] = two_sample_auc(everyone, found)
    print("\nAUC (0.5 = not told apart)")
    for name, value in result.items():
        print(f"  {name:44}{value:6.3f}")
    return result


def main(arguments: list[str] | None = None) -> dict[str, Any]:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, help="folder that holds corpus/")
    parser.add_argument("--sets", default="rules", help="NAME, NAME=WEIGHTS or NAME=FOLDER, with commas between")
    parser.add_argument("--takes", type=int, default=200, help="of each filler")
    parser.add_argument("--pieces", type=int, default=40, help="that stand in for people without --data")
    parser.add_argument("--size", default="small", help="of random weights")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--midi", type=Path, help="folder to write takes to, one file each, and to go on from")
    parser.add_argument("--cache", type=Path, help="folder of measured takes")
    options = parser.parse_args(arguments)
    sys.path.insert(0, str(Path(__file__).parent))
    pieces = people(options.data) if options.data else stand_in(options.pieces)
    started = time.perf_counter()
    found = [(source, work, excerpt) for source, work, score in pieces for excerpt in windows(score)]
    read_seconds = time.perf_counter() - started
    started = time.process_time()
    everyone = measure_windows(found)
    ms = 1000 * (time.process_time() - started) / max(1, len(everyone))
    names, counts = np.unique(everyone.sources, return_counts=True)
    sources = dict(zip(names.tolist(), counts.tolist(), strict=True))
    print(f"people: {len(everyone)} windows of {len(np.unique(everyone.works))} works, {sources}; "
          f"read in {read_seconds:.1f} s, measured in {ms:.1f} ms of processor time a window\n")  # fmt: skip
    sets = {}
    for word in filter(None, options.sets.split(",")):
        name, _, place = word.partition("=")
        sets[name] = takes_of(name, Path(place) if place else None, found, options)
    halves = dict(zip("AB", everyone.halves(options.seed), strict=True))
    result = {
        "windows": len(everyone), "works": len(np.unique(everyone.works)), "sources": sources,
        "ms_a_window": round(ms, 2), "takes": {name: len(each) for name, each in sets.items()},
        "inside": show_lines(spread_of(everyone, "people"), {**halves, **sets}),
        "distances": show_distances(everyone, halves, sets),
        "means": show_means(everyone, halves, sets), "auc": show_aucs(everyone, sets),
    }  # fmt: skip
    print(json.dumps(result))
    return result


if __name__ == "__main__":
    main()
