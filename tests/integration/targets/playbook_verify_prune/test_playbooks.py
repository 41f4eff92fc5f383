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
from pathlib import Path

import yaml
from ansible_collections.clouddb.mongodb_logs.tests.tools import checkout, demo_archive
from ansible_collections.clouddb.mongodb_logs.tests.tools.collect_runs import CollectTest, Run, Variables


class PlaybooksTest(CollectTest):
    def node(self, playbook: str, *arguments: str, **variables: object) -> Run:
        """Run a playbook with an inventory in which there is only the archive host."""
        extra = json.dumps(self.places(playbook) | variables)
        return self.on_the_store(f"--extra-vars={extra}", *arguments, playbook=playbook)

    def places(self, playbook: str) -> Variables:
        return {f"{playbook}_archive": str(self.archive), f"{playbook}_archive_host": "store"}

    def on_the_store(self, *arguments: str, playbook: str | Path) -> Run:
        store = {"ansible_connection": "local", "ansible_python_interpreter": sys.executable}
        # What was collected then is pruned now.
        now = {"MONGODB_LOGS_TESTS_AHEAD": "0"}
        return self.play({"store": store}, *arguments, playbook=playbook, **now)

    def nodes(self, *wanted: tuple[str, Variables], check: bool = False) -> list[tuple[bool, str]]:
        """Do what playbooks do, one after the other in one run; return of each whether it failed, and what it said.

        To start Ansible takes longer than what most of them do.
        """
        tasks: list[Variables] = []
        for playbook, variables in wanted:
            [play] = yaml.safe_load((checkout.ROOT / "playbooks" / f"{playbook}.yml").read_text("utf-8"))
            assert play["hosts"] == "localhost"
            failed = {"ansible.builtin.debug": {"msg": "{{ ansible_failed_result.msg }}"}, "name": "It failed"}
            known = play.get("vars", {}) | self.places(playbook) | variables
            tasks.append({"ansible.builtin.debug": {"msg": ""}, "name": "The next one"})
            tasks.append({"block": play["tasks"], "rescue": [failed], "vars": known})
        path = self.folder / "nodes.json"
        path.write_text(json.dumps([{"hosts": "localhost", "gather_facts": False, "tasks": tasks}]))
        run = self.on_the_store(*(["--check"] if check else []), playbook=path)
        self.assertEqual(run.code, 0, run.text)
        texts = run.text.split("TASK [The next one]")[1:]
        return [("TASK [It failed]" in text, text) for text in texts]

    def succeeded(self, *wanted: tuple[str, Variables], check: bool = False) -> list[str]:
        """Return what each of the playbooks said; none may fail."""
        done = self.nodes(*wanted, check=check)
        self.assertEqual([text for failed, text in done if failed], [])
        return [text for _failed, text in done]

    def said(self, text: str) -> str:
        """Return what was said at the end, or why it failed."""
        return str(re.findall(r'"msg": "(.*)"', text)[-1])

    def test_workflow(self) -> None:
        self.assertEqual(self.play(self.fleet).code, 0)
        files = sum(demo_archive.verify(instance)[0] for instance in demo_archive.instances(self.archive))
        run = self.node("verify")
        self.assertEqual(run.code, 0, run.text)
        self.assertRegex(
            self.said(run.text), rf"as its ledgers say, by sha256: 4 instances, {files} files with \d+ bytes;"
        )

        parts = [{"verify_parts": "1"}, {"verify_part": "1/2"}, {"verify_part": "2/2"}, {"verify_parts": "3"}]
        texts = self.succeeded(*(("verify", part) for part in parts))
        self.assertRegex(self.said(texts[0]), rf"bytes, of which part 1/1 was read \({files} files\);")
        read = [re.search(r"of which part ./2 was read \((\d+) files\)", self.said(text)) for text in texts[1:3]]
        self.assertEqual(sum(int(found[1]) for found in read if found), files)
        self.assertRegex(self.said(texts[3]), "part [1-3]/3 was read")

        [cluster, instance] = [row["collect_instance"] for row in (self.cluster, self.instance)]
        hold = {"begin": "2025-06-09T00:00:00Z", "end": "2025-06-12T00:00:00Z"}
        chosen = {"prune_instances": f"{cluster}\n{instance}\n", "prune_max_age": "1d", "prune_lock_timeout": "1"}
        held = self.node("prune", prune_hold=json.dumps([hold | {"reason": "Case 4711"}]), **chosen)
        self.assertEqual(held.code, 0, held.text)
        self.assertRegex(self.said(held.text), r"^0 files .* [1-9]\d* under a hold")

        check = self.node("prune", "--check", prune_release=[hold], **chosen)
        self.assertEqual(check.code, 0, check.text)
        [would] = re.findall(r"^(\d+) files with \d+ bytes would be pruned", self.said(check.text))
        run = self.node("prune", prune_release=[hold], **chosen)
        self.assertEqual(run.code, 0, run.text)
        self.assertIn(f"{would} files with", self.said(run.text))
        self.assertGreater(int(would), 0)

        run = self.node("verify", verify_level="size", verify_workers="2", verify_return_limit="0")
        self.assertEqual(run.code, 0, run.text)
        self.assertRegex(self.said(run.text), rf", {files - int(would)} files .*, {would} pruned\.$")
        self.assertEqual(self.play(self.fleet).changed(), set(), "what was pruned is not collected again")

    def test_what_reads_entries(self) -> None:
        self.assertEqual(self.play(self.fleet).code, 0)
        files = sum(demo_archive.verify(instance)[0] for instance in demo_archive.instances(self.archive))

        entries, read, held = self.searched(self.node("search", search_limit=0))
        self.assertEqual((read, held), (files, files))
        found, slow = self.succeeded(
            ("search", {"search_match": "Slow query", "search_log_types": "slow, error", "search_limit": "2"}),
            ("slow", {"slow_limit": 1, "slow_begin": "2020-01-01T00:00:00Z", "slow_instances": ""}),
        )
        [told] = re.findall(r'^    "msg": (\[.*?^    \])$', found, re.MULTILINE | re.DOTALL)
        self.assertEqual(["Slow query" in line for line in json.loads(told)], [False, True, True])
        self.assertRegex(slow, r"\d+ slow operations of \d+ shapes took \d+\.\d s, by \d+ of \d+ files\.")
        self.assertRegex(self.said(slow), r" operations took \d+\.\d s, [\d.]+ s each, at most [\d.]+ s ?$")
        # Of the days before that begin nothing is held.
        self.assertIn("Nothing is compared of ", slow)

        dests = {form: self.folder / form for form in ("otlp", "ecs")}
        exports: list[tuple[str, Variables]] = [
            (
                "export",
                {"export_dest": str(dest), "export_format": form, "export_compress": "true", "export_redact": "user"},
            )
            for form, dest in dests.items()
        ]
        for text in self.succeeded(*exports, check=True):
            self.assertIn(f"{entries} entries of {files} files would be exported", self.said(text))
        self.assertFalse(any(dest.exists() for dest in dests.values()))
        *done, again, once_more = self.succeeded(*exports, *exports)
        for text in done:
            self.assertIn(f"{entries} entries of {files} files were exported; 0 files are left.", self.said(text))
        for text in (again, once_more):
            self.assertIn("0 entries of 0 files were exported; 0 files are left.", self.said(text))
        for form, dest in dests.items():
            texts = [gzip.decompress(path.read_bytes()).decode("utf-8") for path in dest.rglob("*.ndjson.gz")]
            lines = [json.loads(line) for text in texts for line in text.splitlines()]
            self.assertTrue(lines)
            if form == "ecs":
                self.assertEqual(len({line["event"]["id"] for line in lines}), entries)
                self.assertTrue(all(line["ecs"]["version"] and "user" not in line for line in lines))

    def searched(self, run: Run) -> tuple[int, int, int]:
        """Return how many entries were found, in how many files, of how many."""
        self.assertEqual(run.code, 0, run.text)
        entries, read, held = re.findall(r"(\d+) entries in (\d+) of (\d+) files", run.text)[-1]
        return int(entries), int(read), int(held)

    def test_what_is_wrong(self) -> None:
        self.assertEqual(self.play({"shop": self.cluster, "orders": self.instance}).code, 0)
        run = self.node(
            "verify", verify_provider="umongodb", verify_log_types="slow, error", verify_expected_head="1" * 64
        )
        self.assertEqual(run.code, 2, run.text)
        self.assertIn("1 problem was found", self.said(run.text))

        altered = next(self.archive.rglob("*.tar.gz"))
        altered.write_bytes(altered.read_bytes()[:-1] + b"!")
        run = self.node("verify", verify_level="")
        self.assertEqual(run.code, 2, run.text)
        self.assertIn("1 problem was found", self.said(run.text))
        self.succeeded(("verify", {"verify_level": "size"}), ("verify", {"verify_provider": "dds"}))
        run = self.node("verify", verify_region="elsewhere")
        self.assertEqual(run.code, 2, run.text)
        self.assertIn("holds no instance of those that were chosen", self.said(run.text))

    def test_bad_input(self) -> None:
        wrong = {
            (playbook, name, value): reason
            for playbook in ("verify", "prune")
            for name, value, reason in (
                ("archive", "", "archive must not be empty"),
                ("archive", str(self.folder / "nowhere"), "There is no archive at"),
                ("instances", "../etc", "is not an id"),
                ("log_types", "slow\nfull", "log_types"),
                ("return_limit", "many", "return_limit"),
            )
        }
        cases = [(playbook, {"prune_max_age": "1d", f"{playbook}_{name}": value}) for playbook, name, value in wrong]
        for (failed, text), reason in zip(self.nodes(*cases), wrong.values(), strict=True):
            self.assertTrue(failed, text)
            self.assertIn(reason, self.said(text))
        self.archive.mkdir()
        run = self.node("prune")
        self.assertEqual(run.code, 2, run.text)
        self.assertIn("required: max_age, max_bytes, hold, release", self.said(run.text))


if __name__ == "__main__":
    unittest.main()
