"""How corpora are read: drums become General MIDI, POP909 starts on its bar line, works stay on one side."""

import json
from collections import Counter

import numpy as np
import pytest
from tests.training.bands import band

from bandmate.errors import LibraryError
from bandmate.io.midi import write_midi
from bandmate.score.model import Score, Track, make_notes, make_tempos
from bandmate.training.corpora import CORPORA, genre_of, read_corpus, split_of
from bandmate.training.prepare import corpus_pieces, measured_labels, prepare, usable
from bandmate.training.shards import load


def write_corpus(folder, name, entries):
    """A corpus on disk: (file, score, tags) each."""
    root = folder / name
    root.mkdir(parents=True, exist_ok=True)
    lines = []
    for file, score, tags in entries:
        write_midi(score, root / file)
        lines.append(json.dumps({"file": file, "tags": tags}))
    (root / "manifest.jsonl").write_text("\n".join(lines) + "\n", encoding="utf-8")
    return folder


def melody(track="MELODY", first=480, count=40):
    return Track(track, 0, notes=make_notes(first + np.arange(count) * 240, 200, 60 + np.arange(count) % 12))


def test_a_work_falls_on_the_same_side_everywhere():
    sides = {group: split_of(group, {}) for group in (f"pop909-{n:03d}" for n in range(1, 910))}
    assert sides == {group: split_of(group, {}) for group in reversed(sides)}
    count = Counter(sides.values())
    assert count["train"] > 0.8 * len(sides)
    assert 0.03 < count["valid"] / len(sides) < 0.09 and 0.06 < count["reserve"] / len(sides) < 0.12
    assert sides["pop909-001"] == "train" and split_of("pop909-007", {}) == sides["pop909-007"]


@pytest.mark.parametrize("stated, split", [("train", "train"), ("validation", "valid"), ("test", "reserve")])
def test_a_stated_split_is_kept(stated, split):
    assert split_of("anything", {"split": stated}) == split


def test_pads_of_an_electronic_kit_become_general_midi(tmp_path):
    pads = np.array([22, 26, 40, 58, 52, 55, 59, 36, 38, 42])
    score = Score((Track("MIDI", 0, True, make_notes(np.arange(40) * 240, 60, np.tile(pads, 4), channel=9)),))
    write_corpus(tmp_path, "groove_midi", [("a.mid", score, {"split": "test", "genre": ["funk", "groove1"]})])
    (found,) = read_corpus(tmp_path, "groove_midi")
    assert found.score.tracks[0].notes["pitch"][:10].tolist() == [42, 46, 38, 43, 57, 49, 51, 36, 38, 42]
    assert found.score.tracks[0].is_drum and found.score.tracks[0].role == "drums"
    assert (found.origin.split, found.origin.source) == ("reserve", "groove_midi")


@pytest.mark.parametrize("offset, first", [(0, 480), (1, 1920), (2, 1440), (3, 960)])
def test_pop909_is_shifted_onto_its_bar_lines(tmp_path, offset, first):
    """A downbeat on beat `offset` (here: the note a beat in) lands on a bar line when offset is 1."""
    score = Score((melody(), melody("PIANO"), melody("CHORDS")), tempos=make_tempos(90.0))
    tags = {"group": "pop909-001", "downbeat_offset_beats_est": offset}
    write_corpus(tmp_path, "pop909", [("001.mid", score, tags)])
    (found,) = read_corpus(tmp_path, "pop909")
    assert [(t.name, t.role) for t in found.score.tracks] == [("MELODY", "melody"), ("PIANO", "chords")]
    assert found.score.tracks[0].notes["onset_ticks"][0] == first
    assert found.origin.group == "pop909-001"


def test_pop909_songs_of_unknown_downbeat_are_left_out(tmp_path):
    tags = {"group": "pop909-002", "downbeat_offset_beats_est": None}
    write_corpus(tmp_path, "pop909", [("002.mid", Score((melody(),)), tags)])
    assert not list(read_corpus(tmp_path, "pop909"))


def test_drums_on_many_tracks_become_one(tmp_path):
    kick = make_notes(np.arange(0, 32) * 480, 60, 36, channel=9)
    snare = make_notes(240 + np.arange(0, 32) * 480, 60, 38, channel=9)
    score = Score((Track("Kick", 0, True, kick), Track("Snare", 0, True, snare), melody("Lead")))
    write_corpus(tmp_path, "freedoom", [("a.mid", score, {})])
    (found,) = read_corpus(tmp_path, "freedoom")
    drums = [track for track in found.score.tracks if track.is_drum]
    assert len(drums) == 1 and len(drums[0].notes) == 64
    assert (np.diff(drums[0].notes["onset_ticks"]) > 0).all()


def test_files_that_cannot_be_read_or_hold_little_are_passed_over(tmp_path):
    write_corpus(
        tmp_path, "freedoom", [("a.mid", band(), {}), ("b.mid", band(), {}), ("c.mid", Score((melody(count=9),)), {})]
    )
    (tmp_path / "freedoom" / "b.mid").write_bytes(b"MThd")
    assert [found.path.name for found in read_corpus(tmp_path, "freedoom")] == ["a.mid"]


def test_a_folder_without_manifest_is_named(tmp_path):
    with pytest.raises(LibraryError, match=r"manifest\.jsonl: not there; point --data at"):
        next(read_corpus(tmp_path, "freedoom"))


def test_genres_that_the_table_knows_are_found():
    known = ("jazz_swing", "salsa", "funk", "string_quartet", "drum_and_bass")
    assert genre_of({"genre": ["jazz", "x"]}, known) == "jazz_swing"
    assert genre_of({"genre": ["latin/brazilian", "funk"]}, known) == "funk"
    assert genre_of({"genre": ["drum-and-bass/rolling"]}, known) == "drum_and_bass"
    assert genre_of({"genre": ["game", "fantasy"]}, known) is None
    assert genre_of({}, known) is None


def test_pieces_come_labelled_by_analysis_and_what_is_known_wins():
    score = band(bars=8)
    labels = measured_labels(score, {"genre": "house", "key": "D minor"})
    assert labels["roles"] == ["drums", "bass", "chords"]
    assert labels["key"] == "D minor" and labels["genre"] == "house"
    assert len(labels["chords"]) == 16 and labels["sections"]
    drums = Score((band().tracks[0],))
    assert "key" not in measured_labels(drums) and "chords" not in measured_labels(drums)


def test_prepare_makes_the_shards_that_are_not_there(tmp_path):
    data = tmp_path / "data"
    entries = [(f"{n}.mid", band(n), {"genre": ["house"]}) for n in range(3)]
    write_corpus(data / "corpus", "freedoom", [*entries, ("flat.mid", Score((melody(count=33),)), {})])
    counts, made = {"groove_book_pieces": 2, "rearranged_pieces": 0}, []
    shares = {"freedoom": 0.5, "groove_book": 0.5, "simutrans": 0.0}
    paths = prepare(data, tmp_path / "shards", shares, counts, progress=lambda name, count: made.append((name, count)))
    assert made == [("freedoom", 4), ("groove_book", 2)]
    shard = load(*paths)
    assert [piece.genre > 0 for piece in shard.pieces] == [True, True, True, False, True, True]
    assert all(usable(piece) for piece in shard.pieces)
    again = prepare(data, tmp_path / "shards", shares, counts, progress=lambda name, count: made.append((name, count)))
    assert again == paths and len(made) == 2
    assert prepare(None, tmp_path / "bare", shares, counts) == [tmp_path / "bare" / "groove_book.npz"]


def test_every_corpus_of_the_recipe_is_known():
    from bandmate.training.recipe import Recipe

    assert set(Recipe.read("small").shares()) == set(CORPORA) | {"groove_book", "rearranged"}


def test_a_corpus_on_the_grid_keeps_its_origin(tmp_path):
    write_corpus(tmp_path, "pop909_band", [("x.mid", band(), {"group": "pop909-001"})])
    ((piece, origin),) = corpus_pieces(tmp_path, "pop909_band")
    assert origin == type(origin)("pop909_band", "pop909-001", split_of("pop909-001", {}), "x.mid")
    assert [track.role for track in piece.tracks][:2] == ["drums", "bass"]


def test_songs_with_drums_of_held_out_drummers_are_not_trained_on(tmp_path):
    names = {"a.mid": ["seen.mid"], "b.mid": ["seen.mid", "test.mid"], "c.mid": ["validation.mid"], "d.mid": ["?.mid"]}
    lent = {name: {"group": "pop909-001", "drum_files": files} for name, files in names.items()}
    write_corpus(tmp_path, "pop909_band", [(name, band(), tags) for name, tags in lent.items()])
    with pytest.raises(LibraryError, match="which drummers are held out"):
        list(read_corpus(tmp_path, "pop909_band"))
    drummers = [(f"{name}.mid", band(), {"split": split}) for name, split in (
        ("seen", "train"), ("test", "test"), ("validation", "validation"),
    )]  # fmt: skip
    write_corpus(tmp_path, "groove_midi", drummers)
    assert [found.origin.split for found in read_corpus(tmp_path, "pop909_band")] == ["train", "lent", "lent", "lent"]
