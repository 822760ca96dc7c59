"""evaluate: a folder's card, a model's card, and what cannot be measured."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path

import pytest
from tests.evaluation.music import alone, band, drums

import bandmate
from bandmate.errors import BriefError, LibraryError, ModelError, OutputError
from bandmate.evaluation.card import CARD
from bandmate.score.model import Score
from bandmate.workflows.evaluate import _Piece
from bandmate.workflows.models import WEIGHTS_FILE, models_folder
from bandmate.workflows.neighbours import Neighbours, Refilled, refill_bars

FIXTURES = Path(__file__).parents[1] / "fixtures" / "music"


@pytest.fixture
def pieces(tmp_path) -> Path:
    folder = tmp_path / "pieces"
    (folder / "more").mkdir(parents=True)
    band(32).write(folder / "one.mid")
    band(20, fill_every=4).write(folder / "more" / "two.mid")
    (folder / "bad.mid").write_bytes(b"MThd nonsense")
    (folder / "notes.txt").write_text("no music", encoding="utf-8")
    Score((), end_ticks=1920).write(folder / "silent.mid")
    return folder


def test_a_folder_has_a_card_and_bad_files_are_named(pieces: Path) -> None:
    events: list[dict] = []
    found = bandmate.evaluate(pieces, listener=events.append)
    assert (found.pieces, found.card.kind, found.card.windows) == (2, "band", 3)
    assert len(found.skipped) == 2 and "bad.mid" in found.skipped[0] and "silent.mid" in found.skipped[1]
    assert [e["text"] for e in events if e["event"] == "notice"] == [f"skipped {text}" for text in found.skipped]
    assert len(found.card.rows) == len(CARD)
    assert found.lines()[-1].startswith(f"{found.card.inside} of {len(CARD)} lines inside")
    data = json.loads(json.dumps(found.to_json(), allow_nan=False))
    assert data["lines"]["bass_on_root"]["median"] == 1.0
    assert data["inside"] == found.card.inside and data["facts"] == {}


def test_the_parts_of_a_take_are_no_pieces(tmp_path: Path) -> None:
    take = bandmate.compose("rock", bars=4, seed=1, out=tmp_path / "takes" / "one", stems=False, engine="rules").best
    assert len(list((take.folder / "tracks").glob("*.mid"))) > 1
    found = bandmate.evaluate(tmp_path / "takes")
    assert (found.pieces, found.card.kind, found.skipped) == (1, "band", ())


def test_a_genre_brings_its_facts(pieces: Path) -> None:
    found = bandmate.evaluate(pieces / "one.mid", genre_id="rock")
    assert {fact.name for fact in found.facts} >= {"tempo", "kick_placement", "bass_range"}
    assert any("facts of the genre" in line for line in found.lines())


def test_the_rules_engine_is_measured_and_the_same_again() -> None:
    first, again = (bandmate.evaluate(model="rules", takes=2, seed=3) for _ in range(2))
    assert first == again
    assert first.pieces == 2 and first.card.kind == "band"
    assert first.facts


def test_drums_alone_are_held_against_drummers(tmp_path) -> None:
    Score((drums(16),), end_ticks=16 * 1920).write(tmp_path / "beat.mid")
    assert bandmate.evaluate(tmp_path / "beat.mid").card.kind == "drums"
    assert bandmate.evaluate(tmp_path / "beat.mid", kind="drums.rock").card.kind == "drums.rock"


def test_a_short_piece_is_a_window_itself(tmp_path) -> None:
    alone([60, 62, 64, 65] * 4).write(tmp_path / "short.mid")
    assert bandmate.evaluate(tmp_path).card.windows == 1


def test_what_cannot_be_measured_is_said(tmp_path) -> None:
    with pytest.raises(BriefError, match="either a folder of pieces or a model"):
        bandmate.evaluate()
    with pytest.raises(BriefError, match="either a folder of pieces or a model"):
        bandmate.evaluate(tmp_path, model="rules")
    with pytest.raises(LibraryError, match="holds no music"):
        bandmate.evaluate(tmp_path)
    with pytest.raises(LibraryError, match="is not there"):
        bandmate.evaluate(tmp_path / "nowhere")
    (tmp_path / "bad.mid").write_bytes(b"MThd")
    with pytest.raises(LibraryError, match="nothing in it could be measured"):
        bandmate.evaluate(tmp_path)
    with pytest.raises(ModelError, match="'nobody' is not installed"):
        bandmate.evaluate(model="nobody", takes=1)


def test_random_demands_are_counted_one_kind_a_line() -> None:
    found = bandmate.evaluate(model="rules", takes=1, demands=4, seed=2)
    obeyed = {each.control: each for each in found.obeyed.rows}
    assert {"tempo", "meter", "bars", "tracks", "key", "range", "notes at once"} <= set(obeyed)
    assert all(obeyed[name].met == obeyed[name].asked == 4 for name in ("tempo", "meter", "bars", "tracks", "key"))
    controls = {each.control for each in bandmate.evaluate(model="rules", takes=1, demands=12, seed=2).obeyed.rows}
    assert {"chords", "chords (numerals)", "density, bars within a bin", "density (about)"} <= controls
    assert all(0 <= each.share <= 1 and each.met <= each.asked for each in found.obeyed.rows)
    assert found.to_json()["obeyed"]["demands"]["tempo"] == {"asked": 4, "met": 4, "share": 1.0}
    assert any(line.startswith("  tempo") and "4 of 4 met" in line for line in found.lines())
    again = bandmate.evaluate(model="rules", takes=1, demands=4, seed=2)
    assert again.obeyed == found.obeyed and found.obeyed.shared_notes == ()  # rules learned from nothing


def test_takes_of_a_model_are_held_against_what_it_learned_from(tmp_path) -> None:
    found = bandmate.evaluate(model="small", takes=1, demands=1, seed=4, plots=tmp_path)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["card.png", "controls.png", "copies.png"]
    (notes,) = found.obeyed.shared_notes
    assert 0 <= notes < 64
    assert any("longest run shared" in line for line in found.lines())


def test_bars_of_people_are_written_anew_and_held_against_their_own(tmp_path, monkeypatch, tiny_weights_path) -> None:
    monkeypatch.setenv("BANDMATE_HOME", str(tmp_path / "home"))
    folder = models_folder() / "dice"
    folder.mkdir(parents=True)
    shutil.copy(tiny_weights_path, folder / WEIGHTS_FILE)
    monkeypatch.setattr("bandmate.workflows.evaluate._written", _one_take)
    found = bandmate.evaluate(FIXTURES, model="dice", takes=1, edits=4, seed=1, plots=tmp_path / "plots")
    assert sorted(path.name for path in (tmp_path / "plots").iterdir()) == ["card.png", "edits.png"]
    assert len(found.edits.rows) == 4 and 0 <= found.edits.nearer <= 1
    low, high = found.edits.interval
    assert low <= found.edits.nearer <= high
    assert any("bars taken out and written anew" in line for line in found.lines())
    data = json.loads(json.dumps(found.to_json(), allow_nan=False))["edits"]
    assert data["cases"] == 4 and len(data["f_each"]) == 4
    assert sum(bars for _, bars in data["by_role"].values()) == 4


def _one_take(*_):
    yield _Piece("band", None, band(4))


def test_a_bar_that_comes_back_as_it_was_is_nearest_and_ties_count_half() -> None:
    rows = (Refilled(1.0, 0.5, "bass"), Refilled(0.5, 0.5, "bass"), Refilled(0.0, 0.5, "drums"))
    found = Neighbours(rows)
    assert found.nearer == 0.5 and found.by_role == {"bass": (0.75, 2), "drums": (0.0, 1)}
    assert found.means() == (0.5, 0.5)


def test_a_track_may_be_called_like_the_number_of_another(tiny_weights) -> None:
    score = band(8)
    names = [replace(track, name=str(4 - place)) for place, track in enumerate(score.tracks)]
    found = refill_bars([replace(score, tracks=tuple(names))], tiny_weights, 3, 0, lambda share: None)
    assert len(found.rows) == 3


def test_what_cannot_be_written_anew_is_said(tmp_path, pieces: Path) -> None:
    with pytest.raises(BriefError, match="give both --model NAME and --pieces DIR"):
        bandmate.evaluate(model="small", edits=2)
    with pytest.raises(BriefError, match="has no weights"):
        bandmate.evaluate(pieces, model="rules", edits=2)
    (tmp_path / "in the way").write_text("", encoding="utf-8")
    with pytest.raises(OutputError, match="choose another with --plots"):
        bandmate.evaluate(pieces, plots=tmp_path / "in the way")
    with pytest.raises(BriefError, match="edits"):
        bandmate.evaluate(pieces, model="small", edits=-1)
    alone([60] * 8).write(tmp_path / "two bars.mid")
    with pytest.raises(LibraryError, match="three bars with notes"):
        bandmate.evaluate(tmp_path / "two bars.mid", model="small", edits=1)


def test_demands_are_made_of_models_alone(pieces: Path) -> None:
    with pytest.raises(BriefError, match="--model"):
        bandmate.evaluate(pieces, demands=2)
    with pytest.raises(BriefError, match="demands"):
        bandmate.evaluate(model="rules", demands=-1)
