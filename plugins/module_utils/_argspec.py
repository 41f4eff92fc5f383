# Copyright: (c) 2026, clouddb.mongodb_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Option sets that carry their own constraints, and the check of every value before anything is called or written."""

from __future__ import annotations

import grp
import os
import pwd
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Callable

from ansible.module_utils.basic import AnsibleFallbackNotFound, env_fallback
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._errors import BadInput

LOG_TYPES_UMONGODB = ["slow", "error"]
LOG_TYPES = ["slow", "error", "audit"]
LOG_TYPES_DDS = ["audit", "slow", "error"]

Check = Callable[[str, Any], None]

_BUCKET = re.compile(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]\Z")
_PREFIX = re.compile(r"[A-Za-z0-9][A-Za-z0-9._=-]*(?:/[A-Za-z0-9][A-Za-z0-9._=-]*)*/?\Z")
_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:-]{0,127}\Z")
_SECRET = re.compile(r"[!-~]+\Z")
_HEAD = re.compile(r"[0-9a-f]{64}\Z")
_SIZE = re.compile(r"(\d{1,15}(?:\.\d{1,9})?) ?(?:([KMGTP])i?)?B?\Z", re.ASCII | re.IGNORECASE)


class OptionSet:
    """Options of a module with the constraints among them and the checks of their values. Sets are added up.

    What is required, alone or as one of several, and may come from the environment is never missing to Ansible, which could not say
    where to give it.

    ``rivals`` names, for options that sign in, those that do so instead or belong to them: a value of the environment is
    left aside when one of these is given elsewhere.
    """

    def __init__(
        self,
        options: Mapping[str, Mapping[str, Any]],
        *,
        checks: Mapping[str, Check] | None = None,
        required_together: Sequence[Sequence[str]] = (),
        required_one_of: Sequence[Sequence[str]] = (),
        required_by: Mapping[str, Sequence[str]] | None = None,
        rivals: Mapping[str, Sequence[str]] | None = None,
    ) -> None:
        self.options = dict(options)
        self.checks = dict(checks or {})
        self.rivals = dict(rivals or {})
        self.required_one_of = [list(names) for names in required_one_of]
        self.constraints = {
            "required_together": [list(names) for names in required_together],
            "required_one_of": [
                names for names in self.required_one_of if not any("fallback" in options[name] for name in names)
            ],
        }
        self.required_by = {name: list(names) for name, names in (required_by or {}).items()}

    def __add__(self, other: OptionSet) -> OptionSet:
        """Return a set with the options, constraints and checks of both."""
        both = OptionSet({**self.options, **other.options}, checks={**self.checks, **other.checks})
        both.rivals = {**self.rivals, **other.rivals}
        both.constraints = {name: lists + other.constraints[name] for name, lists in self.constraints.items()}
        both.required_one_of = self.required_one_of + other.required_one_of
        both.required_by = {**self.required_by, **other.required_by}
        return both

    def checked(self, params: Mapping[str, Any], *, of_inventory: bool = False) -> dict[str, Any]:
        """Return the values with what is blank made absent, as an unset variable or survey question is.

        Raises BadInput for all that is missing, for the first value that cannot be meant so, and where a constraint is broken.
        ``of_inventory``: whether they stand in the file of an inventory, which knows no variables of the role.
        """
        values = {name: _without_blanks(params[name]) for name in self.options}
        foreign = [name for name in self.rivals if self._is_foreign(name, values)]
        values.update(dict.fromkeys(foreign + self._halves(values)))
        for name, option in self.options.items():
            values[name] = option.get("default") if values[name] is None else values[name]
        given = {name for name, value in values.items() if value is not None}
        self._check_that_nothing_is_missing(given, of_inventory)
        for name in self.options:
            if name in given and name in self.checks:
                self.checks[name](name, values[name])
        self._check_constraints(given)
        return values

    def _is_foreign(self, name: str, values: Mapping[str, Any]) -> bool:
        """Tell whether a value came from the environment, and one that it does not go with was given elsewhere."""
        return self._is_of_the_environment(name, values) and any(
            values[other] is not None and not self._is_of_the_environment(other, values) for other in self.rivals[name]
        )

    def _halves(self, values: Mapping[str, Any]) -> list[str]:
        """Return what the environment has too little of to be used, where another way to sign in is there."""
        return [
            name
            for name, needed in self.required_by.items()
            if any(values[other] is not None for other in self.rivals.get(name, ()))
            and any(values[other] is None for other in needed)
            and self._is_of_the_environment(name, values)
        ]

    def _is_of_the_environment(self, name: str, values: Mapping[str, Any]) -> bool:
        return values[name] in self._environment(name)

    def _check_that_nothing_is_missing(self, given: set[str], of_inventory: bool) -> None:
        required = [[name] for name, option in self.options.items() if option.get("required") and name not in given]
        one_of = [names for names in self.required_one_of if not given & set(names)]
        told = [f"{_every(required)} must not be empty"] if required else []
        told += [f"{_every(one_of)} must be given"] if one_of else []
        if told:
            raise BadInput(f"{'; '.join(told)}.", hint=self._where_to_give(required + one_of, of_inventory))

    def _where_to_give(self, missing: Sequence[Sequence[str]], of_inventory: bool) -> str:
        """Return where else than as options one of each can be given; nothing when none is of the environment."""
        variables = [
            [variable for name in names for variable in self.options[name].get("fallback", (None, []))[1]]
            for names in missing
        ]
        if not any(variables):
            return ""
        options = [names for names, found in zip(missing, variables) if found]
        role = f"the role collect {_every([[f'collect_{name}' for name in names] for names in options])}"
        place = f"{_every(options)} in the file of the inventory" if of_inventory else role
        return f"Export {_every([found for found in variables if found])}, or give {place}."

    def _environment(self, name: str) -> list[str]:
        return [os.environ.get(variable, "").strip() for variable in self.options[name]["fallback"][1]]

    def _check_constraints(self, given: set[str]) -> None:
        for names in self.constraints["required_together"]:
            if given & set(names) and not given >= set(names):
                raise BadInput(f"{' and '.join(names)} must be given together.")
        for name, needed in self.required_by.items():
            if name in given and not given >= set(needed):
                raise BadInput(f"{name} needs {' and '.join(needed)}.", hint=self._or_export(needed, given))

    def _or_export(self, needed: Sequence[str], given: set[str]) -> str:
        missing = [name for name in needed if name not in given]
        variables = [self.options[name].get("fallback", (None, []))[1] for name in missing]
        return f"Give {' and '.join(missing)}, or export {_every(variables)}." if all(variables) else ""


def _every(groups: Sequence[Sequence[str]]) -> str:
    """Return the words for one of each group."""
    *first, last = [" or ".join(names) for names in groups]
    mark = ", and " if any(len(names) > 1 for names in groups) else " and "
    return mark.join([", ".join(first), last]) if first else last


def _without_blanks(value: Any) -> Any:
    if isinstance(value, str):
        return value.strip() or None
    if isinstance(value, list):
        return [item for item in map(_without_blanks, value) if item is not None] or None
    return value


def seconds(lowest: float = 0.0, highest: float = 7 * 86400.0) -> Check:
    """Return a check of a number of seconds."""
    return between(lowest, highest, " seconds")


@dataclass(frozen=True)
class Between:
    """A check that a number is within bounds, both included."""

    lowest: float
    highest: float
    unit: str = ""

    def __call__(self, name: str, value: Any) -> None:
        """Check the value. Raises BadInput."""
        if not self.lowest <= value <= self.highest:
            raise BadInput(f"{name} must be from {self.lowest:g} to {self.highest:g}{self.unit}, not {value}.")


between = Between


def identifier(name: str, value: Any) -> None:
    """Check an id, or each of a list: they become part of requests and of folder names."""
    for item in value if isinstance(value, list) else [value]:
        if not _ID.match(item):
            raise BadInput(f"{name}: '{item[:60]}' is not an id; ids are made of letters, digits and . _ : - only.")


def region_id(name: str, value: Any) -> None:
    """Check the id of a region, for which some take what a console shows."""
    if not _ID.match(value):
        raise BadInput(
            f"{name}: '{value[:60]}' is not an id of a region; give it as the API writes it, such as cn-bj2 or eu-de, not as a"
            " console shows it."
        )


def secret(name: str, value: Any) -> None:
    """Check a key or a token: it travels in headers. The message does not show it."""
    if len(value) > 1 and value[0] == value[-1] and value[0] in "\"'":
        raise BadInput(f"{name} stands in quotes, which no key or token has; leave them out where it was set.")
    if not _SECRET.match(value):
        raise BadInput(f"{name} holds characters that no key or token has; check how it was copied.")


def head(name: str, value: Any) -> None:
    """Check the SHA-256 of a ledger's line."""
    if not _HEAD.match(value):
        raise BadInput(f"{name}: '{value[:80]}' is not the head of a ledger, which is 64 hexadecimal digits.")


def parse_size(text: str, option: str) -> int:
    """Return a number of bytes, given as such or with a unit, as ``200G`` of 1024 to the third each. Raises BadInput."""
    match = _SIZE.match(text.strip())
    if not match:
        raise BadInput(
            f"{option}: '{text}' is not a size; give bytes, or a number and one of K, M, G, T, P, such as 200G."
        )
    return int(float(match.group(1)) * 1024 ** " KMGTP".index((match.group(2) or " ").upper()))


def mode_with(bits: int) -> Check:
    """Return a check of a mode that lets the owner do what an archive needs."""

    def check(name: str, value: Any) -> None:
        if parse_mode(name, value) & bits != bits:
            raise BadInput(f"{name}: '{value}' would shut the owner out; give octal digits in quotes, such as '0750'.")

    return check


def parse_mode(name: str, value: Any) -> int:
    """Return a file mode given as octal digits, or as a number that YAML has read from them. Raises BadInput."""
    try:
        mode = value if isinstance(value, int) and not isinstance(value, bool) else int(str(value), 8)
    except ValueError:
        mode = -1
    if not 0 <= mode <= 0o7777:
        raise BadInput(f"{name}: '{value}' is not a mode; give octal digits in quotes, such as '0640'.")
    return mode


def owner_number(name: str, value: str | None) -> int:
    """Return the number of an owner or a group, the option's name, given by name or number; -1 for none. Raises BadInput."""
    if value is None:
        return -1
    if re.fullmatch(r"[0-9]{1,9}", value):
        return int(value)
    try:
        return pwd.getpwnam(value).pw_uid if name == "owner" else grp.getgrnam(value).gr_gid
    except KeyError:
        raise BadInput(f"{name}: there is no {value} on the host where this module runs.") from None


def absolute_path(name: str, value: Any) -> None:
    """Check that a path does not depend on where a module happens to run."""
    if not os.path.isabs(value) or "\0" in value:
        raise BadInput(f"{name}: '{value}' is not an absolute path.")


def readable_path(name: str, value: Any) -> None:
    """Check that a path is there to be read."""
    if "\0" in value or not os.access(value, os.R_OK):
        raise BadInput(f"{name}: '{value}' cannot be read on the host where this module runs.")


def absolute_path_or_bucket(name: str, value: Any) -> None:
    """Check that a path is absolute, or a place in a bucket such as ``s3://bucket/prefix``."""
    scheme, mark, place = value.partition("://")
    if scheme != "s3" or not mark:
        absolute_path(name, value)
        return
    bucket, _slash, prefix = place.partition("/")
    bucket_name(name, bucket)
    if prefix:
        bucket_prefix(name, prefix)


def bucket_name(name: str, value: Any) -> None:
    """Check the name of a bucket."""
    if not _BUCKET.match(value):
        raise BadInput(f"{name}: '{value[:80]}' is not the name of a bucket: 3 to 63 of a-z, 0-9, dots and dashes.")


def bucket_prefix(name: str, value: Any) -> None:
    """Check where in a bucket something is: names with slashes between them."""
    if not _PREFIX.match(value) or len(value) > 200:
        raise BadInput(
            f"{name}: '{value[:80]}' is no prefix; give names with slashes between them, such as logs/mongodb."
        )


def _option(kind: str = "str", *environment: str, **more: Any) -> dict[str, Any]:
    option: dict[str, Any] = {"type": kind, **more}
    if environment:
        option["fallback"] = (_env_or_blank if option.get("required") else _env, list(environment))
    return option


def _env(*names: str) -> str:
    # A variable that is blank is one that is not set, and hides none of the others.
    found: str = env_fallback(*[name for name in names if os.environ.get(name, "").strip()])
    return found


def _env_or_blank(*names: str) -> str:
    try:
        return _env(*names)
    except AnsibleFallbackNotFound:
        return ""


# How requests are sent.
CONNECTION = OptionSet(
    {
        "validate_certs": _option("bool", default=True),
        "ca_path": _option("path"),
        "timeout": _option("float", default=30),
        "deadline": _option("float", default=120),
    },
    checks={"ca_path": readable_path, "timeout": seconds(0.1, 3600), "deadline": seconds(0.1)},
)

UMONGODB = CONNECTION + OptionSet(
    {
        "api_url": _option("str", "UCLOUD_API_URL", default="https://api.dezai.com"),
        "public_key": _option("str", "UCLOUD_PUBLIC_KEY", required=True, no_log=True),
        "private_key": _option("str", "UCLOUD_PRIVATE_KEY", required=True, no_log=True),
        "security_token": _option("str", "UCLOUD_SECURITY_TOKEN", no_log=True),
        "channel_key": _option("str", "UCLOUD_CHANNEL_KEY", no_log=True),
        "region": _option("str", "UCLOUD_REGION", required=True),
        "project_id": _option("str", "UCLOUD_PROJECT_ID"),
    },
    checks={
        "region": region_id,
        "project_id": identifier,
        "public_key": secret,
        "private_key": secret,
        "security_token": secret,
        "channel_key": secret,
    },
    rivals={"security_token": ["public_key"]},
)

DDS = CONNECTION + OptionSet(
    {
        "endpoint": _option("str", "HW_DDS_ENDPOINT"),
        "iam_endpoint": _option("str", "HW_IAM_ENDPOINT", "HUAWEICLOUD_SDK_IAM_ENDPOINT"),
        "access_key": _option("str", "HW_ACCESS_KEY", "HUAWEICLOUD_SDK_AK", no_log=True),
        "secret_key": _option("str", "HW_SECRET_KEY", "HUAWEICLOUD_SDK_SK", no_log=True),
        "security_token": _option("str", "HW_SECURITY_TOKEN", no_log=True),
        "auth_token": _option("str", "HW_AUTH_TOKEN", no_log=True),
        "username": _option("str", "HW_USER_NAME"),
        "password": _option("str", "HW_USER_PASSWORD", no_log=True),
        "domain_name": _option("str", "HW_DOMAIN_NAME"),
        "region": _option("str", "HW_REGION_NAME", required=True),
        "project_id": _option("str", "HW_PROJECT_ID", "HUAWEICLOUD_SDK_PROJECT_ID"),
    },
    checks={
        "region": region_id,
        "project_id": identifier,
        "access_key": secret,
        "secret_key": secret,
        "security_token": secret,
        "auth_token": secret,
    },
    required_one_of=[("access_key", "auth_token", "username")],
    required_together=[("access_key", "secret_key")],
    required_by={"username": ["password", "domain_name"]},
    rivals={
        "security_token": ["access_key"],
        "auth_token": ["access_key", "username"],
        "access_key": ["username"],
        "secret_key": ["username"],
        "username": ["access_key", "auth_token"],
    },
)


def zone(**more: Any) -> dict[str, Any]:
    """Return the option ``zone`` of the UCloud family."""
    return _option("str", "UCLOUD_ZONE", **more)


def window() -> dict[str, Any]:
    """Return the option ``window``: hours that divide a day."""
    return _option("int", choices=[1, 2, 3, 4, 6, 8, 12, 24], default=24)


ARCHIVE = OptionSet(
    {
        "archive": _option("path", required=True),
        "create": _option("bool", default=True),
        "rebuild": _option("bool", default=False),
        "repair": _option("str", choices=["none", "size", "sha256"], default="none"),
        "mode": _option("raw", default="0640"),
        "directory_mode": _option("raw", default="0750"),
        "owner": _option("str"),
        "group": _option("str"),
        "lock_timeout": _option("float", default=0),
        "workers": _option("int", default=4),
        "return_limit": _option("int", default=100),
        "node_ids": _option("list", elements="str"),
        "lookback": _option("str", default="7d"),
        "begin": _option("str"),
        "end": _option("str"),
    },
    checks={
        "archive": absolute_path,
        "mode": mode_with(0o600),
        "directory_mode": mode_with(0o700),
        "lock_timeout": seconds(),
        "workers": between(1, 64),
        "return_limit": between(0, 100000),
        "node_ids": identifier,
    },
    required_together=[("begin", "end")],
)

WAITING = OptionSet(
    {
        "wait_timeout": _option("float", default=1800),
        "poll_interval": _option("float", default=10),
    },
    checks={"wait_timeout": seconds(), "poll_interval": seconds(0.01, 3600)},
)

# What those that collect do while another run is at work.
OVERLAPPING = OptionSet({"when_locked": _option("str", choices=["fail", "skip"], default="fail")})

# What the doctors have besides all options of collecting.
DOCTOR = OptionSet({"fail_on": _option("str", choices=["failure", "never"], default="failure")})

# What modules choose by that read an archive alone.
SURVEY = OptionSet(
    {
        "archive": _option("path", required=True),
        "provider": _option("str", choices=["umongodb", "dds"]),
        "region": _option("str"),
        "project_id": _option("str"),
    },
    checks={"archive": absolute_path, "region": identifier, "project_id": identifier},
)

# Several instances, and some of their series.
SERIES = OptionSet(
    {
        "instances": _option("list", elements="str"),
        "node_ids": _option("list", elements="str"),
        "log_types": _option("list", elements="str", choices=LOG_TYPES),
        "return_limit": _option("int", default=100),
    },
    checks={
        "instances": identifier,
        "node_ids": identifier,
        "return_limit": between(0, 100000),
    },
)

# How to reach a bucket, with the names of the environment that other tools of S3 know.
STORE = OptionSet(
    {
        "endpoint_url": _option("str", "AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL"),
        "access_key": _option("str", "AWS_ACCESS_KEY_ID", no_log=True),
        "secret_key": _option("str", "AWS_SECRET_ACCESS_KEY", no_log=True),
        "session_token": _option("str", "AWS_SESSION_TOKEN", no_log=True),
    },
    checks={"access_key": secret, "secret_key": secret, "session_token": secret},
    required_together=[("access_key", "secret_key")],
    rivals={"session_token": ["access_key"]},
)


def store_region(**more: Any) -> dict[str, Any]:
    """Return the option for the region of a bucket."""
    return _option("str", "AWS_REGION", "AWS_DEFAULT_REGION", **more)


# Modules that write to an archive alone.
WRITES = OptionSet({"lock_timeout": _option("float", default=0)}, checks={"lock_timeout": seconds()})
