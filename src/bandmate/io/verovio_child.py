"""Verovio in a process of its own: a score on standard input, MEI on standard output (see `verovio_read`).

Verovio is C++ and falls over on some damaged files; what falls over is this process alone, and it gets no more memory
and time than any score needs.
"""

from __future__ import annotations

import sys
from contextlib import suppress

NOT_INSTALLED, NOT_READ = 3, 4  # exit codes
MOST_BYTES, MOST_SECONDS = 4 * 2**30, 30


def main(kind: str) -> int:
    """Turn one score into MEI; `kind` is Verovio's name of its format."""
    try:
        import verovio
    except ImportError:
        return NOT_INSTALLED
    _bound()
    verovio.enableLog(verovio.LOG_OFF)
    toolkit = verovio.toolkit()
    toolkit.setOptions({"inputFrom": kind})
    if not toolkit.loadData(sys.stdin.buffer.read().decode("utf-8")):
        return NOT_READ
    sys.stdout.buffer.write(toolkit.getMEI({"scoreBased": True, "removeIds": False}).encode("utf-8"))
    return 0


def _bound() -> None:
    try:
        import resource
    except ImportError:  # Windows has no such limits
        return
    for what, most in ((resource.RLIMIT_AS, MOST_BYTES), (resource.RLIMIT_CPU, MOST_SECONDS)):
        with suppress(OSError, ValueError):  # a system, or an administrator, may allow less
            resource.setrlimit(what, (most, resource.getrlimit(what)[1]))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
