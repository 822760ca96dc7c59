from pathlib import Path

import numpy as np
import pytest

from bandmate.errors import ModelError
from bandmate.library.runs import CopiedRun, RunIndex
from bandmate.library.style import LibraryStyle
from bandmate.score.model import Score, Track, make_notes
from bandmate.workflows.judge import Judgement, brief_of, judge


def tune(seed: int) -> Score:
    draw = np.random.default_rng(seed)
    onset = np.append(0, np.cumsum(draw.choice([120, 240, 480], 95)))
    return Score((Track(notes=make_notes(onset, 110, 60 + draw.choice([0, 2, 4, 5, 7, 9, 11, 12], 96))),))


STYLE = LibraryStyle(
    name="mine", pieces=4, tempo=(90.0, 100.0, 110.0), genres={"funk": 1.0}, keys={"D minor": 1.0}, meters={"4/4": 1.0},
    density={"bass": (1.0, 2.0, 3.0), "drums": (3.0, 4.0, 5.0)}, descriptors={"tempo": (90.0, 100.0, 110.0)},
)  # fmt: skip


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    STYLE.save(tmp_path)
    RunIndex.build((f"tune {n}", f"tune {n}", tune(n)) for n in range(4)).save(tmp_path / "runs.npz")
    return tmp_path


def test_a_model_that_only_copies_is_found_out(folder):
    verdict = judge(folder, lambda _plan, seeds: [tune(2) for _ in seeds])
    assert verdict.copies == verdict.takes == 4
    assert verdict.longest.piece == "tune 2"
    assert verdict.longest.notes == 96
    assert verdict.distance == pytest.approx(1.0)  # at 120 where the library plays 90 to 110
    assert any("4 of them copy" in line for line in verdict.lines())


def test_music_of_its_own_passes(folder):
    verdict = judge(folder, lambda _plan, seeds: [tune(100 + seed) for seed in seeds])
    assert verdict.copies == 0
    assert "copy" in verdict.lines()[-1] or "no run" in verdict.lines()[-1]


def test_takes_are_asked_for_in_the_library_s_manner(folder):
    plans = []

    def write(plan, seeds):
        plans.append(plan)
        return [tune(1) for _ in seeds]

    judge(folder, write)
    assert (plans[0].genre, plans[0].tempo, plans[0].bars) == ("funk", 100, 16)
    assert [track.role for track in plans[0].tracks] == ["drums", "bass"]
    assert brief_of(STYLE).key is not None


def test_a_folder_without_its_index_says_so(tmp_path):
    STYLE.save(tmp_path)
    with pytest.raises(ModelError, match="runs.npz is missing"):
        judge(tmp_path, lambda _plan, _seeds: [])


def test_one_take_lies_and_copies():
    lines = Judgement(1, 0.5, {"density": 1.0}, CopiedRun(notes=1, piece="a.mid"), 1).lines()
    assert lines[0].startswith("1 take lies 0.50 library widths")
    assert "in them: 1 note of a.mid, bar 1; 1 of them copies more than" in lines[1]
