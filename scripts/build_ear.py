"""Fit the ear (src/bandmate/data/ear.json): windows of the training pieces against the shipped model's free takes.

    python scripts/build_ear.py --data DIR [--takes 800] [--keep FOLDER]

DIR holds corpus/<source>/. People's windows are those of full-band pieces of the training split; the takes stand on
the frames of windows drawn from them, one take a frame, without candidates. Nothing held out is read, so the two-sample
test stays a test. Said is how well the two are told apart by works that the regression did not see. --keep writes what
was measured, and a second run goes on from there.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from bandmate.evaluation.excerpt import Excerpt, windows
from bandmate.evaluation.frames import frame_of
from bandmate.evaluation.measured import Measured, measured, together
from bandmate.evaluation.regression import fit
from bandmate.evaluation.twosample import two_sample_auc
from bandmate.evaluation.yardstick import is_full_band
from bandmate.generation.free import fill_frames
from bandmate.io.atomic import write_text_atomic
from bandmate.models.checkpoint import Weights, load_weights
from bandmate.training.corpora import read_corpus
from bandmate.workflows.models import SHIPPED, find_model

TABLE = Path(__file__).parent.parent / "src" / "bandmate" / "data" / "ear.json"
BANDS = ("freedoom", "simutrans", "easyrpg_rtp", "lmms_projects", "blasphemer")
A_CHUNK = 50  # takes between two savings


def heard_in_training(corpus: Path) -> Iterator[tuple[str, str, Excerpt]]:
    """Windows of full-band training pieces: source, work, excerpt."""
    for name in BANDS:
        for found in read_corpus(corpus, name):
            if found.origin.split == "train" and is_full_band(found.score):
                yield from ((name, f"{name}/{found.origin.group}", each) for each in windows(found.score))


def takes_on(found: list[tuple[str, str, Excerpt]], count: int, weights: Weights, kept: Path | None) -> Measured:
    """One free take on each of so many frames, measured; goes on from what is kept."""
    order = np.resize(np.random.default_rng(0).permutation(len(found)), count)
    parts = [Measured.load(kept)] if kept and kept.is_file() else []
    for start in range(sum(map(len, parts)), count, A_CHUNK):
        for seed, index in enumerate(order[start : start + A_CHUNK].tolist(), start):
            _, work, excerpt = found[index]
            (score,) = fill_frames([frame_of(excerpt)], seed, weights)
            parts.append(measured([("takes", work, score)], strict=False))
        if kept:
            together(parts).save(kept)
        print(f"{min(count, start + A_CHUNK)} of {count} takes", flush=True)
    return together(parts)


def main() -> None:
    """Measure, fit, write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="folder that holds corpus/")
    parser.add_argument("--takes", type=int, default=800)
    parser.add_argument("--keep", type=Path, help="folder for what was measured")
    options = parser.parse_args()
    weights = load_weights(find_model(SHIPPED).weights)
    found = list(heard_in_training(options.data / "corpus"))
    people = measured((source, work, each.score) for source, work, each in found)
    if options.keep:
        options.keep.mkdir(parents=True, exist_ok=True)
    takes = takes_on(found, options.takes, weights, options.keep and options.keep / "takes.npz")
    label = np.repeat([0.0, 1.0], [len(takes), len(people)])
    ear = fit(np.concatenate([takes.values, people.values]), label)
    data = {"_meta": {"weights_sha256": weights.digest, "people": len(people), "takes": len(takes)}} | ear.to_json()
    write_text_atomic(TABLE, json.dumps(data) + "\n")
    print(f"{len(people)} windows, {len(takes)} takes; told apart: AUC {two_sample_auc(people, takes):.3f}")


if __name__ == "__main__":
    main()
