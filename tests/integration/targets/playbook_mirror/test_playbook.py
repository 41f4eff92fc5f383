# Copyright: (c) 2026, clouddb.mongodb_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The playbook mirror: beside an archive that is kept, and in jobs that keep nothing."""

from __future__ import annotations

import unittest
from collections.abc import Sequence
from typing import Any

from ansible_collections.clouddb.mongodb_logs.tests.emulator import Fault
from ansible_collections.clouddb.mongodb_logs.tests.stores import RcloneStore
from ansible_collections.clouddb.mongodb_logs.tests.stores.store import ACCESS_KEY, SECRET_KEY
from ansible_collections.clouddb.mongodb_logs.tests.tools import demo_archive
from ansible_collections.clouddb.mongodb_logs.tests.tools.collect_runs import CollectTest, Run, Variables


class MirrorTest(CollectTest):
    def setUp(self) -> None:
        """Start a store, with its keys in the environment alone."""
        super().setUp()
        store = RcloneStore(self.folder / "store")
        self.store = store.__enter__()
        self.addCleanup(store.__exit__)
        self.keys |= {"AWS_ACCESS_KEY_ID": ACCESS_KEY, "AWS_SECRET_ACCESS_KEY": SECRET_KEY}
        (self.folder / "tmp").mkdir()

    def mirror(
        self,
        *arguments: str,
        plays: Sequence[tuple[str, Variables]] = (("mirror", {}),),
        scratch: bool = False,
        several: bool = True,
        **variables: Any,
    ) -> Run:
        """Run playbooks, each with variables, over a cluster and an instance, or the cluster alone."""
        place = {"collect_mirror_bucket": "mirror", "collect_mirror_endpoint_url": self.store.url}
        place |= {"collect_archive": "", "collect_mirror_scratch": "yes"} if scratch else {}
        rows = (("one", self.cluster), ("two", self.instance))[: 1 + several]
        hosts = {name: row | place | variables for name, row in rows}
        environment = {"TMPDIR": str(self.folder / "tmp"), "ANSIBLE_PIPELINING": "1"}
        playbook = self.own_playbook(
            [{"import_playbook": f"clouddb.mongodb_logs.{name}", "vars": own} for name, own in plays]
        )
        return self.play(hosts, *arguments, playbook=playbook, **environment)

    def scratch_folders(self) -> list[str]:
        return [path.name for path in (self.folder / "tmp").iterdir() if "mongodb-logs" in path.name]

    def segments(self) -> list[str]:
        return sorted(key.partition("ledger/")[2] for key in self.store.objects() if "ledger/" in key)

    def test_beside_an_archive(self) -> None:
        run = self.mirror(plays=[("mirror", {})] * 2)
        self.assertEqual(run.code, 0, run.text)
        files = {str(path.relative_to(self.archive)) for path in self.archive.rglob("*/20*/*/*/*") if path.is_file()}
        self.assertGreater(len(files), 2)
        self.assertEqual(files - set(self.store.objects()), set())
        # The second had nothing to add.
        self.assertEqual(self.segments(), ["000000000001.jsonl"] * 2)
        for part in run.parts():
            self.assertEqual(part.text.count("log_archive_mirror runs in the worker."), 2, part.text)
        self.no_leaks()

    def test_an_inventory_without_hosts_is_no_success(self) -> None:
        run = self.play({}, playbook="mirror")
        self.assertEqual(run.code, 2, run.text)
        self.assertIn("The inventory has no host to collect from", run.text)

    def test_jobs_that_keep_nothing(self) -> None:
        job: dict[str, Any] = {"awx_job_id": 7}
        check = self.mirror("--check", scratch=True, several=False, **job)
        self.assertEqual((check.code, self.store.objects()), (0, {}), check.text)
        first = self.mirror(scratch=True, **job)
        self.assertEqual(first.code, 0, first.text)
        before = self.store.objects()
        self.assertEqual(self.segments(), ["000000000001.jsonl"] * 2)
        asked = len(self.emulator.requests.of("BackupUMongoDBLog"))
        # of one host the doctor looks for a bucket that is not there
        nowhere = {"collect_mirror_bucket": "{{ 'of-nobody' if inventory_hostname == 'two' else 'mirror' }}"}
        both = self.mirror(scratch=True, plays=[("mirror", {}), ("doctor", nowhere)], **job)
        self.assertEqual(both.code, 2, both.text)
        second, examined = both.parts("See that there is anything to ")
        self.assertEqual((set(second.results), second.failures), ({"one", "two"}, {}))
        self.assertEqual(len(self.emulator.requests.of("BackupUMongoDBLog")), asked)
        still = ("status.json", "head.json")
        self.assertEqual(
            {key: data for key, data in before.items() if not key.endswith(still)},
            {key: data for key, data in self.store.objects().items() if not key.endswith(still)},
        )
        self.assertFalse(self.archive.exists())
        self.assertEqual(set(examined.failures), {"two"}, examined.text)
        # The ledger that is looked at is the bucket's.
        self.assertRegex(examined.text, "ok +ledger +The chain is whole")
        # What the runs saw of this store, and what follows from it.
        self.assertRegex(examined.text, "warning +conditional_writes +The store has no conditional writes")
        self.assertIn("leave concurrent jobs off", examined.text)
        # the screen may break its line there
        self.assertRegex(examined.text, r'mend bucket[\s",]+first')
        self.assertEqual(self.scratch_folders(), [])
        said = [self.folder / name for name in ("output.txt", "ansible.log")]
        self.assertEqual(demo_archive.leaks(said, self.keys.values()), [])

    def test_what_came_in_is_mirrored_though_not_everything_did(self) -> None:
        self.emulator.faults.add(Fault("object", "corrupt_body", times=3))
        run = self.mirror(scratch=True, several=False, collect_workers=1)
        self.assertEqual(run.code, 2, run.text)
        self.assertEqual(self.segments(), ["000000000001.jsonl"], run.text)
        again = self.mirror(scratch=True, several=False)
        self.assertEqual(again.code, 0, again.text)
        self.assertEqual(len(self.segments()), 2)


if __name__ == "__main__":
    unittest.main()
