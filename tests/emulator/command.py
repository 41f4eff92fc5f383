# Copyright: (c) 2026, clouddb.mongodb_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The command line: runs the emulator as a process until it is told to stop."""

from __future__ import annotations

import argparse
import json
import os
import signal
import threading
from pathlib import Path

from .clock import iso
from .emulator import Emulator
from .world import World


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="emulator",
        description="Emulates the log APIs of UCloud UMongoDB and Huawei Cloud DDS on one loopback port.",
    )
    parser.add_argument("--port", type=int, default=0, help="port on 127.0.0.1 (0: a free one)")
    parser.add_argument("--seed", type=int, default=7, help="the same seed makes the same keys, ids and log lines")
    parser.add_argument("--ready-file", type=Path, help="JSON file written once the port is open")
    parser.add_argument("--clock", help="the emulator's time, ISO 8601 with an offset (default: now)")
    parser.add_argument("--packaging-seconds", type=float, help="how long a log package takes (0.5)")
    parser.add_argument("--export-seconds", type=float, help="how long an export of DDS takes (30)")
    parser.add_argument("--fleet", type=int, default=0, help="so many more clusters and DDS instances, all small")
    parser.add_argument("--world", type=Path, help="JSON file with a world, as GET /_emulator/world returns it")
    parser.add_argument("--certificate", type=Path, help="PEM file with a certificate and its key: speak TLS")
    return parser


def _write_ready_file(path: Path, emulator: Emulator) -> None:
    document = {**emulator.credentials, "now": iso(emulator.clock.now())}
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        json.dump(document, file, indent=2)
    temporary.replace(path)


def main(arguments: list[str] | None = None) -> int:
    """Run until SIGTERM or SIGINT."""
    parser = _parser()
    options = parser.parse_args(arguments)
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_args: stop.set())
    try:
        world = World.from_dict(json.loads(options.world.read_text("utf-8"))) if options.world else None
        emulator = Emulator(
            seed=options.seed,
            clock=options.clock,
            world=world,
            packaging_seconds=options.packaging_seconds,
            port=options.port,
            certificate=str(options.certificate) if options.certificate else None,
        )
        if options.export_seconds is not None:
            emulator.world.export_seconds = options.export_seconds
        emulator.world.add_fleet(options.fleet)
        emulator.start()
    except (OSError, OverflowError, ValueError, TypeError) as error:
        parser.error(str(error))
    try:
        clusters, instances = len(emulator.world.clusters), len(emulator.world.instances)
        print(
            f"The emulator listens on {emulator.url}: {clusters} UMongoDB clusters,"
            f" {instances} DDS instances, clock {iso(emulator.clock.now())}. Stop it with Ctrl-C.",
            flush=True,
        )
        if options.ready_file:
            _write_ready_file(options.ready_file, emulator)
        stop.wait()
    finally:
        emulator.stop()
    return 0
