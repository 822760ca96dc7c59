"""Training with ears and eyes: the recipe, and every so many steps a few takes as MIDI and picture.

`python3 dev.py train` runs this; takes lie in the run's folder under samples/.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from bandmate.generation.compose import open_weights, write_takes
from bandmate.groovebook.plan import make_plan
from bandmate.io.files import write
from bandmate.models.checkpoint import save_weights
from bandmate.pictures.roll import draw_roll
from bandmate.score.brief import Brief
from bandmate.tokenizers.grid_table import NAME
from bandmate.training.recipe import main

GENRES = ("house", "pop", "jazz_swing")
BARS, SEED = 8, 1


def draw_samples(model: Any, step: int, run: Path) -> list[Path]:
    """Write one take a genre by the model as it is now; the MIDI files, a picture beside each.

    Args:
        model: a GridModel in training.
        step: where training stands; it names the files.
        run: folder of the run.
    """
    folder = run / "samples"
    tensors = {name: value.detach().float().cpu().numpy() for name, value in model.state_dict().items()}
    save_weights(folder / "weights.safetensors", tensors, model.config, NAME, f"step {step}")
    weights = open_weights(folder / "weights.safetensors")
    paths = []
    for genre in GENRES:
        plan = make_plan(Brief(genre=genre, bars=BARS), SEED)
        score = write_takes(plan, [SEED], weights)[0].score
        paths.append(write(score, folder / f"{step:06d}-{genre}.mid"))
        title = f"{genre}, step {step}"
        draw_roll(score, folder / f"{step:06d}-{genre}.png", sections=plan.sections, chords=plan.chords, title=title)
    return paths


if __name__ == "__main__":
    sys.exit(main(on_sample=draw_samples))
