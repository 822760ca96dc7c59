"""Measure people's music that no model of ours was trained on, and write src/bandmate/data/yardsticks.json.

    python scripts/build_yardsticks.py --data DIR [--keep FOLDER]

DIR holds corpus/<source>/. Measured are the works that the training corpora hold out (valid and reserve), in windows of
16 bars that follow one another, of one meter, with notes in at least 12 bars and at least 64 notes. Of the band sources
only pieces with drums, bass and at least one more track. --keep writes the measured windows too, one file a kind.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from bandmate.evaluation.measured import Measured, measured
from bandmate.evaluation.yardstick import Yardstick, is_full_band, spread_of
from bandmate.io.atomic import write_text_atomic
from bandmate.score.model import Score
from bandmate.training.corpora import read_corpus

TABLE = Path(__file__).parent.parent / "src" / "bandmate" / "data" / "yardsticks.json"
KINDS = {
    "band": ("freedoom", "simutrans", "easyrpg_rtp", "lmms_projects", "blasphemer"),
    "piano": ("pop909",),
    "chamber": ("openscore_quartets", "openscore_lieder", "jsb_chorales"),
    "drums": ("groove_midi",),
}
STYLE_WINDOWS, STYLE_WORKS = 12, 8  # from which a drum style has a yardstick of its own


def held_out(corpus: Path, kind: str) -> Iterator[tuple[str, str, Score]]:
    """Pieces of a kind that are not trained on: source (drums: style), work, score."""
    for name in KINDS[kind]:
        for found in read_corpus(corpus, name):
            if not found.origin.held_out or (kind == "band" and not is_full_band(found.score)):
                continue
            style = str((found.tags.get("genre") or ["other"])[0]).split("/")[0]
            source = f"{name}/{style}" if kind == "drums" else name
            yield source, f"{name}/{found.origin.group}", found.score


def yardsticks(kind: str, windows: Measured) -> Iterator[Yardstick]:
    """The yardstick of a kind, and for drums one a style that has enough windows."""
    yield spread_of(windows, kind)
    if kind == "drums":
        for source in np.unique(windows.sources):
            part = windows.where(windows.sources == source)
            if len(part) >= STYLE_WINDOWS and len(np.unique(part.works)) >= STYLE_WORKS:
                yield spread_of(part, f"drums.{source.split('/')[1]}")


def main() -> None:
    """Measure, write, print how many of each source."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="folder that holds corpus/")
    parser.add_argument("--keep", type=Path, help="folder for the measured windows")
    options = parser.parse_args()
    table = {}
    for kind in KINDS:
        started = time.perf_counter()
        windows = measured(held_out(options.data / "corpus", kind))
        if options.keep:
            options.keep.mkdir(parents=True, exist_ok=True)
            windows.save(options.keep / f"{kind}.npz")
        for found in yardsticks(kind, windows):
            table[found.kind] = found.to_json()
            print(f"{found.kind}: {found.windows} windows of {found.works} works, {found.sources}")
        print(f"  {time.perf_counter() - started:.0f} s")
    rows = [f"{json.dumps(kind)}: {json.dumps(found)}" for kind, found in table.items()]
    write_text_atomic(TABLE, "{\n" + ",\n".join(rows) + "\n}\n")


if __name__ == "__main__":
    main()
