"""Build the index by which `bandmate origin` and `--no-copy` know what the shipped model learned from.

    python scripts/build_origins.py --data DIR [--recipe small] [--name small]

Indexed are the training pieces of the recipe's sources by people, as `training.prepare` takes them. Pieces by rule are
left out: groove-book patterns are common property, and re-arrangements carry melodies of POP909, which is indexed.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from bandmate.analysis.meter import score_bars
from bandmate.library.origin_file import save_origins
from bandmate.library.origins import OriginIndex, Piece
from bandmate.library.runs import coded_lines
from bandmate.score.model import Score
from bandmate.training.corpora import CORPORA, read_corpus
from bandmate.training.prepare import MAX_PIECE_BARS
from bandmate.training.recipe import Recipe
from bandmate.workflows.catalogs import ORIGINS_FILE

ROOT = Path(__file__).parent.parent
MOST_BYTES = 12_000_000
LEARNED = ("train", "lent")  # the shipped weights were trained before lent drums were left out (docs/DATA.md)


def name_of(source: str, file: str, tags: dict[str, Any]) -> str:
    """What a person calls a piece: composer and title, or its credit, or its file."""
    if tags.get("title"):
        return ": ".join(filter(None, (tags.get("composer"), tags["title"])))
    if source.startswith("pop909"):
        return f"POP909 song {tags['group'].removeprefix('pop909-')}"
    return Path(file).stem


def pieces_of(data: Path, recipe: Recipe, found: list[Piece]) -> Iterator[tuple[str, str, Score]]:
    """Training pieces by people with what is known of them, which is added to a list."""
    for source in (name for name in recipe.shares() if name in CORPORA):
        said = json.loads((data / "corpus" / source / "SOURCE.json").read_text(encoding="utf-8"))
        for item in read_corpus(data / "corpus", source):
            pitched = any(not track.is_drum for track in item.score.tracks)
            if item.origin.split not in LEARNED or not pitched or len(score_bars(item.score)) > MAX_PIECE_BARS:
                continue
            tags, file = dict(item.tags), item.path.name
            licence = str(tags.get("licence") or said["licence"])
            name = name_of(source, file, tags)
            found.append(Piece(name, file, item.origin.group, source, licence, str(tags.get("credit", ""))))
            yield file, item.origin.group, item.score


def main() -> None:
    """Read, index, write, and say how large it is."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="folder that holds corpus/")
    parser.add_argument("--recipe", default="small")
    parser.add_argument("--name", default="small")
    options = parser.parse_args()
    pieces: list[Piece] = []
    lines = coded_lines(pieces_of(options.data, Recipe.read(options.recipe), pieces))
    index = OriginIndex.of_lines(lines, pieces)
    path = save_origins(index, ROOT / "src/bandmate/data/models" / options.name / ORIGINS_FILE)
    size = path.stat().st_size
    print(f"{path}: {len(index)} pieces, {index.notes} notes, {len(index.hashes)} different runs of eight notes, "
          f"{int(index.common.sum())} of them everybody's, {size} bytes")  # fmt: skip
    if size > MOST_BYTES:
        raise SystemExit(f"that is more than {MOST_BYTES} bytes")


if __name__ == "__main__":
    main()
