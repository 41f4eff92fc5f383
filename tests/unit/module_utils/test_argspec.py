# Copyright: (c) 2026, clouddb.mongodb_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Every check and every constraint of options, and where their values come from."""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils import _argspec
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._argspec import (
    ARCHIVE,
    DDS,
    UMONGODB,
    WAITING,
    OptionSet,
    parse_mode,
    parse_size,
    zone,
)
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._errors import BadInput
from hypothesis import given
from hypothesis import strategies as st

PLUGINS = Path(_argspec.__file__).parents[1]
# What has no main() is the documentation of an action plugin, and has no options to check.
MODULES = sorted(path.stem for path in (PLUGINS / "modules").glob("*.py") if "\ndef main()" in path.read_text("utf-8"))
UMONGODB_KEYS = {"public_key": "public", "private_key": "private", "region": "cn-bj2"}
DDS_KEYS = {"access_key": "access", "secret_key": "secret", "region": "cn-north-4"}
ENVIRONMENT = {
    "UCLOUD_PUBLIC_KEY": (UMONGODB, "public_key"),
    "UCLOUD_PRIVATE_KEY": (UMONGODB, "private_key"),
    "UCLOUD_SECURITY_TOKEN": (UMONGODB, "security_token"),
    "UCLOUD_REGION": (UMONGODB, "region"),
    "UCLOUD_ZONE": (OptionSet({"zone": zone()}), "zone"),
    "UCLOUD_PROJECT_ID": (UMONGODB, "project_id"),
    "UCLOUD_API_URL": (UMONGODB, "api_url"),
    "UCLOUD_CHANNEL_KEY": (UMONGODB, "channel_key"),
    "HW_ACCESS_KEY": (DDS, "access_key"),
    "HW_SECRET_KEY": (DDS, "secret_key"),
    "HW_SECURITY_TOKEN": (DDS, "security_token"),
    "HW_AUTH_TOKEN": (DDS, "auth_token"),
    "HW_USER_NAME": (DDS, "username"),
    "HW_USER_PASSWORD": (DDS, "password"),
    "HW_DOMAIN_NAME": (DDS, "domain_name"),
    "HW_REGION_NAME": (DDS, "region"),
    "HW_PROJECT_ID": (DDS, "project_id"),
    "HW_DDS_ENDPOINT": (DDS, "endpoint"),
    "HW_IAM_ENDPOINT": (DDS, "iam_endpoint"),
    "HUAWEICLOUD_SDK_IAM_ENDPOINT": (DDS, "iam_endpoint"),
    "HUAWEICLOUD_SDK_AK": (DDS, "access_key"),
    "HUAWEICLOUD_SDK_SK": (DDS, "secret_key"),
    "HUAWEICLOUD_SDK_PROJECT_ID": (DDS, "project_id"),
}


def validated(options: OptionSet, given_options: Mapping[str, Any]) -> tuple[dict[str, Any], list[str]]:
    """Return what Ansible makes of options before the module sees them, and what it complains of."""
    result = ArgumentSpecValidator(options.options, **options.constraints).validate(dict(given_options))
    return {name: result.validated_parameters.get(name) for name in options.options}, result.error_messages


def checked(options: OptionSet, **given_options: Any) -> dict[str, Any]:
    """Return what a module sees of options that Ansible has nothing against."""
    values, complaints = validated(options, given_options)
    assert complaints == []
    return options.checked(values)


def refused(options: OptionSet, **given_options: Any) -> str:
    """Return the sentence with which a module refuses options that Ansible has nothing against."""
    with pytest.raises(BadInput) as caught:
        checked(options, **given_options)
    assert caught.value.message.endswith(".")
    return caught.value.message


# -- constraints


def test_nothing_is_missing_from_what_is_usually_given() -> None:
    assert checked(UMONGODB, **UMONGODB_KEYS)["api_url"] == "https://api.dezai.com"
    assert checked(DDS, **DDS_KEYS)["timeout"] == 30
    assert checked(ARCHIVE + WAITING, archive="/srv/archive")["lookback"] == "7d"


DEFAULTS = {
    "validate_certs": True,
    "timeout": 30,
    "deadline": 120,
    "api_url": "https://api.dezai.com",
    "create": True,
    "rebuild": False,
    "repair": "none",
    "mode": "0640",
    "directory_mode": "0750",
    "lock_timeout": 0,
    "workers": 4,
    "return_limit": 100,
    "lookback": "7d",
    "wait_timeout": 1800,
    "poll_interval": 10,
}


def test_defaults_are_as_documented_and_no_other_option_has_one() -> None:
    options = (UMONGODB + DDS + ARCHIVE + WAITING).options
    assert {name: option["default"] for name, option in options.items() if "default" in option} == DEFAULTS


@pytest.mark.parametrize(
    ("options", "name"), [*((UMONGODB, name) for name in UMONGODB_KEYS), (DDS, "region"), (ARCHIVE, "archive")]
)
@pytest.mark.parametrize("blank", ["", " \t", None])
def test_a_required_option_must_not_be_blank(options: OptionSet, name: str, blank: str | None) -> None:
    given_options = {**UMONGODB_KEYS, **DDS_KEYS, "archive": "/a"}
    values, _complaints = validated(
        options, {name: value for name, value in given_options.items() if name in options.options}
    )
    # what the environment may give is not Ansible's to miss, as it could not say where to give it
    complaints = validated(options, {})[1]
    assert (name in "".join(complaints)) == ("fallback" not in options.options[name])
    with pytest.raises(BadInput) as caught:
        options.checked({**values, name: blank})
    assert caught.value.message == f"{name} must not be empty."
    variables = options.options[name].get("fallback", (None, []))[1]
    assert all(variable in caught.value.hint for variable in variables)
    assert (f"collect_{name}." in caught.value.hint) == bool(variables)


@pytest.mark.parametrize(
    ("options", "given_options", "names"),
    [
        (DDS, {"access_key": "a", "region": "r"}, ["access_key", "secret_key"]),
        (DDS, {"secret_key": "s", "auth_token": "t", "region": "r"}, ["access_key", "secret_key"]),
        (ARCHIVE, {"archive": "/a", "begin": "1"}, ["begin", "end"]),
        (ARCHIVE, {"archive": "/a", "end": "1"}, ["begin", "end"]),
    ],
)
def test_constraints_fire_also_where_the_other_option_is_blank(
    options: OptionSet, given_options: dict[str, str], names: list[str]
) -> None:
    _values, complaints = validated(options, given_options)
    assert len(complaints) == 1
    assert all(name in complaints[0] for name in names)
    values, _complaints = validated(options, {**dict.fromkeys(names, " "), **given_options})
    with pytest.raises(BadInput) as caught:
        options.checked(values)
    assert all(name in caught.value.message for name in names)


@pytest.mark.parametrize("module", MODULES)
def test_every_constraint_of_a_module_names_options_that_it_has(module: str) -> None:
    options = options_of(module)
    for lists in options.constraints.values():
        for names in lists:
            assert len(names) > 1
            assert set(names) <= set(options.options)
    assert set(options.checks) <= set(options.options)


@pytest.mark.parametrize("module", MODULES)
def test_every_constraint_of_a_module_fires(module: str) -> None:
    options = options_of(module)
    required = {name: "x" for name, option in options.options.items() if option.get("required")}
    for name, option in options.options.items():
        if option.get("required") and "choices" in option:
            required[name] = option["choices"][0]
    for names in options.constraints["required_together"]:
        _values, complaints = validated(options, {**required, names[0]: "1"})
        assert any("required together" in complaint and names[1] in complaint for complaint in complaints)
    if options.constraints["required_one_of"]:
        _values, complaints = validated(options, required)
        assert any("one of the following is required" in complaint for complaint in complaints)
    for names in options.required_one_of:
        assert set(names) <= set(options.options)
        values, _complaints = validated(options, {**required, **dict.fromkeys(names)})
        with pytest.raises(BadInput, match=f"{' or '.join(names)} must be given"):
            options.checked(values)


def options_of(module: str) -> OptionSet:
    name = f"ansible_collections.clouddb.mongodb_logs.plugins.modules.{module}"
    found: OptionSet = importlib.import_module(name).OPTIONS
    return found


def test_sets_are_added_up_with_their_checks_and_constraints() -> None:
    def no(name: str, _value: Any) -> None:
        raise BadInput(f"{name}.")

    one = OptionSet({"a": {}, "b": {}}, required_together=[("a", "b")])
    both = one + OptionSet({"c": {}, "d": {}}, checks={"d": no}, required_one_of=[("c", "d")])
    assert list(both.options) == ["a", "b", "c", "d"]
    assert both.constraints == {"required_together": [["a", "b"]], "required_one_of": [["c", "d"]]}
    assert one.constraints == {"required_together": [["a", "b"]], "required_one_of": []}
    assert (both.required_one_of, one.required_one_of) == ([["c", "d"]], [])
    with pytest.raises(BadInput, match="d"):
        both.checked({"a": None, "b": None, "c": None, "d": "x"})


# -- blanks


def test_blank_values_are_absent_and_others_lose_the_space_around_them() -> None:
    keys = {**UMONGODB_KEYS, "region": " cn-bj2\n", "project_id": " ", "security_token": ""}
    values = checked(UMONGODB, **keys)
    assert (values["region"], values["project_id"], values["security_token"]) == ("cn-bj2", None, None)


@pytest.mark.parametrize(("nodes", "seen"), [([], None), (["", " "], None), ([" n-1 ", ""], ["n-1"])])
def test_blank_nodes_are_none(nodes: list[str], seen: list[str] | None) -> None:
    assert checked(ARCHIVE, archive="/a", node_ids=nodes)["node_ids"] == seen


@pytest.mark.parametrize(("options", "name"), [(UMONGODB, "api_url"), (ARCHIVE, "lookback"), (WAITING, "wait_timeout")])
@pytest.mark.parametrize("blank", [" ", None])
def test_a_blank_value_leaves_the_default(options: OptionSet, name: str, blank: str | None) -> None:
    values, _complaints = validated(options, {**UMONGODB_KEYS, "archive": "/a"})
    given_values = {**UMONGODB_KEYS, **values, "archive": "/a"} if options is not WAITING else values
    assert options.checked({**given_values, name: blank})[name] == options.options[name]["default"]


# -- the environment


@pytest.mark.parametrize("variable", ENVIRONMENT)
def test_an_option_comes_from_the_environment(variable: str, monkeypatch: pytest.MonkeyPatch) -> None:
    options, name = ENVIRONMENT[variable]
    monkeypatch.setenv(variable, "from-the-environment")
    assert validated(options, {})[0][name] == "from-the-environment"
    assert validated(options, {name: "given"})[0][name] == "given"


def test_no_other_variable_is_read() -> None:
    sets = [UMONGODB, DDS, ARCHIVE, WAITING, OptionSet({"zone": zone()})]
    read = [
        name for options in sets for option in options.options.values() for name in option.get("fallback", ((), []))[1]
    ]
    assert sorted(read) == sorted(ENVIRONMENT)


def test_the_names_of_this_collection_go_before_those_of_the_sdk(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HUAWEICLOUD_SDK_AK", "sdk")
    monkeypatch.setenv("HW_ACCESS_KEY", "ours")
    assert validated(DDS, {})[0]["access_key"] == "ours"


@pytest.mark.parametrize("blank", ["", " "])
def test_a_variable_that_is_blank_hides_no_other(monkeypatch: pytest.MonkeyPatch, blank: str) -> None:
    monkeypatch.setenv("HUAWEICLOUD_SDK_AK", "sdk")
    monkeypatch.setenv("HW_ACCESS_KEY", blank)
    assert validated(DDS, {})[0]["access_key"] == "sdk"


@pytest.mark.parametrize("module", MODULES)
def test_whatever_authenticates_somebody_is_kept_out_of_logs(module: str) -> None:
    options = options_of(module).options
    # Headers may hold a token.
    secret = {name for name in options if name.endswith(("_key", "_token")) or name in ("password", "headers")}
    assert {name for name, option in options.items() if option.get("no_log")} == secret


# -- checks


@pytest.mark.parametrize("name", ["public_key", "private_key", "security_token", "channel_key"])
@pytest.mark.parametrize("value", ["two words", "line\nbreak", "n\u00f6", "\u65e5", "tab\there", "\x7f", "a\x00"])
def test_a_key_that_cannot_travel_is_refused_without_being_shown(name: str, value: str) -> None:
    message = refused(UMONGODB, **{**UMONGODB_KEYS, name: value})
    assert message == f"{name} holds characters that no key or token has; check how it was copied."


@pytest.mark.parametrize("name", ["access_key", "secret_key", "security_token", "auth_token"])
def test_a_key_of_the_other_family_is_checked_too(name: str) -> None:
    assert refused(DDS, **{**DDS_KEYS, name: "two words"}).startswith(f"{name} holds characters")


@pytest.mark.parametrize("value", ['"AKEXAMPLE"', "'AKEXAMPLE'"])
def test_a_key_in_quotes_is_told_as_that(value: str) -> None:
    message = refused(DDS, **{**DDS_KEYS, "access_key": value})
    assert message == "access_key stands in quotes, which no key or token has; leave them out where it was set."


@pytest.mark.parametrize("value", ["a+b/c==", "someone@example.com1296235120854146120", "MII.x-y_z~!"])
def test_a_usual_key_is_taken(value: str) -> None:
    assert checked(DDS, **{**DDS_KEYS, "access_key": value})["access_key"] == value


@pytest.mark.parametrize("value", ["cn-bj2", "uclmongo-4f1d2c3b", "0b3c_x.y:z", "A" * 128])
def test_an_id_is_taken(value: str) -> None:
    assert checked(UMONGODB, **{**UMONGODB_KEYS, "region": value})["region"] == value


@pytest.mark.parametrize("value", ["../etc", ".", "-rf", "a/b", "a b", "a\nb", "\u00e4", "A" * 129, "a?b", "{{ x }}"])
def test_what_is_no_id_is_refused(value: str) -> None:
    assert "is not an id" in refused(UMONGODB, **{**UMONGODB_KEYS, "region": value})
    assert refused(DDS, **{**DDS_KEYS, "project_id": value}).startswith("project_id: ")
    assert refused(ARCHIVE, archive="/a", node_ids=["fine", value]).startswith("node_ids: ")


@pytest.mark.parametrize("value", ["CN North-Beijing4", "eu-de/1"])
def test_the_title_of_a_region_is_told_as_that(value: str) -> None:
    assert "as the API writes it, such as cn-bj2" in refused(DDS, **{**DDS_KEYS, "region": value})


@given(st.text(max_size=200))
def test_any_text_is_an_id_of_plain_letters_or_refused_in_short(text: str) -> None:
    try:
        _argspec.identifier("region", text)
    except BadInput as error:
        assert len(error.message) < 200
    else:
        assert text.isascii()
        assert not set(text) & set("/\\ \n\0%?#&")
        assert text[0].isalnum()


@pytest.mark.parametrize(
    ("options", "name", "good", "bad"),
    [
        (UMONGODB, "timeout", [0.1, 3600], [0, 0.09, 3601, -1]),
        (UMONGODB, "deadline", [0.1, 604800], [0, 604801]),
        (DDS, "timeout", [0.1, 3600], [0, 3601]),
        (ARCHIVE, "lock_timeout", [0, 604800], [-1, 604801]),
        (ARCHIVE, "return_limit", [0, 100000], [-1, 100001, 10**400]),
        (WAITING, "wait_timeout", [0, 604800], [-0.1, 604801]),
        (WAITING, "poll_interval", [0.01, 3600], [0, 3601]),
    ],
)
def test_numbers_have_bounds(options: OptionSet, name: str, good: list[float], bad: list[float]) -> None:
    usual = {**UMONGODB_KEYS, **DDS_KEYS, "archive": "/a"}
    values = {name: option.get("default") for name, option in options.options.items()}
    values.update((name, value) for name, value in usual.items() if name in options.options)
    for value in good:
        assert options.checked({**values, name: value})[name] == value
    for value in [*bad, float("nan"), float("inf"), float("-inf")]:
        with pytest.raises(BadInput, match=f"^{name} must be from "):
            options.checked({**values, name: value})


@pytest.mark.parametrize("value", ["relative", "./here", "a\0b", "/a\0b"])
def test_an_archive_has_an_absolute_path(value: str) -> None:
    with pytest.raises(BadInput, match=r"^archive: "):
        _argspec.absolute_path("archive", value)
    _argspec.absolute_path("archive", "/srv/archive")


def test_authorities_must_be_there_to_be_read(tmp_path: Path) -> None:
    assert checked(DDS, **DDS_KEYS, ca_path=str(tmp_path))["ca_path"] == str(tmp_path)
    assert "cannot be read" in refused(DDS, **DDS_KEYS, ca_path=str(tmp_path / "none.pem"))
    assert "cannot be read" in refused(DDS, **DDS_KEYS, ca_path="/tmp/\0")


@pytest.mark.parametrize(
    ("value", "mode"), [("0640", 0o640), ("640", 0o640), ("0o640", 0o640), (416, 0o640), ("7777", 0o7777), ("0", 0)]
)
def test_a_mode_is_octal_or_a_number_that_yaml_made_of_it(value: object, mode: int) -> None:
    assert parse_mode("mode", value) == mode


@pytest.mark.parametrize(
    "value", ["u=rw", "0800", "", "10000", "-1", -1, 0o10000, True, None, 6.4, [], {}, "rw-r-----"]
)
def test_what_is_no_mode_is_refused(value: object) -> None:
    with pytest.raises(BadInput, match=r"^mode: .* is not a mode"):
        parse_mode("mode", value)


@pytest.mark.parametrize(
    ("name", "value"),
    [("mode", "0440"), ("mode", 640), ("mode", 600), ("directory_mode", "0640"), ("directory_mode", 750)],
)
def test_a_mode_that_shuts_the_owner_out_is_refused(name: str, value: object) -> None:
    # 640 without quotes is not octal: it would be --w----r-T.
    assert "would shut the owner out" in refused(ARCHIVE, archive="/a", **{name: value})


@pytest.mark.parametrize(("name", "value"), [("mode", "0600"), ("mode", "0664"), ("directory_mode", "2770")])
def test_a_mode_that_lets_the_owner_work_is_taken(name: str, value: str) -> None:
    assert checked(ARCHIVE, archive="/a", **{name: value})[name] == value


# -- tokens belong to their keys


@pytest.mark.parametrize(
    ("given", "environment", "kept"),
    [
        ({"access_key": "mine", "secret_key": "s"}, {"HW_AUTH_TOKEN": "theirs"}, None),
        ({"access_key": "mine", "secret_key": "s"}, {"HW_AUTH_TOKEN": "theirs", "HW_ACCESS_KEY": "other"}, None),
        ({"access_key": "mine", "secret_key": "s"}, {"HW_AUTH_TOKEN": "theirs", "HW_ACCESS_KEY": "mine"}, "theirs"),
        ({"access_key": "mine", "secret_key": "s", "auth_token": "own"}, {"HW_AUTH_TOKEN": "theirs"}, "own"),
        ({}, {"HW_AUTH_TOKEN": "theirs"}, "theirs"),
    ],
)
def test_a_token_of_the_environment_does_not_go_with_a_key_from_elsewhere(
    monkeypatch: pytest.MonkeyPatch, given: dict[str, str], environment: dict[str, str], kept: str | None
) -> None:
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    params = {name: option.get("default") for name, option in DDS.options.items()} | {"region": "r"} | given
    params["auth_token"] = given.get("auth_token", environment["HW_AUTH_TOKEN"])
    assert DDS.checked(params)["auth_token"] == kept


USER = {"username": "collector", "password": "p w", "domain_name": "acme"}
KEY = {"access_key": "access", "secret_key": "secret"}
VARIABLES = {name: variable for variable, (options, name) in ENVIRONMENT.items() if variable.startswith("HW_")}


def signing_in(monkeypatch: pytest.MonkeyPatch, given_options: dict[str, str], environment: dict[str, str]) -> set[str]:
    """Return the options that sign in, of those given and those that the environment adds."""
    for name, value in environment.items():
        monkeypatch.setenv(VARIABLES[name], value)
    values = checked(DDS, region="r", **given_options)
    return {name for name in (*USER, *KEY, "auth_token", "security_token") if values[name] is not None}


@pytest.mark.parametrize(
    ("given_options", "environment", "kept"),
    [
        (KEY, USER, {*KEY, "password", "domain_name"}),
        (KEY, {"username": "collector"}, {*KEY}),
        ({"auth_token": "t"}, {"username": "collector"}, {"auth_token"}),
        (USER, KEY, {*USER}),
        (USER, {**KEY, "auth_token": "t"}, {*USER}),
        (USER, {**KEY, "security_token": "t"}, {*USER, "security_token"}),
        ({"username": "me"}, {**USER, **KEY}, {*USER}),
        ({}, {**USER, **KEY}, {*USER, *KEY}),
        ({}, USER, {*USER}),
        (KEY, {"domain_name": "acme"}, {*KEY, "domain_name"}),
        ({}, {**KEY, "domain_name": "acme"}, {*KEY, "domain_name"}),
        (KEY, {"password": "x"}, {*KEY, "password"}),
    ],
)
def test_a_way_to_sign_in_that_is_given_beats_those_of_the_environment(
    monkeypatch: pytest.MonkeyPatch, given_options: dict[str, str], environment: dict[str, str], kept: set[str]
) -> None:
    assert signing_in(monkeypatch, given_options, environment) == kept


def test_a_domain_name_alone_signs_nobody_in(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HW_DOMAIN_NAME", "acme")
    assert refused(DDS, region="r") == "access_key or auth_token or username must be given."


UCLOUD_KEYS_HINT = "Export UCLOUD_PUBLIC_KEY and UCLOUD_PRIVATE_KEY, or give the role collect collect_public_key and collect_private_key."
WAYS = "HW_ACCESS_KEY or HUAWEICLOUD_SDK_AK or HW_AUTH_TOKEN or HW_USER_NAME"
WAYS_OF_THE_ROLE = "collect_access_key or collect_auth_token or collect_username"


@pytest.mark.parametrize(
    ("options", "given_options", "message", "hint"),
    [
        (UMONGODB, {"region": "hk"}, "public_key and private_key must not be empty.", UCLOUD_KEYS_HINT),
        (
            UMONGODB,
            {},
            "public_key, private_key and region must not be empty.",
            "Export UCLOUD_PUBLIC_KEY, UCLOUD_PRIVATE_KEY and UCLOUD_REGION, "
            "or give the role collect collect_public_key, collect_private_key and collect_region.",
        ),
        (
            DDS,
            {"region": "r"},
            "access_key or auth_token or username must be given.",
            f"Export {WAYS}, or give the role collect {WAYS_OF_THE_ROLE}.",
        ),
        (
            DDS,
            {},
            "region must not be empty; access_key or auth_token or username must be given.",
            f"Export HW_REGION_NAME, and {WAYS}, or give the role collect collect_region, and {WAYS_OF_THE_ROLE}.",
        ),
    ],
)
def test_all_that_is_missing_is_told_with_where_to_give_it(
    options: OptionSet, given_options: dict[str, str], message: str, hint: str
) -> None:
    with pytest.raises(BadInput) as caught:
        checked(options, **given_options)
    assert (caught.value.message, caught.value.hint) == (message, hint)


@pytest.mark.parametrize("missing", [("password",), ("domain_name",), ("password", "domain_name")])
@pytest.mark.parametrize("blank", [False, True])
def test_a_user_name_needs_a_password_and_a_domain(missing: tuple[str, ...], blank: bool) -> None:
    user = {name: value for name, value in USER.items() if name not in missing}
    user.update(dict.fromkeys(missing, " ") if blank else {})
    with pytest.raises(BadInput) as caught:
        checked(DDS, region="r", **user)
    assert caught.value.message == "username needs password and domain_name."
    variables = {"password": "HW_USER_PASSWORD", "domain_name": "HW_DOMAIN_NAME"}
    exported = " and ".join(variables[name] for name in missing)
    assert caught.value.hint == f"Give {' and '.join(missing)}, or export {exported}."


def test_what_an_option_needs_is_added_up() -> None:
    one = OptionSet({"a": {}, "b": {}}, required_by={"a": ["b"]})
    both = one + OptionSet({"c": {}, "d": {}}, required_by={"c": ["d"]})
    assert (one.required_by, both.required_by) == ({"a": ["b"]}, {"a": ["b"], "c": ["d"]})
    assert both.checked({"a": None, "b": "x", "c": "x", "d": "x"})["b"] == "x"
    with pytest.raises(BadInput, match="c needs d"):
        both.checked({"a": "x", "b": "x", "c": "x", "d": None})


def test_a_password_may_be_any_text() -> None:
    assert checked(DDS, region="r", **{**USER, "password": "p\u00e4ss \u65e5 {{ x }}"})["password"].startswith("p")


@pytest.mark.parametrize(
    ("text", "size"),
    [
        ("0", 0),
        ("1048576", 2**20),
        ("200G", 200 * 2**30),
        ("1.5k", 1536),
        (" 2 TiB ", 2**41),
        ("7B", 7),
        ("1PB", 2**50),
    ],
)
def test_a_size_is_bytes_or_has_a_unit(text: str, size: int) -> None:
    assert parse_size(text, "max_bytes") == size


@pytest.mark.parametrize("text", ["", "-1", "G", "1X", "1e9", "1 000", "1GG", "٣"])
def test_what_is_no_size_is_refused(text: str) -> None:
    with pytest.raises(BadInput, match=r"max_bytes: .* is not a size"):
        parse_size(text, "max_bytes")


@pytest.mark.parametrize("known", [{"HW_ACCESS_KEY": "a", "HW_SECRET_KEY": "s"}, {"HW_AUTH_TOKEN": "t"}])
def test_half_of_a_way_to_sign_in_is_left_aside_where_the_environment_has_another(
    monkeypatch: pytest.MonkeyPatch, known: dict[str, str]
) -> None:
    for name, value in {**known, "HW_USER_NAME": "joe"}.items():
        monkeypatch.setenv(name, value)
    assert checked(DDS, region="r")["username"] is None
    monkeypatch.setenv("HW_USER_PASSWORD", "secret")
    monkeypatch.setenv("HW_DOMAIN_NAME", "acme")
    assert checked(DDS, region="r")["username"] == "joe"


def test_half_of_a_way_to_sign_in_is_an_error_where_there_is_no_other(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HW_USER_NAME", "joe")
    assert refused(DDS, region="r") == "username needs password and domain_name."
