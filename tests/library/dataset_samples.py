"""Small archives in the layout of each dataset: made here, none of it is theirs."""

from __future__ import annotations

import io
import tarfile
import zipfile
from dataclasses import dataclass, field

from bandmate.io.midi import midi_bytes
from bandmate.library.datasets.description import Dataset
from bandmate.score.model import Score, Track, make_meters, make_notes, make_tempos

TUNES = "X:1\nT:One\nM:4/4\nL:1/8\nK:G\nGABc d2d2|]\n\nX:2\nT:Two\nM:3/4\nL:1/8\nK:D\nd2f2a2|]\n"
XML = """<?xml version="1.0"?>
<score-partwise version="3.1"><part-list><score-part id="P1"><part-name>Voice</part-name></score-part></part-list>
<part id="P1"><measure number="1"><attributes><divisions>1</divisions><time><beats>4</beats><beat-type>4</beat-type>
</time></attributes><note><pitch><step>C</step><octave>4</octave></pitch><duration>4</duration></note></measure></part>
</score-partwise>"""


@dataclass(frozen=True)
class Sample:
    """Music by its place, other files with their text, and what is expected."""

    music: tuple[str, ...]
    texts: dict[str, str] = field(default_factory=dict)
    splits: tuple[str, ...] = ()  # of the pieces, in order; () = drawn
    works: int | None = None  # how many different ones
    labels: dict[str, str] = field(default_factory=dict)  # of the first piece


def _maestro(version: int) -> Sample:
    top = f"maestro-v{version}.0.0"
    rows = (
        "Bach,Fugue,train,2004,2004/a.midi\nBach,Air,validation,2006,2006/b.midi\nLiszt,Study,test,2006,2006/c.midi\n"
    )
    head = "canonical_composer,canonical_title,split,year,midi_filename\n"
    music = (f"{top}/2004/a.midi", f"{top}/2006/b.midi", f"{top}/2006/c.midi")
    return Sample(music, {f"{top}/{top}.csv": head + rows}, ("train", "valid", "test"), 3, {"year": "2004"})


_MSD = ("A/A/A/TRAAAAW128F429D538/00a.mid", "A/A/A/TRAAAAW128F429D538/00b.mid", "B/B/B/TRBBBBB128F429D539/00c.mid")
_BOOK = {"book.abc": TUNES}
_MANIFEST = (
    '{"file": "a.mid", "tags": {"group": "song-1", "split": "test", "genre": ["pop", "rock"]}}\n'
    '{"file": "b.mid", "tags": {"group": "song-1", "split": "test"}}\n'
)

SAMPLES: dict[str, Sample] = {
    "lakh_full": Sample(("lmd_full/0/00a1.mid", "lmd_full/f/ffb2.mid")),
    "lakh_matched": Sample(tuple(f"lmd_matched/{path}" for path in _MSD), works=2),
    "lakh_aligned": Sample(tuple(f"lmd_aligned/{path}" for path in _MSD), works=2),
    "lakh_clean": Sample(
        ("clean_midi/Nena/Luftballons.1.mid", "clean_midi/Nena/Luftballons.mid"), works=1, labels={"artist": "Nena"}
    ),
    "midicaps": Sample(
        ("lmd_full/0/00a1.mid", "lmd_full/f/ffb2.mid"),
        {"train.json": '{"location": "lmd_full/0/00a1.mid", "caption": "A waltz.", "test_set": true}\n'
                       '{"location": "lmd_full/f/ffb2.mid", "caption": "A march.", "test_set": false}\n'},
        ("test", "train"), labels={"caption": "A waltz."},
    ),
    "gigamidi": Sample(
        ("Final_GigaMIDI_V1.1_Final/test-V1.1-10%/no-drums/0/a.mid",
         "Final_GigaMIDI_V1.1_Final/training-V1.1-80%/no-drums/0/b.mid",
         "Final_GigaMIDI_V1.1_Final/validation-V1.1-10%/no-drums/0/c.mid"), splits=("test", "train", "valid"),
    ),
    "slakh": Sample(
        ("slakh2100_flac_redux/test/Track01876/all_src.mid", "slakh2100_flac_redux/train/Track00001/all_src.mid"),
        {"slakh2100_flac_redux/train/Track00001/metadata.yaml": "UUID: a\n",
         "slakh2100_flac_redux/train/Track00001/MIDI/S00.mid": "a stem, not read",
         "slakh2100_flac_redux/omitted/Track00049/all_src.mid": "a duplicate, not read",
         "slakh2100_flac_redux/train/Track00001/mix.flac": "sound, not unpacked"}, ("test", "train"), 2,
    ),
    "babyslakh": Sample(("babyslakh_16k/Track00001/all_src.mid",)),
    "maestro_v1": _maestro(1), "maestro_v2": _maestro(2), "maestro_v3": _maestro(3),
    "giantmidi": Sample(("midis/Bach_Fugue_gCL5Zvnt0TU.mid",)),
    "pianolatron": Sample(("pianolatron-data-x/midi/exp/bh080cm1901_exp.mid",),
                          {"pianolatron-data-x/midi/note/bh080cm1901_note.mid": "another, not read"}),
    "emopia": Sample(
        ("EMOPIA_2.2/midis/Q1_0vLPYiPN7qY_0.mid", "EMOPIA_2.2/midis/Q3_0vLPYiPN7qY_1.mid"),
        {"EMOPIA_2.2/label.csv": "ID,4Q\nQ1_0vLPYiPN7qY_0,1\n"}, works=1, labels={"emotion": "Q1"},
    ),
    "pop909": Sample(
        ("POP909-Dataset-x/POP909/001/001.mid", "POP909-Dataset-x/POP909/002/002.mid"),
        {"POP909-Dataset-x/POP909/001/versions/001-v1.mid": "a version, not read"}, works=2,
    ),
    "pop909_cl": Sample(("POP909-CL/001.mid", "POP909-CL/002.mid"), works=2),
    "musicnet": Sample(
        ("musicnet_midis/Bach/2186_vs6_1.mid", "musicnet_midis/Bach/2187_vs6_2.mid"), works=1,
        labels={"composer": "Bach"},
    ),
    "asap": Sample(
        ("asap-dataset-x/Bach/Fugue/bwv_846/Shi05M.mid", "asap-dataset-x/Bach/Fugue/bwv_846/midi_score.mid",
         "asap-dataset-x/Bach/Fugue/bwv_846/xml_score.musicxml"),
        {"asap-dataset-x/metadata.csv": "composer,title,xml_score,midi_score,midi_performance\nBach,Fugue_bwv_846,"
         "Bach/Fugue/bwv_846/xml_score.musicxml,Bach/Fugue/bwv_846/midi_score.mid,Bach/Fugue/bwv_846/Shi05M.mid\n"},
        works=1, labels={"title": "Fugue_bwv_846"},
    ),
    "groove_midi": Sample(
        ("groove/drummer1/eval_session/1_funk.mid", "groove/drummer1/session1/2_rock.mid"),
        {"groove/info.csv": "drummer,session,id,style,bpm,beat_type,time_signature,midi_filename,audio_filename,"
         "duration,split\ndrummer1,drummer1/eval_session,1,funk,138,beat,4-4,drummer1/eval_session/1_funk.mid,,2,test\n"
         "drummer1,drummer1/session1,2,rock,100,fill,4-4,drummer1/session1/2_rock.mid,,2,train\n"},
        ("test", "train"), 2, {"style": "funk", "bpm": "138"},
    ),
    "drum_patterns": Sample(("Rock_1.mid",)),
    "nes": Sample(
        ("nesmdb_midi/test/297_SpyHunter_00_01Title.mid", "nesmdb_midi/train/045_Castlevania_01_02Vampire.mid",
         "nesmdb_midi/valid/045_Castlevania_02_03Stalker.mid"), splits=("test", "train", "valid"), works=2,
        labels={"game": "SpyHunter"},
    ),
    "jsb_chorales": Sample(
        ("JSB Chorales/test/0.mid", "JSB Chorales/train/1.mid", "JSB Chorales/valid/2.mid"),
        splits=("test", "train", "valid"),
    ),
    "nottingham": Sample((), {f"nottingham_database/{name}": text for name, text in _BOOK.items()}, works=2),
    "essen": Sample((), {f"esac/{name}": text for name, text in _BOOK.items()}, works=2),
    "hymnal": Sample(("Classic/1.mid", "New Songs/1.mid")),
    "hymnal_tunes": Sample(("Classic/1.mid",)),
    "haydn_op20": Sample((), {"op20/1/i/op20n1-01.hrm": "**kern\n4c\n*-\n"}, works=1),
    "wikifonia": Sample(("Wikifonia/A Song.musicxml",)),
    "music21_corpus": Sample(("bach/bwv1.6.musicxml", "folk/tune.mid")),
    "openscore_lieder": Sample(
        ("Lieder-x/scores/Schubert,_Franz/Winterreise/01_Nacht/lc1.mxl",
         "Lieder-x/scores/Schubert,_Franz/Winterreise/02_Fahne/lc2.mxl",
         "Lieder-x/scores/Schubert,_Franz/_/Forelle/lc3.mxl"),
        {"Lieder-x/LICENSE.txt": "CC0"}, works=2, labels={"composer": "Schubert,_Franz"},
    ),
    "openscore_quartets": Sample(("StringQuartets-x/scores/Haydn/Op_1/sq1.mxl",), works=1),
    "hauptstimme": Sample(("Hauptstimme-x/data/Bach/Mass/01/Bach_01.mxl",), works=1),
    "freedoom": Sample(("musics/d_e1m1.mid",)),
    "simutrans": Sample(("music/01-overture.mid",)),
    "easyrpg_rtp": Sample(("music/Battle1.mid",)),
    "lmms_projects": Sample(("Demo.mid",)),
    "blasphemer": Sample(("lumps/mus_e1m1.mid",)),
    "corpus": Sample(
        ("a.mid", "b.mid"), {"manifest.jsonl": _MANIFEST, "SOURCE.json": '{"source": "mine"}'}, ("test", "test"), 1,
        {"genre": "pop, rock"},
    ),
    "any_folder": Sample(("Song (v1).mid", "Song (v2).mid"), works=1),
}  # fmt: skip


def song(seed: int = 0) -> Score:
    """Four notes on a track named as POP909 names it, one of them the Roland's hi-hat edge."""
    track = Track("MELODY", 0, notes=make_notes([0, 480, 960, 1440], 240, [60, 22, 64 + seed % 12, 65], 90))
    return Score((track,), tempos=make_tempos(100), meters=make_meters(3, 4))


def contents(name: str) -> dict[str, bytes]:
    """The files of a sample."""
    sample = SAMPLES[name]
    made = {path: content(path, number) for number, path in enumerate(sample.music)}
    return made | {path: text.encode() for path, text in sample.texts.items()}


def content(path: str, seed: int = 0) -> bytes:
    """A file of music in the format of its suffix."""
    if path.endswith((".mid", ".midi")):
        return midi_bytes(song(seed))
    if not path.endswith(".mxl"):
        return XML.encode()
    container = '<container><rootfiles><rootfile full-path="score.xml"/></rootfiles></container>'
    return zipped({"META-INF/container.xml": container.encode(), "score.xml": XML.encode()})


def zipped(files: dict[str, bytes]) -> bytes:
    """A zip archive."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return buffer.getvalue()


def tarred(files: dict[str, bytes], mode: str = "w:gz") -> bytes:
    """A tar archive."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode=mode) as archive:
        for name, data in files.items():
            info = tarfile.TarInfo(name)
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
    return buffer.getvalue()


def packed(described: Dataset) -> dict[str, bytes]:
    """What a server would have for each of a dataset's files: its name there -> bytes."""
    files = contents(described.name)
    alone = {remote.file for remote in described.remotes if remote.file in files}
    inside = {path: data for path, data in files.items() if path not in alone}
    return {
        remote.file: files[remote.file] if remote.file in alone
        else zipped(inside) if remote.file.endswith(".zip") else tarred(inside)
        for remote in described.remotes
    }  # fmt: skip
