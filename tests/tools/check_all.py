# Copyright: (c) 2026, clouddb.mongodb_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Runs targets of the Makefile side by side and sums them up: check_all.py target ...

What a target prints is shown if it fails, and always kept in .cache/logs. With FAIL_ON_SKIP set, a skip is a failure.
Programs that tests run are installed first where that may be; what needs one that is missing is left out.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass

from ansible_collections.clouddb.mongodb_logs.tests.tools import checkout, programs

LOGS = checkout.CACHE / "logs"


@dataclass
class Outcome:
    target: str
    ok: bool
    seconds: float
    output: str

    def count(self, word: str) -> int:
        """The number before a word in the closing line of pytest or of our own tools; 0 where there is none."""
        closing = re.findall(r"^.*\d+ (?:passed|failed).*$", self.output, re.MULTILINE)
        found = re.search(rf"(\d+) {word}", closing[-1]) if closing else None
        return int(found[1]) if found else 0

    def skips(self) -> list[str]:
        return re.findall(r"^SKIPPED (?:\[\d+\] )?(.*)$", self.output, re.MULTILINE)


def run(target: str) -> Outcome:
    begin = time.monotonic()
    done = subprocess.run(
        [os.environ.get("MAKE", "make"), "--no-print-directory", target],
        cwd=checkout.ROOT,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        check=False,
    )
    (LOGS / f"{target}.log").write_text(done.stdout)
    return Outcome(target, done.returncode == 0, time.monotonic() - begin, done.stdout)


def main() -> int:
    targets = sys.argv[1:]
    begin = time.monotonic()
    LOGS.mkdir(parents=True, exist_ok=True)
    programs.provide()
    outcomes = []
    # One more than there are processors, as tests wait too.
    with ThreadPoolExecutor(max(2, os.cpu_count() or 2) + 1) as pool:
        for future in as_completed([pool.submit(run, target) for target in targets]):
            outcome = future.result()
            outcomes.append(outcome)
            if not outcome.ok:
                print(f"\n===== {outcome.target}\n{outcome.output}\n=====\n")
            verdict = "ok" if outcome.ok else "FAILED"
            passed = outcome.count("passed")
            tests = f"{passed} passed" if passed else ""
            print(f"{verdict:6} {outcome.target:12} {outcome.seconds:5.0f} s  {tests}", flush=True)

    skips = [skip for outcome in outcomes for skip in outcome.skips()]
    for skip in skips:
        print(f"skipped: {skip}")
    broken = [outcome.target for outcome in outcomes if not outcome.ok]
    if broken:
        print(f"failed: {', '.join(broken)}")
    passed = sum(outcome.count("passed") or outcome.ok for outcome in outcomes)
    failed = sum(max(outcome.count("failed"), not outcome.ok) for outcome in outcomes)
    print(f"{passed} passed, {failed} failed, {len(skips)} skipped in {time.monotonic() - begin:.0f} s")
    if skips and os.environ.get("FAIL_ON_SKIP"):
        print("A skipped test is a failure here: FAIL_ON_SKIP is set.")
        return 1
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main())
