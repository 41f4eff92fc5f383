# Copyright: (c) 2026, clouddb.mongodb_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Many entries of a month, in bursts, newest first, some late and some doubled: each is in exactly one file.

COLLECT_ENTRIES=400000 tests as many, which takes some minutes.
"""

from __future__ import annotations

import os
from collections import Counter

import pytest
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._time import DAY, iso, parse_instant

from .conftest import Instance
from .lines import from_time, held, lines_of, midnight, offered

# Coverage is counted by smaller examples of the same.
pytestmark = pytest.mark.uncounted


ENTRIES = int(os.environ.get("COLLECT_ENTRIES", "20000"))
DAYS = 33.0


def asked(instance: Instance, since: int) -> set[tuple[str, str, str]]:
    """Return the windows that were read since so many requests: which call, of which node, and its end."""
    requests = list(instance.emulator.requests)[since:]
    bodies = [(one.action, one.params["body"]) for one in requests if "Logs" in one.action]
    return {(action, body["node_id"], body["end_time"]) for action, body in bodies if body.get("node_id")}


@pytest.mark.parametrize("order", ["newest"] if ENTRIES > 20000 else ["newest", "oldest"])
def test_every_one_of_many_entries_is_in_exactly_one_file(queried: Instance, order: str) -> None:
    cloud = queried.emulator
    cloud.world.entry_order = order
    queried.log_types = ("slow", "error")
    begin, series = midnight(queried), 2 * len(queried.instance.nodes())
    cloud.world.add_entries(
        queried.instance.id, ENTRIES, DAYS, until=begin + 3 * DAY, late=0.05, late_seconds=12 * 3600, doubled=0.02
    )
    known = {log_type: Counter[str]() for log_type in queried.log_types}
    first = begin
    for number, hours in enumerate((0, 26, 26, 30)):
        queried.advance(hours=hours)
        for log_type in queried.log_types:
            known[log_type] |= offered(queried, midnight(queried), log_type)
        before = len(cloud.requests)
        outcome = queried.collect(lookback=30 * DAY)
        assert outcome.message() is None
        if number:
            # The window that is over, and the one before it once more.
            ends = {parse_instant(end, "end") for _action, _node, end in asked(queried, before)}
            assert ends == {midnight(queried), midnight(queried) - DAY}
            assert len(asked(queried, before)) == 2 * series
        else:
            first = min(parse_instant(line["begin"], "begin") for line in lines_of(queried))
        before = len(cloud.requests)
        assert queried.collect(lookback=30 * DAY).changed is False
        assert asked(queried, before) == set()
    late = [line for line in lines_of(queried) if "+" in (line["unit"] or "")]
    assert late, f"nothing was late until {iso(int(cloud.clock.now()))}"
    for log_type in queried.log_types:
        expected = {line for line in known[log_type] if from_time(line.split('"log_time":"')[1]) >= first}
        files = held(queried, log_type)
        assert files.keys() == expected
        assert set(files.values()) == {1}
        assert len(expected) > ENTRIES / 3
