"""Words and flags to a finished multitrack: MIDI, one MIDI a track, stems, a mix, a picture and take.json."""

from __future__ import annotations

import argparse
from typing import Any

from bandmate.cli.console import Console
from bandmate.cli.projects import add_project_arguments, check_spare
from bandmate.counts import counted

_NOT_OPTIONS = ("text", "json", "play", "open", "no_stems", "key_lock", "sounds")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Words and every flag that wins over them."""
    parser.add_argument("text", nargs="*", help='what you want, such as "sad trap in F# minor, no melody"')
    add_brief_arguments(parser)
    sound = parser.add_argument_group("a sound as part of the prompt (words and flags win)")
    sound.add_argument(
        "--audio",
        metavar="FILE",
        help="tempo, key, chords, drums or line of a sound file or of set.als#clip",
    )
    sound.add_argument("--audio-as", metavar="KIND", help="drums, line, chords or band (default: as it sounds)")
    sound.add_argument("--audio-rhythm", metavar="TRACK", help="this track begins where the sound's drums or notes do")
    result = parser.add_argument_group("the result")
    result.add_argument("--out", help="folder; a numbered neighbour if it holds something (default: your music folder)")
    result.add_argument("--takes", type=int, default=1, help="how many takes, best first")
    result.add_argument("--seed", type=int, help="the same seed gives the same take")
    result.add_argument("--play", action="store_true", help="play the mix when it is done")
    result.add_argument("--open", action="store_true", help="open the folder when it is done")
    add_engine_arguments(parser)
    add_sound_arguments(parser)
    add_project_arguments(parser)


def add_brief_arguments(parser: argparse.ArgumentParser) -> None:
    """What the music shall be."""
    music = parser.add_argument_group("the music (flags win over words)")
    music.add_argument("--genre", help="such as house, hip_hop, jazz")
    music.add_argument("--style", help="such as boom_bap, deep_house")
    music.add_argument("--mood", help="such as chill, dark, happy")
    music.add_argument("--tempo", type=float, help="quarter notes a minute, 20 to 400")
    music.add_argument("--key", help='such as "D minor", F#m, "A dorian"')
    music.add_argument("--meter", help="such as 4/4, 3/4, 6/8")
    music.add_argument("--bars", type=int, help="length, 1 to 2048")
    music.add_argument("--seconds", type=float, help="length in seconds instead of bars")
    music.add_argument("--tracks", help='such as "drums,bass=upright bass,chords=rhodes,melody"')
    music.add_argument("--exclude", help='what must not sound, such as "drums,piano"')
    music.add_argument("--chords", help='a progression, such as "Am F C G", "Dm7 G7 | Cmaj7" or "ii7 V7 | Imaj7"')
    music.add_argument(
        "--drums",
        metavar="PATTERN",
        help='such as "x...x...x...x..." or "kick x...x...; snare ..x...x.", or a file that holds one',
    )
    music.add_argument(
        "--midi", metavar="FILE", help="its bars and tracks open the piece, the rest is written round them"
    )
    music.add_argument("--lock", action="append", metavar="LOCKS",
                       help='such as "bass: range E1-G2, polyphony 1; melody: pitches C E G"')  # fmt: skip
    music.add_argument("--energy", type=int, help="1 (sparse) to 5 (full)")
    music.add_argument("--density", type=float, help="how busy it plays, 1 = usual")
    music.add_argument("--swing", type=float, help="place of the off note in percent, 50 = straight")
    music.add_argument("--kit", help="drum kit, such as jazz or 808")
    music.add_argument("--loop", nargs="?", type=int, const=True, default=False, metavar="BARS",
                       help="exactly the bars, the end joins the start")  # fmt: skip


def add_engine_arguments(parser: argparse.ArgumentParser) -> None:
    """How the notes are chosen."""
    engine = parser.add_argument_group("the engine")
    engine.add_argument("--engine", help="default, rules, onnx, numpy or torch")
    engine.add_argument("--model", help="an installed model, such as one that learn made")
    engine.add_argument("--blend", metavar="GENRE:SHARE", help="a genre mixed into that model, such as house:0.3")
    engine.add_argument("--variety", help="low, normal or high")
    engine.add_argument("--temperature", type=float, help="how daring, 1 = as learned")
    engine.add_argument("--top-k", type=int, help="only the k likeliest values of a field")
    engine.add_argument("--top-p", type=float, help="only the likeliest values that make up this share")
    engine.add_argument("--candidates", type=int, help="how many are written for each take (default: 8 up to 16 bars)")
    engine.add_argument("--without", action="append", default=[], metavar="STAGE",
                        help="leave out form, groove, harmony, repair, candidates or taste")  # fmt: skip
    engine.add_argument("--no-copy", type=int, metavar="N",
                        help="no run of more than N notes (8 to 64) of a piece the model learned from")  # fmt: skip
    engine.add_argument("--key-lock", choices=("on", "off"), default="on", help="whether a stated key binds every note")


def add_sound_arguments(parser: argparse.ArgumentParser) -> None:
    """What it sounds like."""
    sound = parser.add_argument_group("the sound")
    sound.add_argument("--no-stems", action="store_true", help="only the mix")
    sound.add_argument("--sample-rate", type=int, help="44100 or 48000")
    sound.add_argument("--soundfont", help="another SoundFont (.sf2, .sf3)")
    sound.add_argument("--drum-kit", metavar="DIR", help="folder of one-shots, told apart by file name")
    sound.add_argument("--sounds", action="append", default=[], metavar="ROLE=DIR", help="own sounds for a role")


def options_of(arguments: argparse.Namespace) -> dict[str, Any]:
    """Keywords of the workflow from the flags that were given."""
    options = {name: value for name, value in vars(arguments).items() if name not in _NOT_OPTIONS}
    if "no_stems" in vars(arguments):
        options["stems"] = False if arguments.no_stems else None
    if "key_lock" in vars(arguments):
        options["key_lock"] = arguments.key_lock == "on"
    if "sounds" in vars(arguments):
        options["sounds"] = arguments.sounds
    return {name: value for name, value in options.items() if value is not None}


def run(arguments: argparse.Namespace, console: Console) -> None:
    """Compose, then show where it lies."""
    from bandmate.workflows.compose import compose

    check_spare(arguments)
    result = compose(" ".join(arguments.text), listener=console.listen, **options_of(arguments))
    show(result, arguments, console)


def show(result: Any, arguments: argparse.Namespace, console: Console) -> None:
    """Say what was made; play it and open it if asked."""
    for take in result.takes:
        missed = [row["demand"] for row in take.report["demands"] if row["stated"] and not row["met"]]
        text = f"not met: {', '.join(missed)}" if missed else "everything asked is met"
        sound = f"mix.wav, {counted(len(take.stems), 'stem')}, " if take.mix.is_file() else ""
        for path in take.projects:
            console.say(f"wrote {path}")
        console.say(f"{take.folder}: {take.midi.name}, {sound}roll.png; {text}; {take.report['card']['verdict']}")
    console.result(result.to_json())
    if getattr(arguments, "play", False) or getattr(arguments, "open", False):
        from bandmate.workflows import desktop

        console.close()
        said = [desktop.play(result.best.mix) if arguments.play else None]
        said.append(desktop.open_folder(result.folder) if arguments.open else None)
        for sentence in filter(None, said):
            console.note(sentence)
