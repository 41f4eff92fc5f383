# Copyright: (c) 2026, clouddb.mongodb_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whether collecting from an instance of the Huawei family will work: every call that it needs, but those that export."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any, Callable

from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._collect.engine import Settings
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._collect.source import Source
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._dds.api import AuditLog, AuditPolicy, Dds, nodes_of
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._dds.connect import default_endpoint
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._dds.entries import CannotQuery, is_not_here, probe
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._dds.instance import instance_fields
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._dds.masking import masks
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._dds.source import AUDIT
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._dds.streams import stream_of
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._doctor import archive, due, network
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._doctor.checks import (
    Examination,
    Finding,
    ok,
    skipped,
    warning,
)
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._errors import BadInput, CloudError
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._failures import DDS, NOT_FOUND
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._reader import Record
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._spans import Span
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._time import DAY, HOUR

_NORMAL = "normal"
_FEW_DAYS = 3

_KEY, _TEMPORARY_KEY = "an access key", "a temporary access key"

_LIST, _POLICY = "dds:instance:list", "dds:instance:getAuditLogPolicy"
_LOGS, _LINKS = "dds:instance:listAuditLog", "dds:instance:downloadAuditLog"
_ENTRIES = {"slow": "dds:instance:listSlowLog", "error": "dds:instance:listErrorLog"}
_MASKING = "dds:instance:getSlowLogPlaintextStatus"
_EXPORTS = {"slow": "dds:instance:downloadSlowLog", "error": "dds:instance:downloadErrorLog"}


def examine(
    api: Dds,
    options: Mapping[str, Any],
    settings: Settings,
    log_types: Sequence[str],
    source: Callable[[], Source],
) -> Examination:
    """Look at everything, in the order of its mending."""
    examination = Examination()
    visit = _Visit(api, options, log_types)
    look = examination.look
    look("endpoint", visit.endpoint)
    if visit.needs_iam:
        look("iam_endpoint", visit.iam_endpoint)
    look("clock", visit.clock, "endpoint")
    look("credentials", visit.credentials, "clock", "endpoint", "iam_endpoint")
    look(_LIST, visit.list, "credentials")
    look("instance", visit.instance, _LIST)
    look("nodes", visit.nodes, "instance")
    if AUDIT in log_types:
        look(_POLICY, visit.policy, "instance")
        look("auditing", visit.auditing, _POLICY)
        look(_LOGS, visit.logs, "instance")
        look(_LINKS, visit.links, _LOGS)
        look("download", visit.download, _LINKS)
        look("streaming", visit.streaming, "instance")
    for log_type in log_types:
        if log_type in _EXPORTS:
            look(_ENTRIES[log_type], partial(visit.entries, log_type), "instance")
            reason = f"It cannot be tried without having {log_type} logs exported."
            look(_EXPORTS[log_type], partial(skipped, reason), "instance")
    if "slow" in log_types:
        look(_MASKING, visit.masking, "instance")
    archive.examine(examination, settings)
    due.examine(examination, settings, source, api.http.clock.now, "nodes", _LOGS)
    return examination


class _Visit:
    """One look at an instance; what a call answered is kept for the next."""

    def __init__(self, api: Dds, options: Mapping[str, Any], log_types: Sequence[str]) -> None:
        self._api = api
        self._options = options
        self._log_types = log_types
        self._id = options["instance_id"]
        self._rows: list[Record] | None = None
        self._refusal: CloudError | None = None
        self._instance: Record | None = None
        self._keeps: AuditPolicy | None = None
        self._newest: AuditLog | None = None
        self._link: str | None = None

    @property
    def needs_iam(self) -> bool:
        """Tell whether the identity service is called: to sign in, or to find the project."""
        by_password = not self._options["auth_token"] and not self._options["access_key"]
        return by_password or not self._options["project_id"]

    def endpoint(self) -> Finding:
        """Look at the address of DDS."""
        return self._look_at("endpoint", "dds")

    def iam_endpoint(self) -> Finding:
        """Look at the address of the identity service."""
        return self._look_at("iam_endpoint", "iam")

    def _look_at(self, option: str, service: str) -> Finding:
        url = self._url(option, service)
        return network.endpoint(self._api.http, url, option, verified=self._options["validate_certs"])

    def _url(self, option: str, service: str) -> str:
        return str(self._options[option] or default_endpoint(service, self._options["region"])).rstrip("/")

    def clock(self) -> Finding:
        """Compare clocks; only with an access key does the time matter."""
        signs = self._way() in (_KEY, _TEMPORARY_KEY)
        return network.clock(self._api.http, self._url("endpoint", "dds"), signs=signs)

    def credentials(self) -> Finding:
        """Make the first call, which signs in and looks the project up where that takes calls."""
        try:
            self._rows = self._api.instances(instance_id=self._id)
        except CloudError as error:
            self._refusal = network.after_signing_in(error)
        return ok(f"Signing in with {self._way()} works.")

    def _way(self) -> str:
        if self._options["auth_token"]:
            return "a token"
        if self._options["access_key"]:
            return _TEMPORARY_KEY if self._options["security_token"] else _KEY
        return "a password"

    def list(self) -> Finding:
        """Tell how the first call went; collecting audit logs of all nodes does without it."""
        if not self._refusal:
            return ok("Allowed.")
        if {*self._log_types} == {AUDIT} and not self._options["node_ids"]:
            return network.unless_needed(self._refusal, "Audit logs of all nodes are collected without it.")
        raise self._refusal

    def instance(self) -> Finding:
        """Look at the instance as the list names it."""
        if self._rows is None:
            return skipped(f"{_LIST} is not allowed.")
        self._instance = next((row for row in self._rows if row.id("id") == self._id), None)
        if self._instance is None:
            raise CloudError(
                f"There is no instance {self._id} in {self._options['region']}.", code="not_found", cloud=DDS
            )
        fields = instance_fields(self._instance)
        message = f"{fields['name'] or self._id}, {fields['mode']}, status {fields['status']}."
        if fields["status"] != _NORMAL:
            return warning(message, "Its logs may not be had until it is normal.", "state")
        return ok(message)

    def nodes(self) -> Finding:
        """Look at the nodes: whether those that are wanted are there, and which logs they can have."""
        if self._instance is None:
            return skipped(f"{_LIST} is not allowed.")
        found = {node.id: node for node in nodes_of(self._instance)}
        unknown = [node for node in self._options["node_ids"] or () if node not in found]
        if unknown:
            raise BadInput(f"node_ids: {self._id} has no node {unknown[0]}; it has {', '.join(sorted(found))}.")
        wanted = [found[node] for node in self._options["node_ids"] or found]
        mode = self._instance.text("mode") or ""
        able = {one: sum(node.can_have(one, mode) for node in wanted) for one in self._log_types}
        if not any(able.values()):
            raise BadInput(f"node_ids: none of these nodes has {' or '.join(self._log_types)} logs.")
        kinds = Counter(node.group or "node" for node in wanted)
        having = ", ".join(f"{one} logs of {count}" for one, count in able.items())
        return ok(f"{', '.join(f'{count} {kind}' for kind, count in kinds.items())}; {having}.")

    def policy(self) -> Finding:
        """Ask what is audited, which collecting itself does without."""
        try:
            self._keeps = self._api.audit_policy(self._id)
        except CloudError as error:
            return network.unless_needed(error, "Whether auditing is on cannot be told.")
        return ok("Allowed.")

    def auditing(self) -> Finding:
        """Look at whether anything is audited, and for how long it is kept."""
        return judge_auditing(self._keeps) if self._keeps else skipped(f"{_POLICY} is not allowed.")

    def logs(self) -> Finding:
        """List the audit logs of the last day."""
        clock = self._api.http.clock
        found = self._api.audit_logs(self._id, Span(clock.now() - DAY, clock.latest()))
        self._newest = found[-1] if found else None
        return ok(f"Allowed; {len(found)} audit logs of the last 24 hours are listed.")

    def links(self) -> Finding:
        """Ask for a link to the newest of them, and tell nobody."""
        if self._newest is None:
            return skipped("No audit log is listed that a link could be asked for.")
        links = self._api.audit_log_links(self._id, [self._newest.id])
        if not links:
            raise CloudError(f"The API gave no link to {self._newest.id}.", code="no_link")
        self._link = links[0]
        return ok("Allowed.")

    def download(self) -> Finding:
        """Look at where the link leads."""
        return network.download(self._api.http, self._link) if self._link else skipped("There is no link to try.")

    def streaming(self) -> Finding:
        """Ask whether audit logs are sent to a log stream, which collecting itself does without."""
        try:
            stream = stream_of(self._api, self._id)
        except CloudError as error:
            return _aside(error, "Whether audit logs are sent to a log stream")
        if stream.enabled:
            return ok(f"Audit logs are sent to the log stream {stream.lts_stream_id} as well.")
        return ok("Audit logs are sent to no log stream.")

    def entries(self, log_type: str) -> Finding:
        """Ask for an entry of the last hour."""
        now = self._api.http.clock.now()
        try:
            probe(self._api, self._id, log_type, Span(now - HOUR, now))
        except CannotQuery as error:
            return ok(
                f"Entries cannot be queried here ({error.code}), so {log_type} logs can be had from exports alone."
            )
        except CloudError as error:
            return network.unless_needed(error, f"Without it {log_type} logs can be had from exports alone.")
        return ok(f"Allowed; entries of {log_type} logs of the last 30 days can be queried.")

    def masking(self) -> Finding:
        """Ask whether values in slow statements are masked, which collecting itself does without."""
        try:
            masked = masks(self._api, self._id)
        except CloudError as error:
            return _aside(error, "Whether values in slow statements are masked")
        return ok(
            f"Allowed; values in slow statements are {'masked' if masked else 'not masked, and reach the archive'}."
        )


def _aside(error: CloudError, what: str) -> Finding:
    """Return what is found where nothing that is needed could be asked. Raises any other error again."""
    if is_not_here(error):
        return ok(f"{what} cannot be asked here ({error.code}).")
    return network.unless_needed(error, f"{what} cannot be told.")


def judge_auditing(policy: AuditPolicy) -> Finding:
    """Return how long audit logs can still be had. Raises CloudError when there are none."""
    if not policy.keep_days:
        raise CloudError(
            "Auditing is switched off, so there are no new audit logs.",
            code="auditing_off",
            kind=NOT_FOUND,
            hint="Switch it on with dds_audit_policy, or leave audit out of log_types.",
        )
    message = f"Audit logs are kept for {policy.keep_days} days."
    if policy.keep_days < _FEW_DAYS:
        return warning(message, "Keep them longer with dds_audit_policy.", "keep_days")
    return ok(message)
