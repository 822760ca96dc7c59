"""The worker process of ingest: one line of JSON in, one line of JSON out, until its input ends.

Run as `python -m bandmate.library.worker`. A process of its own, so that a file that brings a reader down takes
nothing else with it; started by name and not by `multiprocessing`, so that it never imports the caller's script.
"""

from __future__ import annotations

import json
import os
import sys

from bandmate.library.examine import examine
from bandmate.library.sources.base import Hints


def main() -> None:
    """Answer tasks {"path", "kind", "hints", "music"} until the input ends."""
    answers = os.fdopen(os.dup(sys.stdout.fileno()), "w", encoding="utf-8")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())  # what a reader prints must not look like an answer
    for line in sys.stdin.buffer:
        task = json.loads(line)
        try:
            answer = examine(task["path"], task["kind"], Hints.from_json(task["hints"]), music=task.get("music", False))
        except Exception as error:  # a defect of ours in one file must not stop ten thousand
            detail = f"{type(error).__name__}: {error}"[:400]
            answer = {"state": "left out", "columns": {"reason": "crashed", "detail": detail}}
        answers.write(json.dumps(answer) + "\n")
        answers.flush()


if __name__ == "__main__":
    main()
