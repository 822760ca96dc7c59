"""Write what is measured and the tables of docs/EVALUATION.md: of the shipped model, the yardsticks and the lines.

python scripts/evaluation_page.py                       the page, from what was measured last
python scripts/evaluation_page.py --measure --data DIR  the shipped model anew; DIR holds corpus/
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from bandmate.evaluation.card import CARD
from bandmate.evaluation.yardstick import kinds, yardstick
from bandmate.io.atomic import write_text_atomic
from bandmate.workflows.evaluation_pictures import draw_evaluation

ROOT = Path(__file__).parent.parent
PAGE = ROOT / "docs" / "EVALUATION.md"
PICTURES = ROOT / "docs" / "evaluation"
MEASURED = PICTURES / "small.json"
MARK = "<!-- below: written by scripts/evaluation_page.py -->\n"
MAIN = ("band", "piano", "chamber", "drums")
PIECES = 60  # of people, in turn of all corpora with bars, that the model did not learn from


def measure(data: Path, takes: int, demands: int, edits: int, seed: int) -> dict[str, Any]:
    """`bandmate evaluate --model small`, its bars taken from works held out of the corpora."""
    from bandmate.workflows.evaluate import evaluate

    sys.path.insert(0, str(ROOT / "benchmarks"))
    from edits import held_out

    with tempfile.TemporaryDirectory() as folder:
        for number, score in zip(range(PIECES), held_out(data, seed), strict=False):
            score.write(Path(folder) / f"{number:03}.mid")
        found = evaluate(folder, model="small", takes=takes, demands=demands, edits=edits, seed=seed)
    return {"takes": takes, "demands": demands, "seed": seed, **found.to_json()}


def shipped(found: dict[str, Any]) -> Iterator[str]:
    """What was measured of the shipped model, in a table, sentences and pictures."""
    edits, notes = found["edits"], found["obeyed"]["shared_notes"]
    asked = f"--takes {found['takes']} --demands {found['demands']} --edits {edits['cases']} --seed {found['seed']}"
    yield f"`bandmate evaluate --model small {asked} --pieces people --plots plots`,"
    yield "where the pieces are works held out of the corpora."
    yield ""
    yield f"**Control accuracy**: {found['demands']} takes of random demands, one candidate each."
    yield ""
    yield "| demand | asked | met | met on average |"
    yield "|---|---|---|---|"
    for name, row in found["obeyed"]["demands"].items():
        yield f"| {name} | {row['asked']} | {row['met']} | {row['share']:.1%} |"
    yield ""
    yield "![Control accuracy](evaluation/controls.png)"
    yield ""
    yield f"**The card**: {found['summary']}."
    yield ""
    yield "![The card](evaluation/card.png)"
    yield ""
    quoted = sum(note > 0 for note in notes)
    yield f"**Copies**: {quoted} of {len(notes)} takes share a run of eight notes or more with a piece that the model"
    yield f"learned from; the longest has {max(notes)} notes."
    yield ""
    yield "![Shared runs](evaluation/copies.png)"
    yield ""
    low, high = edits["interval"]
    yield f"**Edits**: of {edits['cases']} bars of people's music that were written anew, {edits['nearer']:.1%}"
    yield f"({low:.1%} to {high:.1%}) are nearer to what stood there than another bar of the track; F measure"
    yield f"{edits['f']:.3f} against {edits['f_of_another_bar']:.3f}."
    yield ""
    yield "![Bars written anew](evaluation/edits.png)"


def lines() -> Iterator[str]:
    """The table of lines, with people's 10th, 50th and 90th percentile of full bands."""
    yield "| line | what it is | unit | band: 10 % | 50 % | 90 % |"
    yield "|---|---|---|---|---|---|"
    people = yardstick("band").lines
    group = ""
    for line in CARD:
        if line.group != group:
            group = line.group
            yield f"| **{group}** | | | | | |"
        spread = people[line.name]
        values = " | ".join(f"{spread.at(percent):.3g}" for percent in (10, 50, 90))
        yield f"| `{line.name}` | {line.words} | {line.unit} | {values} |"


def sources() -> Iterator[str]:
    """The table of yardsticks."""
    yield "| kind | windows | works | windows by source |"
    yield "|---|---|---|---|"
    for kind in kinds():
        people = yardstick(kind)
        listed = ", ".join(f"{name} {count}" for name, count in people.sources.items())
        yield f"| {kind} | {people.windows} | {people.works} | {listed} |"


def page() -> str:
    """The page as it should be: what people wrote, then the tables."""
    written = PAGE.read_text(encoding="utf-8").split(MARK)[0]
    measured = json.loads(MEASURED.read_text(encoding="utf-8"))
    blocks = (
        "## The shipped model\n\n" + "\n".join(shipped(measured)),
        "## The yardsticks\n\n" + "\n".join(sources()),
        f"## The {len(CARD)} lines\n\n" + "\n".join(lines()),
    )
    return written + MARK + "\n" + "\n\n".join(blocks) + "\n"


def main() -> None:
    """Measure if asked, then write the page."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--measure", action="store_true", help="measure the shipped model anew")
    parser.add_argument("--data", type=Path, help="folder that holds corpus/, to measure")
    parser.add_argument("--takes", type=int, default=20)
    parser.add_argument("--demands", type=int, default=60)
    parser.add_argument("--edits", type=int, default=100)
    parser.add_argument("--seed", type=int, default=5)
    asked = parser.parse_args()
    if asked.measure:
        if asked.data is None:
            parser.error("--measure needs --data DIR, a folder that holds corpus/")
        found = measure(asked.data, asked.takes, asked.demands, asked.edits, asked.seed)
        write_text_atomic(MEASURED, json.dumps(found, indent=1) + "\n")
    draw_evaluation(json.loads(MEASURED.read_text(encoding="utf-8")), PICTURES)
    PAGE.write_text(page(), encoding="utf-8")


if __name__ == "__main__":
    main()
