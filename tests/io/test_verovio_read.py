"""MEI and Humdrum through Verovio: notes where they are written, one sentence where they are not."""

from __future__ import annotations

import subprocess

import pytest

from bandmate.errors import FileFormatError, MissingExtra
from bandmate.io.files import read
from bandmate.io.verovio_child import NOT_INSTALLED

KERN = """**kern\t**kern
*clefF4\t*clefG2
*k[b-]\t*k[b-]
*M3/4\t*M3/4
*MM90\t*MM90
=1\t=1
2.F\t4a
.\t8b-
.\t8cc
.\t4f#
=2\t=2
2.C\t2.e
==\t==
*-\t*-
"""
MEI = """<?xml version="1.0" encoding="UTF-8"?>
<mei xmlns="http://www.music-encoding.org/ns/mei" meiversion="5.0"><music><body><mdiv><score>
<scoreDef meter.count="4" meter.unit="4" key.sig="1s"><staffGrp><staffDef n="1" lines="5" clef.shape="G" clef.line="2"/>
</staffGrp></scoreDef><section><measure n="1"><staff n="1"><layer n="1">
<note pname="g" oct="4" dur="4"/><note pname="f" oct="4" dur="4" accid.ges="s"/><chord dur="2">
<note pname="d" oct="4"/><note pname="b" oct="4"/></chord></layer></staff></measure></section></score></mdiv></body>
</music></mei>
"""
LONG_REST = '<measure n="9"><staff n="1"><layer n="1"><multiRest num="1000000"/></layer></staff></measure>'


def sounding(score) -> list[tuple[float, float, int]]:
    """(onset, length, pitch) in quarters."""
    quarter = score.ticks_per_quarter
    return sorted(
        (n["onset_ticks"] / quarter, n["duration_ticks"] / quarter, int(n["pitch"]))
        for track in score.tracks
        for n in track.notes
    )


def test_humdrum_sounds_as_it_is_written(tmp_path):
    (tmp_path / "minuet.krn").write_text(KERN, encoding="utf-8")
    score = read(tmp_path / "minuet.krn")
    assert sounding(score) == [
        (0, 1, 69), (0, 3, 53), (1, 0.5, 70), (1.5, 0.5, 72), (2, 1, 66), (3, 3, 48), (3, 3, 64),
    ]  # fmt: skip
    assert (round(score.bpm), score.title, len(score.tracks)) == (90, "minuet", 2)
    assert (int(score.meters["numerator"][0]), int(score.keys["fifths"][0])) == (3, -1)


def test_mei_sounds_as_it_is_written(tmp_path):
    (tmp_path / "tune.mei").write_text(MEI, encoding="utf-8")
    assert sounding(read(tmp_path / "tune.mei")) == [(0, 1, 67), (1, 1, 66), (2, 2, 62), (2, 2, 71)]


@pytest.mark.parametrize(
    ("name", "text", "sentence"),
    [
        ("a.krn", "**harm\n*-\n", "no \\*\\*kern column"),
        ("b.krn", "**kern\n*-\n", "holds no notes in bars"),
        ("c.mei", "<mei></mei>", "cannot read it|holds no notes"),  # on which Verovio falls over
        ("d.mei", "<opus/>", "is XML but no MEI"),
        ("e.mei", "no XML", "e.mei"),
        ("f.mei", '<!DOCTYPE x [<!ENTITY a "aaaa">]><mei>&a;</mei>', "f.mei"),
        ("g.mei", MEI.replace("</section>", LONG_REST * 30 + "</section>"), "g.mei has more than 20,000 bars"),
        ("h.mei", '<!DOCTYPE mei [<!ENTITY x SYSTEM "file:///etc/hostname">]><mei>&x;</mei>', "declares DOCTYPE"),
    ],
)
def test_damaged_files_are_named(tmp_path, name, text, sentence):
    (tmp_path / name).write_text(text, encoding="utf-8")
    with pytest.raises(FileFormatError, match=sentence):
        read(tmp_path / name)


def test_a_missing_file_and_a_missing_verovio_are_said(tmp_path, monkeypatch):
    with pytest.raises(FileFormatError, match="gone"):
        read(tmp_path / "gone.krn")
    (tmp_path / "a.krn").write_text(KERN, encoding="utf-8")
    gone = subprocess.CompletedProcess([], NOT_INSTALLED, b"", b"")
    monkeypatch.setattr("bandmate.io.verovio_read.subprocess.run", lambda *a, **k: gone)
    with pytest.raises(MissingExtra, match=r"bandmate\[scores\]"):
        read(tmp_path / "a.krn")


def test_a_file_that_takes_too_long_is_said(tmp_path, monkeypatch):
    (tmp_path / "a.krn").write_text(KERN, encoding="utf-8")
    monkeypatch.setattr("bandmate.io.verovio_read.SECONDS", 0.001)
    with pytest.raises(FileFormatError, match="takes Verovio more than"):
        read(tmp_path / "a.krn")
