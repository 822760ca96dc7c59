"""again says the other commands in words, on composed takes and on takes of edits, with new locks."""

from __future__ import annotations

import shutil

import pytest
from tests.generation.lock_check import breaches

from bandmate.errors import BandmateError, BriefError, RuleConflict, UserError
from bandmate.workflows import history, making, rework, sessions
from bandmate.workflows.again import again
from bandmate.workflows.compose import compose
from bandmate.workflows.edits import run_edit
from bandmate.workflows.replay import replay
from bandmate.workflows.takes import listed

SMALL = {"bars": 4, "tracks": "drums,bass,melody", "engine": "rules", "stems": False, "candidates": 1}


@pytest.fixture
def first(tmp_path, monkeypatch):
    """The better of two composed takes; nothing is rendered."""
    monkeypatch.setenv("BANDMATE_HOME", str(tmp_path / "home"))
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(making, "_render", lambda take, *_: take)
    monkeypatch.setattr(rework, "render_take", lambda *_: None)
    return compose("funk", seed=3, out="song", takes=2, **SMALL).best


def _notes(take, role: str) -> list:
    return next(t for t in take.score.tracks if t.role == role).notes[["onset_ticks", "pitch"]].tolist()


def test_a_composed_take_is_reworked_and_the_result_too(first) -> None:
    swung = again("groove it like jazz", seed=1)
    assert swung.best.recipe.settings["transform"]["command"] == "groove"
    longer = again("continue for 4 bars", seed=1).best
    assert longer.plan.bars == 8
    waltz = again("restyle to bossa nova", seed=1, engine="rules").best
    assert waltz.plan.genre == "bossa_nova"
    assert all(replay(take.folder).same for take in (swung.best, longer, waltz))
    parents = [entry.parents for entry in sessions.find_session().entries]
    assert parents == [(), (), (1,), (3,), (4,)]
    assert again("no melody", engine="rules", stems=False).best.parents[0] == making.parent_hash(waltz)


def test_several_steps_are_takes_and_undo_goes_back_behind_all(first) -> None:
    done = again("slower, groove the drums like funk and a fill at bar 4", seed=1)
    assert done.best.recipe.settings["edit"]["command"] == "fill"
    assert done.best.score.bpm < first.score.bpm
    assert [entry.parents for entry in sessions.find_session().entries] == [(), (), (1,), (3,), (4,)]
    assert history.undo().folder == first.folder.resolve()


def test_named_tracks_and_bars_alone_change(first) -> None:
    changed = again("bars 3-4 of the bass busier", seed=1).best
    bar = 4 * changed.score.ticks_per_quarter
    assert changed.recipe.settings["edit"]["options"]["bars"] == "3-4"
    for take in (first, changed):
        assert {t.role for t in take.score.tracks if len(t.notes)} == {"drums", "bass", "melody"}
    early = [[row for row in _notes(take, "bass") if row[0] < 2 * bar] for take in (first, changed)]
    assert early[0] == early[1]
    assert _notes(changed, "drums") == _notes(first, "drums")


def test_what_is_not_understood_is_named_and_the_rest_done(first) -> None:
    said: list[str] = []
    again("qwertz asdfg, groove it like funk", seed=1, listener=lambda e: said.append(str(e.get("text", ""))))
    assert "understood: 'groove it like funk'; not understood: 'qwertz asdfg'" in said


def test_new_locks_bind_what_is_written_and_kept_tracks_refuse_them(first) -> None:
    lock = "bass: range E1-A2, density <=4"
    bound = again("", lock=lock, seed=1, engine="rules").best
    assert breaches(bound.score, lock) == []
    assert _notes(bound, "drums") == _notes(first, "drums")
    assert breaches(again("another bass", seed=2, engine="rules").best.score, lock) == []  # they stay
    with pytest.raises(RuleConflict, match="given from beginning to end"):
        again("keep the bass", lock="bass: polyphony 1", take=first)
    with pytest.raises(BriefError, match="groove cannot heed it"):
        again("groove it like funk", lock=lock)


def test_a_discarded_take_is_changed_and_said_to_be_so(first) -> None:
    sessions.mark([1], "discard")
    said: list[str] = []
    again("reharmonise", take=first, seed=1, listener=lambda e: said.append(str(e.get("text", ""))))
    assert any("was discarded" in text for text in said)


def test_two_takes_named_alike_are_told_apart_by_number(first, tmp_path) -> None:
    again("groove it like funk", take=first, seed=1, out=tmp_path / "a" / "same")
    again("groove it like jazz", take=first, seed=1, out=tmp_path / "b" / "same")
    folders = [entry.folder for entry in sessions.find_session().entries]
    assert len(set(folders)) == len(folders) == 4
    with pytest.raises(UserError, match=r"has no take 9; .*\(see: bandmate takes\)"):
        again("groove it like take 9")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("groove the kazoo", "the take has no 'kazoo'; it has drums"),
        ("restyle to flurb", "genre 'flurb' is not known"),
        ("restyle", "restyle to what"),
        ("bars 20-30 busier", "bars 20-30 are not in the piece"),
        ("continue for 9999 bars", "bars 9999 is out of range"),
        ("continue for 4 bars in bars 2-3", "leave the bars out"),
        ("take the bass from take 77", "has no take 77"),
    ],
)
def test_what_cannot_be_done_is_one_sentence_and_nothing_is_lost(first, text, message) -> None:
    with pytest.raises(BandmateError, match=message):
        again(text, seed=1)
    assert history.last_take().folder == first.folder.resolve()
    with pytest.raises(BriefError, match="ask for one thing"):
        again("reharmonise", takes=2)


def test_a_take_whose_files_are_gone_is_one_sentence(first) -> None:
    first.midi.unlink()
    with pytest.raises(BandmateError, match=r"is missing beside take\.json"):
        again("groove it like funk", take=first.folder)


def test_some_bars_are_restyled_as_an_edit(first) -> None:
    take = again("restyle bars 3-4 to house", seed=1, engine="rules").best
    facts = take.recipe.settings["edit"]
    assert facts["command"] == "restyle" and facts["options"]["bars"] == "3-4" and facts["options"]["to"] == "house"
    assert _notes(take, "melody") == _notes(first, "melody")
    assert replay(take.folder).same


def _forget(*takes) -> None:
    """The folders of takes go, and what their session keeps of them, too."""
    for take in takes:
        shutil.rmtree(take.folder)
    for session in sessions.all_sessions():
        for entry in session.entries:
            if entry.folder in {str(take.folder.resolve()) for take in takes}:
                shutil.rmtree(session.folder / str(entry.number))


def test_mixes_of_edits_keep_what_they_are_made_of(first) -> None:
    """Each is made from two edits of one take; both are shown, and a replay needs neither of them."""
    busy = again("bars 3-4 of the bass busier", seed=1).best  # take 3
    swung = again("groove it like jazz", take=first, seed=1).best  # take 4
    mixed = again("take the bass from take 3", take=swung, seed=1, engine="rules", stems=False).best
    assert [row[0] for row in _notes(mixed, "bass")] == [row[0] for row in _notes(busy, "bass")]
    grooved = again("groove it like take 4", take=busy, seed=1).best
    between = again("morph into take 4 in 3 steps", take=busy).best
    entries = sessions.find_session().entries
    assert [entry.parents for entry in entries[2:]] == [(1,), (1,), (3, 4), (3, 4), (3, 4)]
    lines = "\n".join(listed(sessions.find_session()))
    assert lines.count("from 3, 4:") == 3
    for take in (mixed, grooved, between):
        assert take.direct == len(take.parents[: take.direct]) == 2
    assert "given.mid" in mixed.files
    assert {"given.mid", "given-like.mid"} <= set(grooved.files)
    assert {"given.mid", "given-second.mid"} <= set(between.files)
    _forget(first, busy, swung)
    for take in (mixed, grooved, between):
        assert replay(take.folder).same
    shutil.rmtree(grooved.folder)
    assert replay(sessions.take_of(sessions.find_session(), 6).folder).same


def test_an_answer_keeps_the_exchange_that_it_remembers(first) -> None:
    asked = run_edit("respond", first.midi, seed=1, engine="rules", out="answer").best
    memory = asked.folder / "exchange.mid"
    second = run_edit("respond", first.midi, seed=2, engine="rules", memory=memory, out="second").best
    assert "given-memory.mid" in second.files
    assert second.parents == (making.parent_hash(first), making.parent_hash(asked))
    _forget(first, asked)
    assert replay(second.folder).same
