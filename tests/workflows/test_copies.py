"""A take by a learned model says what it copies from the library."""

import numpy as np

from bandmate.groovebook.plan import make_plan
from bandmate.groovebook.play import play
from bandmate.library.runs import RunIndex, copy_check
from bandmate.score.brief import Brief
from bandmate.score.model import Track, make_notes
from bandmate.workflows.models import copies_in, models_folder
from bandmate.workflows.report import make_report


def test_a_copied_melody_is_named(monkeypatch, tmp_path) -> None:
    monkeypatch.setenv("BANDMATE_HOME", str(tmp_path))
    plan = make_plan(Brief(genre="pop", bars=8), 5)
    score = play(plan, 5)
    folder = models_folder() / "mine"
    folder.mkdir(parents=True)
    RunIndex.build([("song.mid", "song", score)]).save(folder / "runs.npz")
    found = copies_in("mine", score)
    assert found is not None and not found.passed
    row = next(d for d in make_report(plan, score, (), found).demands if d.name == "copied run")
    assert "song.mid" in row.got and not row.met and not row.stated


def test_music_of_its_own_passes_and_models_without_a_library_are_not_asked() -> None:
    rng = np.random.default_rng(0)
    index = RunIndex.build([("a", "a", play(make_plan(Brief(genre="pop", bars=8), 1), 1))])
    own = play(make_plan(Brief(genre="pop", bars=4), 2), 2)
    alone = Track(notes=make_notes(np.arange(24) * 240, 200, rng.integers(60, 80, 24)))
    from dataclasses import replace

    assert copy_check(replace(own, tracks=(alone,)), index).passed
    assert copies_in(None, own) is None
