# Copyright: (c) 2026, clouddb.mongodb_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the engine asks of a provider."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any, NamedTuple, Protocol

from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._archive.files import Digest
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._archive.layout import Place, Series
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._archive.ledger import Event, Ledger
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._archive.status import Status
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._collect.plan import Offer, Plan, Step
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._http import Http
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._spans import Span
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._threads import Threads

Requested = Collection[tuple[Series, Span]]


class Reading(NamedTuple):
    """What was read of a window to its end: the lines of its file, and what the ledger keeps of where they came from."""

    lines: Iterable[bytes]
    source: Mapping[str, Any]


class Source(Protocol):
    """One instance in its cloud. Every method raises CloudError.

    Only ``plan`` may change anything here: the others are called from threads while it is running.
    """

    http: Http

    def plan(self, ledger: Ledger, status: Status, requested: Requested) -> Plan:
        """Return what to do now, having read of the cloud as much as that takes. ``requested``: what this run asked for."""

    def ask(self, step: Step, within: float) -> None:
        """Ask the cloud to make the file of a unit, with the last attempt beginning within so many seconds."""

    def read(self, step: Step, held: Iterable[bytes], threads: Threads) -> Reading:
        """Return the entries of a window, but those that stand in the lines of files that are held.

        Those of the ``threads`` that have nothing to do may help.
        """

    def links_at_once(self, log_type: str) -> int:
        """Return how many links to files of a type of log one call can give."""

    def links(self, offers: Sequence[Offer]) -> Mapping[str, str]:
        """Return fresh links by the ids of the offers; an offer may be left out."""

    def path(self, offer: Offer, link: str) -> str:
        """Return where the file of an offer stands in the archive."""

    def window_path(self, step: Step) -> str:
        """Return where the file of a window that is read stands in the archive."""

    def named(self, step: Step, path: str, digest: Digest, digits: int) -> tuple[str, str]:
        """Return the unit that a file is and where it stands, now that its bytes are known.

        ``digits``: how many of its SHA-256 a name has that tells the content.
        """

    def recognise(self, place: Place) -> Event | None:
        """Return the unit that a file without a ledger line is, told by its place alone."""
