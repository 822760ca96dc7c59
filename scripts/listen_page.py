"""Write docs/listen.md: twenty takes in ten genres with prompt, picture, report card, MIDI and a short sound.

    python scripts/listen_page.py
    python scripts/listen_page.py --takes 2 --bars 2 --seconds 3 --engine rules --out /tmp/listen

Seeds are fixed and every take is the first one: nothing is chosen. On one machine the same bytes come out again. The
page lies beside the folder of its files (docs/listen.md, docs/listen/), which together stay under 10 MB, or nothing is
written.
"""

from __future__ import annotations

import argparse
import io
import os
import re
import sys
import tempfile
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from itertools import repeat
from multiprocessing import get_context
from pathlib import Path

from PIL import Image

from bandmate.errors import BandmateError, OutputError
from bandmate.io.atomic import write_bytes_atomic, write_text_atomic
from bandmate.settings import Settings
from bandmate.workflows.compose import compose
from bandmate.workflows.evaluate import evaluate
from bandmate.workflows.listen_takes import hear
from bandmate.workflows.take import Take

OUT = Path(__file__).parent.parent / "docs" / "listen"
OURS = re.compile(r"\d\d-[a-z-]+\.(mid|png|mp3|ogg)")
MOST_BYTES = 10_000_000
SECONDS, KBPS = 32.0, 96
ROLL_WIDTH, ROLL_COLOURS = 1200, 256
MOST_NAMED = 5  # lines of the card that are named as outside

# genre -> what a musician would type, and how many bars; the seed is the place in the table
ASKED: dict[str, tuple[tuple[str, int], ...]] = {
    "House": (
        ("funky house beat at 120 BPM with a slap bass line", 14),
        ("deep house in A minor with warm rhodes chords, bass and a pad", 14),
    ),
    "Funk": (
        ("tight funk in E with slap bass, clav and horn stabs", 12),
        ("laid back funk, fingered bass, wah guitar and organ", 12),
    ),
    "Hip hop": (
        ("boom bap at 88 BPM, dusty piano loop, upright bass", 10),
        ("chill lofi hip hop at 75 BPM with rhodes and a soft melody", 8),
    ),
    "Trap": (
        ("dark trap in F# minor at 140 with 808 bass and bells", 16),
        ("sad trap at 130, piano, no vocals", 16),
    ),
    "Drum and bass": (
        ("drum and bass at 174 with a reese bass and a pad", 20),
        ("liquid drum and bass in D minor, electric piano and strings", 20),
    ),
    "Jazz": (
        ("swing jazz in B flat, walking bass, piano and tenor sax", 16),
        ("cool jazz with vibraphone, upright bass and brushes", 16),
    ),
    "Bossa nova": (
        ("bossa nova with nylon guitar and flute", 14),
        ("slow bossa nova in D minor, piano, bass and trumpet", 12),
    ),
    "Blues": (
        ("12 bar blues shuffle in E with harmonica", 12),
        ("slow blues in A, guitar, organ and bass", 8),
    ),
    "Reggae": (
        ("reggae one drop at 75 with bubbling organ and a deep bass", 8),
        ("dub reggae in G minor, bass, guitar skank and melodica", 10),
    ),
    "Pop": (
        ("pop ballad in C, piano and strings, no drums", 8),
        ("happy pop at 118 with a synth lead and claps", 14),
    ),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Asked:
    """One take to be made: file stem, genre heading, words, bars and seed."""

    stem: str
    genre: str
    words: str
    bars: int
    seed: int


@dataclass(frozen=True, slots=True)
class Shown:
    """One take as the page shows it: its lines, and its files by name."""

    asked: Asked
    lines: tuple[str, ...]
    files: dict[str, bytes]


def table(bars: int | None = None) -> list[Asked]:
    """All that is asked, first one of each genre, then the other, so that a short page is a varied one."""
    rows = [(genre, *asked[turn]) for turn in range(2) for genre, asked in ASKED.items()]
    return [
        Asked(f"{seed:02d}-{genre.lower().replace(' ', '-')}", genre, words, bars or usual, seed)
        for seed, (genre, words, usual) in enumerate(rows, 1)
    ]


def command(asked: Asked, engine: str) -> str:
    """The line that makes the take."""
    flag = "" if engine == "default" else f" --engine {engine}"
    return f'bandmate compose "{asked.words}" --bars {asked.bars} --seed {asked.seed} --no-stems{flag}'


def show(asked: Asked, engine: str, seconds: float) -> Shown:
    """Make one take and what the page shows of it."""
    with tempfile.TemporaryDirectory(prefix="bandmate-page-") as place:
        os.environ["BANDMATE_HOME"] = place  # neither the user's models nor their last take have a part in this
        result = compose(
            asked.words, settings=Settings(), bars=asked.bars, seed=asked.seed, stems=False, engine=engine,
            out=Path(place) / asked.stem,
        )  # fmt: skip
        take = result.best
        heard = hear(take.mix, seconds, KBPS)
        sound = f"{asked.stem}{heard.sound.suffix}"
        files = {
            f"{asked.stem}.mid": take.midi.read_bytes(),
            f"{asked.stem}.png": small_roll(take.folder / "roll.png"),
            sound: heard.sound.data,
        }
        length = f"{heard.seconds:.0f} s" + (", faded out" if heard.cut else "")
        links = f"[Listen](FOLDER/{sound}) ({length}) · [MIDI](FOLDER/{asked.stem}.mid)"
        lines = (f"`{command(asked, engine)}`", f"Heard: {result.heard}.", card(take), links)
    return Shown(asked, lines, files)


def small_roll(path: Path) -> bytes:
    """The piano roll at a width for a page, in few colours."""
    with Image.open(path) as image:
        height = round(image.height * ROLL_WIDTH / image.width)
        small = image.resize((ROLL_WIDTH, height), Image.Resampling.LANCZOS)
    buffer = io.BytesIO()
    # the ground is most of the picture: by area, colours of few notes would be mixed away
    small = small.convert("RGB")
    small.quantize(ROLL_COLOURS, Image.Quantize.MAXCOVERAGE, dither=Image.Dither.NONE).save(
        buffer, "PNG", optimize=True
    )
    return buffer.getvalue()


def card(take: Take) -> str:
    """The report card in a line or two: demands met, and how near the take is to people's music."""
    demands = [row for row in take.report["demands"] if row["stated"]]
    missed = [row["demand"] for row in demands if not row["met"]]
    text = f"Report: {len(demands) - len(missed)} of {len(demands)} demands met"
    text += f" (not met: {', '.join(missed)})." if missed else "."
    found = evaluate(take.midi).card
    outside = [row.line.name for row in found.rows if not row.inside]
    named = ", ".join(outside[:MOST_NAMED]) + (" ..." if len(outside) > MOST_NAMED else "")
    rest = f"; outside: {named}." if outside else "."
    return f"{text} {found.inside} of {len(found.rows)} lines of the card lie inside what people's music does{rest}"


def page(shown: list[Shown], folder: str, engine: str) -> str:
    """The text of the page."""
    parts = [
        "# Listen",
        f"{len(shown)} takes, each the first that its words and its seed gave by the command above its picture, "
        "with the choice and the repairs that every take has by default (TAKES.md); none was replaced by hand. "
        "Written by `scripts/listen_page.py`" + ("." if engine == "default" else f" with the {engine} engine."),
    ]
    for genre in dict.fromkeys(one.asked.genre for one in shown):
        parts.append(f"## {genre}")
        for one in (each for each in shown if each.asked.genre == genre):
            parts.append(f"### {one.asked.words}")
            parts.append(f"![Piano roll: {one.asked.words}]({folder}/{one.asked.stem}.png)")
            parts += [line.replace("FOLDER", folder) for line in one.lines]
    return "\n\n".join(parts) + "\n"


def write(shown: list[Shown], out: Path, engine: str) -> int:
    """Write the files and the page; how many bytes they have.

    Raises:
        OutputError: they have more than MOST_BYTES, or the place cannot be written.
    """
    text = page(shown, out.name, engine)
    files = {name: data for one in shown for name, data in one.files.items()}
    size = sum(map(len, files.values())) + len(text.encode())
    if size > MOST_BYTES:
        raise OutputError(f"the page has {size / 1e6:.1f} MB, more than {MOST_BYTES / 1e6:g}; give fewer --seconds")
    for name, data in files.items():
        write_bytes_atomic(out / name, data)
    for old in out.iterdir():
        if OURS.fullmatch(old.name) and old.name not in files:
            old.unlink()  # of an earlier table
    write_text_atomic(out.with_suffix(".md"), text)
    return size


def make(rows: list[Asked], engine: str, seconds: float, workers: int) -> Iterator[Shown]:
    """All takes in order, made by some processes."""
    with ProcessPoolExecutor(workers, mp_context=get_context("spawn")) as pool:
        for one in pool.map(show, rows, repeat(engine), repeat(seconds)):
            print(f"{one.asked.stem}: {one.asked.words}", flush=True)
            yield one


def main() -> int:
    """Make the takes and write the page."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, default=OUT, help="folder of the files; the page lies beside it")
    parser.add_argument("--takes", type=int, default=20, help="only the first of them")
    parser.add_argument("--bars", type=int, help="of every take, instead of the table's")
    parser.add_argument("--seconds", type=float, default=SECONDS, help="how much of a take is heard")
    parser.add_argument("--engine", default="default", help="as of compose")
    parser.add_argument("--workers", type=int, default=2, help="processes; the bytes do not depend on it")
    arguments = parser.parse_args()
    rows = table(arguments.bars)[: arguments.takes]
    try:
        shown = list(make(rows, arguments.engine, arguments.seconds, arguments.workers))
        size = write(shown, arguments.out, arguments.engine)
    except BandmateError as error:
        print(f"listen_page: {error}", file=sys.stderr)
        return 2
    print(f"{arguments.out.with_suffix('.md')}: {len(shown)} takes, {size / 1e6:.1f} MB")
    return 0


if __name__ == "__main__":
    sys.exit(main())
