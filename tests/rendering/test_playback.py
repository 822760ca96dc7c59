"""Finding a player: the first that is there and works, or one clear sentence."""

from __future__ import annotations

import subprocess
import sys

import pytest

from bandmate.errors import UserError
from bandmate.rendering import playback


@pytest.fixture
def on_linux(monkeypatch):
    monkeypatch.setattr(sys, "platform", "linux")


def test_the_first_player_that_works_is_used(tmp_path, monkeypatch, on_linux):
    file = tmp_path / "mix.wav"
    file.write_bytes(b"")
    calls = []

    def run(command, **_):
        calls.append(command)
        return subprocess.CompletedProcess(command, 1 if command[0] == "paplay" else 0)

    monkeypatch.setattr(playback.shutil, "which", lambda name: None if name == "pw-play" else f"/usr/bin/{name}")
    monkeypatch.setattr(playback.subprocess, "run", run)
    playback.play(file)
    assert calls == [["paplay", str(file)], ["aplay", "-q", str(file)]]


def test_without_a_player_the_message_says_what_to_do(tmp_path, monkeypatch, on_linux):
    file = tmp_path / "mix.wav"
    file.write_bytes(b"")
    monkeypatch.setattr(playback.shutil, "which", lambda name: None)
    with pytest.raises(
        UserError, match=r"no player was found \(looked for pw-play, .*\); open .*mix\.wav in any player"
    ):
        playback.play(file)


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(UserError, match=r"mix\.wav is not there; render it first"):
        playback.play(tmp_path / "mix.wav")
