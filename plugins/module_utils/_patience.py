# Copyright: (c) 2026, clouddb.mongodb_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How long a run waits for a host: a deadline since it last answered usefully, shared by all threads."""

from __future__ import annotations

import copy
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Callable

from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._errors import CloudError


def is_passing(status: int) -> bool:
    """Tell whether an HTTP status says that the same request may succeed a little later."""
    return status in (408, 425, 429) or status >= 500


def is_silence(error: CloudError) -> bool:
    """Tell whether an error is as good as no answer: nothing came, or nothing that was of use. A refusal is an answer."""
    return error.passing and (error.status < 300 or is_passing(error.status))


# Of a host that never answered, no other attempt ends in another way, and each may take long: a dead name server is asked first.
_HOPELESS = {"unknown_host", "tls", "tls_untrusted", "proxy", "proxy_tls", "proxy_unreachable", "proxy_unusable"}


@dataclass
class _Host:
    """When a host answered and failed last; ``since`` when it is silent, ``cause`` why it is given up.

    ``held`` and ``held_then``: for how long the run had been asked to wait when the silence began, and at the last failure.
    """

    heard: float = float("-inf")
    failed: float = float("-inf")
    held_then: float = 0.0
    since: float | None = None
    held: float = 0.0
    cause: CloudError | None = None
    probe: float = float("-inf")


class Patience:
    """Gives a host up when it was silent for a deadline, or could not be reached at all: whoever wants something of it then gets the cause at once.

    Every further deadline one attempt is let through, to see whether it is back. Time for which the host asked to be left alone
    does not count as silence, up to another deadline. ``held`` returns the seconds that this took so far.
    """

    def __init__(self, deadline: float, monotonic: Callable[[], float], held: Callable[[], float]) -> None:
        self._deadline = deadline
        self._monotonic = monotonic
        self._held = held
        self._hosts: dict[tuple[str, ...], _Host] = {}
        self._lock = threading.Lock()

    @contextmanager
    def trying(self, *host: str) -> Iterator[None]:
        """Attempt something with a host, or one of several services behind one. Marks the error that ended its deadline as ``spent``.

        Raises the cause, attempting nothing, when the host is given up.
        """
        begun = self._admit(*host)
        try:
            yield
        except CloudError as error:
            if is_silence(error):
                self._missed(host, begun, error)
            elif error.status:
                self.heard(*host)
            elif error.code in _HOPELESS:
                self._give_up(host, error)
            raise
        self.heard(*host)

    def heard(self, *host: str) -> None:
        """Take note that a host answered usefully just now.

        Bytes of a file count, also of one that stalls again and again: what stops one file, such as a gateway's limit of size,
        need not stop another, and to give up the host would keep those behind it from ever being collected. So each file
        that stalls has a deadline of its own.
        """
        with self._lock:
            one = self._hosts.setdefault(host, _Host())
            one.heard, one.since, one.cause = self._monotonic(), None, None

    def _admit(self, *host: str) -> float:
        now = self._monotonic()
        with self._lock:
            one = self._hosts.setdefault(host, _Host())
            if one.cause:
                if now < one.probe:
                    raise _told_again(one.cause)
                one.probe = now + self._deadline
        return now

    def _give_up(self, host: tuple[str, ...], error: CloudError) -> None:
        with self._lock:
            one = self._hosts[host]
            if one.heard == float("-inf"):
                one.cause, one.probe = error, self._monotonic() + self._deadline
                error.spent = True

    def _missed(self, host: tuple[str, ...], begun: float, error: CloudError) -> None:
        now, held = self._monotonic(), self._held()
        with self._lock:
            one = self._hosts[host]
            start = max(begun, one.heard)
            # While nobody asks, nobody is silent; but whoever waits because the host said so does ask.
            if one.since is None or start - one.failed - (held - one.held_then) > self._deadline:
                one.since, one.held = start, held
            one.failed, one.held_then = now, held
            patience = self._deadline + min(held - one.held, self._deadline)
            if one.cause or now - one.since >= patience:
                one.cause, one.probe = error, now + self._deadline
                error.spent = True


def _told_again(cause: CloudError) -> CloudError:
    """Return the cause for somebody who attempted nothing, so that nothing can have taken effect."""
    error = copy.copy(cause)
    error.uncertain = False
    return error
