"""Verovio in a process of its own: a score on standard input, MEI on standard output (see `verovio_read`).

Verovio is C++ and falls over on some damaged files; what falls over is this process alone.
"""

from __future__ import annotations

import sys

NOT_INSTALLED, NOT_READ = 3, 4  # exit codes


def main(kind: str) -> int:
    """Turn one score into MEI; `kind` is Verovio's name of its format."""
    try:
        import verovio
    except ImportError:
        return NOT_INSTALLED
    verovio.enableLog(verovio.LOG_OFF)
    toolkit = verovio.toolkit()
    toolkit.setOptions({"inputFrom": kind})
    if not toolkit.loadData(sys.stdin.buffer.read().decode("utf-8")):
        return NOT_READ
    sys.stdout.buffer.write(toolkit.getMEI({"scoreBased": True, "removeIds": False}).encode("utf-8"))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
