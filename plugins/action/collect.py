# Copyright: (c) 2026, clouddb.mongodb_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Picks the module of a host's provider, makes its arguments from the host's variables, and runs it."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any

from ansible.errors import AnsibleError
from ansible.module_utils.parsing.convert_bool import boolean
from ansible_collections.clouddb.mongodb_logs.plugins.action import dds_log_archive, umongodb_log_archive
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._errors import BadInput
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._mirror.options import OPTIONS as BUCKET
from ansible_collections.clouddb.mongodb_logs.plugins.plugin_utils._arguments import (
    ARCHIVE_HOST,
    INSTANCE,
    MIRROR,
    alike,
    archive_hosts,
    arguments,
    defaults_of,
    is_blank,
    is_included,
    mirror_of,
    mistyped,
    provider_of,
    told_alike,
)
from ansible_collections.clouddb.mongodb_logs.plugins.plugin_utils._in_process import InProcess


class ActionModule(InProcess):
    """One task for both providers: with one for each, one cloud's instances would wait until all of the other's are done."""

    functions = {**dds_log_archive.ActionModule.functions, **umongodb_log_archive.ActionModule.functions}

    _supports_check_mode = True
    _supports_async = False

    def run(self, tmp: Any = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        """Return the result of the module, or why it was not run."""
        result: dict[str, Any] = super().run(tmp, task_vars)
        _seen, own = self.validate_argument_spec(
            {"examine": {"type": "bool", "default": False}, "compare": {"type": "list", "elements": "str"}}
        )
        self._variables = task_vars or {}
        try:
            if own["compare"] is not None:
                return {**result, **self._compare(own["compare"])}
            return {**result, **self._run(examine=own["examine"])}
        except BadInput as error:
            return {**result, "failed": True, **error.result()}

    def _run(self, *, examine: bool) -> dict[str, Any]:
        host = str(self._variables["inventory_hostname"])
        named = self._value("collect_provider")
        # Only hosts without a provider are looked at, as this asks all others.
        if is_blank(named) and self._is_archive_host(host):
            return _left_out(
                f"{host} is an archive host without collect_provider; nothing is collected from it.", told=True
            )
        names = [host, str(self._value(INSTANCE) or host)]
        if not is_included(self._value("collect_include"), names):
            return _left_out(f"{host} is none of those in collect_include.", told=False)
        # What delegates has a default, which would hide that the host cannot be made out: the controller would get the archive.
        self._value(ARCHIVE_HOST)
        self._check_that_the_archive_stays()
        provider = provider_of(named)
        module = provider.module(examine=examine)
        options = provider.variables()
        made = arguments(
            provider,
            {option: self._value(name) for option, name in options.items() if name in self._variables},
            self._defaults(defaults_of(module, provider, self._task.module_defaults or [])),
            os.environ,
            host,
        )
        if examine:
            made["fail_on"] = "never"
            bucket = mirror_of({name: self._value(MIRROR + name) for name in BUCKET.options}, os.environ)
            made.update({"mirror": bucket} if bucket else {})
        ran: dict[str, Any] = self._execute_module(module_name=module, module_args=made, task_vars=self._variables)
        if (ran.get("failure") or {}).get("code") == "locked":
            for one in self._variables.get("collect_compared", {}).get("same", []):
                if host in one["hosts"]:
                    ran["msg"] = f"{ran['msg']} {told_alike(one['instance'], one['hosts'])}"
        return ran

    def _compare(self, hosts: list[str]) -> dict[str, Any]:
        # Of many hosts it takes long to gather all variables, so that is done once.
        known = {host: self._variables["hostvars"][host] for host in hosts}
        same = alike(hosts, lambda host, name: _variable(known, host, name))
        return {
            "changed": False,
            "same": same,
            "archive_hosts": archive_hosts(hosts, lambda host, name: _variable(known, host, name)),
            "warnings": [*(told_alike(**one) for one in same[:20]), *mistyped(known)[:20]],
        }

    def _value(self, name: str) -> Any:
        """Return a variable of the host; only those that are needed are templated."""
        value = self._templar.template(self._variables.get(name))
        # A text that is vaulted where it stands is no str before ansible-core 2.19.
        return str(value) if getattr(value, "__ENCRYPTED__", False) else value

    def _defaults(self, parts: list[Any]) -> dict[str, Any]:
        made: dict[str, Any] = {}
        for part in parts:
            made.update(self._templar.template(part))
        return made

    def _is_archive_host(self, host: str) -> bool:
        """Tell whether a host is where an archive is, for itself or for any other."""
        if self._value(ARCHIVE_HOST) == host:
            return True
        known: Mapping[str, Mapping[str, Any]] = self._variables["hostvars"]
        return any(_variable(known, other, ARCHIVE_HOST) == host for other in known)

    def _check_that_the_archive_stays(self) -> None:
        """Raise BadInput for an archive on the controller in a job of AWX."""
        if not {"awx_job_id", "tower_job_id"} & self._variables.keys() or self._connection.transport != "local":
            return
        if boolean(self._value("collect_archive_persistent"), strict=False):
            return
        raise BadInput(
            f"The archive {self._value('collect_archive')} would be on the disk of this job, which AWX throws away when the job ends.",
            code="archive_of_a_job",
            hint="Name the host that keeps it in collect_archive_host, or set collect_archive_persistent to true when the path is a volume that stays.",
        )


def _variable(known: Mapping[str, Mapping[str, Any]], host: str, name: str) -> Any:
    try:
        return known[host].get(name)
    except AnsibleError:
        return None  # cannot be made out; that host itself fails for it


def _left_out(message: str, *, told: bool) -> dict[str, Any]:
    """Return the result of a host that nothing is done for; ``told`` whether that is shown at any verbosity."""
    return {"changed": False, "skipped": True, "msg": message, "_ansible_verbose_always": told}
