"""Workers for files: each file in a process that may crash or hang without harm to the others."""

from __future__ import annotations

import json
import math
import os
import queue
import subprocess
import sys
import threading
import time
from collections import deque
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from itertools import islice
from typing import Any

from bandmate.errors import InternalError

COMMAND = (sys.executable, "-m", "bandmate.library.worker")
START_SECONDS = 60.0  # the first answer waits for the imports, too
AHEAD = 4  # quick tasks that a worker holds at once, so that it never waits for the next
WATCH_SECONDS = 0.05
QUICK_SECONDS = 0.2  # a worker whose last task took longer is given one at a time
PIPE_BYTES = 4000  # that any system's pipe holds: of tasks without an answer, so that neither side waits for the other


@dataclass(frozen=True, slots=True)
class Done:
    """A task's key and its answer."""

    key: Any
    answer: dict[str, Any]


class Worker:
    """One process that answers tasks in the order they come; started when first needed and anew after each end."""

    def __init__(self) -> None:
        self.process: subprocess.Popen[bytes] | None = None
        self.fresh = True
        self._asked: deque[bytes] = deque()  # without an answer, the oldest first
        self._written = 0  # how many of these the process was given
        self._last_sec = QUICK_SECONDS
        self._deadline, self._overdue = math.inf, False  # of the task in hand, in seconds of `time.monotonic`
        self._ended = threading.Event()

    @property
    def has_room(self) -> bool:
        """Whether it should be given another task now."""
        return len(self._asked) < (AHEAD if self._last_sec < QUICK_SECONDS else 1)

    def _start(self) -> subprocess.Popen[bytes]:
        environment = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path)), "OMP_NUM_THREADS": "1",
                       "OPENBLAS_NUM_THREADS": "1", "PYTHONIOENCODING": "utf-8"}  # fmt: skip
        self.fresh, self._overdue, self._ended = True, False, threading.Event()
        process = subprocess.Popen(
            COMMAND,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env=environment,
            creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),
        )  # fmt: skip
        threading.Thread(target=self._watch, args=(process, self._ended), daemon=True).start()
        return process

    def _watch(self, process: subprocess.Popen[bytes], ended: threading.Event) -> None:
        """Kill a process whose task takes too long; one thread for all tasks, since a timer for each costs more."""
        while not ended.wait(WATCH_SECONDS):
            if time.monotonic() > self._deadline:
                self._overdue = True
                process.kill()
                return

    def ask(self, task: dict[str, Any], limit_sec: float) -> dict[str, Any]:
        """The answer to one task."""
        self.send(task)
        return self.receive(limit_sec)

    def send(self, task: dict[str, Any]) -> None:
        """Give it a task."""
        if self.process is not None and not self._asked and self.process.poll() is not None:
            self.stop()  # it was ended from outside while it had nothing to do
        self._asked.append(json.dumps(task).encode() + b"\n")
        if self.process is not None:
            self._feed(self.process)

    def _feed(self, process: subprocess.Popen[bytes]) -> None:
        assert process.stdin is not None
        held = sum(map(len, islice(self._asked, self._written)))
        for line in list(islice(self._asked, self._written, None)):
            held += len(line)
            if self._written and held > PIPE_BYTES:
                break
            self._written += 1
            try:
                process.stdin.write(line)
                process.stdin.flush()
            except OSError:
                break  # it has ended; who waits for its answer will see

    def receive(self, limit_sec: float) -> dict[str, Any]:
        """The answer to the oldest task; a process that ends or takes too long is replaced, and only that task lost."""
        process = self.process = self.process or self._start()
        self._feed(process)
        started = time.monotonic()
        self._deadline = started + limit_sec + (START_SECONDS if self.fresh else 0.0)
        try:
            assert process.stdout is not None
            line = process.stdout.readline()
        except OSError:
            line = b""
        self._deadline = math.inf
        self._last_sec = time.monotonic() - started
        self._asked.popleft()
        if line.endswith(b"\n"):
            self.fresh, self._written = False, self._written - 1
            return json.loads(line)
        self.stop()
        if self.fresh and process.returncode == 1 and not self._overdue:
            raise InternalError(f"the reader of files does not start: {' '.join(COMMAND)}")
        if self._overdue:
            return {
                "state": "left out",
                "columns": {"reason": "too slow", "detail": f"it was not read within {limit_sec:g} s"},
            }
        detail = f"the reader ended with code {process.returncode}"
        return {"state": "left out", "columns": {"reason": "crashed", "detail": detail}}

    def stop(self) -> None:
        """End the process; tasks without an answer go to the next."""
        self._written = 0
        self._ended.set()
        if self.process is not None:
            self.process.kill()
            self.process.wait()
            for pipe in (self.process.stdin, self.process.stdout):
                if pipe is not None:
                    with suppress(OSError):  # a line that the ended process did not take is written once more
                        pipe.close()
            self.process = None


def run_all(tasks: Iterator[tuple[Any, dict[str, Any]]], *, workers: int, limit_sec: float) -> Iterator[Done]:
    """Answer tasks in parallel, in the order they end; a few a worker wait, so memory stays small.

    Args:
        tasks: (key, task for the worker).
        workers: processes, at least 1.
        limit_sec: longest time for one task.

    Raises:
        InternalError: no worker can be started at all.
    """
    waiting: queue.Queue[tuple[Any, dict[str, Any]] | None] = queue.Queue()
    answers: queue.Queue[Done | BaseException | None] = queue.Queue()
    stopping = threading.Event()

    def serve() -> None:
        worker = Worker()
        try:
            for done in _served(worker, waiting, limit_sec, stopping):
                answers.put(done)
        except BaseException as error:
            answers.put(error)
        finally:
            worker.stop()
            answers.put(None)

    threads = [threading.Thread(target=serve, daemon=True) for _ in range(workers)]
    for thread in threads:
        thread.start()
    asked = answered = 0
    try:
        for item in tasks:
            waiting.put(item)
            asked += 1
            while asked - answered >= (AHEAD + 1) * workers:
                yield _checked(answers.get())
                answered += 1
        while answered < asked:
            yield _checked(answers.get())
            answered += 1
    finally:
        stopping.set()  # a caller that stops early waits for no file that nobody has begun
        for _ in threads:
            waiting.put(None)
        for thread in threads:
            thread.join()


def _served(
    worker: Worker,
    waiting: queue.Queue[tuple[Any, dict[str, Any]] | None],
    limit_sec: float,
    stopping: threading.Event,
) -> Iterator[Done]:
    """One worker's answers, until None waits or the stop is called."""
    keys: deque[Any] = deque()
    ends = False
    while not stopping.is_set() and not (ends and not keys):
        while not ends and worker.has_room:
            try:
                item = waiting.get(block=not keys)
            except queue.Empty:
                break
            if item is None:
                ends = True
            else:
                worker.send(item[1])
                keys.append(item[0])
        if keys:
            yield Done(keys.popleft(), worker.receive(limit_sec))


def _checked(item: Done | BaseException | None) -> Done:
    if isinstance(item, Done):
        return item
    if isinstance(item, InternalError):
        raise item
    raise InternalError("the readers of files could not be started") from item
