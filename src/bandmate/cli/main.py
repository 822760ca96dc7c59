"""The command line: one command a workflow, text or --json, exit codes 0, 1, 2 and 130; no logic.

0    done
2    the user's mistake: one sentence with the cure
1    ours: one sentence and where the log is
130  interrupted; what was finished is kept
"""

from __future__ import annotations

from bandmate.workflows import jobs  # first: its clock starts with the process

# isort: split
import argparse
import contextlib
import difflib
import errno
import io
import sys
from importlib import import_module
from typing import Any, NoReturn

from bandmate.cli.console import Console
from bandmate.errors import BandmateError, OutputError, UserError

COMMANDS = {
    "compose": "words and flags to a finished multitrack",
    "again": "change the last take with a few words",
    "takes": "list, compare, star, discard or take up again what was made",
    "undo": "go back to the take before",
    "regenerate": "any bars of any tracks anew, the rest untouched",
    "continue": "bars behind the last",
    "accompany": "new tracks beside those of a file",
    "fill": "a drum fill, or a run, at the end of a bar",
    "vary": "the same, otherwise",
    "respond": "an answer of the same length",
    "brief": "say what words mean, without composing",
    "render": "a MIDI file to stems and a mix",
    "hear": "what is in a sound file: tempo, key, chords, drums, notes",
    "inspect": "tempo, key, sections, tracks and roles of a file",
    "show": "a picture of a piece, a library or a training run",
    "edit": "transpose, quantise, swing, stretch or trim a file",
    "groove": "play a clip with the feel of another, of a style, or of the model",
    "arrange": "a sketch of a few bars as a song in a form",
    "drumify": "a tapped rhythm, or any track's onsets, as a drum part",
    "harmonise": "chords, or a second voice, to a melody",
    "reharmonise": "other chords under the same melody",
    "interpolate": "the steps between two clips",
    "restyle": "a song in another style; melody and harmony stay",
    "convert": "a file of music in another format, and what that cannot hold",
    "export": "a file or a take as a project of Ableton Live, Bitwig, Cubase, REAPER ...",
    "live-set": "play along with the set that is open in Ableton Live, and write clips into it",
    "device": "a Max for Live device, and the service that it talks to",
    "tokens": "a file as the text a model sees, and back",
    "metrics": "pitch, texture and rhythm of a file or a folder in the numbers that papers publish",
    "evaluate": "the report card: how near music is to what people write",
    "learn": "take in a folder of your music",
    "library": "a folder of any size as Parquet shards, on one machine or many",
    "datasets": "published collections: licences, fetching, converting",
    "models": "what is installed; export, import, remove",
    "replay": "make a take again from its take.json, byte for byte",
    "origin": "which pieces a take or a file quotes, per track and per bar",
    "listen": "a page on which people judge takes blind, and what they said",
    "mcp": "let an assistant drive Bandmate, in the folders you name",
    "doctor": "what is installed, what is missing and how to add it",
}
_EXAMPLES = """\
start with:
  bandmate compose "funky house beat at 120 BPM with a slap bass line" --bars 16 --seed 7 --out funky
  bandmate again "busier bass, keep the drums"

Every command explains itself with --help and speaks to programs with --json. Nothing leaves this machine; only
`datasets download` opens a connection, to fetch what you name."""
_OURS = "this is our mistake"
_DISK_FULL = {errno.ENOSPC, getattr(errno, "EDQUOT", errno.ENOSPC), errno.EFBIG}


class Parser(argparse.ArgumentParser):
    """An ArgumentParser that says one sentence with a cure.

    `words_anywhere`: words may also stand behind options.
    """

    words_anywhere = False

    def error(self, message: str) -> NoReturn:
        """Raise the sentence instead of printing the whole usage."""
        raise UserError(f"{message}; see: {self.prog} --help")

    def parse_known(self, arguments: list[str]) -> argparse.Namespace:
        """Parse all arguments; an unknown option names the nearest known one."""
        parse = self.parse_known_intermixed_args if self.words_anywhere else self.parse_known_args
        known, unknown = parse(arguments)
        if unknown:
            if not unknown[0].startswith("-"):
                raise UserError(f"'{unknown[0]}' is one word too many; see: {self.prog} --help")
            name = unknown[0].split("=")[0]
            options = [option for action in self._actions for option in action.option_strings]
            close = difflib.get_close_matches(name, options, n=1)
            hint = f"did you mean {close[0]}?" if close else f"see: {self.prog} --help"
            raise UserError(f"'{unknown[0]}' is not an option of {self.prog}; {hint}")
        return known


def main(arguments: list[str] | None = None) -> int:
    """Run one command line; the exit code."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")  # a terminal that cannot show a sign must not end the work
    words = list(sys.argv[1:] if arguments is None else arguments)
    console = Console(as_json="--json" in words)
    try:
        return _run([word for word in words if word != "--json"], console)
    except KeyboardInterrupt:
        console.fail("interrupted; finished files are kept", 130)
        return 130
    except BrokenPipeError:
        with contextlib.suppress(OSError, ValueError):
            sys.stdout.close()
        return 0
    except SystemExit as stop:  # argparse after --help and --version
        return int(stop.code or 0)
    except BandmateError as error:
        code = 2 if isinstance(error, UserError) else 1
        console.fail(str(error), code)
        return code
    except Exception as error:  # the one place that may catch all: nobody is above it
        sentence = sentence_of(error)
        code = 1 if sentence.startswith(_OURS) else 2
        console.fail(sentence, code)
        return code
    finally:
        console.close()


def _run(words: list[str], console: Console) -> int:
    if not words or words[0] in ("-h", "--help", "help"):
        console.page(_help())
        return 0
    if words[0] in ("-V", "--version"):
        import bandmate

        console.page(f"bandmate {bandmate.__version__}")
        return 0
    name = words[0]
    if name not in COMMANDS:
        close = difflib.get_close_matches(name, COMMANDS, n=1)
        hint = f"did you mean '{close[0]}'?" if close else f"commands: {', '.join(COMMANDS)}"
        raise UserError(f"'{name}' is not a command; {hint}")
    command = import_module(f"bandmate.cli.commands.{name.replace('-', '_')}")
    parser = Parser(prog=f"bandmate {name}", description=command.__doc__, allow_abbrev=False,
                    formatter_class=argparse.RawDescriptionHelpFormatter)  # fmt: skip
    parser.add_argument("--json", action="store_true", help="one object for programs; events on standard error")
    command.add_arguments(parser)
    code: Any = command.run(parser.parse_known(words[1:]), console)
    return int(code or 0)


def _help() -> str:
    width = max(map(len, COMMANDS))
    rows = [f"  {name.ljust(width)}  {summary}" for name, summary in COMMANDS.items()]
    title = "Bandmate: the AI musician you own, from words to a finished multitrack."
    return "\n".join([title, "", "usage: bandmate COMMAND [...] [--json]", "", *rows, "", _EXAMPLES])


def sentence_of(error: Exception) -> str:
    """The sentence of an error that no workflow raised on purpose; one that is our mistake goes to the log."""
    if isinstance(error, MemoryError):
        return "there is not enough memory for this; ask for fewer bars, takes or tracks"
    return (isinstance(error, OSError) and _system_sentence(error)) or _our_sentence(error)


def _system_sentence(error: OSError) -> str | None:
    place = f" at {error.filename}" if error.filename else ""
    if error.errno in _DISK_FULL:
        return str(OutputError(f"the disk is full{place}; free some space or choose another --out"))
    if error.errno == errno.ENAMETOOLONG:
        return f"{error.strerror}{place[:80]} ...; give a shorter name"
    if error.errno in (errno.EACCES, errno.EPERM, errno.EROFS, errno.ENOENT, errno.ENOTDIR, errno.EISDIR):
        return f"{error.strerror}{place}; check the path and its rights"
    return None


def _our_sentence(error: Exception) -> str:
    import traceback

    from bandmate.settings import user_folder

    log = user_folder("log") / "bandmate.log"
    try:
        log.parent.mkdir(parents=True, exist_ok=True)
        mode = "w" if log.exists() and log.stat().st_size > 2**20 else "a"
        with log.open(mode, encoding="utf-8") as file:
            print(f"after {jobs.since_start():.1f} s: bandmate {' '.join(sys.argv[1:])[:2000]}", file=file)
            traceback.print_exception(error, file=file)
    except OSError:
        traceback.print_exception(error)
    return f"{_OURS} ({type(error).__name__}: {str(error)[:200]}); the log is {log}"
