"""A player for notebooks: bounded sound inside the page."""

from __future__ import annotations

import base64
import io
import re
from dataclasses import replace

import pytest
import soundfile

from bandmate.errors import BriefError, ScoreError
from bandmate.score.model import Score, Track, make_notes
from bandmate.workflows.compose import compose
from bandmate.workflows.player import Player, player

BAR = 1920


def tune(bars: int) -> Score:
    notes = make_notes([480 * beat for beat in range(4 * bars)], 400, [60 + beat % 12 for beat in range(4 * bars)])
    return Score((Track("lead", 73, notes=notes),), end_ticks=bars * BAR, title="a <tune>")


def sound_of(page: str) -> tuple[int, float]:
    """Rate and seconds of the sound in a page."""
    found = re.search(r'src="data:audio/\w+;base64,([^"]+)"', page)
    assert found
    with soundfile.SoundFile(io.BytesIO(base64.b64decode(found[1]))) as file:
        return file.samplerate, len(file) / file.samplerate


def test_a_score_has_a_player_of_its_first_seconds():
    made = tune(8).player(3)
    assert isinstance(made, Player)
    assert (made.cut, made.seconds) == (True, pytest.approx(3.0))
    rate, seconds = sound_of(made._repr_html_())
    assert rate == 44100
    assert seconds == pytest.approx(3.0, abs=0.2)
    assert "a &lt;tune&gt;, the first 3 seconds" in made._repr_html_()


def test_a_short_score_is_heard_to_its_end():
    made = tune(1).player(30)
    assert not made.cut
    assert 2.0 < made.seconds < 8.0
    assert "first" not in made._repr_html_()


def test_a_page_stays_bounded():
    assert len(tune(40).player(10)._repr_html_()) < 10 * 16_000 * 1.5


def test_what_cannot_be_played_is_said():
    with pytest.raises(ScoreError, match="no notes"):
        Score().player()
    with pytest.raises(BriefError, match="seconds"):
        tune(1).player(3600)


def test_a_take_shows_its_roll_and_plays_its_mix(tmp_path):
    take = compose("slow blues in E, piano", bars=1, seed=3, out=tmp_path / "blues", stems=False, engine="rules").best
    assert take._repr_png_() == (take.folder / "roll.png").read_bytes()
    assert take.player(2).title == "blues"
    (take.folder / "roll.png").unlink()
    take.mix.unlink()
    assert take._repr_png_().startswith(b"\x89PNG")
    assert take.player(2).seconds == pytest.approx(2.0)
    assert player(replace(take, name="other"), 1).title == "other"
