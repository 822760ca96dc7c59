"""The listening page as a file: what it finds, in which sets and pairs, how loud it is, and what is refused."""

from __future__ import annotations

import base64
import io
import json
import re
from pathlib import Path

import numpy as np
import pytest
import soundfile

from bandmate.audio.compress import compress
from bandmate.errors import BriefError, FileFormatError, LibraryError, OutputError, UserError
from bandmate.groovebook.plan import make_plan
from bandmate.groovebook.play import play
from bandmate.rendering.loudness import measure_lufs
from bandmate.score.brief import Brief
from bandmate.workflows.listen import choose_pairs, listen
from bandmate.workflows.listen_takes import Candidate, find_takes, hear


def tone(path: Path, hz: float = 440.0, seconds: float = 2.0, rate: int = 44100, level: float = 0.1) -> Path:
    """A sound with an octave in it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    times = np.arange(round(seconds * rate)) / rate
    left = level * np.sin(2 * np.pi * hz * times)
    soundfile.write(path, np.stack([left, left * 0.7], axis=1), rate)
    return path


@pytest.fixture
def takes(tmp_path) -> Path:
    """Two sets of two takes each, as `compose --out` writes folders."""
    folder = tmp_path / "takes"
    for number, (place, name) in enumerate(
        (place, name) for place in ("people", "model-x") for name in ("house", "blues")
    ):
        tone(folder / place / name / "mix.wav", 220 * (number + 1), level=0.02 * (number + 1))
    return folder


def data_of(page: Path) -> dict:
    found = re.search(r'id="data">(.*?)</script>', page.read_text(encoding="utf-8"))
    assert found
    return json.loads(found[1])


def sounds_of(page: Path) -> list[bytes]:
    found = re.findall(r'id="sound-\d+">(.*?)</script>', page.read_text(encoding="utf-8"))
    return [base64.b64decode(text) for text in found]


def test_a_page_holds_every_take_at_one_loudness_in_what_browsers_play(takes, tmp_path) -> None:
    result = listen(takes, tmp_path / "page.html")
    assert (result.takes, result.pairs, result.sets) == (4, 2, ("model-x", "people"))
    assert result.megabytes == pytest.approx(result.page.stat().st_size / 1e6)
    assert {take["type"] for take in data_of(result.page)["takes"]} == {"audio/mpeg"}
    for sound in sounds_of(result.page):
        samples, rate = soundfile.read(io.BytesIO(sound), dtype="float32", always_2d=True)
        assert len(samples) == 2 * rate
        assert measure_lufs(samples.T.copy(), rate) == pytest.approx(-14.0, abs=0.1)


def test_a_page_is_one_file_that_opens_no_connection(takes, tmp_path) -> None:
    text = listen(takes, tmp_path / "page.html").page.read_text(encoding="utf-8")
    assert "default-src 'none'" in text
    without_sounds = re.sub(r'id="sound-\d+">.*?</script>', "", text)
    assert set(re.findall(r"https?://[\w./]+", without_sounds)) == {"http://www.w3.org/2000/svg"}  # a name, not a place
    assert not re.search(r"<(?:link|img|iframe|script[^>]*\ssrc)\b|@import|url\(", without_sounds)


def test_names_of_sets_and_takes_are_not_to_be_read_in_the_page(takes, tmp_path) -> None:
    text = listen(takes, tmp_path / "page.html").page.read_text(encoding="utf-8")
    assert not [name for name in ("people", "model-x", "house", "blues") if name in text]


def test_the_same_call_gives_the_same_bytes(takes, tmp_path) -> None:
    first, second = (listen(takes, tmp_path / name).page.read_bytes() for name in ("1.html", "2.html"))
    assert first == second
    assert listen(takes, tmp_path / "3.html", seed=1).page.read_bytes() != first


def test_a_title_cannot_break_the_page(takes, tmp_path) -> None:
    text = listen(takes, tmp_path / "page.html", title="</title><b>{{data}}").page.read_text(encoding="utf-8")
    assert "<title>&lt;/title&gt;&lt;b&gt;{{data}}</title>" in text


def test_what_is_a_take(tmp_path) -> None:
    tone(tmp_path / "set" / "one" / "mix.wav")
    tone(tmp_path / "set" / "one" / "stems" / "01-drums.wav")
    tone(tmp_path / "set" / "loose.flac")
    tone(tmp_path / ".hidden" / "x.wav")
    score = play(make_plan(Brief(genre="house", bars=2), 1), 1)
    score.write(tmp_path / "set" / "loose.mid")  # beside a sound of its name: the sound is heard
    score.write(tmp_path / "set" / "only-midi" / "only-midi.mid")
    (tmp_path / "set" / "only-midi" / "take.json").write_text("{}", encoding="utf-8")
    score.write(tmp_path / "set" / "only-midi" / "tracks" / "01-drums.mid")
    tone(tmp_path / "alone.wav")
    found = {(take.set, take.name): take.path.name for take in find_takes(tmp_path)}
    assert found == {
        ("", "alone"): "alone.wav",
        ("set", "set/loose"): "loose.flac",
        ("set", "set/one"): "mix.wav",
        ("set", "set/only-midi"): "only-midi.mid",
    }


def test_midi_is_rendered_and_a_long_take_is_cut_with_a_fade(tmp_path) -> None:
    path = tmp_path / "song.mid"
    play(make_plan(Brief(genre="house", bars=8), 1), 1).write(path)
    heard = hear(path, 2.0)
    assert heard.cut
    assert heard.seconds == pytest.approx(2.0, abs=0.01)
    assert heard.lufs == pytest.approx(-14.0, abs=0.2)
    samples = soundfile.read(io.BytesIO(heard.sound.data))[0]
    assert np.abs(samples[-2000:]).max() < 0.05


def test_other_rates_and_one_channel_sound_alike(tmp_path) -> None:
    soundfile.write(tmp_path / "a.wav", 0.1 * np.sin(np.arange(48000) / 20), 48000)
    heard = hear(tmp_path / "a.wav", 30)
    assert heard.seconds == pytest.approx(1.0)
    assert not heard.cut
    assert soundfile.info(io.BytesIO(heard.sound.data)).samplerate == 44100
    assert soundfile.info(io.BytesIO(heard.sound.data)).channels == 2


def test_takes_of_one_name_meet_and_the_rest_by_chance() -> None:
    names = [("a", "a/x"), ("a", "a/y"), ("a", "a/z"), ("b", "b/x"), ("b", "b/v"), ("b", "b/w"), ("b", "b/u")]
    pairs = choose_pairs([Candidate(name, place, Path()) for place, name in names], 0)
    assert (0, 3) in pairs
    assert len(pairs) == 3
    assert {names[a][0] + names[b][0] for a, b in pairs} == {"ab"}


def test_without_sets_every_take_meets_another() -> None:
    takes = [Candidate(name, "", Path()) for name in "abcde"]
    pairs = choose_pairs(takes, 3)
    assert {index for pair in pairs for index in pair} == set(range(5))
    assert all(a != b for a, b in pairs)
    assert pairs != choose_pairs(takes, 4)


def test_modes(takes, tmp_path) -> None:
    assert not data_of(listen(takes, tmp_path / "r.html", mode="ratings").page)["pairs"]
    assert not data_of(listen(takes, tmp_path / "p.html", mode="pairs").page)["ratings"]
    with pytest.raises(UserError, match="mode 'riddles' is not known"):
        listen(takes, mode="riddles")


def test_one_take_is_rated_and_cannot_be_compared(tmp_path) -> None:
    tone(tmp_path / "one" / "mix.wav")
    events = []
    result = listen(tmp_path, tmp_path / "page.html", listener=events.append)
    assert (result.takes, result.pairs) == (1, 0)
    assert any("one take alone" in event.get("text", "") for event in events)
    with pytest.raises(LibraryError, match="A/B needs two"):
        listen(tmp_path, tmp_path / "pairs.html", mode="pairs")


def test_what_cannot_be_played_is_left_out_and_said(takes, tmp_path) -> None:
    (takes / "people" / "noise.wav").write_bytes(b"RIFF" + bytes(200))
    soundfile.write(takes / "people" / "silence.wav", np.zeros((44100, 2)), 44100)
    result = listen(takes, tmp_path / "page.html")
    assert result.takes == 4
    assert len(result.left_out) == 2
    assert "noise.wav cannot be read as sound" in result.left_out[0]
    assert "silence.wav is silent" in result.left_out[1]


def test_folders_that_give_nothing_are_refused_with_a_cure(tmp_path) -> None:
    out = tmp_path / "page.html"
    (tmp_path / "empty").mkdir()
    with pytest.raises(LibraryError, match="empty holds no takes.*bandmate compose --takes 4"):
        listen(tmp_path / "empty", out)
    with pytest.raises(LibraryError, match="nowhere is no folder"):
        listen(tmp_path / "nowhere", out)
    (tmp_path / "broken").mkdir()
    (tmp_path / "broken" / "a.wav").write_bytes(b"not a wave")
    with pytest.raises(LibraryError, match="nothing that can be played.*a.wav cannot be read"):
        listen(tmp_path / "broken", out)
    (tmp_path / "many").mkdir()
    for number in range(201):
        (tmp_path / "many" / f"{number}.wav").touch()
    with pytest.raises(LibraryError, match="more than 200 takes"):
        listen(tmp_path / "many", out)
    assert not out.exists()


def test_a_sound_of_an_absurd_rate_is_refused(tmp_path) -> None:
    soundfile.write(tmp_path / "a.wav", np.ones(100) / 2, 3)
    with pytest.raises(FileFormatError, match="sample rate of 3 Hz"):
        hear(tmp_path / "a.wav", 1)


def test_places_and_numbers_are_checked(takes, tmp_path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(OutputError, match="cannot be written"):
        listen(takes, tmp_path / "file" / "page.html")
    with pytest.raises(BriefError, match="seconds 0 is out of range"):
        listen(takes, seconds=0)
    assert listen(takes, tmp_path).page == tmp_path / "listen.html"
    assert listen(takes, tmp_path / "page").page == tmp_path / "page.html"


def test_a_library_without_mp3_writes_ogg_and_one_without_either_says_so(monkeypatch) -> None:
    noise = np.random.default_rng(0).normal(0, 0.1, (2, 44100)).astype(np.float32)
    monkeypatch.setattr("soundfile.available_formats", lambda: {"OGG": "", "WAV": ""})
    sound = compress(noise)
    assert (sound.media_type, sound.suffix, sound.data[:4]) == ("audio/ogg", ".ogg", b"OggS")
    monkeypatch.setattr("soundfile.available_formats", lambda: {"WAV": ""})
    with pytest.raises(UserError, match="neither MP3 nor Ogg"):
        compress(noise)
