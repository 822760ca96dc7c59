"""Captions say what was measured and nothing else."""

from __future__ import annotations

from dataclasses import replace

import pytest
from tests.analysis.music import Q, band, beat, line

from bandmate.analysis.captions import MOODS, bar_captions, caption, mood_words, tempo_word
from bandmate.analysis.genres import load_table
from bandmate.analysis.labels import label
from bandmate.score.model import Score, Track, make_meters, make_tempos


def test_a_caption_names_genre_tempo_key_meter_length_and_instruments():
    text = caption(replace(band(), tempos=make_tempos(96)), genre="hip_hop")
    assert "mid-tempo hip hop piece at 96 BPM in C major in 4/4, 8 bars" in text
    assert "drums, " in text
    for instrument in ("electric bass (finger)", "electric piano 1", "flute"):
        assert instrument in text


def test_without_a_known_genre_none_is_named():
    assert "piece at" in caption(band())
    assert "hip hop" not in caption(band())


def test_drums_alone_are_given_no_key():
    text = caption(Score(tracks=(Track(is_drum=True, notes=beat(8)),), meters=make_meters()))
    assert "major" not in text
    assert "minor" not in text
    assert text.endswith(("for drums.", ".")) and "for drums" in text


def test_slow_sparse_minor_is_melancholic_and_fast_major_is_not():
    slow = replace(band("Am F Dm E Am F E Am"), tempos=make_tempos(66))
    fast = replace(band("C F G C C F G C"), tempos=make_tempos(150))
    assert "melancholic" in mood_words(slow, label(slow))
    assert "melancholic" not in mood_words(fast, label(fast))


def test_every_mood_word_is_one_a_brief_understands():
    moods = load_table("moods")["moods"]
    known = set(moods) | {alias for mood in moods.values() for alias in mood["aka"]}
    assert set(MOODS) <= known | {"soft"}


def test_every_eight_bars_get_a_line_and_the_last_may_be_shorter():
    score = band("C F G C C F G C Am Dm")
    found = bar_captions(score)
    assert [(line.start_bar, line.bars) for line in found] == [(0, 8), (8, 2)]
    assert found[0].text.startswith("bars 1-8, ")
    assert "C F G C F G C" in found[0].text
    assert found[1].text.startswith("bars 9-10, ")
    assert "Am Dm" in found[1].text


def test_a_thinner_stretch_is_called_sparser_and_who_is_silent_is_not_named():
    whole = band("C F G C C F G C C F G C C F G C")
    early = tuple(t.with_notes(t.notes[t.notes["onset_ticks"] < 32 * Q]) for t in (whole.tracks[0], whole.tracks[3]))
    first, second = bar_captions(replace(whole, tracks=(early[0], *whole.tracks[1:3], early[1])))
    assert "drums" in first.text
    assert "drums" not in second.text
    assert "sparser" in second.text


@pytest.mark.parametrize(("bpm", "word"), [(50, "very slow"), (70, "slow"), (90, "mid-tempo"), (120, "lively"),
                                           (140, "fast"), (200, "very fast")])  # fmt: skip
def test_tempo_words(bpm, word):
    assert tempo_word(bpm) == word


def test_an_empty_score_has_a_caption():
    assert caption(Score()) == "A lively piece at 120 BPM in 4/4, 1 bar, for silence."
    assert [line.text for line in bar_captions(Score())] == ["bar 1, A: silence"]


def test_labels_gather_what_the_single_functions_find():
    from bandmate.analysis.harmony import estimate_chords, estimate_key
    from bandmate.analysis.sections import find_sections
    from bandmate.analysis.voices import estimate_roles

    score = replace(band(), tracks=(*band().tracks, Track(program=48, notes=line([60, 64, 67, 64] * 8))))
    found = label(score)
    assert found.key == estimate_key(score)
    assert found.chords == estimate_chords(score)
    assert found.sections == find_sections(score)
    assert found.roles == estimate_roles(score, use_program=True, use_name=True)
    assert len(found.tracks) == len(found.track_bars) == 5
    assert label(score, bar_level=False).track_bars == ()
