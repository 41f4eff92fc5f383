# Copyright: (c) 2026, clouddb.mongodb_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The rows: what is measured, against what, and how much is wanted."""

from __future__ import annotations

import json
import shutil
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import yaml
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._time import compact, iso
from ansible_collections.clouddb.mongodb_logs.tests.bench import earlier, entries, mirror
from ansible_collections.clouddb.mongodb_logs.tests.bench.cloud import (
    DAY,
    GIB,
    MIB,
    Cloud,
    audited,
    clusters,
    make_file,
    queried,
)
from ansible_collections.clouddb.mongodb_logs.tests.bench.idle import Idle
from ansible_collections.clouddb.mongodb_logs.tests.bench.measure import BenchError, Ran, environment, in_turn, run
from ansible_collections.clouddb.mongodb_logs.tests.bench.ssh import Ssh
from ansible_collections.clouddb.mongodb_logs.tests.bench.years import Audited, Files, Fleet
from ansible_collections.clouddb.mongodb_logs.tests.stores import RcloneStore

HERE = Path(__file__).resolve().parent
MODULES = "ansible_collections.clouddb.mongodb_logs.plugins.modules"
FORKS = "5"


class Result(NamedTuple):
    """A line of the table. ``ratio`` is in the words of the target; ``reached`` is None where there is no target."""

    what: str
    ours: str
    theirs: str
    ratio: str
    target: str
    reached: bool | None


Row = Callable[[Path], Iterator[Result]]


def faster(what: str, ours: float, theirs: float, target: float) -> Result:
    """Return a line whose target is to be so many times faster."""
    times = theirs / ours
    return Result(what, _seconds(ours), _seconds(theirs), f"{times:.1f}", f"at least {target:g}", times >= target)


def within(what: str, ours: float, theirs: float, target: float | None) -> Result:
    """Return a line whose target is to take no more than so many times as long."""
    times = ours / theirs
    wanted = "" if target is None else f"at most {target:g}"
    return Result(
        what, _seconds(ours), _seconds(theirs), f"{times:.2f}", wanted, None if target is None else times <= target
    )


def _seconds(seconds: float) -> str:
    return f"{seconds:.2f} s"


# -- playbooks


def fleet(folder: Path) -> Iterator[Result]:
    """Ten clusters of three nodes, a window of a day of both types of log: 60 packages. Then again, with nothing to do."""
    with Cloud(folder, clusters(10)) as cloud:
        play = _Playbooks(folder, cloud)
        ours, theirs = in_turn(2, play.ours_from_nothing, lambda: play.by_hand_from_nothing("creates"))
        yield faster("10 clusters, 60 packages of 2 s; hand-written playbook", ours, theirs, 6)
        ours, creates, find = in_turn(
            2, play.ours_again, lambda: play.by_hand_again("creates"), lambda: play.by_hand_again("find")
        )
        yield faster("the same, all collected; guarded by `creates`", ours, creates, 6)
        yield faster("the same, all collected; guarded by one `find` each", ours, find, 6)
        calls = play.most_calls
        yield Result("the same, all collected: API calls a cluster", f"{calls:g}", "", "", "at most 1", calls <= 1)


class _Playbooks:
    """Our role's playbook and the hand-written one, over the same clusters and the same day."""

    def __init__(self, folder: Path, cloud: Cloud) -> None:
        self.most_calls = 0.0
        self._folder = folder
        self._cloud = cloud
        facts = cloud.facts["umongodb"]
        self._hosts = [cluster["cluster_id"] for cluster in facts["clusters"]]
        # The last day that is certainly over.
        self._end = int(time.time()) // DAY * DAY - DAY
        begin, end = self._end - DAY, self._end
        first = facts["clusters"][0]
        shared = {"ansible_python_interpreter": "{{ ansible_playbook_python }}"}
        self._inventory("ours", shared | {
            "collect_provider": "umongodb",
            "collect_api_url": facts["api_url"],
            "collect_region": first["region"],
            "collect_project_id": facts["project_id"],
            "collect_archive": str(folder / "ours"),
            "collect_begin": iso(begin),
            "collect_end": iso(end),
            "collect_max_packaging": 0,
            "collect_poll_interval": 1,
        })  # fmt: skip
        self._inventory("by_hand", shared | {
            "ansible_connection": "local",
            "api_url": facts["api_url"],
            "region": first["region"],
            "zone": first["zone"],
            "project_id": facts["project_id"],
            "archive": str(folder / "by_hand"),
            "begin": begin,
            "end": end,
            "day": compact(begin)[:8],
        })  # fmt: skip
        (folder / "ansible.cfg").write_text("[defaults]\nnocolor = true\n")
        self._variables = environment(
            ANSIBLE_CONFIG=str(folder / "ansible.cfg"),
            UCLOUD_PUBLIC_KEY=facts["public_key"],
            UCLOUD_PRIVATE_KEY=facts["private_key"],
        )

    def _inventory(self, name: str, variables: dict[str, Any]) -> None:
        inventory = {"all": {"vars": variables, "hosts": dict.fromkeys(self._hosts)}}
        (self._folder / f"{name}.json").write_text(json.dumps(inventory, indent=1))

    def _play(self, name: str, playbook: str | Path, *more: str) -> float:
        program = Path(sys.executable).with_name("ansible-playbook")
        command = [program, "-f", FORKS, "-i", self._folder / f"{name}.json", *more, playbook]
        return run(command, self._folder / f"{name}.log", self._variables).seconds

    def _from_nothing(self, name: str) -> None:
        shutil.rmtree(self._folder / name, ignore_errors=True)
        # Nobody finds the packages that the other asked for.
        self._cloud.control("POST", "world", {"op": "forget_packages"})

    def _check(self, name: str) -> None:
        files = [path for path in (self._folder / name).rglob("*.tar.gz") if path.stat().st_size]
        if len(files) != 60:
            raise BenchError(f"{name} collected {len(files)} files of 60.")

    def ours_from_nothing(self) -> float:
        """Collect by the role."""
        self._from_nothing("ours")
        seconds = self._play("ours", "clouddb.mongodb_logs.collect")
        self._check("ours")
        return seconds

    def by_hand_from_nothing(self, guard: str) -> float:
        """Collect by hand."""
        self._from_nothing("by_hand")
        seconds = self._by_hand(guard)
        self._check("by_hand")
        return seconds

    def ours_again(self) -> float:
        """Run the role with nothing to do."""
        self._cloud.calls()
        seconds = self._play("ours", "clouddb.mongodb_logs.collect")
        self.most_calls = max(self.most_calls, sum(self._cloud.calls().values()) / len(self._hosts))
        return seconds

    def by_hand_again(self, guard: str) -> float:
        """Run the hand-written playbook with nothing to do."""
        self._cloud.calls()
        seconds = self._by_hand(guard)
        if "BackupUMongoDBLog" in self._cloud.calls():
            raise BenchError("The hand-written playbook asked for what it has.")
        return seconds

    def _by_hand(self, guard: str) -> float:
        return self._play("by_hand", HERE / "by_hand" / "collect.yml", "-e", f"guard={guard}")


IDLE = 300


def idle(folder: Path) -> Iterator[Result]:
    """Clusters whose archive is complete, by the playbook, and by the one from before modules ran in the worker."""
    collections = earlier.installed(folder / "earlier")
    world = clusters(IDLE)
    world.packaging_seconds = 0
    with Cloud(folder, world) as cloud:
        here = Idle(folder, cloud)
        here.fill()
        ours, before = in_turn(2, here.ours, lambda: here.before(collections))
        yield faster(f"{IDLE} idle clusters, archive here; the build before", ours, before, 5)
        with Ssh(folder / "ssh") as ssh:
            there = Idle(folder, cloud, ssh)
            ours, before = in_turn(1, there.ours, lambda: there.before(collections))
        yield faster("the same, archive over SSH on loopback; the build before", ours, before, 1.3)


# -- files


def big_file(folder: Path) -> Iterator[Result]:
    """One file of 1 GiB, uploaded in parts and, for comparison, in one: then there is an MD5 to be checked as well."""
    yield from _big_file(folder, "1 GiB", None, 5, (0.8, 1.2))
    yield from _big_file(folder, "1 GiB and its MD5", 2 * GIB, 2, (None, None))


def _big_file(
    folder: Path, what: str, part_bytes: int | None, times: int, targets: tuple[float | None, float | None]
) -> Iterator[Result]:
    file = make_file(folder.parent / "big", GIB)
    with Cloud(folder, audited(1, file=file, part_bytes=part_bytes)) as cloud:
        logs = _Logs(folder, cloud)
        logs.collect()  # the emulator has read the file once
        ours, piped, read_twice = in_turn(
            times,
            lambda: logs.collect().seconds,
            lambda: logs.shell("curl -sS {0} | tee {1} | sha256sum && sync {1}"),
            lambda: logs.shell("curl -sS -o {1} {0} && openssl dgst -sha256 {1} && sync {1}"),
        )
    yield within(f"{what}; curl | tee | sha256sum", ours, piped, targets[0])
    yield within(f"{what}; curl, then openssl dgst", ours, read_twice, targets[1])


def small_files(folder: Path) -> Iterator[Result]:
    """Two thousand audit logs of 100 KiB, at once and 20 ms after they are asked for."""
    file = make_file(folder.parent / "small", 100 * 1024)
    with Cloud(folder, audited(2000, file=file)) as cloud:
        logs = _Logs(folder, cloud)
        ours, theirs = in_turn(3, lambda: logs.collect().seconds, lambda: logs.parallel(4))
        yield within("2,000 files of 100 KiB; curl --parallel, sha256sum", ours, theirs, 2)
        cloud.control("POST", "faults", {"on": "object", "kind": "delay", "times": None, "args": {"seconds": 0.02}})
        ours, theirs = in_turn(3, lambda: logs.collect().seconds, lambda: logs.parallel(16))
        yield within("the same, 20 ms to the first byte; curl, 16 at a time", ours, theirs, 1)


def memory(folder: Path) -> Iterator[Result]:
    """Four workers, each on files of 1 GiB."""
    with Cloud(folder, audited(6, file=make_file(folder.parent / "big", GIB))) as cloud:
        peak = _Logs(folder, cloud).collect(watch=True).peak / MIB
    yield Result("peak memory, 4 workers on 6 files of 1 GiB", f"{peak:.0f} MiB", "", "", "< 100 MiB", peak < 100)


class _Logs:
    """The audit logs of one instance: by our module, and by curl with links that are at hand already."""

    def __init__(self, folder: Path, cloud: Cloud) -> None:
        self._folder = folder
        self._cloud = cloud
        facts = cloud.facts["dds"]
        self._path = f"v3/{facts['project_id']}/instances/{facts['instances'][0]['instance_id']}"
        self._headers = {"X-Auth-Token": facts["auth_token"], "Content-Type": "application/json"}
        self._ids = [log for logs in cloud.control("GET", "state")["audit_logs"].values() for log in logs]
        options = {
            "archive": str(folder / "ours"),
            "instance_id": facts["instances"][0]["instance_id"],
            "log_types": ["audit"],
            **{name: facts[name] for name in ("endpoint", "iam_endpoint", "region", "project_id")},
            **{name: facts[name] for name in ("access_key", "secret_key")},
        }
        self._arguments = _arguments(folder, options)

    def collect(self, *, watch: bool = False) -> Any:
        """Collect by the module, run as a process of its own."""
        shutil.rmtree(self._folder / "ours", ignore_errors=True)
        command: list[str | Path] = [sys.executable, "-m", f"{MODULES}.dds_log_archive", self._arguments]
        ran = run(command, self._folder / "ours.log", watch=watch)
        collected = json.loads(ran.output.splitlines()[-1])["counts"]["collected"]
        if collected != len(self._ids):
            raise BenchError(f"{collected} of {len(self._ids)} logs were collected.")
        return ran

    def shell(self, command: str) -> float:
        """Fetch the only log with a command of the shell, which is given link and path."""
        target = self._empty() / "file"
        [link] = self._links()
        seconds = run(["bash", "-ec", "set -o pipefail; " + command.format(f"'{link}'", target)], self._log).seconds
        if target.stat().st_size != GIB:
            raise BenchError("curl did not fetch the file.")
        return seconds

    def parallel(self, most: int) -> float:
        """Fetch every log with curl, so many at a time, then digest them and have them on the disk."""
        target = self._empty()
        lines = [f'url = "{link}"\noutput = "{target}/{number}"\n' for number, link in enumerate(self._links())]
        (self._folder / "curl.conf").write_text("".join(lines))
        fetch = f"curl -sS --parallel --parallel-max {most} -K curl.conf"
        steps = f"{fetch} && cd {target} && sha256sum * >../sums && sync *"
        return run(["bash", "-ec", steps], self._log).seconds

    @property
    def _log(self) -> Path:
        return self._folder / "theirs.log"

    def _empty(self) -> Path:
        target = self._folder / "theirs"
        shutil.rmtree(target, ignore_errors=True)
        target.mkdir()
        return target

    def _links(self) -> list[str]:
        found: list[str] = []
        for begin in range(0, len(self._ids), 50):
            body = {"ids": self._ids[begin : begin + 50]}
            found += self._cloud.ask("POST", f"{self._path}/auditlog-links", body, self._headers)["links"]
        return found


def _arguments(folder: Path, options: dict[str, Any]) -> Path:
    path = folder / "arguments.json"
    path.write_text(json.dumps({"ANSIBLE_MODULE_ARGS": options}))
    return path


# -- entries of the cloud, by query


ENTRIES, ENTRY_DAYS = 100_000, 7


def queries(folder: Path) -> Iterator[Result]:
    """A hundred thousand entries of slow logs of three nodes, 50 ms a page, and runs with nothing to do after them."""
    with Cloud(folder, queried(ENTRIES, ENTRY_DAYS)) as cloud:
        cloud.control(
            "POST", "faults", {"on": "ListSlowLogs", "kind": "delay", "times": None, "args": {"seconds": 0.05}}
        )
        logs = _Queries(folder, cloud)
        logs.collect(4)  # the emulator has made its entries
        four, eight, theirs = in_turn(
            2, lambda: logs.collect(4).seconds, lambda: logs.collect(8).seconds, logs.one_after_the_other
        )
        what = f"{ENTRIES:,} entries, 50 ms a page"
        yield faster(f"{what}; SDK, 4 workers", four, theirs, 4)
        yield faster(f"{what}; SDK, 8 workers", eight, theirs, 7)
        peak = logs.collect(8, watch=True).peak / MIB
        yield Result("the same: peak memory, 8 workers", f"{peak:.0f} MiB", "", "", "< 80 MiB", peak < 80)
        pages = logs.idle()
        yield Result("the same, all collected: pages an hourly run", f"{pages}", "", "", "0", pages == 0)


class _Queries:
    """The slow logs of one instance: by our module, and by the vendor's SDK, one page after the other."""

    def __init__(self, folder: Path, cloud: Cloud) -> None:
        self._folder = folder
        self._cloud = cloud
        facts = cloud.facts["dds"]
        self._facts = {name: facts[name] for name in ("endpoint", "region", "project_id", "access_key", "secret_key")}
        self._facts["instance_id"] = facts["instances"][0]["instance_id"]
        self._iam = facts["iam_endpoint"]

    def collect(self, workers: int, *, watch: bool = False) -> Ran:
        """Collect by the module, run as a process of its own."""
        shutil.rmtree(self._folder / "ours", ignore_errors=True)
        ran = self._module(workers, watch=watch)
        paths = (self._folder / "ours").glob("**/*.jsonl")
        found = sum(path.read_bytes().count(b"\n") for path in paths if "slow" in path.parts)
        if found != ENTRIES:
            raise BenchError(f"{found} of {ENTRIES} entries were collected.")
        return ran

    def _module(self, workers: int, *, watch: bool = False) -> Ran:
        options = {
            **self._facts,
            "iam_endpoint": self._iam,
            "archive": str(self._folder / "ours"),
            "log_types": ["slow"],
            "lookback": f"{ENTRY_DAYS}d",
            "workers": workers,
        }
        command: list[str | Path] = [
            sys.executable,
            "-m",
            f"{MODULES}.dds_log_archive",
            _arguments(self._folder, options),
        ]
        return run(command, self._folder / "ours.log", watch=watch)

    def one_after_the_other(self) -> float:
        """Read the same span with the SDK."""
        target = self._folder / "theirs"
        shutil.rmtree(target, ignore_errors=True)
        target.mkdir()
        end = int(time.time()) // DAY * DAY
        span = {"begin": _dds_time(end - ENTRY_DAYS * DAY), "end": _dds_time(end)}
        return _client(self._folder, "sdk_entries", {**self._facts, **span, "folder": str(target)}, ENTRIES)

    def idle(self) -> int:
        """Run the module with nothing to do, and return how many pages that took."""
        self._cloud.calls()
        self._module(4)
        return self._cloud.calls().get("ListSlowLogs", 0)


# -- lists and ledgers


def listing(folder: Path) -> Iterator[Result]:
    """The list of ten thousand audit logs, 50 ms a page."""
    with Cloud(folder, audited(10_000)) as cloud:
        cloud.control(
            "POST", "faults", {"on": "ListAuditLogs", "kind": "delay", "times": None, "args": {"seconds": 0.05}}
        )
        now = int(time.time())
        facts = {**cloud.facts["dds"], "begin": _dds_time(now - 20 * DAY), "end": _dds_time(now)}
        facts["instance_id"] = facts.pop("instances")[0]["instance_id"]
        facts.pop("auth_token")
        ours, theirs = in_turn(
            3, lambda: _client(folder, "our_list", facts, 10_000), lambda: _client(folder, "sdk_list", facts, 10_000)
        )
        yield faster("list 10,000 logs, 50 ms a page; the vendor's SDK", ours, theirs, 4)


def _dds_time(instant: int) -> str:
    return iso(instant).replace("Z", "+0000")


def _client(folder: Path, name: str, argument: Any, count: int) -> float:
    """Run one of the clients, which measures itself, and return its seconds."""
    given = argument if isinstance(argument, str) else json.dumps(argument)
    output = run([sys.executable, HERE / "clients" / f"{name}.py", given], folder / f"{name}.log").output
    seconds, found = json.loads(output.splitlines()[-1])
    if found != count:
        raise BenchError(f"{name} found {found} of {count}.")
    return float(seconds)


FEW, SOME, MANY, NEW = 0, 50_000, 1_000_000, 100


def ledger(folder: Path) -> Iterator[Result]:
    """Runs over ledgers of different length, with nothing to do and with a hundred new logs."""
    with Cloud(folder, audited(10)) as cloud:
        logs = Audited(folder, cloud)
        for units in (FEW, SOME, MANY):
            logs.make(units)
        few, some, many = in_turn(5, *[lambda units=units: logs.idle(units).seconds for units in (FEW, SOME, MANY)])
        yield within(f"{MANY:,} units, nothing to do; the same with 10", many, few, 1.3)
        yield within(f"growth: {MANY:,} units, nothing to do; {SOME:,}", many, some, 1.1)
        peak = logs.idle(MANY, watch=True).peak / MIB
        yield Result(f"peak memory, {MANY:,} units, nothing to do", f"{peak:.0f} MiB", "", "", "< 64 MiB", peak < 64)

        def with_few() -> float:
            logs.add(NEW)
            return logs.collect(FEW, NEW)

        few, many = in_turn(3, with_few, lambda: logs.collect(MANY, NEW))
        yield within(f"{MANY:,} units and {NEW} new ones; 10 and {NEW} new", many, few, 1.3)


def verification(folder: Path) -> Iterator[Result]:
    """Twenty thousand files of 4 GiB together, by their SHA-256."""
    files = Files(folder, 20_000, 4 * GIB // 20_000)
    ours, theirs = in_turn(3, files.verify, files.check)
    yield within("verify 20,000 files, 4 GiB; sha256sum --check", ours, theirs, 0.6)


def reports(folder: Path) -> Iterator[Result]:
    """The report over a thousand instances, and the one of the build before there was a checkpoint."""
    before = earlier.installed(folder / "earlier")
    fleet_ = Fleet(folder, 1000, 90)
    ours, theirs = in_turn(1, lambda: fleet_.report().seconds, lambda: fleet_.report(before).seconds)
    yield faster(f"report of 1,000 instances, {fleet_.units:,} units; before", ours, theirs, 10)
    peak = fleet_.report(watch=True).peak / MIB
    yield Result("the same: peak memory", f"{peak:.0f} MiB", "", "", "< 256 MiB", peak < 256)


# -- inventories


def inventory(folder: Path) -> Iterator[Result]:
    """A thousand clusters as hosts, from the cloud and from the cache, and the same hosts in a file."""
    with Cloud(folder, clusters(1000)) as cloud:
        lists = _Inventories(folder, cloud)
        lists.write_static()
        static, ours, cached = in_turn(
            3, lambda: lists.load("static.yml"), lambda: lists.load("fresh.umongodb.yml"), lists.load_cached
        )
    yield within("inventory of 1,000 clusters; the same in YAML", ours, static, 4)
    yield within("the same from the cache; the same in YAML", cached, static, 1.5)


class _Inventories:
    """The same hosts by our plugin, without and with a cache, and in a file of YAML."""

    def __init__(self, folder: Path, cloud: Cloud) -> None:
        self._folder = folder
        self._cloud = cloud
        facts = cloud.facts["umongodb"]
        self._variables = environment(
            UCLOUD_API_URL=facts["api_url"],
            UCLOUD_PUBLIC_KEY=facts["public_key"],
            UCLOUD_PRIVATE_KEY=facts["private_key"],
        )
        source = {"plugin": "clouddb.mongodb_logs.umongodb", "regions": ["cn-bj2"]}
        cache = {"cache": True, "cache_plugin": "ansible.builtin.jsonfile", "cache_connection": str(folder / "cache")}
        (folder / "fresh.umongodb.yml").write_text(json.dumps(source))
        (folder / "cached.umongodb.yml").write_text(json.dumps(source | cache))

    def _list(self, name: str) -> Ran:
        program = Path(sys.executable).with_name("ansible-inventory")
        ran = run([program, "-i", self._folder / name, "--list"], self._folder / "list.log", self._variables)
        if ran.output.count('"umongodb_name"') != 1000:
            raise BenchError(f"{name} does not have 1,000 hosts.")
        return ran

    def load(self, name: str) -> float:
        """List an inventory."""
        return self._list(name).seconds

    def load_cached(self) -> float:
        """List the inventory that is in the cache."""
        self._cloud.calls()
        seconds = self.load("cached.umongodb.yml")
        if self._cloud.calls():
            raise BenchError("The cloud was asked for what the cache holds.")
        return seconds

    def write_static(self) -> None:
        """Fill the cache, and write the hosts as one would by hand."""
        listed = json.loads(self._list("cached.umongodb.yml").output)["_meta"]["hostvars"]
        hosts = {
            host: {key: value["__ansible_unsafe"] for key, value in variables.items()}
            for host, variables in listed.items()
        }
        (self._folder / "static.yml").write_text(yaml.safe_dump({"all": {"hosts": hosts}}))


# -- entries


def slow_shapes(folder: Path) -> Iterator[Result]:
    """Slow shapes and an export of 1 GiB of structured lines in files of 64 MiB, and slow shapes of the older text."""
    folder.mkdir(parents=True)
    made = entries.Made(folder, entries.structured(64 * MIB), 16, ".log")
    ours, theirs = in_turn(2, entries.shapes(made), lambda: entries.structured_shapes(made))
    yield faster("slow shapes of 1 GiB; jq -r | awk", ours, theirs, 1.5)
    ours, theirs = in_turn(1, lambda: entries.exported(made), lambda: entries.structured_export(made))
    yield faster("export of 1 GiB to OTLP; jq -c", ours, theirs, 3)
    for what, peak in entries.peaks(made):
        yield Result(f"peak memory, {what} of 1 GiB", f"{peak / MIB:.0f} MiB", "", "", "< 100 MiB", peak < 100 * MIB)
    shutil.rmtree(folder)
    folder.mkdir()
    made = entries.Made(folder, entries.older(60_000), 1, ".log")
    ours, theirs = in_turn(1, entries.shapes(made), lambda: entries.old_shapes_of_mtools(made))
    yield faster("slow shapes of 60,000 older lines; mloginfo --queries", ours, theirs, 10)


def search(folder: Path) -> Iterator[Result]:
    """A word that is in none of 1,000 files of 1 MiB, compressed; and in the last tenth of their time."""
    folder.mkdir(parents=True)
    _made, whole, tenth, zgrep = entries.searches(folder)
    ours, part, theirs = in_turn(2, whole, tenth, zgrep)
    yield within("a rare word in 1,000 files; zgrep -c", ours, theirs, 1.5)
    yield within("the same, in a tenth of the time; zgrep -c", part, theirs, 0.1)


# -- a mirror


def mirrored(folder: Path, files: int = 10_000, large: int = 5 * GIB) -> Iterator[Result]:
    """An archive to a store from nothing, small files and then one large file, and again with nothing to do."""
    with RcloneStore(folder / "store") as store:
        mirror.archive(folder / "archive", files)
        sides = mirror.Sides(folder, store)
        ours, theirs = in_turn(2, sides.ours, sides.copy)
        yield faster(f"{files:,} files to a bucket; rclone copy --checksum", ours, theirs, 1)
        ours, theirs = in_turn(3, sides.ours_beyond_start, sides.sync)
        yield within("the same, nothing to do, beyond the start; rclone sync", ours, theirs, 0.1)
        shutil.rmtree(folder / "archive")
        mirror.archive(folder / "archive", 0, large)
        ours, theirs = in_turn(1, sides.ours, sides.copy)
        yield faster(f"{large // GIB} GiB to a bucket; rclone copy --checksum", ours, theirs, 1)
        peak = sides.peak / MIB
        yield Result("peak memory of these", f"{peak:.0f} MiB", "", "", "< 150 MiB", peak < 150)


ROWS: dict[str, Row] = {
    "fleet": fleet,
    "idle": idle,
    "big-file": big_file,
    "small-files": small_files,
    "listing": listing,
    "memory": memory,
    "queries": queries,
    "ledger": ledger,
    "mirror": mirrored,
    "verify": verification,
    "report": reports,
    "inventory": inventory,
    "slow": slow_shapes,
    "search": search,
}
