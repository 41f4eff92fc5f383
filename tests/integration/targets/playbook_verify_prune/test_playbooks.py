# Copyright: (c) 2026, clouddb.mongodb_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The playbooks that read an archive, after collect, as nodes of a workflow: only the archive is between them."""

from __future__ import annotations

import gzip
import json
import re
import sys
import unittest

from ansible_collections.clouddb.mongodb_logs.tests.tools import demo_archive
from ansible_collections.clouddb.mongodb_logs.tests.tools.collect_runs import CollectTest, Run


class PlaybooksTest(CollectTest):
    def node(self, playbook: str, *arguments: str, **variables: object) -> Run:
        """Run a playbook with an inventory in which there is only the archive host."""
        store = {"ansible_connection": "local", "ansible_python_interpreter": sys.executable}
        places = {f"{playbook}_archive": str(self.archive), f"{playbook}_archive_host": "store"}
        extra = json.dumps(places | variables)
        # What was collected then is pruned now.
        now = {"MONGODB_LOGS_TESTS_AHEAD": "0"}
        return self.play({"store": store}, f"--extra-vars={extra}", *arguments, playbook=playbook, **now)

    def said(self, run: Run) -> str:
        """Return what was said at the end, or why it failed."""
        return str(re.findall(r'"msg": "(.*)"', run.text)[-1])

    def test_workflow(self) -> None:
        self.assertEqual(self.play(self.fleet).code, 0)
        files = sum(demo_archive.verify(instance)[0] for instance in demo_archive.instances(self.archive))
        run = self.node("verify")
        self.assertEqual(run.code, 0, run.text)
        self.assertRegex(self.said(run), rf"as its ledgers say, by sha256: 4 instances, {files} files with \d+ bytes;")

        run = self.node("verify", verify_parts="1")
        self.assertEqual(run.code, 0, run.text)
        self.assertRegex(self.said(run), rf"bytes, of which part 1/1 was read \({files} files\);")
        runs = [self.node("verify", verify_part=f"{number}/2") for number in (1, 2)]
        read = [re.search(r"of which part ./2 was read \((\d+) files\)", self.said(run)) for run in runs]
        self.assertEqual(sum(int(found[1]) for found in read if found), files)
        self.assertRegex(self.said(self.node("verify", verify_parts="3")), "part [1-3]/3 was read")

        [cluster, instance] = [row["collect_instance"] for row in (self.cluster, self.instance)]
        hold = {"begin": "2025-06-09T00:00:00Z", "end": "2025-06-12T00:00:00Z"}
        chosen = {"prune_instances": f"{cluster}\n{instance}\n", "prune_max_age": "1d", "prune_lock_timeout": "1"}
        held = self.node("prune", prune_hold=json.dumps([hold | {"reason": "Case 4711"}]), **chosen)
        self.assertEqual(held.code, 0, held.text)
        self.assertRegex(self.said(held), r"^0 files .* [1-9]\d* under a hold")

        check = self.node("prune", "--check", prune_release=[hold], **chosen)
        self.assertEqual(check.code, 0, check.text)
        [would] = re.findall(r"^(\d+) files with \d+ bytes would be pruned", self.said(check))
        run = self.node("prune", prune_release=[hold], **chosen)
        self.assertEqual(run.code, 0, run.text)
        self.assertIn(f"{would} files with", self.said(run))
        self.assertGreater(int(would), 0)

        run = self.node("verify", verify_level="size", verify_workers="2", verify_return_limit="0")
        self.assertEqual(run.code, 0, run.text)
        self.assertRegex(self.said(run), rf", {files - int(would)} files .*, {would} pruned\.$")
        self.assertEqual(self.play(self.fleet).changed(), set(), "what was pruned is not collected again")

    def test_what_reads_entries(self) -> None:
        self.assertEqual(self.play(self.fleet).code, 0)
        files = sum(demo_archive.verify(instance)[0] for instance in demo_archive.instances(self.archive))

        every = self.node("search", search_limit=0)
        self.assertEqual(every.code, 0, every.text)
        [entries, read, held] = re.findall(r"(\d+) entries in (\d+) of (\d+) files", every.text)[-1]
        self.assertEqual((int(read), int(held)), (files, files))
        found = self.node("search", search_match="Slow query", search_log_types="slow, error", search_limit="2")
        self.assertEqual(found.code, 0, found.text)
        [told] = re.findall(r'^    "msg": (\[.*?^    \])$', found.text, re.MULTILINE | re.DOTALL)
        self.assertEqual(["Slow query" in line for line in json.loads(told)], [False, True, True])

        slow = self.node("slow", slow_limit=1, slow_begin="2020-01-01T00:00:00Z", slow_instances="")
        self.assertEqual(slow.code, 0, slow.text)
        self.assertRegex(slow.text, r"\d+ slow operations of \d+ shapes took \d+\.\d s, by \d+ of \d+ files\.")
        self.assertRegex(self.said(slow), r" operations took \d+\.\d s, [\d.]+ s each, at most [\d.]+ s new$")

        for form in ("otlp", "ecs"):
            dest = self.folder / form
            wanted = {
                "export_dest": str(dest),
                "export_format": form,
                "export_compress": "true",
                "export_redact": "user",
            }
            check = self.node("export", "--check", **wanted)
            self.assertEqual(check.code, 0, check.text)
            self.assertFalse(dest.exists())
            self.assertIn(f"{entries} entries of {files} files would be exported", self.said(check))
            run = self.node("export", **wanted)
            self.assertEqual(run.code, 0, run.text)
            self.assertIn(f"{entries} entries of {files} files were exported; 0 files are left.", self.said(run))
            texts = [gzip.decompress(path.read_bytes()).decode("utf-8") for path in dest.rglob("*.ndjson.gz")]
            lines = [json.loads(line) for text in texts for line in text.splitlines()]
            if form == "ecs":
                self.assertEqual(len({line["event"]["id"] for line in lines}), int(entries))
                self.assertTrue(all(line["ecs"]["version"] and "user" not in line for line in lines))
            again = self.node("export", **wanted)
            self.assertIn("0 entries of 0 files were exported; 0 files are left.", self.said(again))

    def test_what_is_wrong(self) -> None:
        self.assertEqual(self.play({"shop": self.cluster, "orders": self.instance}).code, 0)
        run = self.node(
            "verify", verify_provider="umongodb", verify_log_types="slow, error", verify_expected_head="1" * 64
        )
        self.assertEqual(run.code, 2, run.text)
        self.assertIn("1 problem was found", self.said(run))

        altered = next(self.archive.rglob("*.tar.gz"))
        altered.write_bytes(altered.read_bytes()[:-1] + b"!")
        self.assertEqual(self.node("verify", verify_level="size").code, 0)
        run = self.node("verify", verify_level="")
        self.assertEqual(run.code, 2, run.text)
        self.assertIn("1 problem was found", self.said(run))
        self.assertEqual(self.node("verify", verify_provider="dds").code, 0)

        run = self.node("verify", verify_region="elsewhere")
        self.assertEqual(run.code, 2, run.text)
        self.assertIn("holds no instance of those that were chosen", self.said(run))

    def test_bad_input(self) -> None:
        for playbook in ("verify", "prune"):
            for name, value, reason in (
                ("archive", "", "archive must not be empty"),
                ("archive", str(self.folder / "nowhere"), "There is no archive at"),
                ("instances", "../etc", "is not an id"),
                ("log_types", "slow\nfull", "log_types"),
                ("return_limit", "many", "return_limit"),
            ):
                run = self.node(playbook, prune_max_age="1d", **{f"{playbook}_{name}": value})
                self.assertEqual(run.code, 2, run.text)
                self.assertIn(reason, self.said(run))
        self.archive.mkdir()
        self.assertIn("required: max_age, max_bytes, hold, release", self.said(self.node("prune")))


if __name__ == "__main__":
    unittest.main()
