# Copyright: (c) 2026, clouddb.mongodb_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Single calls of both APIs with one answer made wrong: what comes of them is a result that can be shown, or a LogsError."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterable
from random import Random
from typing import Any

from ansible_collections.clouddb.mongodb_logs.plugins.inventory import dds as dds_inventory
from ansible_collections.clouddb.mongodb_logs.plugins.inventory import umongodb as umongodb_inventory
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._dds import entries
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._dds.api import Dds, nodes_of
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._dds.auth import Password, Token
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._dds.instance import instance_fields
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._dds.source import why_none
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._errors import LogsError
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._http import Http
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._spans import Span
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._time import DAY, HOUR, Clock
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._umongodb.api import UMongoDB
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._umongodb.instance import instance_fields as fields
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._umongodb.instance import node_fields
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._umongodb.package import described
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._umongodb.source import offered
from ansible_collections.clouddb.mongodb_logs.plugins.plugin_utils._sources import Wanted
from ansible_collections.clouddb.mongodb_logs.tests.fuzz.mutations import Served, mutate
from ansible_collections.clouddb.mongodb_logs.tests.fuzz.wire import URL, Cloud, Sent, StillClock, answered_by

START = 1_773_122_220  # 2026-03-10T05:57:00Z
# What one call with its repetitions may send; whoever sends more never comes to an end.
MOST_REQUESTS = 600

Call = Callable[["Clients"], Any]


class Broken(AssertionError):
    """A promise that was not kept, and how to see it again."""


class Clients:
    """What calls an emulated cloud, or what was recorded of it."""

    def __init__(self, cloud: Cloud) -> None:
        self.cloud = cloud
        world = cloud.world
        self.cluster = world.clusters[1]
        self.node = self.cluster.nodes()[0].node_id
        self.instance = world.instances[1].id
        self.now = START
        self.package = 0
        self.renew()

    def renew(self) -> None:
        """Begin anew: nothing is known of an earlier call."""
        self.clock = clock = StillClock(START)
        world = self.cloud.world
        account, project, user = world.ucloud_accounts[0], world.projects[0], world.huawei_users[0]
        self.http = Http(
            timeout=5, deadline=20, verify=True, clock=Clock(clock.now), sleep=clock.advance, monotonic=clock.now
        )
        self.umongodb = UMongoDB(
            self.http,
            api_url=URL,
            public_key=account.public_key,
            private_key=account.private_key,
            security_token=None,
            region=self.cluster.region,
            project_id=account.projects[0],
        )
        usual = {"endpoint": URL, "iam_endpoint": URL, "region": project.region}
        token = next(token.token for token in world.tokens if token.project_id == project.id)
        self.dds = Dds(self.http, Token(token), **usual, project_id=project.id)
        signing_in = Password(
            self.http,
            iam_endpoint=URL,
            username=user.name,
            password=user.password,
            domain_name=user.domain_name,
            region=project.region,
            project_id=None,
        )
        self.by_password = Dds(self.http, signing_in, **usual, project_id=None)


def _inventory_umongodb(at: Clients) -> Any:
    account = at.cloud.world.ucloud_accounts[0]
    keys = {"public_key": account.public_key, "private_key": account.private_key, "project_id": account.projects[0]}
    more = {"security_token": None, "channel_key": None, "region": at.cluster.region, "zone": None, "api_url": URL}
    return umongodb_inventory.read({**keys, **more, **_AT_ONCE}, Wanted({"name": ["*"], "tag": ["*"]}, True), _warn)


def _inventory_dds(at: Clients) -> Any:
    project = at.cloud.world.projects[0]
    token = next(token.token for token in at.cloud.world.tokens if token.project_id == project.id)
    options = {"endpoint": URL, "iam_endpoint": URL, "region": project.region, "project_id": project.id, "name": None}
    wanted = Wanted({"name": ["*"], "version": ["*"], "mode": ["*"]}, True)
    return dds_inventory.read({**options, "auth_token": token, **_AT_ONCE}, wanted, _warn)


# A session that is the code's own has the machine's clock: it attempts everything once.
_AT_ONCE = {"timeout": 5, "deadline": 0.001, "validate_certs": True, "ca_path": None}


def _warn(_text: str) -> None:
    """Let nobody hear."""


def _day(at: Clients) -> Span:
    return Span(at.now - DAY, at.now - HOUR)


def _entries(log_type: str, hours: int) -> Call:
    def read(at: Clients) -> Any:
        window = entries.read(at.dds, at.instance, log_type, Span(at.now - hours * HOUR, at.now - HOUR), limit=20)
        return [(sorted(json.loads(line)), line.decode("ascii")) for line in window.lines()]

    return read


def _exports(log_type: str) -> Call:
    return lambda at: [one[:3] for one in at.dds.exports(at.instance, log_type).files]


def _packages(at: Clients) -> Any:
    found = at.umongodb.packages(at.cluster.cluster_id, zone=at.cluster.zone)
    return [*map(described, found), [offer.source() for offer in map(offered, found) if offer]]


def _describe(at: Clients) -> Any:
    cluster = at.umongodb.cluster(at.cluster.cluster_id)
    return [cluster.zone, cluster.complete, *map(node_fields, cluster.nodes)]


def _create(at: Clients) -> None:
    span = Span(at.now - 2 * DAY, at.now - DAY)
    at.umongodb.create_package(
        at.cluster.cluster_id, zone=at.cluster.zone, node_id=at.node, log_type="error", span=span, name="n"
    )


def _link(at: Clients) -> Any:
    return len(at.umongodb.package_link(at.cluster.cluster_id, at.package, zone=at.cluster.zone, intranet=False))


def _preview(at: Clients) -> Any:
    names = {"node_id": at.node, "log_type": "slow", "zone": at.cluster.zone}
    return at.umongodb.log(at.cluster.cluster_id, **names, begin=at.now - HOUR, end=None)


def _audit_links(at: Clients) -> Any:
    logs = at.dds.audit_logs(at.instance, _day(at))
    return len(at.dds.audit_log_links(at.instance, [log.id for log in logs[:5]]))


def _delete(at: Clients) -> None:
    logs = at.dds.audit_logs(at.instance, _day(at))
    at.dds.delete_audit_logs(at.instance, [log.name for log in logs[:1]])


CALLS: dict[str, Call] = {
    "instances": lambda at: [fields(row, "r") for row in at.umongodb.instances()],
    "cluster": _describe,
    "packages": _packages,
    "create": _create,
    "link": _link,
    "preview": _preview,
    "umongodb inventory": _inventory_umongodb,
    "dds instances": lambda at: [[instance_fields(row), nodes_of(row)] for row in at.dds.instances()],
    "audit logs": lambda at: at.dds.audit_logs(at.instance, Span(at.now - 2 * DAY, at.now)),
    "audit logs of long": lambda at: at.dds.audit_logs(at.instance, Span(at.now - 40 * DAY, at.now)),
    "audit links": _audit_links,
    "policy": lambda at: at.dds.audit_policy(at.instance),
    "set policy": lambda at: at.dds.set_audit_policy(at.instance, at.dds.audit_policy(at.instance)),
    "delete": _delete,
    "why none": lambda at: why_none(at.dds, at.instance, Span(at.now, at.now + 1)),
    "why none of a node": lambda at: why_none(at.dds, at.instance, Span(at.now, at.now + 1), "x"),
    "slow exports": _exports("slow"),
    "error exports": _exports("error"),
    "slow entries": _entries("slow", 2),
    "error entries": _entries("error", 7),
    "probe": lambda at: entries.probe(at.dds, at.instance, "slow", _day(at)),
    "signing in": lambda at: at.by_password.audit_policy(at.instance),
    "dds inventory": _inventory_dds,
}


class Recorded:
    """Sound answers to everything that a call sends, by what is sent."""

    def __init__(self, clients: Clients, call: Call) -> None:
        self.answers: dict[Any, Served] = {}
        clients.renew()

        def note(sent: Sent) -> Served:
            return self.answers.setdefault(_key(sent), clients.cloud.asked(sent)[1])

        with answered_by(note):
            shown(call(clients))
        self.last = list(self.answers.values())[-1]


def _key(sent: Sent) -> Any:
    return (sent.method, sent.url, sent.body)


def shown(result: Any) -> None:
    """Make sure that a result can be given back to Ansible."""
    json.dumps(result, ensure_ascii=False).encode("utf-8")


class CallFuzzer:
    """Calls with one answer made wrong."""

    def __init__(self) -> None:
        cloud = Cloud(seed=11, clock=StillClock(START), packaging_seconds=0)
        self._clients = clients = Clients(cloud)
        with cloud.lock:
            world = cloud.world
            for instance in world.instances:
                instance.audit_every = 0.0
            for hours in (20, 10, 5):
                end = clients.now - hours * HOUR
                world.add_audit_log(clients.instance, start=end - HOUR, end=end, size=600, listed_at=end)
            span = (clients.now - 3 * DAY, clients.now - 2 * DAY)
            for log_type in ("SlowLog", "ErrorLog"):
                made = world.add_package(
                    clients.cluster.cluster_id, clients.node, log_type, *span, created=span[1] + HOUR
                )
                clients.package = made.id
        with answered_by(lambda sent: cloud.asked(sent)[1]):
            for log_type in ("slow", "error"):
                clients.dds.exports(clients.instance, log_type)
        cloud.clock.advance(cloud.world.export_seconds)
        self._recorded = {name: Recorded(clients, call) for name, call in CALLS.items()}

    def run(self, seed: int) -> int:
        """Make one call; return how many answers were made wrong. Raises Broken."""
        dice = Random(f"call {seed}")
        name = dice.choice(tuple(CALLS))
        recorded = self._recorded[name]
        chosen = dice.choice(tuple(recorded.answers))
        mutated = mutate(dice, recorded.answers[chosen])
        again, used, sent_so_far = dice.random() < 0.5, 0, 0

        def answer(sent: Sent) -> Served:
            nonlocal used, sent_so_far
            sent_so_far += 1
            if sent_so_far > MOST_REQUESTS:
                raise Broken(f"{name} does not come to an end: {mutated.what}")
            if _key(sent) == chosen and (again or not used):
                used += 1
                return mutated.answer
            return recorded.answers.get(_key(sent), recorded.last)

        self._clients.renew()
        began = time.monotonic()
        try:
            with answered_by(answer):
                shown(CALLS[name](self._clients))
        except LogsError as error:
            _check_words(error)
        except Broken:
            raise
        except Exception as error:
            raise Broken(f"{name} ended in {type(error).__name__} ({error}): {mutated.what}") from error
        if time.monotonic() - began > 60:
            raise Broken(f"{name} took longer than a minute: {mutated.what}")
        return 1

    def names(self) -> Iterable[str]:
        """Return what can be called."""
        return self._recorded


def _check_words(error: LogsError) -> None:
    result = error.result()
    shown(result)
    if not error.message.isprintable():
        raise Broken(f"a message is not printable: {error.message!r}")
