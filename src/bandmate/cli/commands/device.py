"""A Max for Live device, and the service on this machine that it talks to.

bandmate device --out DIR        writes Bandmate.amxd and its script; drag it onto a MIDI track
bandmate device serve            hears it and writes what it asks for
"""

from __future__ import annotations

import argparse
from pathlib import Path

from bandmate.cli.console import Console


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Write or serve, and where to."""
    parser.add_argument("action", nargs="?", default="write", choices=("write", "serve"))
    parser.add_argument("--out", help="folder of the device (default: here), or of what is made (default: your music)")
    serve = parser.add_argument_group("serve")
    serve.add_argument("--port", type=int, help="to hear at (default: 11010, which the device knows)")
    serve.add_argument("--answer-port", type=int, help="of the device (default: 11011)")
    serve.add_argument("--engine", help="as in compose")
    serve.add_argument("--model", help="as in compose")
    serve.add_argument("--seed", type=int, help="the same for every piece (default: another each time)")


def run(arguments: argparse.Namespace, console: Console) -> None:
    """Write the device, or serve it until interrupted."""
    from bandmate.workflows import device

    if arguments.action == "write":
        path = device.write_device(arguments.out)
        console.say(f"wrote {path}; drag it onto a MIDI track in Live, then: bandmate device serve")
        console.result({"file": str(path.resolve())})
        return
    options = {name: getattr(arguments, name) for name in ("engine", "model", "seed")}
    out = Path(arguments.out).expanduser() if arguments.out else device.device_folder()
    ports = {"port": arguments.port or device.SERVICE_PORT, "answer_port": arguments.answer_port or device.DEVICE_PORT}
    for name, port in ports.items():
        device.check_port(name, port)
    given = {name: value for name, value in options.items() if value is not None}
    with device.DeviceService(out, **ports, options=given, say=console.say) as service:
        console.say(f"hearing the device at port {service.port}, writing to {out}; Ctrl-C ends it")
        service.serve()
