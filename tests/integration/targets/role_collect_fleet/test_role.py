# Copyright: (c) 2026, clouddb.mongodb_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The playbook collect on a fleet of which a part is broken, each member in its own way.

COLLECT_FLEET=200 tests as many hosts, which takes a minute.
"""

from __future__ import annotations

import os
import re
import unittest
from typing import Any

from ansible_collections.clouddb.mongodb_logs.tests.emulator import broken
from ansible_collections.clouddb.mongodb_logs.tests.tools import demo_archive
from ansible_collections.clouddb.mongodb_logs.tests.tools.collect_runs import CollectTest, Run, Variables

HOSTS = int(os.environ.get("COLLECT_FLEET", "24"))
UMONGODB = {
    "denied": "RetCode 299",
    "missing": "RetCode 65101",
    "packaging": "its packaging failed",
    "forbidden_objects": "refused the link with AccessDenied",
    "short_objects": "was cut",
}
DDS = {
    "cut": "was cut",
    "denied": "HTTP 403",
    "failing": "HTTP 500",
    "missing": "HTTP 404",
    "throttled": "HTTP 429",
}


def allowing(percentage: str) -> str:
    return f"--extra-vars=collect_max_fail_percentage={percentage}"


class FleetTest(CollectTest):
    small = HOSTS // 2

    def setUp(self) -> None:
        super().setUp()
        self.hosts: dict[str, Variables] = {}
        # all kinds of log would need several exports of each instance
        for provider, kinds, rows in (("umongodb", "slow,error", self.clusters), ("dds", "audit", self.instances)):
            for name, row in rows.items():
                if name.startswith("fleet-"):
                    self.hosts[f"{provider}-{name[-4:]}"] = row | {"collect_log_types": kinds}

    def said(self, run: Run) -> str:
        """Return what was said at the end."""
        [said] = re.findall(r'"msg": "(\d+ of \d+ hosts failed.*)"', run.text)
        return str(said)

    def test_some_are_broken(self) -> None:
        self.assertEqual(len(self.hosts), HOSTS)
        reasons = {}
        for provider, ways in (("umongodb", UMONGODB), ("dds", DDS)):
            for number, (how, reason) in enumerate(ways.items()):
                host = f"{provider}-{1 + number * HOSTS // 10:04}"
                reasons[host] = reason
                # much for one answer on a busy machine, and little for those who wait in vain
                self.hosts[host]["collect_deadline"] = 10
                self.emulator.faults.add(broken(self.hosts[host]["collect_instance"], how))

        run = self.play(self.hosts, allowing(str(100 * len(reasons) / HOSTS)))
        self.assertEqual(run.code, 0, run.text)
        said = self.said(run)
        self.assertTrue(said.startswith(f"10 of {HOSTS} hosts failed"), said)
        self.assertEqual(re.findall(r"((?:umongodb|dds)-\d{4}): ", said), sorted(reasons))
        for host, reason in reasons.items():
            self.assertRegex(said, f"{host}: [^:]*.*?{reason}")
            self.assertIn(reason, run.message(host))
        self.assertEqual(set(run.failures), set(reasons))
        self.assertEqual(run.changed(), set(self.hosts) - set(reasons), run.unchanged())
        for result in run.results.values():
            self.assertEqual(result["counts"]["missing"], 0)
            self.assertGreater(result["counts"]["collected"] + result["counts"]["empty"], 0)

        self.compare_with_percentages(next(iter(reasons)))

        self.emulator.faults.clear()
        # a package that failed is asked for again an hour later
        self.emulator.clock.advance(2 * 86400)
        run = self.play({host: self.hosts[host] | {"collect_deadline": 120} for host in reasons})
        self.assertEqual((run.code, run.changed()), (0, set(reasons)), run.text)
        self.assertEqual(self.said(run), "0 of 10 hosts failed")
        self.complete()

    def complete(self) -> None:
        archive = demo_archive.instances(self.archive)
        self.assertEqual(len(archive), HOSTS)
        for instance in archive:
            self.assertGreater(demo_archive.verify(instance)[0], 0, instance.folder)
        self.no_leaks()

    def compare_with_percentages(self, broken_one: str) -> None:
        """Of two hosts one fails. Of three that are not the emulator's to break two do, each by its own variables."""
        well = self.hosts["umongodb-0002"]
        pair = {broken_one: self.hosts[broken_one], "umongodb-0002": well}
        three = {
            "nowhere": well | {"collect_archive": "not/absolute"},
            "of-nobody": well | {"collect_provider": "aws"},
            "well": well,
        }
        cases = [(pair, "50"), (three, "67"), (pair, "49.9"), (three, "")]
        variables = [
            {"collect_hosts": ",".join(hosts), "collect_max_fail_percentage": percentage} for hosts, percentage in cases
        ]
        run = self.play(pair | three, playbook=self.collecting(*variables, forgiving=True))
        self.assertEqual(run.code, 2, run.text)
        parts = run.parts()
        both = ["nowhere", "of-nobody"]
        for part, (hosts, _percentage), failed in zip(parts, cases, ([], [], [broken_one], both), strict=True):
            self.assertEqual(sorted(part.failed()), failed, part.text)
            self.assertEqual(set(part.failures), {broken_one} if hosts is pair else set(both))
            self.assertEqual(set(part.results), set(hosts) - set(part.failures))
        for part in (parts[0], parts[2]):
            self.assertEqual(self.said(part)[:12], "1 of 2 hosts")
        reason = ": nowhere: archive: 'not/absolute'"
        self.assertIn(f"2 of 3 hosts failed, and 67 % may{reason}", self.said(parts[1]))
        self.assertTrue(self.said(parts[3]).startswith(f"2 of 3 hosts failed{reason}"), self.said(parts[3]))

    def test_strategies(self) -> None:
        """Under each, all that can be collected is, exactly the broken host fails by itself, and the verdict is told once."""
        names = [name for name in self.hosts if name.startswith("umongodb")][:4]
        hosts = {name: self.hosts[name] for name in names}
        broken_one = names[0]
        self.emulator.faults.add(broken(hosts[broken_one]["collect_instance"], "denied"))
        cases: list[tuple[str, dict[str, Any], bool]] = [
            ("25", {"collect_strategy": "free"}, False),
            ("24", {"collect_strategy": "host_pinned"}, True),
            ("0", {"collect_strategy": "free", "collect_serial": 2}, True),
            ("0", {"collect_serial": "1"}, True),
            ("0", {"collect_strategy": "free"}, True),
        ]
        variables = [{"collect_max_fail_percentage": percentage} | more for percentage, more, _fails in cases]
        run = self.play(hosts, "--forks=2", playbook=self.collecting(*variables, forgiving=True))
        self.assertEqual(run.code, 2, run.text)
        for part, (percentage, more, fails) in zip(run.parts(), cases, strict=True):
            with self.subTest(percentage=percentage, variables=more):
                self.assertEqual(set(part.results), set(names[1:]), part.text)
                self.assertTrue(self.said(part).startswith("1 of 4 hosts failed"), self.said(part))
                self.assertIn(UMONGODB["denied"], part.message(broken_one))
                self.assertEqual(part.failed(), [broken_one] if fails else [], part.text)
        self.assertEqual(self.recap(run), [(broken_one, "4")])

    def test_a_strategy_of_the_settings_and_a_limit(self) -> None:
        """A percentage is one of the hosts that are left; run again for those that failed alone, it stays red until they are mended."""
        broken_one, other = list(self.hosts)[:2]
        self.emulator.faults.add(broken(self.hosts[broken_one]["collect_instance"], "denied"))
        run = self.play(
            self.hosts, allowing("50"), f"--limit={broken_one},{other}", "--forks=2", ANSIBLE_STRATEGY="free"
        )
        self.assertEqual((run.code, set(run.results), set(run.failures)), (0, {other}, {broken_one}), run.text)
        self.assertTrue(self.said(run).startswith("1 of 2 hosts failed, an"), self.said(run))
        self.assertEqual(self.recap(run), [])
        variables = [{}, {"collect_hosts": broken_one}]
        both = self.play(
            self.hosts,
            allowing("49"),
            f"--limit={broken_one},{other}",
            playbook=self.collecting(*variables, forgiving=True),
            ANSIBLE_STRATEGY="free",
        )
        limited, again = both.parts()
        self.assertEqual((both.code, self.said(limited)[:23]), (2, "1 of 2 hosts failed, an"))
        self.assertEqual((limited.failed(), again.failed()), ([broken_one], [broken_one]))
        self.assertEqual(set(again.failures), {broken_one})

    def recap(self, run: Run) -> list[tuple[str, str]]:
        """Return the hosts that failed, and how often."""
        return re.findall(r"^(\S+) +: .* unreachable=0 +failed=([1-9])", run.text, re.MULTILINE)

    def test_nothing_to_collect_from(self) -> None:
        hosts = {"shop": self.cluster, "store": {}}
        for playbook in ("collect", "doctor"):
            run = self.play(hosts, "--limit=store", "--extra-vars=collect_hosts=shop", playbook=playbook)
            self.assertEqual(run.code, 2, run.text)
            self.assertIn("has no host to collect from", run.text)
        hosts["store"] = {"collect_archive_host": "store"}
        cases: dict[str, Variables] = {
            "one of those in collect_include.": {"collect_hosts": "shop", "collect_include": "orders"},
            "a cluster or an instance.": {"collect_hosts": "store"},
        }
        run = self.play(hosts, playbook=self.collecting(*cases.values()), ANSIBLE_STRATEGY="free")
        self.assertEqual(run.code, 0, run.text)
        for part, what in zip(run.parts(), cases, strict=True):
            self.assertEqual(self.said(part), f"0 of 0 hosts failed. NOTHING WAS COLLECTED, as no host here is {what}")

    def test_bad_percentage(self) -> None:
        run = self.play({"shop": self.cluster, "orders": self.instance}, allowing("101"))
        self.assertEqual(run.code, 2, run.text)
        self.assertIn("must be a number from 0 to 100, not 101.", run.text)
        self.assertEqual(len(self.emulator.requests), 0)


if __name__ == "__main__":
    unittest.main()
