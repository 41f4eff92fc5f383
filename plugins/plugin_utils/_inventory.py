# Copyright: (c) 2026, clouddb.mongodb_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The inventory plugins' common base: options from Ansible in, hosts and groups out."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path, PurePath
from typing import Any

from ansible.errors import AnsibleParserError
from ansible.module_utils.basic import missing_required_lib
from ansible.plugins.inventory import BaseInventoryPlugin, Cacheable, Constructable
from ansible.utils.unsafe_proxy import wrap_var
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._errors import BadInput
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._http import REQUESTS_IMPORT_ERROR
from ansible_collections.clouddb.mongodb_logs.plugins.plugin_utils._sources import (
    Instance,
    Provider,
    Reading,
    Source,
    Wanted,
    cache_key,
    host_variables,
    options_of,
    read_all,
)

_WHAT_PARTIAL_SAYS = (
    "The rest could be read; with partial: warn and without strict it would be there, and this a warning."
)


class CloudInventory(BaseInventoryPlugin, Constructable, Cacheable):
    """An inventory whose hosts are the instances of a provider."""

    provider: Provider

    def verify_file(self, path: str) -> bool:
        """Tell whether a file is meant for this plugin, by its name. Warns of one that only has another name."""
        if not super().verify_file(path):
            return False
        name, endings = PurePath(path).name, (f".{self.provider.name}.yml", f".{self.provider.name}.yaml")
        ours = name.endswith(endings)
        # Ansible itself would say no more than that the file could not be verified.
        if not ours and name.endswith((".yml", ".yaml")) and self.NAME in Path(path).read_text("utf-8", "replace"):
            self.display.warning(
                f"{path} is not read as an inventory of {self.NAME}, as its name does not end with {' or '.join(endings)}: "
                f"rename it, such as to fleet{endings[0]}."
            )
        return ours

    def parse(self, inventory: Any, loader: Any, path: str, cache: bool = True) -> None:
        """Read the file, then the clouds or the cache, and add every instance. Raises AnsibleParserError."""
        super().parse(inventory, loader, path, cache)
        self._read_config_data(path)
        if REQUESTS_IMPORT_ERROR:
            raise AnsibleParserError(missing_required_lib("requests", "from its release 2.25.1 on"))
        names = [*self.provider.options.options, "regions", "accounts", "include_filters", "nodes"]
        try:
            sources, wanted = options_of(
                self.provider, {name: self.templar.template(self.get_option(name)) for name in names}
            )
        except BadInput as error:
            raise AnsibleParserError(error.result()["msg"]) from None
        readings = self._readings(sources, wanted, cache)
        self._report(sources, readings)
        self.inventory.add_group(self.provider.name)
        # Accounts may see the same instance: it is a host once, as the first of them sees it.
        hosts: dict[str, tuple[Source, Instance]] = {}
        for source, reading in zip(sources, readings):
            for instance in reading.instances or []:
                hosts.setdefault(instance[self.provider.id], (source, instance))
        for name, (source, instance) in hosts.items():
            self._add(name, host_variables(self.provider, source, instance))

    def _readings(self, sources: Sequence[Source], wanted: Wanted, may_use_cache: bool) -> list[Reading]:
        """Return what the cache holds, and read the rest; what was read without a problem is for the cache."""
        caching = self.get_option("cache")
        keys = [cache_key(self.provider, source, wanted) for source in sources]
        found: dict[str, Reading] = {}
        if caching and may_use_cache:
            found = {key: Reading(self._cache[key]) for key in keys if key in self._cache}
        missing = {key: source for key, source in zip(keys, sources) if key not in found}
        for key, reading in zip(missing, read_all(self.provider, list(missing.values()), wanted)):
            found[key] = reading
            if caching and not reading.problems:
                self._cache[key] = reading.instances
        return [found[key] for key in keys]

    def _report(self, sources: Sequence[Source], readings: Sequence[Reading]) -> None:
        """Fail for what could not be read, or warn of it where that is wanted and anything could be read."""
        for text in dict.fromkeys(text for reading in readings for text in reading.warnings):
            self.display.warning(text)
        problems = [f"{source}: {text}" for source, reading in zip(sources, readings) for text in reading.problems]
        nothing = all(reading.instances is None for reading in readings)
        may_lack = self.get_option("partial") == "warn" and not self.get_option("strict")
        if problems and (nothing or not may_lack):
            raise AnsibleParserError(" ".join(problems if nothing else [*problems, _WHAT_PARTIAL_SAYS]))
        for text in problems:
            self.display.warning(text)

    def _add(self, name: str, variables: dict[str, Any]) -> None:
        # What a cloud says is never a template: newer releases of Ansible know it, older ones have to be told.
        variables = {key: wrap_var(value) for key, value in variables.items()}
        self.inventory.add_host(name, group=self.provider.name)
        for key, value in variables.items():
            self.inventory.set_variable(name, key, value)
        strict = self.get_option("strict")
        self._set_composite_vars(self.get_option("compose"), variables, name, strict)
        self._add_host_to_composed_groups(self.get_option("groups"), variables, name, strict)
        self._add_host_to_keyed_groups(self.get_option("keyed_groups"), variables, name, strict)
