# Copyright: (c) 2026, clouddb.mongodb_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""From the variables of a host to the arguments of the module that collects from it. Pure."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from difflib import get_close_matches
from typing import Any, Callable, NamedTuple

import yaml
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._argspec import OptionSet
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._dds.options import OPTIONS as DDS
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._errors import BadInput
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._mirror.options import OPTIONS as BUCKET
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._umongodb.options import OPTIONS as UMONGODB

COLLECTION = "clouddb.mongodb_logs"
PREFIX = "collect_"
INSTANCE = "collect_instance"
MIRROR = "collect_mirror_"
ARCHIVE_HOST = "collect_archive_host"
ARCHIVE_HOST_VARS = "collect_archive_host_vars"

# What keeps two hosts of one instance apart: another part of an archive, or another share of the logs.
_APART = tuple(
    f"{PREFIX}{name}"
    for name in ("provider", "archive_host", "archive", "region", "project_id", "log_types", "node_ids")
)


class Provider(NamedTuple):
    """A cloud: the options of its modules, and the one of them that names a cluster or an instance."""

    name: str
    options: OptionSet
    instance: str

    def variables(self) -> dict[str, str]:
        """Return the variable of each option."""
        names = {option: PREFIX + option for option in self.options.options}
        return {**names, self.instance: INSTANCE}

    def module(self, *, examine: bool) -> str:
        """Return the full name of the module that collects, or tells whether that would work."""
        return f"{COLLECTION}.{self.name}_{'doctor' if examine else 'log_archive'}"


PROVIDERS = {
    "umongodb": Provider("umongodb", UMONGODB, "cluster_id"),
    "dds": Provider("dds", DDS, "instance_id"),
}


# What the role and its playbook know besides the options of the modules.
_OF_THE_ROLE = (
    *("provider", "include", "archive_host", "archive_host_vars", "archive_persistent"),
    *("hosts", "strategy", "serial", "max_fail_percentage"),
)
KNOWN = {
    *(variable for provider in PROVIDERS.values() for variable in provider.variables().values()),
    *(f"{MIRROR}{name}" for name in BUCKET.options),
    *(f"{PREFIX}{name}" for name in _OF_THE_ROLE),
}


def provider_of(value: Any) -> Provider:
    """Return the provider that the value of ``collect_provider`` names. Raises BadInput."""
    names = " or ".join(PROVIDERS)
    if is_blank(value):
        raise BadInput(f"collect_provider must be given: {names}.")
    found = PROVIDERS.get(str(value))
    if found is None:
        raise BadInput(f"collect_provider must be {names}, not {str(value)[:60]}.")
    return found


def is_blank(value: Any) -> bool:
    """Tell whether a value is none: an unanswered survey question and an unset credential are blank texts."""
    return value is None or (isinstance(value, str) and not value.strip())


def words(value: Any) -> list[str]:
    """Return the elements of a list, whose elements may be lists, or texts with commas, blanks or line breaks between."""
    if value is None:
        return []
    if isinstance(value, (list, tuple)):
        return [word for item in value for word in words(item)]
    return [word for word in re.split(r"[,\s]+", str(value)) if word]


def is_included(include: Any, names: Sequence[str]) -> bool:
    """Tell whether one of a host's names is one of those to include; all are where there are none."""
    patterns = words(include)
    return not patterns or any(_pattern(one).fullmatch(name) for one in patterns for name in names)


def _pattern(text: str) -> re.Pattern[str]:
    # Not fnmatch, to which brackets mean something.
    return re.compile(re.escape(text).replace(r"\*", ".*").replace(r"\?", "."), re.DOTALL)


def alike(hosts: Iterable[str], value: Callable[[str, str], Any]) -> list[dict[str, Any]]:
    """Return each ``instance`` that several ``hosts`` would collect into the same place.

    ``value`` gives a variable of a host. Only hosts of an instance that others have too are asked for more than that, so many hosts
    cost little.
    """
    named = defaultdict(list)
    for host in sorted(hosts):
        named[str(value(host, INSTANCE) or host)].append(host)
    found = []
    for instance, several in named.items():
        places = defaultdict(list)
        for host in several if len(several) > 1 else ():
            if is_included(value(host, "collect_include"), [host, instance]):
                places[tuple(" ".join(words(value(host, name))) for name in _APART)].append(host)
        found += [{"instance": instance, "hosts": same} for same in places.values() if len(same) > 1]
    return found


def archive_hosts(hosts: Iterable[str], value: Callable[[str, str], Any]) -> list[dict[str, str]]:
    """Return the ``name`` of each archive host that is told how to reach, and the host ``of`` which a variable tells it.

    ``value`` gives a variable of a host. What it tells is not returned, as a password may be in it. Raises BadInput for what no
    host can be made known with.
    """
    told: dict[str, tuple[str, Any]] = {}
    for host in sorted(hosts):
        variables = value(host, ARCHIVE_HOST_VARS)
        if is_blank(variables) or variables == {}:
            continue
        name = value(host, ARCHIVE_HOST)
        if not isinstance(variables, Mapping):
            raise BadInput(
                f"{ARCHIVE_HOST_VARS} of {host} must be a dictionary of variables, such as ansible_port: 2222."
            )
        if is_blank(name) or name == "localhost":
            raise BadInput(f"{ARCHIVE_HOST_VARS} of {host} needs {ARCHIVE_HOST}, the host that it is about.")
        first, before = told.setdefault(str(name), (host, variables))
        if before != variables:
            raise BadInput(f"{ARCHIVE_HOST_VARS} of {first} and {host} are not the same, and both are about {name}.")
    return [{"name": name, "of": host} for name, (host, _variables) in told.items()]


def told_alike(instance: str, hosts: Sequence[str]) -> str:
    """Return the sentence about hosts that would collect one instance into the same place."""
    names = f"{', '.join(hosts[:20])} and {len(hosts) - 20} more" if len(hosts) > 20 else " and ".join(hosts)
    return (
        f"{names} name the same instance {instance} and archive, in which one of them at a time can write; "
        "correct collect_instance, or leave one of them out."
    )


def mistyped(hosts: Mapping[str, Iterable[str]]) -> list[str]:
    """Return a sentence about each variable of hosts that is none of the role's, but nearly one, or an option of its modules.

    ``hosts``: of each host the names of its variables. What else begins like the role's may be somebody's own.
    """
    found = defaultdict(list)
    for host in sorted(hosts):
        for name in hosts[host]:
            if name.startswith(PREFIX) and name not in KNOWN:
                found[name].append(host)
    meant = {name: _meant(name) for name in found}
    return [
        f"{name} of {several[0]}{f' and {len(several) - 1} more' * (len(several) > 1)} is no variable of the role collect and is"
        f" ignored; {meant[name]} is one."
        for name, several in sorted(found.items())
        if meant[name]
    ]


def _meant(name: str) -> str | None:
    if name[len(PREFIX) :] in {provider.instance for provider in PROVIDERS.values()}:
        return INSTANCE
    # What all have in common makes nothing alike.
    close = get_close_matches(name[len(PREFIX) :], [known[len(PREFIX) :] for known in sorted(KNOWN)], 1, 0.85)
    return PREFIX + close[0] if close else None


def defaults_of(module: str, provider: Provider, layers: Sequence[Mapping[str, Any]]) -> list[Any]:
    """Return what ``module_defaults`` say of a module: of its group, and then of itself, which goes before.

    ``layers`` are those of a task, the innermost last; the innermost of each kind counts, as with any module.
    """
    known: dict[str, Any] = {}
    for layer in layers:
        known.update(layer)
    names = (f"group/{COLLECTION}.{provider.name}", module)
    return [known[name] for name in names if known.get(name)]


def arguments(
    provider: Provider,
    variables: Mapping[str, Any],
    defaults: Mapping[str, Any],
    environment: Mapping[str, str],
    host: str,
) -> dict[str, Any]:
    """Return the arguments of a provider's module: only what is set.

    ``variables`` by the names of options go before ``defaults``, those of ``module_defaults``, and these before the
    ``environment`` of the controller, which a module on another host does not see. There, where nothing is given, a blank
    keeps the module from looking into the environment. Raises BadInput when the archive is not given.
    """
    own = {name: value for name, value in variables.items() if not is_blank(value)}
    for name, option in provider.options.options.items():
        if name in own and option["type"] == "list":
            own[name] = words(own[name])
            if not own[name]:
                del own[name]
    given = {**defaults, **own}
    if is_blank(given.get(provider.instance)):
        given[provider.instance] = host
    if is_blank(given.get("archive")):
        raise BadInput("collect_archive must be given: the absolute path of the archive on the archive host.")
    return {**_from_environment(provider.options, given, environment), **given}


def mirror_of(variables: Mapping[str, Any], environment: Mapping[str, str]) -> dict[str, Any] | None:
    """Return how the bucket is reached that is to keep a copy, as the doctors take it; None where none is named.

    ``variables`` by the names of options; the ``environment`` of the controller as for :func:`arguments`. Raises BadInput.
    """
    given = {name: value for name, value in variables.items() if not is_blank(value)}
    if "bucket" not in given:
        return None
    retention = given.get("retention")
    if isinstance(retention, str):
        try:
            given["retention"] = yaml.safe_load(retention)
        except yaml.YAMLError:
            raise BadInput(
                f"{MIRROR}retention is no mapping: give mode and days, such as {{mode: compliance, days: 400}}."
            ) from None
    return {**_from_environment(BUCKET, given, environment), **given}


def _from_environment(options: OptionSet, given: Mapping[str, Any], environment: Mapping[str, str]) -> dict[str, str]:
    """Return what the environment gives of the options that may be there; blank where a given one goes without it."""
    names = {name: option["fallback"][1] for name, option in options.options.items() if "fallback" in option}
    found = {name: _first(variables, environment) for name, variables in names.items() if name not in given}
    for name, rivals in options.rivals.items():
        if name in found and not all(is_blank(given.get(rival)) for rival in rivals):
            found[name] = ""
    for name, needed in options.required_by.items():
        if is_blank(given.get(name, found.get(name))):
            found.update((other, "") for other in needed if other in found)
    return found


def _first(names: Sequence[str], environment: Mapping[str, str]) -> str:
    return next((environment[name] for name in names if not is_blank(environment.get(name))), "")
