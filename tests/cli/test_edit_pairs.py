"""Every flag of every edit with every other: each pair is obeyed, or refused in one sentence.

The commands' own parsers say which flags there are, so a new flag comes in by itself, or a test asks for its values.
What was written is read off the result by arithmetic of its own. Random weights, two bars: what holds here does not
hold by luck of a trained model.
"""

from __future__ import annotations

import argparse
import shutil
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from importlib import import_module
from itertools import combinations
from pathlib import Path

import pytest

from bandmate.cli.main import COMMANDS
from bandmate.groovebook.plan import make_plan
from bandmate.groovebook.play import play
from bandmate.io.midi import read_midi
from bandmate.score.brief import Brief, TrackAsk
from bandmate.score.model import Score
from bandmate.score.pitch import Key
from bandmate.workflows import making
from bandmate.workflows.edit_order import EDITORS
from bandmate.workflows.models import WEIGHTS_FILE, models_folder

ROLES = ("drums", "bass", "chords", "melody")
BAR = 1920
D_MINOR = {2, 4, 5, 7, 9, 10, 0, 11, 1}  # with the raised sixth and seventh
A_PENTATONIC = {9, 0, 2, 4, 7}

# command: what it cannot do without, as flag -> value; "" = what stands before the flags
EDITS: dict[str, dict[str, str]] = {
    "regenerate": {"": "song.mid"},
    "continue": {"": "song.mid", "--bars": "1"},
    "accompany": {"": "song.mid", "--add": "pad"},
    "fill": {"": "song.mid", "--at": "2"},
    "vary": {"": "song.mid"},
    "respond": {"": "song.mid"},
    "groove": {"": "song.mid", "--style": "funk"},
    "drumify": {"": "song.mid", "--tracks": "bass"},
    "harmonise": {"": "tune.mid"},
    "reharmonise": {"": "song.mid"},
    "arrange": {"": "song.mid", "--form": "verse 2, chorus 2"},
    "restyle": {"": "song.mid", "--to": "bossa_nova"},
    "interpolate": {"": "song.mid other.mid", "--steps": "3"},
    "edit": {"": "song.mid", "--quantise": "1/16"},
}
INSTEAD = {"--like": ("--style", "--to")}  # one says the style, or another piece does
LEAST_OBEYED = 0.8
LEAST_OBEYED_OF = {"groove": 0.65}  # a clip, a style, and who plays are three ways to say one thing
# Refused alone: fill has none, restyle wants bars too, tables need no model and every case here has one.
NEVER = {"fill --controllers", "restyle --tracks bass", "groove --by tables"}
QUICK = {"--seed": "3", "--candidates": "1", "--model": "dice"}  # for commands that have them

# Where it lies, what it sounds like and projects of sequencers have no say in the notes; a model is a file of weights,
# and these are random ones. A blend needs a model of one's own; tests/workflows/test_blend.py has its cases.
NOT_NOTES = {"help", "json", "out", "to", "template", "split_drums", "drum_map", "model", "blend",
             "no_stems", "sample_rate", "soundfont", "drum_kit", "sounds"}  # fmt: skip


@dataclass(frozen=True)
class Case:
    """What came of one pair: the command, the piece before, and what was made."""

    command: str
    before: Score
    takes: list[Score]

    def written(self) -> Iterator[tuple[str, int, int]]:
        """(role, tick, pitch) of every note that was not there."""
        for take in self.takes:
            for index, track in enumerate(take.tracks):
                old = Counter(_notes(self.before, index) if self.command != "respond" else ())
                new = Counter(_notes(take, index))
                name = "drums" if track.is_drum else track.name
                yield from ((name, tick, pitch) for tick, pitch, _, _ in (new - old).elements())


def _notes(score: Score, index: int) -> list[tuple[int, ...]]:
    if index >= len(score.tracks):
        return []
    names = ("onset_ticks", "pitch", "duration_ticks", "velocity")
    return [tuple(int(note[name]) for name in names) for note in score.tracks[index].notes]


Check = Callable[[Case], bool]


@dataclass(frozen=True)
class Value:
    """A flag with one of its values; `check` None = it steers and binds nothing that could be counted."""

    flag: str
    value: str | None
    check: Check | None = None


def _inside(pitches: set[int] | range, *roles: str, classes: bool = True) -> Check:
    """Whether what was written by some roles (none = all that are pitched) keeps to pitches."""

    def check(case: Case) -> bool:
        return all(
            (pitch % 12 if classes else pitch) in pitches
            for role, _, pitch in case.written()
            if (role in roles if roles else role != "drums")
        )

    return check


def _only_bar_two(case: Case) -> bool:
    return all(tick >= BAR - 60 for _, tick, _ in case.written())


def _only_bass(case: Case) -> bool:
    return all(role == "bass" for role, _, _ in case.written())


def _bars(count: int) -> Check:
    return lambda case: all(take.end_ticks == count * BAR * take.ticks_per_quarter // 480 for take in case.takes)


def _tempo(case: Case) -> bool:
    return all(round(take.bpm) == 97 for take in case.takes)


def _count(number: int) -> Check:
    return lambda case: len(case.takes) == number


def _no_copy(case: Case) -> bool:
    """No run of what was written is longer than eight notes of the catalog, by the search that origin uses."""
    from bandmate.workflows.origin import longest_new

    found = [longest_new(case.before, take, None) for take in case.takes]
    return all(run is None or run.notes <= 8 for run in found)


# flag: its values; those after "COMMAND --flag" are of that command alone
VALUES: dict[str, list[tuple[str, Check | None]]] = {
    "text": [("louder", None)],
    "--tracks": [("bass", None)],
    "regenerate --tracks": [("bass", _only_bass)],
    "vary --tracks": [("bass", _only_bass)],
    "groove --tracks": [("bass", _only_bass)],
    "harmonise --tracks": [("melody", None)],
    "--bars": [("2-2", _only_bar_two)],
    "continue --bars": [("2", _bars(4))],
    "respond --bars": [("2-2", _bars(1))],
    "arrange --bars": [("1-2", None)],  # of the sketch
    "--key": [("D minor", None)],
    **{f"{name} --key": [("D minor", _inside(D_MINOR))] for name in EDITORS},
    "--lock": [("bass: range E1-G2", _inside(range(28, 44), "bass", classes=False)),
               ("melody: scale A minor pentatonic", _inside(A_PENTATONIC, "melody"))],
    "--genre": [("funk", None)],
    "--style": [("funk", None)],
    "--variety": [("high", None)],
    "--temperature": [("1.5", None)],
    "--top-k": [("3", None)],
    "--top-p": [("0.5", None)],
    "--candidates": [("2", None)],
    "--without": [("repair", None)],
    "--no-copy": [("8", _no_copy)],
    "--engine": [("rules", None)],
    "--takes": [("2", _count(2))],
    "--seed": [("9", None)],
    "--add": [("pad", None)],
    "harmonise --add": [("chords,bass", None)],
    "--at": [("2", _only_bar_two)],
    "--beats": [("1", None)],
    "--strength": [("0.3", None)],
    "edit --strength": [("50", None)],
    "--keep": [("rhythm", None)],
    "--by": [("model", None), ("tables", None)],
    "--memory": [("other.mid", None)],
    "--like": [("other.mid", None)],
    "--melody": [("melody", None)],
    "--form": [("verse 2, chorus 2", _bars(4))],
    "--tempo": [("97", _tempo)],
    "--key-lock": [("off", None)],
    "--steps": [("3", _count(3))],
    "--trim": [("1-1", None)],
    "--transpose": [("2", None)],
    "--stretch": [("2", None)],
    "--quantise": [("1/16", None)],
    "--swing": [("60", None)],
    "--swing-grid": [("1/8", None)],
    "--resample": [("960", None)],
}  # fmt: skip


def _actions(command: str) -> list[argparse.Action]:
    parser = argparse.ArgumentParser()
    import_module(f"bandmate.cli.commands.{command}").add_arguments(parser)
    return parser._actions


def flags_of(command: str) -> list[argparse.Action]:
    """Those that have a say in the notes; words are a flag too."""
    return [action for action in _actions(command)
            if action.dest not in NOT_NOTES and (action.option_strings or action.dest == "text")]  # fmt: skip


def values_of(command: str) -> list[Value]:
    """Every flag of a command with its values; a switch is its own value."""
    found = []
    for action in flags_of(command):
        flag = action.option_strings[0] if action.option_strings else action.dest
        if action.nargs == 0:
            found.append(Value(flag, None))
        else:
            found += [Value(flag, *value) for value in VALUES.get(f"{command} {flag}", VALUES.get(flag, []))]
    return found


def pairs_of(command: str) -> list[tuple[Value, Value]]:
    return [pair for pair in combinations(values_of(command), 2) if pair[0].flag != pair[1].flag or
            pair[0].flag == "--lock"]  # fmt: skip


@pytest.fixture(autouse=True)
def _pieces(_home, monkeypatch, tiny_weights_path) -> None:
    """A song of two bars, another, a tune alone, and a model of random weights called "dice"."""
    folder = models_folder() / "dice"
    folder.mkdir(parents=True)
    shutil.copy(tiny_weights_path, folder / WEIGHTS_FILE)
    shutil.copy(Path(str(import_module("bandmate.data").__path__[0])) / "models" / "small" / "origins.npz", folder)
    for name, genre in (("song", "pop"), ("other", "house")):
        brief = Brief(genre=genre, bars=2, key=Key.parse("C major"), only=ROLES, tracks=tuple(map(TrackAsk, ROLES)))
        score = play(make_plan(brief, 1), 1)
        named = [replace(track, name=role, role=role) for track, role in zip(score.tracks, ROLES, strict=True)]
        replace(score, tracks=tuple(named)).write(f"{name}.mid")
    song = read_midi("song.mid")
    replace(song, tracks=tuple(t for t in song.tracks if t.name == "melody")).write("tune.mid")
    # what it sounds like has no say in what is obeyed, and takes longest
    monkeypatch.setattr(making, "_render", lambda take, *_: take)


def judged(bandmate, command: str, pair: tuple[Value, ...], number: int) -> str:
    """ "obeyed", "refused: ..." or "broken: ..." """
    every = {flag for action in _actions(command) for flag in action.option_strings}
    given = {flag for value in pair for flag in (value.flag, *INSTEAD.get(value.flag, ()))}
    usual = {flag: value for flag, value in (EDITS[command] | QUICK).items() if flag in every - given}
    words = [*EDITS[command][""].split(), *(word for item in usual.items() for word in item)]
    for value in pair:
        words += [word for word in (None if value.flag == "text" else value.flag, value.value) if word]
    out = Path(f"out-{number}" + (".mid" if command == "edit" else ""))
    said = bandmate(command, *words, "--out", str(out), *(["--no-stems"] if "--no-stems" in every else []))
    if said.code:
        one = said.code == 2 and said.err.startswith("bandmate: ") and said.err.count("\n") == 1 and len(said.err) > 35
        return f"refused: {said.err}" if one else f"broken: {said.err}"
    made = [out] if out.is_file() else sorted(out.rglob("step-*.mid")) or sorted(filter(_is_result, out.rglob("*.mid")))
    case = Case(command, read_midi(words[0]), [read_midi(path) for path in made])
    for value in pair:
        if value.check is not None and not value.check(case):
            return f"broken: {value.flag} {value.value}"
    return "obeyed" if made else "broken: nothing was written"


def _is_result(path: Path) -> bool:
    return path.parent.name != "tracks" and not path.name.startswith(("given", "exchange"))


def named(pair: tuple[Value, ...]) -> str:
    return " + ".join(f"{value.flag} {value.value or ''}".strip() for value in pair)


@pytest.mark.parametrize("command", EDITS)
def test_every_flag_of_an_edit_has_values(command) -> None:
    known = {value.flag for value in values_of(command)}
    flags = {action.option_strings[0] if action.option_strings else action.dest for action in flags_of(command)}
    assert flags - known == set(), "a new flag needs a row in VALUES, or a place in NOT_NOTES"


def test_every_edit_is_here() -> None:
    assert set(EDITORS) <= set(EDITS) <= set(COMMANDS)
    flags = {action.option_strings[0] for name in EDITS for action in flags_of(name) if action.option_strings}
    assert {flag.split()[-1] for flag in VALUES} - {"text"} <= flags


def test_the_checks_can_fail() -> None:
    """Another song in the place of the result breaks whatever binds it."""
    song, other = read_midi("song.mid"), read_midi("other.mid")
    case = Case("regenerate", song, [other])
    for check in (_only_bass, _only_bar_two, _bars(4), _tempo, _count(2), _inside({1}),
                  _inside(range(28), "bass", classes=False)):  # fmt: skip
        assert not check(case)
    assert all(check(Case("regenerate", song, [song])) for check in (_only_bass, _only_bar_two, _inside({1}), _bars(2)))


@pytest.mark.slow
@pytest.mark.parametrize("command", EDITS)
def test_every_pair_of_flags_is_obeyed_or_refused(bandmate, command) -> None:
    said = {named(pair): judged(bandmate, command, pair, number) for number, pair in enumerate(pairs_of(command))}
    assert {name: result for name, result in said.items() if result.startswith("broken")} == {}
    count = Counter(result.split(":")[0] for result in said.values())
    least = LEAST_OBEYED_OF.get(command, LEAST_OBEYED)
    assert count["obeyed"] >= least * len(said)  # refusing everything would be easy


@pytest.mark.parametrize("command", EDITS)
def test_single_flags_are_all_obeyed(bandmate, command) -> None:
    said = {named((value,)): judged(bandmate, command, (value,), n) for n, value in enumerate(values_of(command))}
    refused = {name for name, result in said.items() if result.startswith("refused")}
    assert {name: said[name] for name in said if said[name] != "obeyed" and f"{command} {name}" not in NEVER} == {}
    assert {f"{command} {name}" for name in refused} == {name for name in NEVER if name.split()[0] == command}
