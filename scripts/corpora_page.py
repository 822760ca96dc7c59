"""Write docs/CORPORA.md: the metrics of the corpora, with bootstrap intervals of their means.

python scripts/corpora_page.py                       the page, from what was measured last
python scripts/corpora_page.py --measure --data DIR  anew; DIR holds corpus/
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable, Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from bandmate.errors import BandmateError
from bandmate.evaluation.intervals import DRAWS, interval
from bandmate.evaluation.metrics import METRICS, Metric, measure_metrics, reference_metrics
from bandmate.evaluation.piece import Piece
from bandmate.io.atomic import write_text_atomic
from bandmate.io.files import read

ROOT = Path(__file__).parent.parent
PAGE = ROOT / "docs" / "CORPORA.md"
MEASURED = ROOT / "docs" / "evaluation" / "corpora.json"
MARK = "<!-- below: written by scripts/corpora_page.py -->\n"
PIECES = 100  # of a source, spread evenly over its manifest
OTHERWISE = [metric for metric in METRICS if metric.differs and metric.name != "pitch_range"]


def source_of(folder: Path, most: int) -> dict[str, Any]:
    """Means and intervals of a source: works are what a manifest names as one group, else each file."""
    lines = [json.loads(line) for line in (folder / "manifest.jsonl").read_text(encoding="utf-8").splitlines()]
    taken = [lines[at] for at in np.unique(np.linspace(0, len(lines) - 1, min(most, len(lines))).astype(int))]
    rows: dict[str, list[float]] = {metric.name: [] for metric in METRICS}
    theirs: dict[str, list[float]] = {metric.name: [] for metric in OTHERWISE}
    works, left_out = [], 0
    for line in taken:
        try:
            piece = Piece(read(folder / line["file"]))
            found, counted = measure_metrics(piece), reference_metrics(piece)
        except BandmateError:
            left_out += 1
            continue
        works.append(str(line.get("tags", {}).get("group") or line["file"]))
        for table, values in ((rows, found), (theirs, counted)):
            for name, column in table.items():
                column.append(values[name])
    of = {label: {name: asdict(interval(np.array(column), np.array(works))) for name, column in table.items()}
          for label, table in (("metrics", rows), ("muspy", theirs))}  # fmt: skip
    licence = json.loads((folder / "SOURCE.json").read_text(encoding="utf-8"))["licence"]
    return {"files": len(lines), "pieces": len(works), "works": len(set(works)), "left_out": left_out,
            "licence": licence, **of}  # fmt: skip


def measure(data: Path, most: int) -> dict[str, Any]:
    """Every source of a corpus folder."""
    folders = sorted(path.parent for path in (data / "corpus").glob("*/manifest.jsonl"))
    return {folder.name: source_of(folder, most) for folder in folders}


def _cell(row: dict[str, Any]) -> str:
    if not row["n"]:
        return "-"
    digits = 3 if abs(row["mean"]) < 10 else 1
    mean, low, high = (f"{row[key]:.{digits}f}" for key in ("mean", "low", "high"))
    return f"{mean} ({low}, {high})"


def table(found: dict[str, Any], metrics: list[Metric], cell: Callable[[dict[str, Any], str], str]) -> Iterator[str]:
    """Sources down, metrics across."""
    yield "| source | " + " | ".join(f"`{metric.name}`" for metric in metrics) + " |"
    yield "|---" * (len(metrics) + 1) + "|"
    for name, source in found.items():
        yield f"| {name} | " + " | ".join(cell(source, metric.name) for metric in metrics) + " |"


def sources(found: dict[str, Any]) -> Iterator[str]:
    """What was measured."""
    yield "| source | files | measured | works | left out | licence |"
    yield "|---|---|---|---|---|---|"
    for name, source in found.items():
        counts = " | ".join(str(source[key]) for key in ("files", "pieces", "works", "left_out"))
        yield f"| {name} | {counts} | {source['licence']} |"


def page() -> str:
    """The page as it should be: what people wrote, then the tables."""
    written = PAGE.read_text(encoding="utf-8").split(MARK)[0]
    found = json.loads(MEASURED.read_text(encoding="utf-8"))
    blocks = ["## What was measured\n\n" + "\n".join(sources(found))]
    for group in dict.fromkeys(metric.group for metric in METRICS):
        some = [metric for metric in METRICS if metric.group == group]
        own = table(found, some, lambda source, name: _cell(source["metrics"][name]))
        blocks.append(f"## {group.capitalize()}\n\n" + "\n".join(own))
    counted = table(found, OTHERWISE, lambda source, name: _cell(source["muspy"][name]))
    blocks.append("## As MusPy counts\n\n" + "\n".join(counted))
    return written + MARK + "\n" + "\n\n".join(blocks) + "\n"


def main() -> None:
    """Measure if asked, then write the page."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--measure", action="store_true", help=f"measure anew; intervals from {DRAWS} draws")
    parser.add_argument("--data", type=Path, help="folder that holds corpus/, to measure")
    parser.add_argument("--pieces", type=int, default=PIECES, help="at most, of each source")
    given = parser.parse_args()
    if given.measure:
        if given.data is None:
            parser.error("--measure needs --data DIR")
        write_text_atomic(MEASURED, json.dumps(_rounded(measure(given.data, given.pieces)), indent=1) + "\n")
    write_text_atomic(PAGE, page())


def _rounded(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _rounded(each) for key, each in value.items()}
    if isinstance(value, float):
        return None if np.isnan(value) else float(f"{value:.5g}")
    return value


if __name__ == "__main__":
    main()
