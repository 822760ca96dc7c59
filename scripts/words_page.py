"""Write docs/WORDS.md, the page of words that Bandmate understands, from the tables it understands them by.

python scripts/words_page.py [--check]
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from bandmate.analysis.genres import genre, genre_ids, load_table
from bandmate.score.gm import DRUM_NAMES, KIT_NAMES, PROGRAM_NAMES

PAGE = Path(__file__).parent.parent / "docs" / "WORDS.md"

INTRO = """# Words

This page is written by `scripts/words_page.py` from the tables in `src/bandmate/data`; change those, not this.

`bandmate brief "..."` shows what words mean without composing. Every word is taken by a rule, is a plain word of the
language, or is listed as not understood with words close to it; nothing is guessed in silence.

## How words are read

- Upper and lower case, accents, and hyphen, space or nothing are equal: `lo-fi`, `lo fi`, `LoFi`.
- The longest phrase wins: `pedal steel` is one instrument, `minimal techno` one genre.
- **Genre**: the last genre word leads (drums, tempo); one before it, one with `-flavoured` or `-tinged`, and one in a
  with-clause lend harmony and instruments: `jazz-flavoured techno`, `bossa nova x trap`. Without any, instruments and
  moods suggest one, and it is marked as guessed.
- **Tempo**: `120 bpm`, `120bpm`, `bpm 120`, `at 120`, `@120`, `tempo: 120`, `~120`, `120-ish`, `118-122`,
  `between 118 and 122`, `q=120`, `dotted quarter = 60`, `one twenty`, `under 100 bpm`. A bare number from 40 to 300
  with no unit after it is a tempo. A number beats a word, and `slow` beside a fast number means half time. A tempo at
  half or double of what the genre is written in is converted, and that is told (trap 65 -> 130).
- **Key**: `in D`, `D minor`, `F#m`, `Bb`, `A lydian`, `key of Eb`, `h-Moll`, `la menor`, `8A`. The word `a` is a key
  only in `in A`, `A minor`, `Am`; `a minor key` is a mode without a tonic. A stated key beats the mode of a mood.
- **Length**: `16 bars`, `8-bar loop`, `30 sec`, `1:30`, `a minute and a half`.
- **Leaving out**: `no drums`, `without hi-hats`, `drumless`, `rhodes instead of piano`. `or` goes on with it, and so
  does `and` between plain roles (`no drums, bass and melody`); a comma ends it, so `no drums, slap bass` has a slap
  bass. `but`, `with` and a full stop end it. `not too dark` is a little dark (x0.4); `not sad` keeps sadness out.
- **Only**: `only piano and bass`, `drums only`, `solo piano`. Named drums limit the kit: `only kick and hats`.
- **How many, how**: `two guitars` are two tracks, `folk duo`, `jazz trio` and `funk quintet` so many in all; `busy
  bass`, `staccato flute`, `low strings` belong to the instrument after them; `bass from E1 to G2` is its range
  (C4 = 60); `strings enter at bar 9`.
- **Form**: sections in the order told, with bars (`8 bar intro`, `verse 16 bars`, `drop at bar 17`), `AABA`,
  `starts with solo cello`, `ends quiet`.
- **Chords**: `Dm7 G7 Cmaj7` (one a bar), `| Am F | C G |`, `ii V I`, and the names below.
- **The later statement wins**, and the contradiction is told: `120 bpm rock, actually make it 140`.
- **Typing errors** are corrected over a short distance with a notice; other words are never bent into ours.
- **Artists** stand for a genre and nothing else; no work is imitated.

## Flags

Flags win over words, and every contradiction is told: `--genre --style --mood --tempo --key --meter --bars --seconds
--tracks "drums,bass=upright bass,chords=rhodes,melody" --chords --drums --midi --lock --energy --density --swing --loop
--exclude`. Two flags that contradict each other are refused.

## Changing a take

`bandmate again "busier bass, keep the drums"`. What is not named stays.

| words | what happens |
|---|---|
| `keep the drums`, `keep everything but the bass` | these notes stay |
| `new melody`, `different chords`, `change the bass`, `try again` | written anew |
| `busier bass`, `simpler drums`, `higher melody`, `half-time drums` | that track is written anew, so |
| `swap the piano for rhodes`, `rhodes instead of piano` | the same notes, another sound |
| `add strings`, `no melody`, `only drums and bass` | tracks come and go |
| `slower`, `140 bpm`, `10 bpm faster` | the tempo moves, all notes stay |
| `in F minor`, `up 2 semitones` | notes are moved; another mode is written anew |
| `make it 32 bars`, `twice as long`, `shorter` | another length |
| `darker`, `more energy`, `make it jazz` | everything is written anew, so |
"""


def table(heads: Iterable[str], rows: Iterable[Iterable[Any]]) -> str:
    """A Markdown table."""
    heads = list(heads)
    lines = [f"| {' | '.join(heads)} |", f"|{'---|' * len(heads)}"]
    lines += [f"| {' | '.join(str(c).replace('|', '/') for c in row)} |" for row in rows]
    return "\n".join(lines) + "\n"


def listed(words: Iterable[str]) -> str:
    """Words in one paragraph."""
    return ", ".join(f"`{word}`" for word in words) + "\n"


def _sound(row: dict[str, Any]) -> str:
    if "program" in row:
        return f"{row['program']} {PROGRAM_NAMES[row['program']]}"
    if "kit" in row:
        return f"kit {row['kit']} {KIT_NAMES.get(row['kit'], '')}".strip()
    return f"drum {row['note']} {DRUM_NAMES.get(row['note'], '')}".strip()


def genres() -> str:
    """Genres with their words, and styles with the genre they stand on."""
    words = load_table("words")
    extra: dict[str, list[str]] = {}
    for phrase, name in words["genre_words"]["extra"].items():
        extra.setdefault(name, []).append(phrase)
    rows = []
    for name in genre_ids():
        tempo, aliases = genre(name)["tempo"], [*genre(name)["aliases"], *extra.get(name, ())]
        rows.append((name, f"{tempo['min']}-{tempo['max']} ({tempo['default']})", ", ".join(dict.fromkeys(aliases))))
    near = ((style, row["base"], row.get("tempo", "")) for style, row in words["near_genres"].items())
    return f"""## Genres

BPM: from-to (usual). Some of the words stand for the genre only if nothing clearer names one.

{table(("genre", "BPM", "words"), rows)}
Styles stand on a genre and change some of its facts:

{table(("style", "genre", "BPM"), near)}"""


def moods() -> str:
    """Moods and what they change."""
    rows = (
        (name, ", ".join(row["aka"]), row["mode"][0], row["tempo"], row["density"], row["energy"])
        for name, row in load_table("moods")["moods"].items()
    )
    return "## Moods\n\n" + table(("mood", "also", "mode", "tempo x", "density x", "energy"), rows)


def instruments() -> str:
    """Instruments, kits and drums."""
    rows = (
        (row["words"][0], ", ".join(row["words"][1:]), _sound(row), row["role"].replace("_", " "))
        for row in load_table("instruments")["instruments"]
    )
    return "## Instruments\n\n" + table(("word", "also", "General MIDI", "role"), rows)


def rest() -> str:
    """The small tables."""
    w = load_table("words")
    tempo, key = w["tempo"], w["key"]
    meters = (f"{word} ({meter})" for word, meter in w["meter"]["words"].items())
    suggestions = ((k, ", ".join(v)) for k, v in w["near_words"].items() if not k.startswith("_"))
    parts = [
        ("Tempo words", table(("word", "BPM"), ((k, v[2]) for k, v in tempo["italian"].items()))),
        ("Relative tempo", table(("word", "x"), tempo["relative"].items())),
        ("Feel", listed(tempo["feel"])),
        ("Swing", table(("word", "off note at"), w["swing"]["words"].items())),
        ("Meters", listed(meters)),
        (
            "Modes",
            listed(m.replace("_", " ") for m in key["modes"]) + "\n" + table(("also", "mode"), key["aliases"].items()),
        ),
        ("Chords by name", table(("words", "chords"), key["chord_words"].items())),
        ("Sections", table(("word", "section"), w["structure"]["sections"].items())),
        ("Events", table(("words", "event"), w["structure"]["events"].items())),
        ("Density", table(("word", "x"), w["density"]["words"].items())),
        ("Energy (1 to 5)", table(("word", "energy"), w["density"]["energy"].items())),
        (
            "Dynamics",
            table(("word", "velocity"), ((k, v) for k, v in w["density"]["dynamics"].items() if isinstance(v, int))),
        ),
        ("Articulation", listed(w["articulation"])),
        ("Register", table(("word", "semitones"), w["register"].items())),
        ("Patterns by name", table(("words", "pattern"), w["patterns"].items())),
        ("How much", table(("word", "x"), ((k, v) for k, v in w["quantifier"].items() if isinstance(v, int | float)))),
        ("Leaving out", listed(t for t in w["negation"]["triggers"])),
        ("Artists", table(("name", "genre"), w["artists"].items())),
        ("Words that are suggested for", table(("not understood", "suggested"), suggestions)),
    ]
    for code, name in (("de", "German"), ("es", "Spanish"), ("fr", "French"), ("it", "Italian"), ("pt", "Portuguese")):
        parts.append((name, table(("word", "read as"), w["languages"][code].items())))
    return "\n".join(f"## {title}\n\n{text}" for title, text in parts)


def page() -> str:
    """The whole page."""
    return "\n".join((INTRO, genres(), moods(), instruments(), rest()))


def main() -> int:
    """Write the page, or check that it is current."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", action="store_true", help="only say whether the page is current")
    if parser.parse_args().check:
        return int(PAGE.read_text(encoding="utf-8") != page())
    PAGE.write_text(page(), encoding="utf-8", newline="\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
