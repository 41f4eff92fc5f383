# Copyright: (c) 2026, clouddb.mongodb_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Inventory of a provider, apart from Ansible: which accounts and regions are read, how, and what a host knows."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from fnmatch import fnmatchcase
from typing import Any, Callable, NamedTuple

from ansible.module_utils.common.arg_spec import ArgumentSpecValidator
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._argspec import OptionSet, identifier
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._errors import BadInput, LogsError

READERS = 8

Instance = dict[str, Any]
Warn = Callable[[str], None]


class Wanted(NamedTuple):
    """Which of the instances become hosts, and whether with their nodes."""

    filters: Mapping[str, Sequence[str]]
    nodes: bool

    def keeps(self, instance: Instance) -> bool:
        """Tell whether an instance passes every filter."""
        return all(
            any(fnmatchcase(str(instance[field] or ""), pattern) for pattern in patterns)
            for field, patterns in self.filters.items()
        )


class Provider(NamedTuple):
    """What one provider brings to its inventory.

    ``id`` is the field that names the host. Of the options, ``who`` say who asks, ``what`` say for which list, ``of_one_region``
    are good for one region only, and ``passed_on`` lead the role to the same cloud. ``fields`` can be filtered by. ``read``
    returns the instances that are wanted, and what could not be read of them; it raises LogsError.
    """

    name: str
    id: str
    options: OptionSet
    who: Sequence[str]
    what: Sequence[str]
    of_one_region: Sequence[str]
    passed_on: Sequence[str]
    fields: Sequence[str]
    read: Callable[[Mapping[str, Any], Wanted, Warn], tuple[list[Instance], list[str]]]


class Source(NamedTuple):
    """A region of an account, with the checked options that reach it."""

    account: str
    options: Mapping[str, Any]

    def __str__(self) -> str:
        """Return the name for messages."""
        return f"{self.account}, {self.options['region']}"


class Reading(NamedTuple):
    """What came of a source: ``instances`` is None when it could not be read."""

    instances: list[Instance] | None
    problems: Sequence[str] = ()
    warnings: Sequence[str] = ()
    final: bool = False


def options_of(provider: Provider, given: Mapping[str, Any]) -> tuple[list[Source], Wanted]:
    """Return every region of every account, in the order given, and what is wanted of them. Raises BadInput."""
    spec = {
        name: {key: value for key, value in option.items() if key in ("type", "elements", "no_log")}
        for name, option in provider.options.options.items()
    }
    spec["regions"] = {"type": "list", "elements": "str"}
    own_spec = {**spec, "name": {"type": "str", "required": True}}
    more = {"accounts": {"type": "list"}, "include_filters": {"type": "dict"}, "nodes": {"type": "bool"}}
    values = _typed({**spec, **more}, given, "")
    accounts = [_typed(own_spec, own, "accounts: ") for own in values["accounts"] or []]
    wanted = Wanted(_filters(provider, values["include_filters"] or {}), bool(values["nodes"]))
    if not accounts:
        return _sources(provider, "default", values), wanted
    names = [own["name"] for own in accounts]
    if len(set(names)) < len(names):
        raise BadInput("accounts: every account needs a name of its own.")
    sources = []
    for own in accounts:
        try:
            sources += _sources(provider, own["name"], _inherited(provider, values, own))
        except BadInput as error:
            raise BadInput(f"accounts: {own['name']}: {error.message}") from None
    return sources, wanted


def _typed(spec: Mapping[str, Any], values: object, where: str) -> dict[str, Any]:
    """Return values of the types that Ansible makes of a module's options. Raises BadInput."""
    if not isinstance(values, Mapping):
        raise BadInput(f"{where}each must be a dictionary.")
    # Ansible 2.18 leaves it to its users to open what an account has from a vault.
    opened = {name: str(value) if hasattr(value, "__ENCRYPTED__") else value for name, value in values.items()}
    result = ArgumentSpecValidator(spec).validate(opened)
    if result.error_messages:
        raise BadInput(f"{where}{result.error_messages[0].rstrip('.')}.")
    found: dict[str, Any] = result.validated_parameters
    return found


def _filters(provider: Provider, given: Mapping[str, Any]) -> dict[str, list[str]]:
    unknown = set(given) - set(provider.fields)
    if unknown:
        raise BadInput(f"include_filters: {min(unknown)} is none of {', '.join(provider.fields)}.")
    return {
        field: [str(value) for value in (values if isinstance(values, list) else [values])]
        for field, values in sorted(given.items())
    }


def _inherited(provider: Provider, shared: Mapping[str, Any], own: Mapping[str, Any]) -> dict[str, Any]:
    """Return the values of an account: what it leaves out is shared, but no key goes with another account's token."""
    keys = {*provider.who, *(name for name, option in provider.options.options.items() if option.get("no_log"))}
    # A blank is nothing given, but for a key: an unset variable must not lead to another account.
    given = {
        name: value for name, value in own.items() if value not in (None, "", []) or (value == "" and name in keys)
    }
    del given["name"]
    left_aside = {*keys, "project_id"} if keys & set(given) else set()
    if "region" in given:
        left_aside.add("regions")
    return {name: given.get(name, None if name in left_aside else shared[name]) for name in shared}


def _sources(provider: Provider, account: str, values: Mapping[str, Any]) -> list[Source]:
    several, one = (
        [region.strip() for region in regions if region.strip()]
        for regions in (values["regions"] or [], [values["region"] or ""])
    )
    if not several and not one:
        raise BadInput("region or regions must be given.")
    regions = dict.fromkeys(several or one)
    sources = [
        Source(account, provider.options.checked({**values, "region": region}, of_inventory=True)) for region in regions
    ]
    for name in provider.of_one_region:
        if len(sources) > 1 and sources[0].options[name]:
            raise BadInput(f"{name} belongs to one region; leave it out, or name an account for each region.")
    return sources


def cache_key(provider: Provider, source: Source, wanted: Wanted) -> str:
    """Return the key of a source's list. Who asked is in it as a digest only."""
    identity = [source.options[name] for name in (*provider.who, *provider.what)]
    return hashlib.sha256(json.dumps([provider.name, identity, wanted]).encode("utf-8")).hexdigest()


def read_all(provider: Provider, sources: Sequence[Source], wanted: Wanted) -> list[Reading]:
    """Read sources side by side.

    One source of each account goes first: where its keys are refused, the others are not asked, as keys that are refused
    too often get locked.
    """
    firsts = {source.account: source for source in reversed(sources)}
    with ThreadPoolExecutor(READERS, "inventory") as pool:
        first = dict(zip(firsts, pool.map(lambda source: _read(provider, source, wanted), firsts.values())))

        def read(source: Source) -> Reading:
            before = first[source.account]
            return before if source is firsts[source.account] or before.final else _read(provider, source, wanted)

        return list(pool.map(read, sources))


def _read(provider: Provider, source: Source, wanted: Wanted) -> Reading:
    warnings: list[str] = []
    try:
        rows, problems = provider.read(source.options, wanted, warnings.append)
    except LogsError as error:
        return Reading(None, [error.result()["msg"]], warnings, getattr(error, "final", False))
    instances = sorted((row for row in rows if _is_id(row[provider.id])), key=lambda row: str(row[provider.id]))
    if len(instances) < len(rows):
        left_out = len(rows) - len(instances)
        problems = [*problems, f"{left_out} of its instances are left out, as their ids are none."]
    return Reading(instances, problems, warnings)


def _is_id(value: object) -> bool:
    try:
        identifier("id", str(value))
    except BadInput:
        return False
    return isinstance(value, str)


def host_variables(provider: Provider, source: Source, instance: Instance) -> dict[str, Any]:
    """Return the variables of a host: what the role ``collect`` takes, and what describes the instance. No credentials."""
    options = source.options
    found = {
        "provider": provider.name,
        "instance": instance[provider.id],
        "region": options["region"],
        "zone": instance.get("zone"),
        **{name: options[name] for name in provider.passed_on},
    }
    return {
        **{f"collect_{name}": value for name, value in found.items() if value is not None},
        f"{provider.name}_account": source.account,
        **{f"{provider.name}_{name}": value for name, value in instance.items()},
    }
