"""Put a trained run into the package: weights, and the card that says what they are.

    python scripts/ship_model.py --run runs/small --data DIR --name small

The card names data, licences, recipe, measured quality and limits; sizes and losses come from the run, licences from
the SOURCE.json of each corpus.
"""

from __future__ import annotations

import argparse
import json
import shutil
import tomllib
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from bandmate import __version__
from bandmate.models.checkpoint import load_weights
from bandmate.training.shards import load

ROOT = Path(__file__).parent.parent
BY_RULE = {
    "groove_book": "pieces by this project's rules engine, MIT",
    "rearranged": "melodies and chords of POP909 (MIT) set by this project's rules engine",
}
LIMITS = (
    "Most free full-band music is game music, so that is what it knows best: on its own it still repeats melodies more "
    "and whole bars less than people do (docs/LOG.md). In styles without free recordings drums and form lean on the "
    "groove book. Piano without a beat grid was not learned. It was trained in slices while its form heads were built: "
    "the weights of the first model (1,600 steps), 125 steps, 1,875 steps with form heads that read the trunk alone, "
    "then with heads that see earlier cells, on groove-book pieces made anew; so the recipe makes such a model again, "
    "not these bytes. It was trained before songs of pop909_band with drums of held-out drummers were left out: of its "
    "674 songs 263 have some, so it has met 57 of the 127 test and 31 of the 120 validation performances of Groove "
    "MIDI, and is not measured on those as unseen (docs/DATA.md)."
)


def licence_of(name: str, data: Path) -> str:
    """What SOURCE.json of a corpus says of its licence."""
    path = data / "corpus" / name / "SOURCE.json"
    return str(json.loads(path.read_text(encoding="utf-8"))["licence"]) if path.is_file() else BY_RULE[name]


def sources(run: Path, data: Path, shares: dict[str, float]) -> list[dict[str, Any]]:
    """Each source with its licence, its share of the draws, and what of it was trained on."""
    found = []
    for name, share in shares.items():
        shard = load(run / "shards" / f"{name}.npz").select("train")
        found.append(
            {
                "name": name,
                "licence": licence_of(name, data),
                "share": share,
                "pieces": len(shard),
                "notes": shard.note_count,
            }
        )
    return found


def losses(run: Path) -> dict[str, float]:
    """Held-out losses of the last validation, nats a row, by field."""
    lines = [json.loads(line) for line in (run / "log.jsonl").read_text(encoding="utf-8").splitlines()]
    last = [line for line in lines if "valid/loss" in line][-1]
    return {name.removeprefix("valid/"): value for name, value in last.items() if name.startswith("valid/")}


def main() -> None:
    """Copy the weights and write the card."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--run", type=Path, required=True)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--name", default="small")
    parser.add_argument("--before", type=int, default=0, help="steps of earlier runs whose weights this one began from")
    options = parser.parse_args()
    folder = ROOT / "src/bandmate/data/models" / options.name
    folder.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(options.run / "weights.safetensors", folder / "weights.safetensors")
    weights = load_weights(folder / "weights.safetensors")
    recipe = tomllib.loads((ROOT / f"src/bandmate/training/recipes/{options.name}.toml").read_text(encoding="utf-8"))
    state = json.loads((options.run / "state.json").read_text(encoding="utf-8"))
    steps = options.before + state["step"]
    card = {
        "name": options.name,
        "made": datetime.now(UTC).date().isoformat(),
        "bandmate": __version__,
        "summary": "the grid model that comes with Bandmate",
        "licence": "MIT; learned from the sources below, credits in NOTICE",
        "sha256": weights.digest,
        "tokenizer": weights.tokenizer,
        "size": recipe["size"],
        "parameters": sum(tensor.size for tensor in weights.tensors.values()),
        "recipe": f"python3 dev.py train --data DIR (recipes/{options.name}.toml), {steps} steps in all, CPU",
        "held_out_loss_nats_a_row": losses(options.run),
        "sources": sources(options.run, options.data, recipe["stages"][-1]["shares"]),
        "limits": LIMITS,
    }
    (folder / "card.json").write_text(json.dumps(card, indent=1) + "\n", encoding="utf-8")
    print(json.dumps(card, indent=1))


if __name__ == "__main__":
    main()
