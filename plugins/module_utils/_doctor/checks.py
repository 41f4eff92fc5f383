# Copyright: (c) 2026, clouddb.mongodb_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is looked at before collecting, in order: what needs something that failed is skipped, with the reason. Pure."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from typing import Any, Callable, NamedTuple

from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._errors import Incomplete, LogsError

OK, WARNING, FAILURE, SKIPPED = "ok", "warning", "failure", "skipped"

# Of the option fail_on: what failed is in the result, and the module does not fail for it.
NEVER = "never"

# With the quotes and the indentation that Ansible's default output puts around, a line still fits 100 columns.
WIDTH = 88


class Finding(NamedTuple):
    """What a look at something found. ``hint`` says what to do, ``code`` is for programs."""

    state: str
    message: str
    hint: str = ""
    code: str = ""


class Check(NamedTuple):
    """A finding with the name of what was looked at."""

    check: str
    state: str
    message: str
    hint: str
    code: str


def ok(message: str) -> Finding:
    """Return that all is well."""
    return Finding(OK, message)


def warning(message: str, hint: str, code: str) -> Finding:
    """Return that collecting works, and somebody should know this."""
    return Finding(WARNING, message, hint, code)


def skipped(message: str) -> Finding:
    """Return why this was not looked at."""
    return Finding(SKIPPED, message)


class Examination:
    """The checks so far. ``cause`` is the error behind the first that failed: the one to mend."""

    def __init__(self) -> None:
        self.checks: list[Check] = []
        self.cause: LogsError | None = None
        # What failed, and what was skipped for it, with the name of what failed.
        self._blocked: dict[str, str] = {}

    def look(self, name: str, look: Callable[[], Finding], *needs: str) -> None:
        """Look at something, unless one of the checks that it needs failed. A LogsError is a failure."""
        culprit = next((self._blocked[need] for need in needs if need in self._blocked), None)
        if culprit:
            self._blocked[name] = culprit
            self._add(name, skipped(f"Not looked at, as {culprit} failed."))
            return
        try:
            self._add(name, look())
        except LogsError as error:
            self.cause = self.cause or error
            self._blocked[name] = name
            self._add(name, Finding(FAILURE, error.message, error.hint, error.code))

    @property
    def verdict(self) -> str:
        """Return the worst state that was found."""
        states = {check.state for check in self.checks}
        return next((state for state in (FAILURE, WARNING) if state in states), OK)

    def result(self, fail_on: str = "failure") -> dict[str, Any]:
        """Return what the module returns. When a check failed, raises Incomplete with all of it unless ``fail_on`` is never."""
        result = {
            "changed": False,
            "verdict": self.verdict,
            "checks": [check._asdict() for check in self.checks],
            "screen": screen([*self.checks, Check("verdict", self.verdict, self._conclusion(), "", "")]),
        }
        if self.cause:
            failed = self._having(FAILURE)
            message = (
                f"{len(failed)} of {len(self.checks)} checks failed, first {failed[0].check}: {self.cause.message}"
            )
            failed_run = Incomplete(message, result, self.cause)
            if fail_on != NEVER:
                raise failed_run
            return failed_run.result()
        return result

    def _add(self, name: str, finding: Finding) -> None:
        self.checks.append(Check(name, *finding))

    def _having(self, state: str) -> list[Check]:
        return [check for check in self.checks if check.state == state]

    def _conclusion(self) -> str:
        failed, warned = self._having(FAILURE), self._having(WARNING)
        if failed:
            return f"Collecting will not work; mend {failed[0].check} first."
        if warned:
            return f"Collecting will work; look at {', '.join(check.check for check in warned)}."
        return "Collecting will work."


def screen(checks: Sequence[Check]) -> list[str]:
    """Return the checks as lines for a person: state, name and message in columns, each hint below its message."""
    names = max(len(check.check) for check in checks)
    lines = []
    for check in checks:
        begin = f"{check.state:<7}  {check.check:<{names}}  "
        room = WIDTH - len(begin)
        text = _wrapped(check.message, room)
        text += _wrapped(check.hint, room, "> ")
        lines += [(begin if number == 0 else " " * len(begin)) + line for number, line in enumerate(text)]
    return lines


def _wrapped(text: str, width: int, begin: str = "") -> list[str]:
    # What a server named may hold any character that breaks a line.
    words, indent = " ".join(text.split()), " " * len(begin)
    return textwrap.wrap(words, width, initial_indent=begin, subsequent_indent=indent, break_on_hyphens=False)
