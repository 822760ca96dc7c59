"""Console: what a person reads on a terminal, and what a program reads with --json.

With --json: one object on standard output, every event as a JSON line on standard error.
"""

from __future__ import annotations

import json
import sys
from typing import Any, TextIO

_WIDTH = 78


class Console:
    """Where a command says things; `listen` is the listener that workflows get."""

    def __init__(self, as_json: bool = False, out: TextIO | None = None, err: TextIO | None = None) -> None:
        self.as_json = as_json
        self._out = out or sys.stdout
        self._err = err or sys.stderr
        self._live = not as_json and self._err.isatty()
        self._line_open = False

    def say(self, text: str) -> None:
        """Print a line for a person."""
        if not self.as_json:
            self._close_line()
            print(text, file=self._out, flush=True)

    def page(self, text: str) -> None:
        """Print text that was asked for as such, such as help; --json does not hide it."""
        print(text, file=self._out, flush=True)

    def result(self, data: Any) -> None:
        """Print the one object for a program."""
        if self.as_json:
            print(json.dumps(data, ensure_ascii=False, default=str), file=self._out, flush=True)

    def note(self, text: str) -> None:
        """Print a line beside the result, on standard error."""
        if self.as_json:
            self._line({"event": "notice", "text": text})
        else:
            self._close_line()
            print(text, file=self._err, flush=True)

    def fail(self, message: str, code: int) -> None:
        """Print the one sentence of an error."""
        sentence = " ".join(message.split())
        if self.as_json:
            self._line({"event": "error", "text": sentence, "exit_code": code})
            self.result({"error": sentence, "exit_code": code})
        else:
            self._close_line()
            print(f"bandmate: {sentence}", file=self._err, flush=True)

    def listen(self, event: dict[str, Any]) -> None:
        """Take an event of a workflow."""
        if self.as_json:
            self._line(event)
        elif event["event"] == "progress":
            self._progress(event)
        elif event["event"] == "heard":
            self.say(event["text"])
        elif event["event"] == "notice":
            self.note(f"note: {event['text']}")

    def close(self) -> None:
        """Leave the terminal on a fresh line."""
        self._close_line()

    def _line(self, event: dict[str, Any]) -> None:
        print(json.dumps(event, ensure_ascii=False, default=str), file=self._err, flush=True)

    def _progress(self, event: dict[str, Any]) -> None:
        if not self._live:
            return
        left = event.get("seconds_left")
        text = f"{event.get('stage', '')} {100 * event.get('done', 0.0):.0f} %"
        if left is not None:
            text += f", {left:.0f} s left"
        print("\r" + text[:_WIDTH].ljust(_WIDTH), end="", file=self._err, flush=True)
        self._line_open = True

    def _close_line(self) -> None:
        if self._line_open:
            print("\r" + " " * _WIDTH + "\r", end="", file=self._err, flush=True)
            self._line_open = False
