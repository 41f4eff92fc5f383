# Copyright: (c) 2026, clouddb.mongodb_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Shows the collection at work: a small fleet in an emulator of both clouds is collected, twice, and the archive verified.

Then something goes wrong, and the report tells; last, the archive is asked what was slow, and who was refused.
"""

from __future__ import annotations

import io
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tarfile
import tempfile
import textwrap
import time
from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from ansible_collections.clouddb.mongodb_logs.tests.tools import checkout, demo_archive
from ansible_collections.clouddb.mongodb_logs.tests.tools.demo_cloud import DemoError, Emulator, environment

DEMO = checkout.CACHE / "demo"
ARCHIVE = DEMO / "archive"
INVENTORY = DEMO / "inventory.yml"
REPORT = DEMO / "report"
SETTINGS = DEMO / "ansible.cfg"
COLOUR = sys.stdout.isatty() and "NO_COLOR" not in os.environ

INVENTORY_TEMPLATE = """\
# Every host is a cluster or an instance. The keys are in the environment.
all:
  vars:
    collect_archive: {archive}
    # the emulator is quick, and needs no rest
    collect_poll_interval: 0.1
  children:
    umongodb:
      vars:
        collect_provider: umongodb
        collect_api_url: {umongodb[api_url]}
        collect_region: {umongodb[clusters][0][region]}
        collect_max_packaging: 0
      hosts:
{clusters}
    dds:
      vars:
        collect_provider: dds
        collect_endpoint: {dds[endpoint]}
        collect_iam_endpoint: {dds[iam_endpoint]}
        collect_region: {dds[region]}
      hosts:
{instances}
"""


def short(path: Path) -> str:
    """A path as the user would type it."""
    return os.path.relpath(path)


def paint(text: str, code: str) -> str:
    return f"\033[{code}m{text}\033[0m" if COLOUR else text


def say(title: str, outcome: str) -> None:
    print(f"\n{paint(f'{title:15}', '1')} {outcome}", flush=True)


def check(what: str) -> None:
    print(f"  {paint('ok', '32')}  {what}", flush=True)


def write_inventory(facts: dict[str, Any]) -> None:
    def hosts(rows: list[dict[str, str]], key: str) -> str:
        return "\n".join(f"        {row['name']}:\n          collect_instance: {row[key]}" for row in rows)

    INVENTORY.write_text(
        INVENTORY_TEMPLATE.format(
            archive=json.dumps(str(ARCHIVE)),
            clusters=hosts(facts["umongodb"]["clusters"], "cluster_id"),
            instances=hosts(facts["dds"]["instances"], "instance_id"),
            **{name: facts[name] for name in ("umongodb", "dds")},
        )
    )


def play(log: Path, variables: dict[str, str], name: str, *arguments: str | Path) -> tuple[int, str, float]:
    """Run a playbook, at the highest verbosity that people use, and return its status, output and seconds.

    With TARGET_PYTHON set, modules run on that interpreter.
    """
    program = Path(sys.executable).with_name("ansible-playbook")
    if python := os.environ.get("TARGET_PYTHON"):
        arguments = (*arguments, "-e", json.dumps({"ansible_python_interpreter": python}))
    begin = time.monotonic()
    with log.open("w") as output:
        done = subprocess.run(
            [program, "-vvv", f"clouddb.mongodb_logs.{name}", *arguments],
            cwd=DEMO,
            env=variables,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            check=False,
        )
    return done.returncode, log.read_text(), time.monotonic() - begin


def collect(log: Path, variables: dict[str, str]) -> tuple[dict[str, int], float]:
    """Collect from the whole fleet; return what changed on each host."""
    status, text, seconds = play(log, variables, "demo", "-i", INVENTORY)
    if status:
        errors = re.findall(r"^\[ERROR\]: (.*)$", text, re.MULTILINE) or text.splitlines()[-5:]
        raise DemoError("\n".join(["ansible-playbook failed:", *errors, f"All that it said is in {short(log)}."]))
    recap = re.findall(r"^(\S+) +: ok=\d+ +changed=(\d+) ", text, re.MULTILINE)
    return {host: int(changed) for host, changed in recap}, seconds


def table(archive: list[demo_archive.Instance], names: dict[str, str]) -> None:
    """Print what was collected, a line for an instance and type of log."""
    head = f"  {'instance':18} {'type':6} {'nodes':>5} {'units':>6} {'files':>6} {'empty':>6} {'bytes':>11}  days"
    print(paint(head, "2"))
    total: Counter[str] = Counter()
    for instance in archive:
        held = instance.held()
        for log_type in sorted({event["log_type"] for event in instance.events}):
            events = [event for event in instance.events if event["log_type"] == log_type and event["unit"]]
            files = [event for event in held if event["log_type"] == log_type]
            # an export has no time of its own
            days = sorted((event["begin"] or event["at"])[:10] for event in events)
            nodes = len({event["node"] for event in events})
            row = Counter(units=len(events), files=len(files), bytes=sum(event["size"] for event in files))
            row["empty"] = row["units"] - row["files"]
            total += row
            print(
                f"  {names[instance.folder.name]:18} {log_type:6} {nodes:>5} {row['units']:>6} {row['files']:>6}"
                f" {row['empty']:>6} {row['bytes']:>11,}  {days[0]} to {days[-1]}"
            )
    counts = f"{total['units']:>6} {total['files']:>6} {total['empty']:>6} {total['bytes']:>11,}"
    print(f"  {'all':18} {'':6} {'':>5} {counts}")


def verify(log: Path, archive: list[demo_archive.Instance]) -> None:
    """Verify the archive with plain Python and, where there is one, sha256sum."""
    files = sum(demo_archive.verify(instance)[0] for instance in archive)
    check(f"all {files} files were read again: size and SHA-256 are those of the ledger")

    if sha256sum := shutil.which("sha256sum"):
        for instance in archive:
            command = [sha256sum, "--check", "--quiet", "--strict"]
            subprocess.run(command, input=instance.checksums(), cwd=instance.folder, text=True, check=True)
        check("sha256sum --check agrees")

    told = set(re.findall(r"head ([0-9a-f]{64})", log.read_text()))
    if told != {instance.head for instance in archive}:
        raise DemoError("The ledgers do not end in the heads that the run returned.")
    lines = sum(len(instance.events) for instance in archive)
    check(f"{len(archive)} ledgers of {lines} lines are unbroken chains that end in the heads which the runs returned")


def sample(archive: list[demo_archive.Instance]) -> None:
    """Print one of the files that were collected, and a line from it."""
    instance, event = next((i, e) for i in archive for e in i.held() if e["provider"] == "umongodb")
    path = instance.folder / event["path"]
    with tarfile.open(fileobj=io.BytesIO(path.read_bytes())) as package:
        members = [member for member in package.getmembers() if member.isfile()]
        content = package.extractfile(members[0])
        line = content.readline().decode() if content else ""
    print(f"  {path.relative_to(ARCHIVE).parent}/\n  {path.name}, of which the first line is\n  {line[:94].strip()}...")


def trouble(emulator: Emulator, variables: dict[str, str]) -> None:
    """Let one key lose a permission, and ask for a day that the cloud has forgotten; what is said of it is printed."""
    denied = emulator.facts["dds"]["instances"][0]
    late = emulator.facts["umongodb"]["clusters"][0]
    begin = (datetime.now(UTC) - timedelta(days=9)).replace(hour=0, minute=0, second=0, microsecond=0)
    span = {"collect_begin": begin.isoformat(), "collect_end": (begin + timedelta(days=1)).isoformat()}
    inventory = DEMO / "trouble.yml"
    inventory.write_text(json.dumps({"all": {"hosts": {late["name"]: span}}}, indent=1) + "\n")
    refused = {"on": "*", "kind": "http", "times": None, "match": {"instance": denied["instance_id"]}}
    refused["args"] = {
        "status": 403,
        "code": "DBS.280032",
        "message": "Policy does not allow dds:instance:listAuditLog",
    }
    emulator.control("faults", refused)

    log = DEMO / "third-run.log"
    arguments = ("-i", INVENTORY, "-i", inventory, "--limit", f"{late['name']},{denied['name']}")
    status, text, _seconds = play(log, variables, "collect", *arguments)
    said = dict(re.findall(r'^fatal: \[(\S+?)[ \]].*?"msg": "(.*?)"', text, re.MULTILINE | re.DOTALL))
    if not status or set(said) != {late["name"], denied["name"]}:
        raise DemoError(f"The trouble was not noticed; {short(log)} says more.")
    for host, sentence in said.items():
        print(textwrap.fill(f"{host}: {sentence}", 98, initial_indent="  ", subsequent_indent="    "))


def report(variables: dict[str, str]) -> str:
    """Report on the archive, and return the sentence of the playbook."""
    log = DEMO / "report.log"
    extra = json.dumps({"report_archive": str(ARCHIVE), "report_dest": str(REPORT), "report_slow": True})
    status, _text, _seconds = play(log, variables, "report", "-e", extra)
    page = REPORT / "report.html"
    if not status or not page.exists():
        raise DemoError(f"The report did not fail for what was lost; {short(log)} says more.")
    sentence: str = json.loads((REPORT / "report.json").read_text())["verdict"]["sentence"]
    return sentence


def asked(variables: dict[str, str], name: str, **options: str | int) -> list[str]:
    """Ask the archive with a playbook, and return what it tells."""
    log = DEMO / f"{name}.log"
    extra = json.dumps({f"{name}_{key}": value for key, value in {"archive": str(ARCHIVE), **options}.items()})
    status, text, _seconds = play(log, variables, name, "-e", extra)
    told = [
        json.loads(found)
        for found in re.findall(r'^    "msg": ("[^\n]*"|\[.*?^    \])$', text, re.MULTILINE | re.DOTALL)
    ]
    if status or not told:
        raise DemoError(f"The archive was asked, and did not answer; {short(log)} says more.")
    return [line for one in told for line in ([one] if isinstance(one, str) else one)]


def questions(variables: dict[str, str], names: dict[str, str]) -> None:
    """Ask the archive what was slowest in the whole fleet, and who was refused; both are printed."""
    say("Slow", "what took most in the whole fleet?")
    many, worst = asked(variables, "slow", limit=1)
    for instance, name in names.items():
        worst = worst.replace(instance, name)
    print(f"  {many}\n{textwrap.fill(worst, 98, initial_indent='  ', subsequent_indent='    ')}")
    say("Search", "who was refused something last?")
    many, line = asked(variables, "search", log_types="audit", match='"result":13', limit=1)
    entry = json.loads(line)
    who = f"{entry['users'][0]['user']} from {entry['remote']['ip']}"
    what = f"{entry['param']['command']} on {entry['param']['ns']}"
    print(f"  {many}\n  {entry['ts']['$date']}: {who} was refused {what}")


def demonstrate(emulator: Emulator) -> None:
    facts = emulator.facts
    names = {row["cluster_id"]: row["name"] for row in facts["umongodb"]["clusters"]}
    names |= {row["instance_id"]: row["name"] for row in facts["dds"]["instances"]}
    write_inventory(facts)
    SETTINGS.write_text("[defaults]\nnocolor = true\n")
    variables = environment(facts, SETTINGS)

    say("Two clouds", f"emulated on {facts['url']}: {', '.join(names.values())}")
    print(f"{'':16}$ ansible-playbook -i {short(INVENTORY)} clouddb.mongodb_logs.collect")

    log = DEMO / "first-run.log"
    changed, seconds = collect(log, variables)
    archive = demo_archive.instances(ARCHIVE)
    if not changed or not all(changed.values()) or len(archive) != len(names):
        raise DemoError(f"Something was not collected; {short(log)} says why.")
    say("Collected", f"in {seconds:.1f} s, all that the clouds have, into {short(ARCHIVE)}")
    table(archive, names)

    before = len(emulator.control("requests"))
    log = DEMO / "second-run.log"
    changed, seconds = collect(log, variables)
    calls = [record for record in emulator.control("requests")[before:] if record["action"] != "object"]
    if any(changed.values()):
        raise DemoError(f"The second run changed something; {short(log)} says what.")
    say("Run again", f"in {seconds:.1f} s: nothing changed, {len(calls)} calls were enough")

    archive = demo_archive.instances(ARCHIVE)
    say("Verified", "without any code of the collection")
    verify(log, archive)
    sample(archive)

    say("Trouble", "a key loses a permission, and a day is asked for that the cloud has forgotten")
    trouble(emulator, variables)

    say("Report", f"{short(REPORT / 'report.html')}, to open in a browser")
    print(textwrap.fill(report(variables), 98, initial_indent="  ", subsequent_indent="  "))
    questions(variables, names)
    print()
    if found := demo_archive.leaks((path for path in DEMO.rglob("*") if path.is_file()), emulator.secrets()):
        raise DemoError("\n".join(found))
    check("no key, token or signature is in the archive, the report, an answer or any output at -vvv")


def main() -> int:
    # so that the emulator is stopped then, too
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("The demo was stopped."))
    shutil.rmtree(DEMO, ignore_errors=True)
    DEMO.mkdir(parents=True)
    begin = time.monotonic()
    print("clouddb.mongodb_logs: the logs of managed MongoDB, from the cloud into an archive you own, completely")
    try:
        with tempfile.TemporaryDirectory() as folder:
            emulator = Emulator(Path(folder) / "ready.json", DEMO / "emulator.log")
            try:
                demonstrate(emulator)
            finally:
                emulator.stop()
    except (DemoError, demo_archive.BrokenError, OSError, subprocess.CalledProcessError) as error:
        print(f"\n{paint('The demo failed.', '1;31')} {error}", file=sys.stderr)
        return 1
    print(
        f"\nDone in {time.monotonic() - begin:.0f} s. The emulator is stopped; archive and report stay until the next demo."
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
