"""Formats by suffix, and files that are there whole or not at all."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from bandmate import registry
from bandmate.errors import FileFormatError, OutputError
from bandmate.io.atomic import atomic_write, write_bytes_atomic, write_text_atomic
from bandmate.io.files import FORMATS, Format, format_of, is_music, read, write
from bandmate.score.model import Score, Track, make_notes

SONG = Score((Track("x", 0, False, make_notes([0], 480, [60])),))


class TestDoors:
    @pytest.mark.parametrize(
        "suffix", [*(name for name, known in FORMATS.items() if known.read and known.write), ".MID"]
    )
    def test_every_format_round_trips(self, suffix, tmp_path):
        path = write(SONG, tmp_path / f"song{suffix}")
        assert read(path).note_count == 1

    def test_a_score_writes_itself(self, tmp_path):
        assert SONG.write(tmp_path / "song.mid").stat().st_size > 14

    def test_midi_under_another_name(self, tmp_path):
        path = write(SONG, tmp_path / "song.mid").rename(tmp_path / "song.bin")
        assert read(path).note_count == 1

    @pytest.mark.parametrize(
        ("name", "words"),
        [("none.mid", "no such file"), ("", "is a folder"), ("song.xyz", "'.xyz' is no format")],
    )
    def test_what_cannot_be_read(self, name, words, tmp_path):
        (tmp_path / "song.xyz").write_text("la la")
        with pytest.raises(FileFormatError, match=words):
            read(tmp_path / name)

    @pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no such pipes")
    @pytest.mark.parametrize("suffix", [".als", ".mid", ".rpp", ".dawproject"])
    def test_a_pipe_and_a_device_are_not_waited_for(self, suffix, tmp_path):
        os.mkfifo(tmp_path / f"pipe{suffix}")
        (tmp_path / f"endless{suffix}").symlink_to("/dev/zero")
        for name in ("pipe", "endless"):
            with pytest.raises(FileFormatError, match="is a pipe or a device, which may never end; give a file"):
                read(tmp_path / f"{name}{suffix}")

    @pytest.mark.parametrize("suffix", [name for name, known in FORMATS.items() if known.read and not known.module])
    def test_a_file_of_another_format_or_of_nothing(self, suffix, tmp_path):
        path = tmp_path / f"song{suffix}"
        path.write_bytes(b"")
        with pytest.raises(FileFormatError, match=r"the file is empty \(0 bytes\); save or download it again"):
            read(path)
        data = write(
            SONG, tmp_path / "tune.abc" if FORMATS[suffix] is FORMATS[".mid"] else tmp_path / "x.mid"
        ).read_bytes()
        path.write_bytes(data)
        with pytest.raises(
            FileFormatError, match=rf"song\{suffix} is called \{suffix} and begins as (MIDI|ABC) does; ren"
        ):
            read(path)

    def test_a_name_that_no_system_takes(self):
        with pytest.raises(FileFormatError):
            read("a\0b.mid")

    def test_what_cannot_be_written(self, tmp_path):
        with pytest.raises(OutputError, match=r"'\.docx' is no format written here; end the name in \.mid"):
            write(SONG, tmp_path / "song.docx")

    def test_a_plugin_says_as_much_as_it_likes(self, tmp_path, monkeypatch):
        class Plain:
            name = "Plain"
            write = staticmethod(lambda score, path: Path(path))

        monkeypatch.setattr(registry, "names", lambda start: ("format.plain",))
        monkeypatch.setattr(registry, "get", lambda name: Plain())
        assert write(SONG, tmp_path / "a.plain") == tmp_path / "a.plain"
        assert not is_music(tmp_path / "a.plain") and format_of("a.plain") == Format("Plain", None, Plain.write)

    def test_a_format_that_is_only_written(self, tmp_path, monkeypatch):
        monkeypatch.setitem(FORMATS, ".out", Format("Out", write=lambda score, path: path))
        (tmp_path / "a.out").write_text("x")
        with pytest.raises(FileFormatError, match="only written"):
            read(tmp_path / "a.out")


class TestAtomic:
    def test_an_interrupted_write_leaves_what_was_there(self, tmp_path):
        path = write_text_atomic(tmp_path / "take.json", "old")
        with pytest.raises(KeyboardInterrupt), atomic_write(path) as temporary:
            temporary.write_text("half of the n")
            raise KeyboardInterrupt
        assert path.read_text(encoding="utf-8") == "old"
        assert [p.name for p in tmp_path.iterdir()] == ["take.json"]

    def test_a_full_disk_is_an_output_error(self, tmp_path):
        with pytest.raises(OutputError, match="No space left.*free some space"), atomic_write(tmp_path / "mix.wav"):
            raise OSError(28, "No space left on device")
        assert list(tmp_path.iterdir()) == []

    def test_the_temporary_name_keeps_the_suffix_and_folder(self, tmp_path):
        with atomic_write(tmp_path / "mix.wav") as temporary:
            temporary.write_bytes(b"x")
            assert (temporary.suffix, temporary.parent) == (".wav", tmp_path)
        assert (tmp_path / "mix.wav").read_bytes() == b"x"

    def test_over_what_is_there(self, tmp_path):
        for data in (b"one", b"two"):
            write_bytes_atomic(tmp_path / "a.mid", data)
        assert (tmp_path / "a.mid").read_bytes() == b"two"

    def test_a_folder_in_the_way(self, tmp_path):
        (tmp_path / "a.mid").mkdir()
        with pytest.raises(OutputError, match="folder of that name"):
            write_bytes_atomic(tmp_path / "a.mid", b"x")
