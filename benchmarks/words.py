"""How fast and how well words become a Brief.

    python benchmarks/words.py [--repeat 20]

Prints a table and, as its last line, one JSON object. Accuracy is the share of prompts whose fixed fields are all met:
`table` are the prompts of the project's tables, `held_out` were written before the rules were tuned to them.
The peer is a literal longest match of the same lexicon: no scope, no order, no spelling, no rules for numbers.
"""

from __future__ import annotations

import argparse
import json
import re
import statistics
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT / "tests" / "generation"))


def prompts(name: str) -> list[dict]:
    """The prompts of a fixture file."""
    return json.loads((ROOT / "tests" / "fixtures" / f"{name}.json").read_text(encoding="utf-8"))["prompts"]


def load_ms() -> float:
    """Table and lexicon load in a fresh process, without the import of the interpreter and NumPy; best of five."""
    code = (
        "import time, bandmate.generation.words_scan as s, bandmate.generation.lexicon as l;"
        "t = time.perf_counter(); l.lexicon(); print((time.perf_counter() - t) * 1000)"
    )
    return min(float(subprocess.check_output([sys.executable, "-c", code], text=True)) for _ in range(5))


def literal(text: str) -> tuple[str | None, set[int]]:
    """The peer: genre and programs by longest literal match."""
    from bandmate.generation.lexicon import lexicon

    words = re.findall(r"[a-z0-9]+", text.lower())
    genre, programs, i = None, set(), 0
    while i < len(words):
        for count in range(6, 0, -1):
            entries = lexicon().phrases.get("".join(words[i : i + count]), ())
            if entries:
                genre = next((e.value for e in entries if e.kind == "genre"), genre)
                programs |= {e.value.get("program") for e in entries if e.kind == "instrument"}
                break
        i += count
    return genre, programs


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--repeat", type=int, default=20)
    repeat = parser.parse_args().repeat
    from words_score import differences

    from bandmate.generation.words import compile_text

    result: dict[str, float | int] = {"lexicon_load_ms": round(load_ms(), 1)}
    for name, fixture in (("table", "prompts"), ("held_out", "prompts_held_out")):
        rows = prompts(fixture)
        met = sum(not differences(compile_text(row["text"]), row["expect"]) for row in rows)
        result |= {f"{name}_prompts": len(rows), f"{name}_all_fields": met}
        known = [row for row in rows if row["expect"].get("genre")]
        result[f"{name}_genre"] = sum(compile_text(r["text"]).genre == r["expect"]["genre"] for r in known)
        result[f"{name}_genre_literal_peer"] = sum(literal(r["text"])[0] == r["expect"]["genre"] for r in known)
        result[f"{name}_genre_asked"] = len(known)
    texts = [row["text"] for row in (*prompts("prompts"), *prompts("prompts_held_out"))]
    times = []
    for _ in range(repeat):
        for text in texts:
            start = time.perf_counter()
            compile_text(text)
            times.append((time.perf_counter() - start) * 1000)
    result |= {"compile_ms_median": round(statistics.median(times), 3), "compile_ms_max": round(max(times), 2)}
    long_text = ("qwertz sadd tehcno with pianno and 120 bpm " * 100)[:4000]
    start = time.perf_counter()
    compile_text(long_text)
    result["compile_4000_characters_ms"] = round((time.perf_counter() - start) * 1000, 1)
    for name, value in result.items():
        print(f"{name:32}{value:>10}")
    print(json.dumps(result))


if __name__ == "__main__":
    main()
