"""Candidates: demands first, then the card; takes of one request differ and meet the same demands."""

from __future__ import annotations

import shutil
from dataclasses import replace

import numpy as np
import pytest

from bandmate.errors import BriefError
from bandmate.evaluation.difference import difference
from bandmate.settings import Settings
from bandmate.workflows import candidates
from bandmate.workflows.again import again
from bandmate.workflows.compose import ComposeOptions, compose, plan_request, understand
from bandmate.workflows.jobs import Job
from bandmate.workflows.models import WEIGHTS_FILE, models_folder
from bandmate.workflows.replay import replay
from bandmate.workflows.request import STAGES, MakeOptions, draft_of
from bandmate.workflows.wishes import Busier

SMALL = {"tracks": "drums,bass=slap bass,chords=rhodes", "stems": False}


@pytest.fixture(autouse=True)
def _model(tmp_path, monkeypatch, tiny_weights_path):
    monkeypatch.setenv("BANDMATE_HOME", str(tmp_path / "home"))
    monkeypatch.chdir(tmp_path)
    folder = models_folder() / "dice"
    folder.mkdir(parents=True)
    shutil.copy(tiny_weights_path, folder / WEIGHTS_FILE)


def request_of(text: str = "house", **options):
    chosen = ComposeOptions.of({"seed": 3, "engine": "rules", "bars": 8, **options})
    return plan_request(understand(text, chosen, Settings()), chosen, Settings())


def measured(request):
    return candidates._measured(request, request.drafts[0], request.options.engine, Job(), 0)


def test_as_many_candidates_as_there_is_time_for() -> None:
    def count(bars: int, takes: int = 1, **options) -> int:
        return len(draft_of(replace(request_of().plan, bars=bars), 1, MakeOptions(**options), takes).seeds)

    assert [count(bars) for bars in (1, 16, 32, 64, 2048)] == [8, 8, 4, 2, 1]
    assert [count(16, takes) for takes in (4, 8, 64)] == [8, 4, 1]
    assert count(64, candidates=5) == 5
    assert count(16, without=("candidates",)) == 1


def test_what_was_asked_comes_before_the_card() -> None:
    request = request_of()
    found = measured(request)
    best = max(found, key=lambda each: each.quality)
    assert candidates._pick(found, []) is best
    notes = sorted({row.standing for row in found}, reverse=True)
    assert notes[0] == best.standing
    place = next(i for i, track in enumerate(request.plan.tracks) if track.role == "bass")
    sizes = [len(each.score.tracks[place].notes) / 8 for each in found]
    assert len(set(sizes)) > 1
    wish = replace(request, wishes=((place, Busier(1.3, max(sizes) / 1.16)),))  # only the busiest is a step busier
    chosen = candidates._pick(measured(wish), [])
    assert len(chosen.score.tracks[place].notes) / 8 == max(sizes)
    assert not chosen.report.missed


def test_a_good_candidate_that_is_alike_gives_way() -> None:
    found = measured(request_of())
    first = candidates._pick(found, [])
    second = candidates._pick(found, [first])
    assert second is not first


def test_takes_differ_in_what_was_left_open_and_meet_the_same_demands() -> None:
    takes = compose("sad house in A minor", seed=5, takes=3, out="many", bars=8, engine="rules", **SMALL).takes
    plans = [take.plan for take in takes]
    assert len({plan.chords for plan in plans}) > 1
    for name in ("tempo", "key", "meter", "bars", "tracks", "key_lock"):
        assert len({str(getattr(plan, name)) for plan in plans}) == 1, name
    assert all(take.report["met"] for take in takes)
    scores = [take.score for take in takes]
    assert min(difference(a, b) for i, a in enumerate(scores) for b in scores[:i]) > 0.1
    assert replay(takes[2].folder).same
    changed = again("busier bass, keep the drums", take=takes[2]).best
    assert changed.plan.tracks[0] == plans[2].tracks[0]
    assert changed.plan.chords == plans[2].chords
    assert np.array_equal(changed.score.tracks[0].notes["pitch"], scores[2].tracks[0].notes["pitch"])


def test_takes_without_a_stated_key_share_the_one_that_was_heard() -> None:
    plans = [draft.plan for draft in request_of("", genre="rock", takes=6).drafts]
    assert len({(plan.key, plan.tempo, plan.tracks) for plan in plans}) == 1
    assert len({plan.chords for plan in plans}) > 1
    longer = [draft.plan for draft in request_of("", genre="rock", bars=16, takes=6).drafts]
    assert len({plan.sections for plan in longer}) > 1
    stated = [draft.plan for draft in request_of("intro, verse, chorus, outro", genre="rock", takes=4).drafts]
    assert len({plan.sections for plan in stated}) == 1


@pytest.mark.parametrize("stage", STAGES)
def test_a_stage_can_be_left_out_and_the_recipe_says_so(stage: str) -> None:
    whole, less = (
        compose("house", model="dice", seed=3, bars=4, out=name, key="A minor", without=left, **SMALL).best
        for name, left in (("whole", ()), ("less", (stage,)))
    )
    assert less.recipe.settings["without"] == [stage]
    assert less.report["met"]
    pairs = zip(whole.score.tracks, less.score.tracks, strict=True)
    same = all(np.array_equal(one.notes, other.notes) for one, other in pairs)
    # Nobody has starred anything yet, so there is no taste to leave out.
    assert same == (stage == "taste" or (stage == "candidates" and whole.recipe.index == 0))
    assert (less.report["repaired"] == {}) == (stage == "repair")
    assert len(less.recipe.seeds) == (1 if stage == "candidates" else 8)
    assert replay(less.folder).same


def test_an_unknown_stage_is_one_sentence() -> None:
    with pytest.raises(BriefError, match="stage 'magic' is not known; choose among form, groove, harmony, rep"):
        compose("house", without=["magic"], **SMALL)
    with pytest.raises(BriefError, match="candidates 99 is out of range"):
        compose("house", candidates=99, **SMALL)


def test_take_json_says_what_the_card_says_and_what_was_repaired() -> None:
    report = compose("house", model="dice", seed=3, bars=4, out="a", **SMALL).best.report
    card = report["card"]
    assert card["verdict"] == f"card: {card['inside']} of {card['lines']} lines as people play"
    assert card["inside"] + len(card["outside"]) == card["lines"]
    assert report["repaired"].keys() <= {
        "bass root",
        "melody rub",
        "chord rub",
        "downbeat",
        "ending",
        "two hands",
        "double",
    }
    assert report["repaired"]["ending"] > 0


def test_further_takes_have_the_models_own_form_unless_a_fullness_is_asked() -> None:
    def forms(**options) -> list[str]:
        chosen = ComposeOptions.of({"genre": "rock", "bars": 4, "seed": 3, "takes": 3} | options)
        request = plan_request(understand("", chosen, Settings()), chosen, Settings())
        return [draft.plan.extra.get("form", "sketch") for draft in request.drafts]

    assert forms() == ["sketch", "model", "model"]
    assert forms(density=1.5) == ["sketch"] * 3
    assert forms(lock="bass: density <=4") == ["sketch"] * 3


def test_a_step_that_is_not_made_is_drawn_again_and_said_if_none_makes_it() -> None:
    request = request_of()
    place = next(i for i, track in enumerate(request.plan.tracks) if track.role == "bass")
    size = max(len(found.score.tracks[place].notes) for found in measured(request)) / 8
    for more in (1.0, 40.0):
        told: list = []
        wish = Busier(1.3, size * more)
        take = next(candidates.write_down(replace(request, wishes=((place, wish),)), "rules", Job(told.append)))
        notices = [row["text"] for row in told if row["event"] == "notice"]
        assert len(notices) == len(take.report.missed) == (more > 2)
        assert take.draft.seeds != request.drafts[0].seeds  # another batch than the first
        assert len(take.score.tracks[place].notes) / 8 > size
        played = replace(request, drafts=(replace(take.draft, chosen=take.index),))
        again = next(candidates.write_down(played, "rules", Job()))  # as a replay makes it
        assert [track.notes.tolist() for track in again.score.tracks] == [t.notes.tolist() for t in take.score.tracks]
