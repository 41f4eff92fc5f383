# Copyright: (c) 2026, clouddb.mongodb_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A mirror that is killed, before or after any of its requests, is completed by the next run, and nothing is put twice."""

from __future__ import annotations

import os
import signal
import threading
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._mirror import put, run
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._mirror.bucket import Access
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._mirror.chain import Head
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._mirror.quick import Quick
from ansible_collections.clouddb.mongodb_logs.tests.stores import LEAST_PART, Between, Call, MotoStore, Store
from botocore.httpsession import URLLib3Session

from ...archives import Made

# What is killed is not counted anyway, and what completes it is counted elsewhere.
pytestmark = [pytest.mark.uncounted, pytest.mark.usefixtures("data_read_once")]

MOMENTS, TESTS = 60, 6


def archive(folder: Path) -> Made:
    """Make an archive of two months, with a file that goes in parts."""
    made = Made(folder)
    made.opened()
    made.collected(*range(18), size=50)
    made.holds(bytes(2 * LEAST_PART + 1000), day=25)
    made.collected(40, 41, size=50)
    made.noted()
    return made


def mirror(made: Made, store: Store) -> dict[str, Any]:
    given = store.options
    access = Access("mirror", "p", given["endpoint_url"], given["access_key"], given["secret_key"])
    options = {"archive": str(made.path.parents[3]), "workers": 3, "return_limit": 9, "conditional_writes": "auto"}
    return run.present({**options, **dict.fromkeys(("provider", "project_id"))}, access, check=False, diff=False)


def run_in_child(collect: Callable[[], object], fatal: int) -> bool:
    """Run in a child that kills itself before or after a request; tell whether it did."""
    child = os.fork()
    if child == 0:
        lock, moments = threading.Lock(), iter(range(1_000_000))
        send, put_quickly = URLLib3Session.send, Quick.put

        def moment() -> None:
            with lock:
                if next(moments) == fatal:
                    os.kill(os.getpid(), signal.SIGKILL)

        def sent(session: Any, request: Any) -> Any:
            moment()
            answer = send(session, request)
            moment()
            return answer

        def put(*arguments: Any) -> str | None:
            moment()
            answer = put_quickly(*arguments)
            moment()
            return answer

        URLLib3Session.send = sent
        Quick.put = put  # type: ignore[method-assign, assignment]
        try:
            collect()
        finally:
            os._exit(0)
    _pid, status = os.waitpid(child, 0)
    return os.WIFSIGNALED(status)


def objects_put(calls: list[Call]) -> Counter[str]:
    """Return how often each object was put, of a large one each part, but for those that get newer versions."""
    own = ("head.json", "status.json")
    puts = [call for call in calls if call.method == "PUT" and not call.key.endswith(own)]
    return Counter(f"{call.key} {call.query.get('partNumber', '')}" for call in puts)


@pytest.mark.parametrize("part", range(TESTS))
def test_a_mirror_killed_at_any_of_sixty_moments_is_completed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, part: int
) -> None:
    monkeypatch.setattr(put, "LIMIT", LEAST_PART)
    monkeypatch.setattr(put, "PART", LEAST_PART)
    made = archive(tmp_path / "archive")
    with MotoStore() as store:
        with Between(store) as seen:
            mirror(made, seen)
        whole = store.objects()
    for fatal in range(part, MOMENTS, TESTS):
        with MotoStore() as store:
            way = Between(store)
            with way as seen:
                killed = run_in_child(lambda seen=seen: mirror(made, seen), fatal)  # type: ignore[misc]
                assert killed, f"the run had no moment {fatal}"
                way.settle()
                mirror(made, seen)
            found = store.objects()
            assert [key for key, times in objects_put(way.calls).items() if times > 1] == [], f"killed at {fatal}"
            assert {key: data for key, data in found.items() if not key.endswith("head.json")} == {
                key: data for key, data in whole.items() if not key.endswith("head.json")
            }
            head = Head.of(found[f"p/{made.folder}/head.json"], "there")
            assert (head.at.lines, head.at.head) == (made.ledger.lines, made.ledger.head)
            assert mirror(made, store)["changed"] is False
