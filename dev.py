"""The one entry for development; needs Python 3.11 or later and nothing else.

    python3 dev.py song               set up the base install, then compose 16 bars from words into out/
    python3 dev.py test [...]         set up everything the tests need, then run them; arguments go to pytest
    python3 dev.py check              lint, format, types and the layers of the house
    python3 dev.py bench [NAME] ...   run one benchmark, or list them; arguments go to the benchmark
    python3 dev.py train [...]        train the shipped model by the project's own recipe

Each kind of work has a virtual environment of its own beside this file (.venv-song, .venv-dev), so that `song` proves
the base install. This file speaks the Python of old versions, to be able to say which one it needs.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent
NEEDS = (3, 11)
NEWEST = 14
SONG = "funky house beat at 120 BPM with a slap bass line"
TORCH = "torch==2.13.0"
ENVIRONMENTS = {"song": ("base", "."), "dev": ("everything", ".[learn,fast,audio,dev]")}


def main(arguments: list[str]) -> int:
    """Do what the first argument names."""
    name, rest = (arguments or ["help"])[0], arguments[1:]
    if name not in COMMANDS:
        print(__doc__)
        return 0 if name in ("help", "-h", "--help") else 2
    if sys.version_info < NEEDS:
        return run_by_newer_python(arguments)
    return COMMANDS[name](rest)


def run_by_newer_python(arguments: list[str]) -> int:
    """Hand over to a newer Python of this machine."""
    candidates = [f"python3.{minor}" for minor in range(NEWEST, NEEDS[1] - 1, -1)]
    for found in filter(None, map(shutil.which, candidates)):
        if run([found, "-c", "import venv, ensurepip"], quiet=True) == 0:
            return run([found, str(Path(__file__).resolve()), *arguments])
    here = ".".join(map(str, sys.version_info[:3]))
    print(f"Bandmate needs Python 3.11 or later, this is {here}; install a newer one and run it again.")
    return 2


def run(command: list[str], *, quiet: bool = False, **environment: str) -> int:
    """Run a program in the project's folder; its exit code."""
    output = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL} if quiet else {}
    sys.stdout.flush()
    try:
        return subprocess.call(command, cwd=str(ROOT), env={**os.environ, **environment}, **output)
    except KeyboardInterrupt:
        return 130


def python_of(folder: Path) -> Path:
    """The interpreter inside a virtual environment."""
    return folder / ("Scripts/python.exe" if os.name == "nt" else "bin/python")


def environment(name: str) -> Path:
    """Make or bring up to date a virtual environment; its interpreter.

    What was installed is noted in a stamp, so that a second run starts at once.
    """
    label, target = ENVIRONMENTS[name]
    folder = ROOT / f".venv-{name}"
    python = python_of(folder)
    wanted = hashlib.sha256()
    for part in (ROOT / "pyproject.toml", ROOT / "constraints.txt"):
        wanted.update(part.read_bytes())
    wanted.update(f"{target} {sys.version} {ROOT}".encode())
    stamp = folder / "bandmate-stamp"
    if stamp.exists() and stamp.read_text() == wanted.hexdigest() and python.exists():
        return python
    print(f"Setting up {folder.name} ({label}) ...", flush=True)
    if not python.exists() or run([str(python), "-c", "import pip"], quiet=True):
        check([sys.executable, "-m", "venv", "--clear", str(folder)])
    pip = [str(python), "-m", "pip", "install", "-qq", "--disable-pip-version-check"]
    if "learn" in target:
        check([*pip, TORCH])  # alone and first: later lines then find it and do not look for another build
    check([*pip, "--constraint", "constraints.txt", "--editable", target])
    stamp.write_text(wanted.hexdigest())
    return python


def check(command: list[str]) -> None:
    """Run a program that has to succeed."""
    code = run(command)
    if code:
        print(f"This failed (exit code {code}): {' '.join(command)}", file=sys.stderr)
        sys.exit(code if code == 130 else 1)


def song(arguments: list[str]) -> int:
    """Compose 16 bars from words into out/ on the base install."""
    python = environment("song")
    words = arguments or [SONG, "--bars", "16", "--seed", "7", "--out", "out"]
    print("bandmate compose " + " ".join(f'"{word}"' if " " in word else word for word in words), flush=True)
    return run([str(python), "-m", "bandmate", "compose", *words])


def test(arguments: list[str]) -> int:
    """Run the tests, spread over the cores when the whole suite runs."""
    python = environment("dev")
    whole = not any(not argument.startswith("-") for argument in arguments)
    spread = ["-n", str(min(4, os.cpu_count() or 1))] if whole else []
    return run([str(python), "-m", "pytest", *spread, *arguments], **one_thread())


def one_thread() -> dict[str, str]:
    """Settings that keep the workers of a parallel run from fighting over the cores."""
    names = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")
    return {name: os.environ.get(name, "1") for name in names}


def check_all(_: list[str]) -> int:
    """Lint, format, types, layers; all of them run, the first failure is the exit code."""
    python = str(environment("dev"))
    scripts = python_of(ROOT / ".venv-dev").parent
    steps = {
        "ruff check": [python, "-m", "ruff", "check", "."],
        "ruff format": [python, "-m", "ruff", "format", "--check", "."],
        "pyright": [python, "-m", "pyright", "--pythonpath", python],
        "layers": [str(scripts / "lint-imports"), "--no-cache"],
    }
    failed = {}
    for name, step in steps.items():
        print("-- " + name, flush=True)
        code = run(step)
        if code:
            failed[name] = code
    print("failed: " + ", ".join(failed) if failed else "all clean")
    return next(iter(failed.values()), 0)


def bench(arguments: list[str]) -> int:
    """Run one benchmark, or list what there is."""
    found = sorted(path.stem for path in (ROOT / "benchmarks").glob("*.py") if not path.stem.startswith("_"))
    if not arguments or arguments[0] not in found:
        print("benchmarks: " + ", ".join(found))
        return 0 if not arguments else 2
    return run([str(environment("dev")), str(ROOT / "benchmarks" / (arguments[0] + ".py")), *arguments[1:]])


def train(arguments: list[str]) -> int:
    """Train by the recipe of the shipped model."""
    return run([str(environment("dev")), "-m", "bandmate.workflows.train", *arguments])


COMMANDS = {"song": song, "test": test, "check": check_all, "bench": bench, "train": train}

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
