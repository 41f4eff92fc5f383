# Copyright: (c) 2026, clouddb.mongodb_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How a series is collected, and what an archive claims of it. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._archive.layout import Series
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._archive.ledger import BY_QUERY, Ledger


class Claim(NamedTuple):
    """``by``: ``package``, ``list``, ``query`` or ``export``. ``text``: what is claimed, as a person reads it.

    ``windowed``: whether every moment is to be covered, so that time without a unit is a gap.
    """

    by: str
    text: str
    windowed: bool


PACKAGE = Claim("package", "every window of the log, as the cloud packaged it", windowed=True)
LISTED = Claim("list", "every log that the cloud listed", windowed=False)
QUERY = Claim(
    "query",
    "every entry that the cloud offered for the window when it was read, and when it was looked at again",
    windowed=True,
)
EXPORT = Claim("export", "what the cloud exported when it was asked; no completeness", windowed=False)


def claim_of(identity: Mapping[str, str], series: Series, ledger: Ledger, *, timed: bool) -> Claim:
    """Return how a series of an instance is collected now.

    ``timed``: whether it is about spans of time though the series may never have been opened; exports have none.
    """
    if identity["provider"] == "umongodb":
        return PACKAGE
    if series.log_type == "audit":
        return LISTED
    return QUERY if timed or ledger.opened_for.get(series) == BY_QUERY else EXPORT
