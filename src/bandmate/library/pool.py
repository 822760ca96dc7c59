"""Workers for files: each file in a process that may crash or hang without harm to the others."""

from __future__ import annotations

import json
import os
import queue
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from bandmate.errors import InternalError

COMMAND = (sys.executable, "-m", "bandmate.library.worker")
START_SECONDS = 60.0  # the first answer waits for the imports, too


@dataclass(frozen=True, slots=True)
class Done:
    """A task's key and its answer."""

    key: Any
    answer: dict[str, Any]


class Worker:
    """One process; started at its first task and anew after each end."""

    def __init__(self) -> None:
        self.process: subprocess.Popen[bytes] | None = None
        self.fresh = True

    def _start(self) -> subprocess.Popen[bytes]:
        environment = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path)), "OMP_NUM_THREADS": "1",
                       "OPENBLAS_NUM_THREADS": "1", "PYTHONIOENCODING": "utf-8"}  # fmt: skip
        self.fresh = True
        return subprocess.Popen(
            COMMAND,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env=environment,
            creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),
        )  # fmt: skip

    def ask(self, task: dict[str, Any], limit_sec: float) -> dict[str, Any]:
        """The answer to one task; a worker that ends or takes too long is replaced at the next."""
        if self.process is None or self.process.poll() is not None:
            self.process = self._start()
        process = self.process
        overdue = threading.Event()
        timer = threading.Timer(
            limit_sec + (START_SECONDS if self.fresh else 0.0), lambda: (overdue.set(), process.kill())
        )
        timer.start()
        try:
            assert process.stdin is not None and process.stdout is not None
            process.stdin.write(json.dumps(task).encode() + b"\n")
            process.stdin.flush()
            line = process.stdout.readline()
        except OSError:
            line = b""
        finally:
            timer.cancel()
        if line.endswith(b"\n"):
            self.fresh = False
            return json.loads(line)
        self.stop()
        if self.fresh and process.returncode == 1 and not overdue.is_set():
            raise InternalError(f"the reader of files does not start: {' '.join(COMMAND)}")
        if overdue.is_set():
            return {
                "state": "left out",
                "columns": {"reason": "too slow", "detail": f"it was not read within {limit_sec:g} s"},
            }
        detail = f"the reader ended with code {process.returncode}"
        return {"state": "left out", "columns": {"reason": "crashed", "detail": detail}}

    def stop(self) -> None:
        if self.process is not None:
            self.process.kill()
            self.process.wait()
            for pipe in (self.process.stdin, self.process.stdout):
                if pipe is not None:
                    pipe.close()
            self.process = None


def run_all(tasks: Iterator[tuple[Any, dict[str, Any]]], *, workers: int, limit_sec: float) -> Iterator[Done]:
    """Answer tasks in parallel, in the order they end; at most two a worker wait, so memory stays small.

    Args:
        tasks: (key, task for the worker).
        workers: processes, at least 1.
        limit_sec: longest time for one task.

    Raises:
        InternalError: no worker can be started at all.
    """
    waiting: queue.Queue[tuple[Any, dict[str, Any]] | None] = queue.Queue(2 * workers)
    answers: queue.Queue[Done | BaseException | None] = queue.Queue()

    def serve() -> None:
        worker = Worker()
        try:
            while (item := waiting.get()) is not None:
                answers.put(Done(item[0], worker.ask(item[1], limit_sec)))
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
            while asked - answered >= 2 * workers:
                yield _checked(answers.get())
                answered += 1
        while answered < asked:
            yield _checked(answers.get())
            answered += 1
    finally:
        while not waiting.empty():  # a caller that stops early waits for no file that nobody has begun
            try:
                waiting.get_nowait()
            except queue.Empty:
                break
        for _ in threads:
            waiting.put(None)
        for thread in threads:
            thread.join()


def _checked(item: Done | BaseException | None) -> Done:
    if isinstance(item, Done):
        return item
    if isinstance(item, InternalError):
        raise item
    raise InternalError("the readers of files could not be started") from item
