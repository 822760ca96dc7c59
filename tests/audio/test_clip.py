"""Sound files as they are listened to."""

import numpy as np
import pytest
from tests.sounds import save, tone

from bandmate.audio.clip import named_tempos, read_clip
from bandmate.audio.spectrum import RATE
from bandmate.errors import FileFormatError, UserError


@pytest.mark.parametrize(
    ("name", "found", "stated"),
    [
        ("break_174bpm", (174.0,), True), ("BPM 92.5 keys", (92.5,), True), ("loop-120-Am", (120.0,), False),
        ("take2", (), False), ("kick909", (), False), ("2024_jam", (), False), ("999bpm", (), True),
    ],
)  # fmt: skip
def test_a_name_may_speak_of_a_tempo(name, found, stated) -> None:
    assert named_tempos(name) == (found, stated)


def test_only_the_start_of_a_long_file_is_read(tmp_path) -> None:
    clip = read_clip(save(tone(60, 5.0), tmp_path / "long.wav"), 2.0)
    assert clip.whole_sec == pytest.approx(5.0)
    assert clip.read_sec == pytest.approx(2.0)
    assert len(clip.mono) == 2 * RATE


@pytest.mark.parametrize(
    ("samples", "words"),
    [(np.zeros(RATE), "is silent"), (np.zeros(100), "lasts 5 ms"), (np.zeros(0), "no samples")],
)
def test_what_cannot_be_heard_is_said_in_one_sentence(tmp_path, samples, words) -> None:
    with pytest.raises((UserError, FileFormatError), match=words):
        read_clip(save(samples, tmp_path / "clip.wav"), 60.0)


def test_a_file_that_is_no_sound_is_refused(tmp_path) -> None:
    text = tmp_path / "notes.wav"
    text.write_text("these are words", encoding="utf-8")
    with pytest.raises(FileFormatError, match="cannot be read as sound"):
        read_clip(text, 60.0)
    with pytest.raises(UserError, match="is not there"):
        read_clip(tmp_path / "gone.wav", 60.0)
