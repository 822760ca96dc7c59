"""Takes are kept with their parents, marked, compared, gone back to, and lend each other tracks."""

from __future__ import annotations

import json
import shutil

import numpy as np
import pytest

from bandmate.errors import BriefError, FileFormatError, OutputError, UserError
from bandmate.workflows import sessions
from bandmate.workflows.again import again
from bandmate.workflows.compose import compose
from bandmate.workflows.history import last_take
from bandmate.workflows.replay import replay
from bandmate.workflows.takes import compare, listed
from bandmate.workflows.taste import MIN_PAIRS, TASTE_WEIGHT, learn_taste, likings, taste, with_taste

SMALL = {"bars": 4, "tracks": "drums,bass,chords", "engine": "rules", "stems": False, "candidates": 1}


@pytest.fixture
def made(tmp_path, monkeypatch):
    """A session of three takes, 1 and 2 of one compose, 3 made from the better of them."""
    monkeypatch.setenv("BANDMATE_HOME", str(tmp_path / "home"))
    monkeypatch.chdir(tmp_path)
    both = compose("house", seed=7, out="funky", takes=2, **SMALL).takes
    third = again("different drums", seed=5, stems=False).best
    return (*both, third)


def test_every_take_is_numbered_and_knows_its_parents(made, tmp_path) -> None:
    session = sessions.find_session()
    assert [entry.number for entry in session.entries] == [1, 2, 3]
    assert [entry.parents for entry in session.entries] == [(), (), (1,)]
    assert session.entries[2].folder == str(made[2].folder.resolve())
    assert all(entry.places for entry in session.entries)
    other = compose("funk", seed=1, out="other", **SMALL).best
    assert [len(found.entries) for found in sessions.all_sessions()] == [1, 3]
    assert sessions.take_of(sessions.find_session(), 1).name == other.name
    assert "session" in next(listed(session))
    with pytest.raises(UserError, match="has no take 9; it has 1, 2, 3"):
        session.entry(9)
    with pytest.raises(UserError, match="'lost' is not known"):
        sessions.find_session("lost")


def test_marks_touch_no_file_and_can_be_taken_back(made) -> None:
    before = {path: path.read_bytes() for take in made for path in take.folder.rglob("*") if path.is_file()}
    sessions.mark([1, 3], "star")
    found = sessions.mark([2], "discard")
    assert [entry.mark for entry in found.entries] == ["*", "x", "*"]
    assert [entry.mark for entry in sessions.mark([2, 3], "keep").entries] == ["*", " ", "*"]
    assert [entry.mark for entry in sessions.mark([1], "unstar").entries] == [" ", " ", "*"]
    assert all(path.read_bytes() == data for path, data in before.items())


def test_a_take_is_gone_back_to_even_when_its_folder_has_gone(made) -> None:
    assert sessions.revert(1).folder == made[0].folder.resolve()
    assert last_take().folder == made[0].folder.resolve()
    shutil.rmtree(made[1].folder)
    back = sessions.revert(2)
    assert back.folder == sessions.find_session().folder / "2"
    for name in ("onset_ticks", "pitch"):
        assert np.array_equal(back.score.tracks[1].notes[name], made[1].score.tracks[1].notes[name])
    assert last_take().folder == back.folder
    assert sessions.written_in(back.folder) == made[1].folder.resolve()  # where what is made of it goes
    assert sessions.kept_copy(made[1].json_path.resolve()) == back.json_path
    shutil.rmtree(back.folder)
    assert sessions.kept_copy(made[1].json_path.resolve()) is None
    with pytest.raises(FileFormatError, match="take 2 of session .* has gone"):
        sessions.revert(2)


def test_takes_are_compared_side_by_side(made, tmp_path) -> None:
    from PIL import Image

    found = compare([1, 2], picture=tmp_path / "rolls.png")
    assert len(found.facts) == 2
    assert "BPM" in found.facts[0]
    spreads = [row.spread for row in found.differences]
    assert spreads == sorted(spreads, reverse=True)
    assert spreads[0] > 0
    with Image.open(tmp_path / "rolls.png") as picture:
        assert picture.width > picture.height
    assert compare([1, 1, 2]).to_json()["differences"]
    with pytest.raises(OutputError, match="rolls.png is there already and stays as it is"):
        compare([1, 2], picture=tmp_path / "rolls.png")
    assert compare([1, 2], picture=tmp_path / "rolls.png", overwrite=True).picture
    with pytest.raises(BriefError, match="compare takes two"):
        compare([1])


def test_marks_teach_what_ranks_the_next_takes(made) -> None:
    assert taste() is None
    assert with_taste(0.7, {}) == 0.7
    sessions.mark([1], "star")
    sessions.mark([2], "discard")
    assert learn_taste().pairs == 3 >= MIN_PAIRS
    liking = likings(sessions.find_session())
    assert liking[1] > liking[2]
    entries = sessions.find_session().entries
    moved = [with_taste(0.5, entry.places) for entry in entries]
    assert moved[0] > moved[1]
    assert all(abs(value - 0.5) <= TASTE_WEIGHT / 2 for value in moved)


def test_a_track_is_taken_from_another_take(made) -> None:
    before = sessions.take_of(sessions.find_session(), 2)
    new = again("take the bass from take 2", take=made[2], seed=1, stems=False).best
    place = next(n for n, track in enumerate(new.plan.tracks) if track.role == "bass")
    bass = next(t for t in before.score.tracks if t.role == "bass")
    assert np.array_equal(new.score.tracks[place].notes["onset_ticks"], bass.notes["onset_ticks"])
    kept = next(n for n, track in enumerate(new.plan.tracks) if track.is_drum)
    assert np.array_equal(new.score.tracks[kept].notes["pitch"], made[2].score.tracks[kept].notes["pitch"])
    assert sessions.find_session().entries[-1].parents == (2, 3)
    assert replay(new.folder).same
    with pytest.raises(BriefError, match="take 1 has no strings; it has drums, bass, chords"):
        again("take the strings from take 1", take=made[2])
    with pytest.raises(UserError, match="has no take 77"):
        again("take the bass from take 77", take=made[2])


def test_a_damaged_session_is_passed_over(made) -> None:
    session = sessions.find_session()
    (session.folder / sessions.SESSION_FILE).write_text("{", encoding="utf-8")
    with pytest.raises(UserError, match="no takes yet"):
        sessions.find_session()
    data = json.loads(json.dumps(sessions.to_json(session)))
    assert data["takes"][2]["parents"] == [1]
