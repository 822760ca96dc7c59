"""Training on shards, alone and on two processes: the same weights on both, those of one process with both's data."""

# ruff: noqa: E402 - torch is an optional part
import json
import os
import subprocess
import sys
from itertools import chain
from pathlib import Path

import pytest

torch = pytest.importorskip("torch")
pytest.importorskip("pyarrow", reason="needs the extra [scale]")

from safetensors.torch import load_file
from tests.training.test_streams import VIEWS, batches, library  # noqa: F401 - a fixture

from bandmate.models.grid_config import load_size
from bandmate.tokenizers.grid_table import FIELDS, HEADS
from bandmate.training import launch
from bandmate.training.loop import Trainer, TrainOptions

STEPS = 4
OPTIONS = TrainOptions(steps=STEPS, sequences=1, warmup_steps=1, validate_every=2, save_every=2, precision="fp32",
                       threads=1, seed=3)  # fmt: skip
EACH_RANK = """
import json, sys
from pathlib import Path
from safetensors.torch import save_file
from bandmate.training.loop import Trainer
from bandmate.training.ranks import Accelerated
sys.path.insert(0, sys.argv[1])
from tests.training.test_launch import OPTIONS, STEPS, batches, load_size, FIELDS, HEADS
shards, out = Path(sys.argv[2]), Path(sys.argv[3])
ranks = Accelerated()
train = batches(shards, rank=ranks.rank, world=ranks.world)
valid = batches(shards, split="valid").batch(0, 1)
trainer = Trainer(load_size("tiny", FIELDS, HEADS), train, valid, OPTIONS, out / "run", ranks=ranks)
trainer.run()
save_file(trainer.model.state_dict(), out / f"rank-{ranks.rank}.safetensors")
held = sorted(origin.name for origin in train.pool(0).origins)
(out / f"rank-{ranks.rank}.json").write_text(json.dumps({"world": ranks.world, "held": held}))
"""


class Both:
    """The data of two ranks in one process."""

    def __init__(self, place):
        self.ranks = [batches(place, rank=rank, world=2) for rank in range(2)]

    def batch(self, step, size):
        return list(chain(*(rank.batch(step, size) for rank in self.ranks)))


@pytest.mark.slow
def test_two_processes_make_the_steps_of_one_with_both_batches(library, tmp_path):  # noqa: F811
    pytest.importorskip("accelerate", reason="needs the extra [accelerate]")
    script = tmp_path / "each_rank.py"
    script.write_text(EACH_RANK, encoding="utf-8")
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path)), "OMP_NUM_THREADS": "1"}
    command = [sys.executable, "-m", "accelerate.commands.launch", "--multi_gpu", "--num_processes", "2",
               "--num_machines", "1", "--mixed_precision", "no", "--dynamo_backend", "no", "--main_process_port", "0",
               str(script), str(Path(__file__).parents[2]), str(library), str(tmp_path)]  # fmt: skip
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stderr[-3000:]
    said = [json.loads((tmp_path / f"rank-{rank}.json").read_text()) for rank in range(2)]
    assert [entry["world"] for entry in said] == [2, 2]
    assert said[0]["held"]
    assert not set(said[0]["held"]) & set(said[1]["held"])
    first, second = (load_file(tmp_path / f"rank-{rank}.safetensors") for rank in range(2))
    assert all(torch.equal(first[name], second[name]) for name in first)
    valid = batches(library, split="valid").batch(0, 1)
    alone = Trainer(load_size("tiny", FIELDS, HEADS), Both(library), valid, OPTIONS, tmp_path / "alone")
    alone.run()
    for name, tensor in alone.model.state_dict().items():
        assert torch.allclose(first[name], tensor, atol=2e-5), name
    logs = [(tmp_path / run / "log.jsonl").read_text().splitlines() for run in ("run", "alone")]
    ours, theirs = ([json.loads(line) for line in lines if "valid/loss" in line] for lines in logs)
    assert [line["step"] for line in ours] == [2, 4], "one rank writes for both"
    for line, other in zip(ours, theirs, strict=True):
        assert line["loss"] == pytest.approx(other["loss"], abs=2e-4)


def test_a_run_on_shards_learns_and_goes_on(library, tmp_path):  # noqa: F811
    report = launch.train_on_shards(library, tmp_path / "run", OPTIONS, size="tiny", views=VIEWS)
    assert report.steps == STEPS
    assert report.best_loss < report.first_loss
    again = launch.train_on_shards(library, tmp_path / "run", OPTIONS, size="tiny", views=VIEWS)
    assert (again.steps, again.first_loss) == (STEPS, report.first_loss)


def test_mistakes_get_one_sentence(tmp_path, capsys, monkeypatch):
    assert launch.main([str(tmp_path / "gone"), "--run", str(tmp_path / "run")]) == 2
    monkeypatch.setitem(sys.modules, "accelerate", None)
    assert launch.main([str(tmp_path), "--run", str(tmp_path / "run")]) == 2
    assert "bandmate[accelerate]" in capsys.readouterr().err
