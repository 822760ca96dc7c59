"""The recipe of the shipped model, and a run of it on a few pieces by rule."""

from dataclasses import replace

import pytest

pytest.importorskip("torch")

from tests.training.bands import some_shard

from bandmate.errors import LibraryError, ModelError, UserError
from bandmate.models.checkpoint import load_weights
from bandmate.training import recipe as module
from bandmate.training.recipe import Recipe, Stage, main, train, valid_batches


def tiny(steps=4):
    """The shipped recipe at the size of a test."""
    real = Recipe.read("small")
    options = replace(real.options, steps=steps, sequences=1, warmup_steps=2, validate_every=2, save_every=2,
                      precision="fp32", threads=1)  # fmt: skip
    counts = {"groove_book_pieces": 3, "rearranged_pieces": 0}
    return Recipe("tiny", counts, options, 0.0, (Stage(2, {"groove_book": 1.0}), Stage(steps, {"groove_book": 1.0})))


def test_the_shipped_recipe_can_be_read():
    recipe = Recipe.read("small")
    assert recipe.size == "small"
    assert recipe.stages[-1].until_step == recipe.options.steps
    assert [s.until_step for s in recipe.stages] == sorted(s.until_step for s in recipe.stages)
    for stage in recipe.stages:
        assert sum(stage.shares.values()) == pytest.approx(1.0, abs=0.02)
    assert recipe.counts.keys() == {"groove_book_pieces", "rearranged_pieces"}
    assert recipe.shares()["groove_book"] == max(stage.shares.get("groove_book", 0) for stage in recipe.stages)


def test_without_data_it_is_the_groove_book_alone():
    bare = Recipe.read("small").without_data()
    assert [stage.shares for stage in bare.stages] == [{"groove_book": 1.0}]
    assert bare.stages[0].until_step == bare.options.steps
    assert bare.size == "small"


def test_a_recipe_that_is_not_there():
    with pytest.raises(UserError, match="recipe 'huge' is not known; the package holds: .*small"):
        Recipe.read("huge")


def test_a_run_without_data_goes_through_its_stages_and_exports(tmp_path):
    report = train(tiny(), None, tmp_path)
    assert report.steps == 4
    weights = load_weights(tmp_path / "weights.safetensors")
    assert weights.config.width == 64
    assert [path.name for path in (tmp_path / "shards").iterdir()] == ["groove_book.npz"]


def test_a_slice_stops_and_the_next_goes_on(tmp_path):
    assert train(tiny(), None, tmp_path, steps=1).steps == 1
    assert train(tiny(), None, tmp_path).steps == 4


def test_held_out_views_are_always_the_same():
    shard = some_shard(3, split="valid")
    one, other = (valid_batches(shard, {"made": 1.0}) for _ in range(2))
    assert sum(len(rows) for rows in one) == module.VALID_SEQUENCES
    assert all((a == b).all() for a, b in zip(one, other, strict=True))
    with pytest.raises(LibraryError, match="no piece of made"):
        valid_batches(some_shard(2), {"made": 1.0})


def test_the_entry_says_what_is_wrong(tmp_path, capsys):
    assert main(["--data", str(tmp_path), "--run", str(tmp_path / "run"), "--steps", "1"]) == 2
    assert "point --data at the folder that holds corpus/" in capsys.readouterr().err
    assert main(["--recipe", "huge"]) == 2


def test_a_run_can_begin_from_weights(tmp_path):
    train(tiny(), None, tmp_path / "one")
    begun = tmp_path / "one" / "weights.safetensors"
    fresh, later = (
        train(tiny(), None, tmp_path / name, start=start) for name, start in (("two", None), ("three", begun))
    )
    assert later.first_loss < fresh.first_loss
    with pytest.raises(ModelError, match="another shape"):
        train(replace(tiny(), size="small"), None, tmp_path / "four", start=begun)
