"""Chord charts: text and JSON become songs of chords, and what is wrong in them is named."""

from __future__ import annotations

import json
import sys
from types import ModuleType

import pytest

from bandmate.errors import FileFormatError
from bandmate.groovebook.harmony import numeral, numeral_of, slots
from bandmate.library import examine as examining
from bandmate.library.catalog import Catalog
from bandmate.library.charts import is_chart, read_chart
from bandmate.library.examine import examine
from bandmate.library.ingest import ingest
from bandmate.library.sources.base import Hints
from bandmate.library.style import LibraryStyle
from bandmate.score.model import Score, Track, make_notes, make_tempos
from bandmate.score.pitch import QUALITIES, Chord, Key
from bandmate.settings import Settings
from bandmate.workflows.compose import ComposeOptions, plan_request, understand
from bandmate.workflows.learn import learn

TUNE = """Title: Late train
Key: A minor
Tempo: 92
Genre: jazz swing

[A] mind the gap
| Am7 D7 | Gmaj7 | % | Bm7b5 E7 |
Am7 F/A Dm7 E7
"""


def chart(folder, text: str = TUNE, name: str = "late train.txt"):
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def test_a_text_says_title_key_tempo_and_bars(tmp_path) -> None:
    found = read_chart(chart(tmp_path))
    assert (found.title, found.key, found.tempo, found.meter) == ("Late train", Key.parse("A minor"), 92.0, (4, 4))
    assert [" ".join(c.spell() for c in bar) for bar in found.bars] == [
        "Am7 D7", "Gmaj7", "Gmaj7", "Bm7b5 E7", "Am7", "F/A", "Dm7", "E7"]  # fmt: skip
    score = found.score
    assert score.end_ticks == 8 * 1920 and score.bpm == pytest.approx(92, abs=0.01)
    first = score.tracks[0].notes[:5]
    assert {pitch % 12 for pitch in first["pitch"]} == {9, 0, 4, 7} and set(first["duration_ticks"]) == {960}


def test_json_says_the_same_by_sections(tmp_path) -> None:
    verse = {"name": "A", "chords": ["C", "F G", "C", "C"], "repeat": 2}
    bridge = {"name": "B", "chords": "Am | Dm | G7 | N.C."}
    data = {"title": "Waltz", "meter": "3/4", "tempo": 140, "sections": [verse, bridge]}
    path = chart(tmp_path, json.dumps(data), "waltz.json")
    found = read_chart(path)
    assert is_chart(path) and len(found.bars) == 12 and found.bars[-1] == () and found.meter == (3, 4)
    assert found.score.end_ticks == 12 * 1440


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("| C | Hm7 |", "bar 2: chord 'Hm7' is not understood"),
        ("Key: R minor\n| C | F |", "key 'R minor' is not understood"),
        ("Tempo: fast\n| C | F |", "tempo 'fast' is not understood"),
        ("Meter: 4/5\n| C | F |", "meter '4/5' is not understood"),
        ("no music here", "holds no chords"),
        ("{nonsense", "is no JSON"),
    ],
)
def test_what_is_wrong_is_named_with_its_place(tmp_path, text: str, said: str) -> None:
    with pytest.raises(FileFormatError, match=said):
        read_chart(chart(tmp_path, text, "bad.chart"))


def test_letters_and_metadata_are_no_charts(tmp_path) -> None:
    for name, text in (("readme.txt", "Dear friend,\nA | B testing | of mixes"), ("a.txt", "A Day"), ("b.json", "[1]"),
                       ("c.json", '{"chords": 3}'), ("d.json", "{")):  # fmt: skip
        assert not is_chart(chart(tmp_path, text, name)), name
    assert is_chart(chart(tmp_path))


def test_a_numeral_reads_back_as_its_chord() -> None:
    for quality in QUALITIES:
        for root in range(12):
            assert numeral(numeral_of(Chord(root, quality), 5), 5) == Chord(root, quality)


def test_charts_bring_key_genre_and_chords_into_the_style_and_nothing_else(tmp_path, monkeypatch) -> None:
    monkeypatch.setenv("BANDMATE_HOME", str(tmp_path / "home"))
    (songs := tmp_path / "songs").mkdir()
    chart(songs)
    chart(songs, TUNE.replace("Late", "Early").replace("Am7 F/A Dm7 E7", "Dm7 Dm7 E7 E7"), "early bus.txt")
    (songs / "note.txt").write_text("to do", encoding="utf-8")
    with Catalog(":memory:") as catalog:
        assert ingest(songs, catalog, workers=1).taken == 2
        style = LibraryStyle.of(catalog, "mine", split=None)
    assert style.genres == {"jazz_swing": 1.0} and style.keys == {"A minor": 1.0}
    assert style.programs == {} and style.descriptors == {}
    assert ("minor", "i7 IV7 | bVIImaj7 | bVIImaj7 | iiø V7", 2) in style.progressions
    learn(songs, "mine", train=False, workers=1)
    options = ComposeOptions(model="mine", bars=8, seed=1, genre="pop", key="A minor", engine="rules")
    request = plan_request(understand("", options, Settings()), options, Settings())
    learned = [slots(text, 9) for _, text, _ in style.progressions]
    assert request.plan.chords[:8] in learned
    assert request.plan.brief.genre2 is None


def heard_as(monkeypatch, sure: float) -> None:
    notes = make_notes([480 * n for n in range(32)], 240, [36, 38] * 16, 90, channel=9)
    door = ModuleType("made_transcriber")
    score = Score((Track("drums", 0, True, notes, role="drums"),), tempos=make_tempos(120.0), end_ticks=8 * 1920)
    door.transcribe = lambda path: (score, sure)  # pyright: ignore[reportAttributeAccessIssue]
    monkeypatch.setitem(sys.modules, "made_transcriber", door)
    monkeypatch.setitem(examining.registry.BUILT_IN, "transcriber", "made_transcriber:transcribe")


def test_a_sound_is_taken_only_where_it_was_heard_surely(tmp_path, monkeypatch) -> None:
    (path := tmp_path / "loop_120bpm.wav").write_bytes(b"RIFF")
    heard_as(monkeypatch, 0.9)
    answer = examine(str(path), "", Hints())
    assert (answer["state"], answer["columns"]["roles"]) == ("taken", "drums")
    heard_as(monkeypatch, 0.2)
    answer = examine(str(path), "", Hints())
    assert answer["columns"]["reason"] == "unsure" and "only 20% sure" in answer["columns"]["detail"]


def test_json_nested_without_end_is_no_chart(tmp_path) -> None:
    (tmp_path / "deep.json").write_text("[" * 100_000, encoding="utf-8")
    assert not is_chart(tmp_path / "deep.json")
