"""More like me: on made-up windows whose answer is known, and on a library with a beat of its own."""

from __future__ import annotations

import numpy as np
import pytest

import bandmate
from bandmate.errors import BriefError, LibraryError
from bandmate.evaluation.card import NAMES
from bandmate.evaluation.likeness import nearer
from bandmate.evaluation.measured import Measured
from bandmate.score.model import Score, Track, make_notes, make_tempos
from bandmate.workflows.learn import learn


def windows(seed: int, shift: float, plans: int = 20) -> Measured:
    """Two windows a plan, every line normal about a middle."""
    values = np.random.default_rng(seed).normal(shift, 1.0, (2 * plans, len(NAMES)))
    works = np.repeat([f"plan {number}" for number in range(plans)], 2)
    return Measured(values, works, np.full(2 * plans, "made"))


def test_takes_that_moved_toward_the_library_are_nearer() -> None:
    untuned, library = windows(0, 0.0), windows(1, 1.0)
    assert nearer(windows(2, 0.7), untuned, library) > 0.95
    assert nearer(windows(2, -0.7), untuned, library) < 0.05  # and those that moved away are not


def test_takes_that_did_not_move_are_neither() -> None:
    library = windows(1, 1.0)
    alike = [nearer(windows(2 * seed, 0.0), windows(2 * seed + 1, 0.0), library) for seed in range(5, 11)]
    assert abs(np.mean(alike) - 0.5) < 0.1


def test_too_few_plans_say_nothing() -> None:
    assert np.isnan(nearer(windows(2, 0.7, 4), windows(0, 0.0, 4), windows(1, 1.0)))


def song(seed: int) -> Score:
    """Sixteen bars of a kit that strikes on thirds of a beat and nothing else, under a bass that holds its notes."""
    draw = np.random.default_rng(seed)
    at = np.arange(64) * 480
    keys = make_notes(np.repeat(at, 3) + np.tile([0, 160, 320], 64), 60, np.tile([36, 42, 38], 64), 100, channel=9)
    bass = make_notes(np.arange(16) * 1920, 1900, 36 + draw.choice([0, 5, 7], 16), 90, channel=1)
    return Score((Track("Kit", 0, True, keys), Track("Bass", 33, notes=bass)), tempos=make_tempos(100.0 + seed))


@pytest.fixture
def mine(tmp_path, monkeypatch):
    """A model of the statistics of eight songs with a beat that no genre has."""
    monkeypatch.setenv("BANDMATE_HOME", str(tmp_path / "home"))
    folder = tmp_path / "songs"
    folder.mkdir()
    for seed in range(8):
        song(seed).write(folder / f"{chr(97 + seed)} funk.mid")
    learn(folder, "mine", train=False, workers=1)
    return folder


def test_a_model_is_held_against_its_library_or_a_folder(mine) -> None:
    found = bandmate.evaluate(model="mine", takes=5, library=True)
    like = found.likeness
    assert like is not None and (like.takes, like.library) == (5, 8)
    assert 0 <= like.told_apart <= 1 and 0 <= like.nearer <= 1
    assert found.to_json()["likeness"]["nearer"] == round(like.nearer, 4)
    assert any("sounds more like the library in" in line for line in found.lines())
    folder = bandmate.evaluate(model="mine", takes=5, library=mine).likeness
    assert folder is not None and folder.nearer == pytest.approx(like.nearer)


def test_what_cannot_be_held_against_each_other_is_refused(mine, tmp_path) -> None:
    with pytest.raises(BriefError, match="give --model NAME"):
        bandmate.evaluate(mine, library=True)
    with pytest.raises(BriefError, match="give --model NAME"):
        bandmate.evaluate(model="rules", library=True)
    with pytest.raises(BriefError, match="was tuned to no library"):
        bandmate.evaluate(model="small", library=True)
    with pytest.raises(BriefError, match="takes 4 is out of range; give 5"):
        bandmate.evaluate(model="mine", library=True, takes=4)
    (tmp_path / "bad").mkdir()
    (tmp_path / "bad" / "a.mid").write_bytes(b"MThd")
    with pytest.raises(LibraryError, match="nothing in it could be measured"):
        bandmate.evaluate(model="mine", library=tmp_path / "bad", takes=5)
    for path in mine.glob("*.mid"):
        path.unlink()
    with pytest.raises(LibraryError, match="is not where it lay; name the folder with --library DIR"):
        bandmate.evaluate(model="mine", library=True, takes=5)
