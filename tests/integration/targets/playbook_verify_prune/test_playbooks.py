# Copyright: (c) 2026, clouddb.mongodb_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The playbooks that read an archive, after collect, as nodes of a workflow: only the archive is between them."""

from __future__ import annotations

import gzip
import json
import re
import shutil
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
        damaged = self.folder / "damaged"
        shutil.copytree(self.archive, damaged)
        run = self.node("verify")
        self.assertEqual(run.code, 0, run.text)
        self.assertRegex(
            self.said(run.text), rf"as its ledgers say, by sha256: 4 instances, {files} files with \d+ bytes;"
        )

        [cluster, instance] = [row["collect_instance"] for row in (self.cluster, self.instance)]
        hold = {"begin": "2025-06-09T00:00:00Z", "end": "2025-06-12T00:00:00Z"}
        chosen = {"prune_instances": f"{cluster}\n{instance}\n", "prune_max_age": "1d", "prune_lock_timeout": "1"}
        chosen |= {"prune_log_types": "slow, error\naudit", "prune_return_limit": "0"}
        held = self.node("prune", prune_hold=json.dumps([hold | {"reason": "Case 4711"}]), **chosen)
        self.assertEqual(held.code, 0, held.text)
        self.assertRegex(self.said(held.text), r"^0 files .* [1-9]\d* under a hold")

        prune = ("prune", chosen | {"prune_release": [hold]})
        dests = {form: self.folder / form for form in ("otlp", "ecs")}
        common = {"export_compress": "true", "export_redact": "user"}
        exports: list[tuple[str, Variables]] = [
            ("export", common | {"export_dest": str(dest), "export_format": form}) for form, dest in dests.items()
        ]
        would, *exported = self.succeeded(prune, *exports, check=True)
        self.assertFalse(any(dest.exists() for dest in dests.values()))
        [pruned] = re.findall(r"^(\d+) files with \d+ bytes would be pruned", self.said(would))
        self.assertGreater(int(pruned), 0)

        parts = [{"verify_parts": "1"}, {"verify_part": "1/2"}, {"verify_part": "2/2"}, {"verify_parts": "3"}]
        reading: list[tuple[str, Variables]] = [
            ("search", {"search_limit": 0}),
            ("search", {"search_match": "Slow query", "search_log_types": "slow, error", "search_limit": "2"}),
            ("slow", {"slow_limit": 1, "slow_begin": "2020-01-01T00:00:00Z", "slow_instances": ""}),
        ]
        sizes = {"verify_level": "size", "verify_workers": "2", "verify_return_limit": "0"}
        texts = self.succeeded(
            *(("verify", part) for part in parts), *reading, *exports, *exports, prune, ("verify", sizes)
        )
        self.look_at_parts(texts[:4], files)
        entries = self.look_at_what_was_read(texts[4:7], files)
        for text in exported:
            self.assertIn(f"{entries} entries of {files} files would be exported", self.said(text))
        for text in texts[7:9]:
            self.assertIn(f"{entries} entries of {files} files were exported; 0 files are left.", self.said(text))
        for text in texts[9:11]:
            self.assertIn("0 entries of 0 files were exported; 0 files are left.", self.said(text))
        self.look_at_exports(dests, entries)
        self.assertIn(f"{pruned} files with", self.said(texts[11]))
        self.assertRegex(self.said(texts[12]), rf", {files - int(pruned)} files .*, {pruned} pruned\.$")
        self.assertEqual(self.play(self.fleet).changed(), set(), "what was pruned is not collected again")
        self.find_what_is_wrong(damaged)

    def look_at_parts(self, texts: list[str], files: int) -> None:
        self.assertRegex(self.said(texts[0]), rf"bytes, of which part 1/1 was read \({files} files\);")
        read = [re.search(r"of which part ./2 was read \((\d+) files\)", self.said(text)) for text in texts[1:3]]
        self.assertEqual(sum(int(found[1]) for found in read if found), files)
        self.assertRegex(self.said(texts[3]), "part [1-3]/3 was read")

    def look_at_what_was_read(self, texts: list[str], files: int) -> int:
        """Return how many entries the archive has."""
        everything, found, slow = texts
        entries, read, held = re.findall(r"(\d+) entries in (\d+) of (\d+) files", everything)[-1]
        self.assertEqual((int(read), int(held)), (files, files))
        [told] = re.findall(r'^    "msg": (\[.*?^    \])$', found, re.MULTILINE | re.DOTALL)
        self.assertEqual(["Slow query" in line for line in json.loads(told)], [False, True, True])
        self.assertRegex(slow, r"\d+ slow operations of \d+ shapes took \d+\.\d s, by \d+ of \d+ files\.")
        self.assertRegex(self.said(slow), r" operations took \d+\.\d s, [\d.]+ s each, at most [\d.]+ s ?$")
        # Of the days before that begin nothing is held.
        self.assertIn("Nothing is compared of ", slow)
        return int(entries)

    def look_at_exports(self, dests: dict[str, Path], entries: int) -> None:
        for form, dest in dests.items():
            texts = [gzip.decompress(path.read_bytes()).decode("utf-8") for path in dest.rglob("*.ndjson.gz")]
            lines = [json.loads(line) for text in texts for line in text.splitlines()]
            self.assertTrue(lines)
            if form == "ecs":
                self.assertEqual(len({line["event"]["id"] for line in lines}), entries)
                self.assertTrue(all(line["ecs"]["version"] and "user" not in line for line in lines))

    def find_what_is_wrong(self, archive: Path) -> None:
        """Alter an archive, and verify it."""
        altered = next(archive.rglob("*.tar.gz"))
        altered.write_bytes(altered.read_bytes()[:-1] + b"!")
        run = self.node("verify", verify_archive=str(archive), verify_level="")
        self.assertEqual(run.code, 2, run.text)
        self.assertIn("1 problem was found", self.said(run.text))
        other = {"verify_provider": "umongodb", "verify_log_types": "slow, error", "verify_level": "size"}
        other |= {"verify_expected_head": "1" * 64, "verify_instances": self.cluster["collect_instance"]}
        cases = (
            (other, "1 problem was found"),
            ({"verify_region": "elsewhere"}, "holds no instance of those that were chosen"),
            ({"verify_level": "size"}, ""),
            ({"verify_provider": "dds"}, ""),
        )
        wanted = [("verify", variables | {"verify_archive": str(archive)}) for variables, _reason in cases]
        for (failed, text), (_variables, reason) in zip(self.nodes(*wanted), cases, strict=True):
            self.assertEqual(failed, bool(reason), text)
            self.assertIn(reason, self.said(text))

    def test_bad_input(self) -> None:
        of_both = (
            ("archive", "", "archive must not be empty"),
            ("archive", str(self.folder / "nowhere"), "There is no archive at"),
            ("instances", "../etc", "is not an id"),
        )
        of_one = (("log_types", "slow\nfull", "log_types"), ("return_limit", "many", "return_limit"))
        wrong = {
            (playbook, name, value): reason
            for playbook, cases in (("verify", of_both + of_one), ("prune", of_both))
            for name, value, reason in cases
        }
        given = [(playbook, {"prune_max_age": "1d", f"{playbook}_{name}": value}) for playbook, name, value in wrong]
        reasons = [*wrong.values(), "required: max_age, max_bytes, hold, release"]
        self.archive.mkdir()
        for (failed, text), reason in zip(self.nodes(*given, ("prune", {})), reasons, strict=True):
            self.assertTrue(failed, text)
            self.assertIn(reason, self.said(text))


if __name__ == "__main__":
    unittest.main()
