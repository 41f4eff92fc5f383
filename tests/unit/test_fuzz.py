# Copyright: (c) 2026, clouddb.mongodb_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Some seconds of what ``make fuzz`` does for an hour; and that it would see what it is there to see."""

from __future__ import annotations

import json
from pathlib import Path
from random import Random
from unittest import mock

import pytest
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._reader import Record
from ansible_collections.clouddb.mongodb_logs.tests.fuzz import fuzz
from ansible_collections.clouddb.mongodb_logs.tests.fuzz.calls import Broken, CallFuzzer
from ansible_collections.clouddb.mongodb_logs.tests.fuzz.mutations import Served, mutate
from ansible_collections.clouddb.mongodb_logs.tests.fuzz.runs import RunFuzzer

# Coverage is counted by smaller examples of the same.
pytestmark = pytest.mark.uncounted


def test_calls_end_in_a_result_or_in_an_error_of_ours() -> None:
    fuzzer = CallFuzzer()
    assert sum(fuzzer.run(seed) for seed in range(2000)) == 2000


def test_runs_tell_no_lie_and_are_completed_by_a_sound_one(tmp_path: Path) -> None:
    fuzzer = RunFuzzer(tmp_path)
    assert sum(fuzzer.run(seed) for seed in range(12)) > 30


def test_a_reader_that_does_not_check_is_found(capsys: pytest.CaptureFixture[str]) -> None:
    def unchecked(self: Record, field: str) -> list[Record]:
        return [Record(row, field) for row in self.get(field) or []]

    with mock.patch.object(Record, "records", unchecked):
        assert fuzz.main(["--only", "calls", "--count", "500"]) == 1
    lines = capsys.readouterr().out.splitlines()
    assert lines[-1].startswith("fuzz: ")
    seed = int(lines[0].partition("--seed ")[2].split()[0])
    with mock.patch.object(Record, "records", unchecked), pytest.raises(Broken):
        CallFuzzer().run(seed)


def test_a_mutation_is_the_same_for_the_same_dice() -> None:
    answer = Served(200, json.dumps({"RetCode": 0, "DataSet": [{"Id": 1}, {"Id": 2}]}).encode(), {"Date": "x"})
    made = [[mutate(Random(seed), answer) for seed in range(500)] for _turn in range(2)]
    assert made[0] == made[1]
    assert len({one.answer.body for one in made[0]}) > 100
