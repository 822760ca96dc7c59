"""evaluate: a folder's card, a model's card, and what cannot be measured."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from tests.evaluation.music import alone, band, drums

import bandmate
from bandmate.errors import BriefError, LibraryError, ModelError
from bandmate.evaluation.card import CARD
from bandmate.score.model import Score


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
    assert all(0 <= each.share <= 1 and each.met <= each.asked for each in found.obeyed.rows)
    assert found.to_json()["obeyed"]["demands"]["tempo"] == {"asked": 4, "met": 4, "share": 1.0}
    assert any(line.startswith("  tempo") and "4 of 4 met" in line for line in found.lines())
    again = bandmate.evaluate(model="rules", takes=1, demands=4, seed=2)
    assert again.obeyed == found.obeyed and found.obeyed.shared_notes == ()  # rules learned from nothing


def test_takes_of_a_model_are_held_against_what_it_learned_from() -> None:
    found = bandmate.evaluate(model="small", takes=1, demands=1, seed=4)
    (notes,) = found.obeyed.shared_notes
    assert 0 <= notes < 64
    assert any("longest run shared" in line for line in found.lines())


def test_demands_are_made_of_models_alone(pieces: Path) -> None:
    with pytest.raises(BriefError, match="--model"):
        bandmate.evaluate(pieces, demands=2)
    with pytest.raises(BriefError, match="demands"):
        bandmate.evaluate(model="rules", demands=-1)
