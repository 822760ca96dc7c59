"""An HTTP server on this machine that can be as bad as real ones: it cuts off, ignores Range, fails, redirects."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import unquote


@dataclass
class Shelf:
    """What the server has, and how it behaves."""

    files: dict[str, bytes] = field(default_factory=dict)
    cut_after: list[int] = field(default_factory=list)  # bytes of each next answer before it breaks off
    failures: list[int] = field(default_factory=list)  # status of each next answer
    ignore_range: bool = False
    tag: str = '"one"'
    redirect: dict[str, str] = field(default_factory=dict)
    no_length: bool = False
    asked: list[str] = field(default_factory=list)  # the Range of each request, "" without
    url: str = ""


@contextmanager
def serving(shelf: Shelf) -> Iterator[Shelf]:
    """The shelf under `shelf.url` while the block runs."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            _answer(self, shelf)

        def log_message(self, format: str, *args: Any) -> None:
            pass

    class Server(ThreadingHTTPServer):
        def handle_error(self, *_: Any) -> None:
            pass  # a reader that hangs up is what some tests are about

    server = Server(("127.0.0.1", 0), Handler)
    shelf.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield shelf
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def _answer(request: BaseHTTPRequestHandler, shelf: Shelf) -> None:
    name = unquote(request.path.lstrip("/"))
    span = request.headers.get("Range", "")
    shelf.asked.append(span)
    if shelf.failures:
        request.send_error(shelf.failures.pop(0))
        return
    if name in shelf.redirect:
        request.send_response(302)
        request.send_header("Location", shelf.redirect[name])
        request.end_headers()
        return
    if name not in shelf.files:
        request.send_error(404)
        return
    data, start = shelf.files[name], 0
    fresh = request.headers.get("If-Range", shelf.tag) == shelf.tag
    if span and fresh and not shelf.ignore_range:
        start = int(span.removeprefix("bytes=").rstrip("-"))
        if start >= len(data):
            request.send_error(416)
            return
        request.send_response(206)
        request.send_header("Content-Range", f"bytes {start}-{len(data) - 1}/{len(data)}")
    else:
        request.send_response(200)
    if shelf.tag:
        request.send_header("ETag", shelf.tag)
    if not shelf.no_length:
        request.send_header("Content-Length", str(len(data) - start))
    request.end_headers()
    sent = data[start:]
    request.wfile.write(sent[: shelf.cut_after.pop(0)] if shelf.cut_after else sent)
