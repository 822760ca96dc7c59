import pytest

from bandmate.errors import ModelError
from bandmate.library.catalog import Catalog
from bandmate.library.ingest import ingest
from bandmate.library.style import LibraryStyle
from bandmate.score.brief import Brief, TrackAsk
from bandmate.score.pitch import Key


@pytest.fixture
def style(folder, make_band):
    music = folder(
        {f"funk/{chr(97 + seed)}.mid": make_band(seed % 5 + 100 * seed, bpm=100 + seed) for seed in range(12)}
    )
    with Catalog(":memory:") as catalog:
        ingest(music, catalog, workers=1)
        return LibraryStyle.of(catalog, "mine", split=None)


def test_a_style_holds_what_the_library_plays(style):
    assert style.pieces == 12
    assert style.tempo[0] < style.tempo[1] < style.tempo[2]
    assert style.genres == {"funk": 1.0}
    assert style.programs["bass"][0] == (33, 1.0)
    assert style.meters == {"4/4": 1.0}
    assert style.drum_patterns
    assert all("kick" in pattern.voices and "snare" in pattern.voices for pattern in style.drum_patterns)
    assert all(len(cell.text.split()) == 16 and "R" in cell.text for cell in style.bass_cells)
    assert style.density["bass"][0] > 0


def test_a_style_survives_the_disk(style, tmp_path):
    style.save(tmp_path)
    assert LibraryStyle.load(tmp_path) == style


def test_a_style_fills_what_was_not_stated(style):
    brief = style.guide(Brief(tracks=(TrackAsk("bass"), TrackAsk("bass", program=38), TrackAsk("melody"))))
    assert brief.genre == "funk"
    assert brief.tempo == pytest.approx(106, abs=1)
    assert [track.program for track in brief.tracks] == [33, 38, 73]
    assert {"genre", "tempo", "key", "meter"} <= set(brief.guessed)


def test_what_was_stated_stays(style):
    asked = Brief(genre="techno", tempo=131.0, key=Key(6, "minor"), meter=(3, 4))
    guided = style.guide(asked)
    assert (guided.genre, guided.tempo, guided.key, guided.meter) == ("techno", 131.0, Key(6, "minor"), (3, 4))
    assert guided.guessed == ()
    assert style.guide(Brief(genre="techno")).tempo is None  # the library knows nothing of techno


def test_genre_facts_carry_the_library_s_patterns(style):
    facts = style.genre_facts("funk")
    assert facts["tempo"]["default"] == round(style.genre_tempo["funk"])
    assert [row["kick"] for row in facts["drums"]["patterns"]] == [p.voices["kick"] for p in style.drum_patterns]
    assert facts["bass"]["cells"][0]["c"] == style.bass_cells[0].text
    assert style.genre_facts("waltz")["drums"]["patterns"] != facts["drums"]["patterns"]  # other steps, own patterns


def test_distance_is_small_for_the_library_s_own_music(style, make_band):
    own = style.distance([make_band(seed % 5 + 100 * seed, bpm=100 + seed) for seed in range(12)])
    far = style.distance([make_band(1, bpm=380)])
    assert max(own.values()) < 0.5
    assert far["tempo"] > 5


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"format": 99}', '{"format": 1, "name": "x"}'])
def test_a_damaged_style_says_so(tmp_path, text):
    (tmp_path / "style.json").write_text(text, encoding="utf-8")
    with pytest.raises(ModelError, match=r"style\.json"):
        LibraryStyle.load(tmp_path)
