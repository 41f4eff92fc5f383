# Copyright: (c) 2026, clouddb.mongodb_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Measures the collection against what a user would write or pick instead, side by side, and prints one table."""

from __future__ import annotations

import argparse
import importlib.metadata
import os
import platform
import re
import shutil
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from ansible_collections.clouddb.mongodb_logs.tests.bench.measure import BenchError
from ansible_collections.clouddb.mongodb_logs.tests.bench.rows import ROWS, Result
from ansible_collections.clouddb.mongodb_logs.tests.tools import checkout

WORK = checkout.CACHE / "bench"
DOCUMENT = checkout.ROOT / "docs" / "bench.md"
HEAD = Result("row; comparator", "ours", "comparator", "ratio", "target", None)
WIDTHS = (54, 8, 10, 5, 11)


def machine() -> str:
    """Return what the measuring was done on, and when."""
    processor = re.search(r"^model name\s*: (.*)$", Path("/proc/cpuinfo").read_text(), re.MULTILINE)
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    return (
        f"{os.cpu_count()} cores, {processor[1] if processor else platform.machine()}, {memory:.0f} GiB;"
        f" Linux {platform.release().split('-')[0]}, Python {platform.python_version()},"
        f" ansible-core {importlib.metadata.version('ansible-core')}; {time.strftime('%Y-%m-%d')}"
    )


def line(result: Result) -> str:
    """Return a line of the table, 100 columns wide at most."""
    what, *cells = (f"{cell:{width}}" for cell, width in zip(result, WIDTHS, strict=False))
    reached = "reached" if result is HEAD else {True: "yes", False: "NO", None: ""}[result.reached]
    return "  ".join((what, *cells, reached)).rstrip()


def table(results: Sequence[Result]) -> str:
    """Return the whole table."""
    return "\n".join(map(line, (HEAD, *results)))


def document(results: Sequence[Result]) -> str:
    """Return the document with the table in it: what stands around the table is kept."""
    text = DOCUMENT.read_text() if DOCUMENT.exists() else "# Measured\n\n```text\n```\n"
    block = f"```text\n{machine()}\n\n{table(results)}\n```"
    return re.sub(r"```text\n.*?```", lambda _match: block, text, count=1, flags=re.DOTALL)


def main() -> int:
    """Measure."""
    parser = argparse.ArgumentParser(prog="bench", description=__doc__)
    parser.add_argument("--row", action="append", choices=ROWS, help="measure this row only (can be repeated)")
    parser.add_argument("--write", action="store_true", help=f"put the table into docs/{DOCUMENT.name}")
    options = parser.parse_args()
    if options.write and options.row:
        parser.error("--write needs all rows")
    begin = time.monotonic()
    shutil.rmtree(WORK, ignore_errors=True)
    results: list[Result] = []
    print(f"{machine()}\n\n{line(HEAD)}", flush=True)
    try:
        for name in options.row or ROWS:
            for result in ROWS[name](WORK / name):
                print(line(result), flush=True)
                results.append(result)
            shutil.rmtree(WORK / name)
    except (BenchError, OSError) as error:
        print(f"bench: {error} What was done is in {os.path.relpath(WORK)}.", file=sys.stderr)
        return 1
    shutil.rmtree(WORK)
    print(f"\n{time.monotonic() - begin:.0f} s, load {os.getloadavg()[0]:.1f}")
    if options.write:
        DOCUMENT.write_text(document(results))
    return 0


if __name__ == "__main__":
    sys.exit(main())
