# Copyright: (c) 2026, clouddb.mongodb_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whether a bucket has a file for certain: its ledger tells of it, and its bytes are read back."""

from __future__ import annotations

from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._archive import verify
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._archive.events import COLLECTED, Event
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._archive.survey import Holding
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._errors import ArchiveError, CloudError
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._mirror.bucket import Bucket
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._mirror.tree import HIDDEN, holding


class Proof:
    """What a bucket proves of one instance. Reads nothing before it is asked. Raises ArchiveError."""

    def __init__(self, bucket: Bucket, folder: str, workers: int) -> None:
        self._bucket, self._folder, self._workers = bucket, folder, workers
        self._held: Holding | None = None

    def has(self, event: Event) -> bool:
        """Tell whether the bucket has the file of a unit, by its ledger and by its bytes."""
        try:
            if self._held is None:
                self._held = self._read()
            known = self._held.ledger.units.get(event.key)
            if known is None or (known.status, known.path, known.sha256) != (COLLECTED, event.path, event.sha256):
                return False
            return verify.check_file(self._held.tree, event) is None
        except CloudError as error:
            raise ArchiveError(error.message, code=error.code, hint=error.hint) from None

    def _read(self) -> Holding:
        held, problems = holding(self._bucket, self._folder, self._workers)
        for problem in (*verify.check_chain(held.ledger, None), *problems):
            if problem.kind != HIDDEN:
                raise ArchiveError(
                    f"{self._bucket.place(self._folder)}: {problem.message}",
                    code="altered",
                    hint="Nothing was pruned of this instance; look at the bucket with log_archive_info.",
                )
        return held
