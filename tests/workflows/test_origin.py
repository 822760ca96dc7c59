"""origin: what a take or a file quotes, from which piece, under which licence; and takes that were told not to."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from bandmate.errors import BriefError, FileFormatError, ModelError
from bandmate.groovebook.plan import make_plan
from bandmate.groovebook.play import play
from bandmate.library.origin_file import save_origins
from bandmate.library.origins import OriginIndex, Piece
from bandmate.library.runs import RunIndex, coded_lines
from bandmate.score.brief import Brief
from bandmate.score.model import Score
from bandmate.workflows.catalogs import ORIGINS_FILE, catalog_identity, catalogs_of, licences_of
from bandmate.workflows.compose import compose
from bandmate.workflows.edits import run_edit
from bandmate.workflows.models import CARD_FILE, WEIGHTS_FILE, models_folder
from bandmate.workflows.origin import longest_new, origin
from bandmate.workflows.replay import replay
from bandmate.workflows.take import seal_of

SMALL = {"bars": 4, "tracks": "drums,bass,melody", "seed": 3, "stems": False, "engine": "numpy", "candidates": 2}


def song(seed: int = 1) -> Score:
    return play(make_plan(Brief(genre="pop", bars=8), seed), seed)


def learned(name: str, score: Score, weights: Path | None = None) -> Path:
    """A model that learned from one song, as `learn` leaves it."""
    folder = models_folder() / name
    folder.mkdir(parents=True, exist_ok=True)
    lines = coded_lines([("songs/mine.mid", "mine", score)])
    piece = Piece("songs/mine.mid", "songs/mine.mid", "mine", "songs", "mine alone")
    save_origins(OriginIndex.of_lines(lines, [piece]), folder / ORIGINS_FILE)
    card = {"name": name, "sources": [{"name": "songs", "licence": "mine alone"}]}
    (folder / CARD_FILE).write_text(json.dumps(card), encoding="utf-8")
    if weights is not None:
        shutil.copyfile(weights, folder / WEIGHTS_FILE)
    return folder


@pytest.fixture(autouse=True)
def _home(tmp_path, monkeypatch) -> None:
    monkeypatch.setenv("BANDMATE_HOME", str(tmp_path / "home"))
    monkeypatch.chdir(tmp_path)


def test_a_quoted_song_is_named_with_bar_and_licence() -> None:
    score = song()
    learned("mine", score)
    score.write("copy.mid")
    found = origin("copy.mid", model="mine")
    assert found.longest is not None
    assert (found.longest.file, found.longest.licence, found.longest.catalog) == (
        "songs/mine.mid",
        "mine alone",
        "mine",
    )
    assert found.longest.notes > 8
    assert list(found.catalogs) == ["mine"]
    drums = next(track for track in found.tracks if track.is_drum)
    assert drums.longest is None
    assert not any(drums.bars)
    pitched = max((t for t in found.tracks if t.longest), key=lambda t: t.longest.notes)
    bars = pitched.bars[pitched.longest.first_bar - 1 : pitched.longest.last_bar]
    assert set(bars) == {pitched.longest.notes}
    text = "\n".join(found.lines())
    assert "songs/mine.mid, bar" in text
    assert "mine alone" in text


def test_a_file_is_held_against_all_models_and_the_shipped_one_alone_by_name() -> None:
    learned("mine", song())
    song(9).write("other.mid")
    assert list(origin("other.mid").catalogs) == ["small", "mine"]
    small = origin("other.mid", model="small").catalogs["small"]
    assert small["pieces"] > 3000
    assert small["sha256"] == catalog_identity()["small"]


def test_the_shipped_catalog_knows_its_licences_and_is_small() -> None:
    path = catalogs_of()["small"]
    assert path.stat().st_size < 12_000_000
    assert any("CC0" in line and "openscore_lieder" in line for line in licences_of())


def test_a_trained_model_learned_from_the_shipped_one_too(tiny_weights_path) -> None:
    learned("tuned", song(), tiny_weights_path)
    assert list(catalogs_of("tuned")) == ["tuned", "small"]
    learned("counted", song())
    assert list(catalogs_of("counted")) == ["counted"]


def test_a_take_says_what_its_model_learned_from(tiny_weights_path) -> None:
    folder = learned("tuned", song(), tiny_weights_path)
    take = compose("pop", out="free", model="tuned", **SMALL).best
    assert take.recipe.catalog == catalog_identity("tuned")
    assert "mine alone: songs" in take.recipe.licences
    assert origin(take.folder).notices == ()
    learned("tuned", song(2), tiny_weights_path)
    assert "learned from something else" in origin(take.json_path).notices[0]
    shutil.rmtree(folder)
    with pytest.raises(ModelError, match=r"take\.json was made by a model whose catalog is not here: model 'tuned'"):
        origin(take.folder)
    assert origin(take.midi).tracks


def test_no_copy_holds_and_replays_to_the_byte(tiny_weights_path) -> None:
    learned("tuned", song(), tiny_weights_path)
    first = compose("pop", out="first", model="tuned", **SMALL).best
    learned("tuned", first.score, tiny_weights_path)  # as if it had learned this take
    assert origin(first.midi, model="tuned").longest.notes > 10
    bound = compose("pop", out="bound", model="tuned", no_copy=9, **SMALL).best
    longest = origin(bound.folder).longest
    assert longest is None or longest.notes <= 9
    demand = next(row for row in bound.report["demands"] if row["demand"] == "shared run")
    assert demand["met"]
    again = replay(bound.folder)
    assert again.same
    assert (bound.folder / "take.json").read_bytes() == (again.take.folder / "take.json").read_bytes()
    learned("tuned", song(4), tiny_weights_path)
    with pytest.raises(ModelError, match="that has changed"):
        replay(bound.folder)


def test_an_edit_does_not_quote_either_and_replays(tiny_weights_path) -> None:
    learned("tuned", song(), tiny_weights_path)
    song().write("song.mid")
    how = {"tracks": "melody", "bars": "3-8", "model": "tuned", "seed": 3, "candidates": 2, "engine": "numpy"}
    free = run_edit("regenerate", "song.mid", out="free", **how).best
    learned("tuned", free.score, tiny_weights_path)  # as if it had learned this take
    quoted = longest_new(song(), free.score, "tuned")
    assert quoted is not None and quoted.notes > 9
    bound = run_edit("regenerate", "song.mid", out="bound", no_copy=9, **how).best
    demand = next(row for row in bound.report["demands"] if row["demand"] == "shared run")
    assert demand["met"], demand
    assert replay(bound.folder).same
    learned("tuned", song(4), tiny_weights_path)
    with pytest.raises(ModelError, match="that has changed"):
        replay(bound.folder)


def test_what_stood_in_the_file_before_is_no_quote_of_an_edit() -> None:
    learned("mine", song())
    assert longest_new(song(), song(), "mine") is None
    assert longest_new(Score(), song(), "mine") is not None


def test_an_edit_by_rule_cannot_ban_copies() -> None:
    song().write("song.mid")
    with pytest.raises(BriefError, match="no-copy needs"):
        run_edit("regenerate", "song.mid", tracks="melody", engine="rules", no_copy=9)
    with pytest.raises(BriefError, match="no-copy 7 is out of range"):
        run_edit("regenerate", "song.mid", tracks="melody", engine="numpy", no_copy=7)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"no_copy": 7, "engine": "numpy"}, "no-copy 7 is out of range"),
        ({"no_copy": 12, "engine": "rules"}, "no-copy needs"),
    ],
)
def test_a_ban_that_cannot_be_kept_is_refused(options, message) -> None:
    with pytest.raises(BriefError, match=message):
        compose("pop", **{**SMALL, **options})


def test_a_model_without_a_catalog_cannot_ban_copies(tiny_weights_path) -> None:
    (learned("tuned", song(), tiny_weights_path) / ORIGINS_FILE).unlink()
    with pytest.raises(ModelError, match="holds no origins"):
        compose("pop", model="tuned", no_copy=9, **SMALL)
    take = compose("pop", out="free", model="tuned", **SMALL).best
    assert take.recipe.catalog == {}


def test_bad_input_is_one_sentence(tmp_path) -> None:
    Score().write("empty.mid")
    with pytest.raises(FileFormatError, match=r"empty\.mid holds no notes"):
        origin("empty.mid")
    with pytest.raises(FileFormatError, match="there is no such file"):
        origin("nothing.mid")
    with pytest.raises(FileFormatError, match="does not exist"):
        origin("nothing.json")
    with pytest.raises(ModelError, match="'nobody' is not installed"):
        song().write("song.mid")
        origin("song.mid", model="nobody")
    (models_folder() / "broken").mkdir(parents=True)
    (models_folder() / "broken" / ORIGINS_FILE).write_bytes(b"junk")
    with pytest.raises(ModelError, match="is damaged"):
        origin("song.mid", model="broken")


def test_drums_alone_are_common_property() -> None:
    score = song()
    replace(score, tracks=tuple(track for track in score.tracks if track.is_drum)).write("drums.mid")
    found = origin("drums.mid", model="small")
    assert found.longest is None
    assert "drums alone" in found.summary


def test_a_take_by_rule_learned_from_nothing() -> None:
    take = compose("house", out="rules", bars=2, seed=1, tracks="drums,bass", engine="rules", stems=False).best
    assert take.recipe.catalog == {}
    assert "learned from no piece" in origin(take.folder).notices[0]


def test_takes_of_before_are_read(tmp_path) -> None:
    take = compose("house", out="rules", bars=2, seed=1, tracks="drums,bass", engine="rules", stems=False).best
    data = json.loads(take.json_path.read_text(encoding="utf-8"))
    del data["recipe"]["catalog"], data["recipe"]["licences"], data["recipe"]["settings"]["no_copy"]
    data["seal"] = seal_of(data)
    take.json_path.write_text(json.dumps(data), encoding="utf-8")
    assert replay(take.folder).same


def test_learn_leaves_a_catalog(tmp_path) -> None:
    from bandmate.workflows.learn import learn

    (tmp_path / "music").mkdir()
    for seed in range(4):
        song(seed).write(tmp_path / "music" / f"song {seed}.mid")
    report = learn(tmp_path / "music", "mine", train=False, workers=1)
    assert RunIndex.load(report.folder / "runs.npz")
    song(0).write("copy.mid")
    longest = [origin(tmp_path / "music" / f"song {seed}.mid", model="mine").longest for seed in range(4)]
    assert any(run and run.file == f"song {seed}.mid" for seed, run in enumerate(longest))
