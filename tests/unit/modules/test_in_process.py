# Copyright: (c) 2026, clouddb.mongodb_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A module and its function give the same result, whatever is asked of them."""

from __future__ import annotations

import importlib
import json
import logging
import warnings
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._argspec import OptionSet
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._errors import LogsError
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._module import Context
from ansible_collections.clouddb.mongodb_logs.plugins.plugin_utils._in_process import Function, called
from ansible_collections.clouddb.mongodb_logs.tests.emulator import Emulator
from ansible_collections.clouddb.mongodb_logs.tests.emulator.faults import Fault
from ansible_collections.clouddb.mongodb_logs.tests.stores import RcloneStore

from ..archives import Made
from ..running import run_module

ACTIONS = Path(__file__).parents[3] / "plugins" / "action"
PACKAGE = "ansible_collections.clouddb.mongodb_logs.plugins.action"
# Of an action that is no more than that, the module is the documentation.
MODULES = sorted(
    path.stem for path in ACTIONS.glob("*.py") if "def main(" in (ACTIONS.with_name("modules") / path.name).read_text()
)
INFOS = [module for module in MODULES if module.endswith("_info")]
READERS = ["log_archive_export", "log_archive_report", "log_archive_search", "log_archive_slow"]
ARCHIVES = ["dds_log_archive", "umongodb_log_archive"]

Options = dict[str, Any]


def function_of(module: str) -> Function:
    [(name, function)] = importlib.import_module(f"{PACKAGE}.{module}").ActionModule.functions.items()
    assert name == module
    assert isinstance(function, Function)
    return function


def by_process(module: str, options: Options, *, check: bool = False, diff: bool = False) -> Options:
    result = run_module(module, {**options, "_ansible_module_name": module}, check=check, diff=diff)
    result.pop("invocation")
    for number, warning in enumerate(result.get("warnings", [])):
        # From 2.19 on the controller makes a sentence of it.
        result["warnings"][number] = warning if isinstance(warning, str) else warning["event"]["msg"]
    return result


def by_function(module: str, options: Options, *, check: bool = False, diff: bool = False) -> Options:
    return called(module, function_of(module), options, check_mode=check, diff=diff)


def test_all_that_only_read_and_those_that_collect_or_mirror_are_called() -> None:
    modules = {path.stem for path in ACTIONS.with_name("modules").glob("*.py")}
    reading = {name for name in modules if name.endswith(("_info", "_log_archive"))}
    assert {*MODULES} == reading | {*READERS, "log_archive_mirror"}


@pytest.fixture
def still(emulator: Emulator, monkeypatch: pytest.MonkeyPatch) -> Emulator:
    """Stop the clock of the cloud and of this host."""
    now = emulator.clock.now()
    monkeypatch.setattr(emulator.clock, "now", lambda: now)
    return emulator


@pytest.mark.usefixtures("still")
@pytest.mark.parametrize("module", INFOS)
def test_what_is_read_is_the_same(good: dict[str, Options], module: str) -> None:
    if module == "log_archive_info":
        run_module("dds_log_archive", good["dds_log_archive"])
    for check in (False, True):
        assert by_function(module, good[module], check=check) == by_process(module, good[module], check=check)


@pytest.mark.usefixtures("still")
@pytest.mark.parametrize("module", ARCHIVES)
def test_what_is_collected_is_the_same(good: dict[str, Options], tmp_path: Path, module: str) -> None:
    """Into archives of their own; packages are there already, since they are made but once."""
    run_module(module, good[module])
    results: dict[str, list[Options]] = {}
    for way in (by_process, by_function):
        folder = tmp_path / way.__name__
        options = {**good[module], "archive": str(folder), "workers": 1}
        ran = [way(module, options, check=check, diff=True) for check in (True, False, False, True)]
        text = json.dumps(ran).replace(str(folder), "/archive")
        results[way.__name__] = json.loads(text)
    assert results["by_function"] == results["by_process"]
    assert [result["changed"] for result in results["by_function"]] == [True, True, False, False]


@pytest.mark.usefixtures("still")
@pytest.mark.parametrize("module", READERS)
def test_what_is_told_of_entries_is_the_same(good: dict[str, Options], tmp_path: Path, module: str) -> None:
    run_module("dds_log_archive", good["dds_log_archive"] | {"log_types": ["slow"]})
    results: list[list[Options]] = []
    for way in (by_process, by_function):
        dest = {"dest": str(tmp_path / way.__name__)} if "dest" in good[module] else {}
        ran = [way(module, good[module] | dest, check=check, diff=True) for check in (True, False, False)]
        text = json.dumps(ran).replace(str(tmp_path / way.__name__), "/dest")
        results.append(json.loads(text))
    assert results[0] == results[1]
    assert "failed" not in results[0][0]


@pytest.mark.uncounted
def test_what_is_mirrored_and_restored_is_the_same(tmp_path: Path) -> None:
    made = Made(tmp_path / "archive")
    made.collected(0, 1)
    results: list[list[Options]] = []
    with RcloneStore(tmp_path / "store") as store:
        for way in (by_process, by_function):
            put = {**store.options, "archive": str(tmp_path / "archive"), "prefix": way.__name__}
            ran = [way("log_archive_mirror", put, check=check, diff=True) for check in (True, False, False, True)]
            brought = put | {"archive": str(tmp_path / way.__name__), "state": "restored"}
            ran += [way("log_archive_mirror", brought, check=check, diff=True) for check in (True, False, False, True)]
            results.append(json.loads(json.dumps(ran).replace(way.__name__, "place")))
    assert results[0] == results[1]
    assert [result["changed"] for result in results[0]] == [True, True, False, False] * 2


@pytest.mark.parametrize("module", [module for module in MODULES if not module.startswith("log_archive_")])
@pytest.mark.parametrize("kind", ["unauthorized", "http"])
def test_a_cloud_that_fails_is_told_of_in_the_same_words(
    still: Emulator, good: dict[str, Options], module: str, kind: str
) -> None:
    still.faults.add(Fault("*", kind, times=None))
    results = [way(module, good[module]) for way in (by_function, by_process)]
    for result in results:
        # The cloud numbers its answers.
        result["failure"].pop("request_id")
    assert results[0] == results[1]
    assert results[0]["failed"] is True


@pytest.mark.parametrize("module", MODULES)
@pytest.mark.parametrize(
    "bad",
    [
        {"no_such_option": 1},
        {"validate_certs": "perhaps", "workers": "many"},
        {"timeout": 0, "return_limit": -1},
        {"instance_id": "../up", "cluster_id": "../up", "provider": "nobody"},
        {"archive": "relative", "instance_id": None, "log_type": "none"},
        {"region": " ", "start_time": "noon", "begin": "noon"},
    ],
    ids=lambda bad: next(iter(bad)),
)
def test_bad_input_is_refused_in_the_same_words(good: dict[str, Options], module: str, bad: Options) -> None:
    known = function_of(module).options.options
    options = good[module] | {name: value for name, value in bad.items() if name in known or name == "no_such_option"}
    assert by_function(module, options) == by_process(module, options)


def test_nothing_at_all_is_refused_in_the_same_words() -> None:
    for module in MODULES:
        assert by_function(module, {}) == by_process(module, {})
        assert by_function(module, {})["failed"] is True


def test_warnings_are_told_once(tmp_path: Path) -> None:
    (tmp_path / "archive").mkdir()
    options = {"archive": str(tmp_path / "archive"), "provider": "dds"}
    result = by_function("log_archive_info", options)
    assert result == by_process("log_archive_info", options)
    assert result["warnings"] == [f"{tmp_path}/archive holds no instance of those that were chosen."]

    def body(context: Context, _options: Options) -> Options:
        for _time in range(2):
            context.warn("It rains.")
        raise LogsError("It rained.")

    result = call(body)
    assert (result["msg"], result["warnings"]) == ("It rained.", ["It rains."])


def test_times_and_vaulted_texts_are_taken_as_modules_get_them() -> None:
    class Vaulted:
        def __str__(self) -> str:
            return "hidden"

    seen = call(lambda _context, options: {"seen": options}, name=Vaulted(), begin=datetime(2026, 3, 9, tzinfo=UTC))
    assert seen["seen"] == {"name": "hidden", "begin": "2026-03-09T00:00:00+00:00", "key": None}


OPTIONS = OptionSet({"name": {"type": "str"}, "begin": {"type": "str"}, "key": {"type": "str", "no_log": True}})
SECRET = "k3y-of-nobody"


def call(body: Any, *, check: bool = False, diff: bool = False, **options: Any) -> Options:
    return called("module", Function(OPTIONS, body), options, check_mode=check, diff=diff)


@pytest.mark.parametrize(("check", "diff"), [(True, False), (False, True), (None, None)])
def test_a_function_knows_of_its_task(check: Any, diff: Any) -> None:
    result = call(lambda context, _options: {"seen": (context.check_mode, context.diff)}, check=check, diff=diff)
    assert result["seen"] == [bool(check), bool(diff)]


def test_no_secret_comes_out() -> None:
    def returns(_context: Context, options: Options) -> Options:
        return {"changed": True, "seen": [f"<{options['key']}>", {"of": options["key"]}], "nothing": None}

    def fails(_context: Context, options: Options) -> Options:
        raise LogsError(f"No: {options['key']}.")

    def breaks(_context: Context, options: Options) -> Options:
        raise ZeroDivisionError(options["key"])

    results = [call(body, key=SECRET) for body in (returns, fails, breaks)]
    assert SECRET not in str(results)
    assert (results[0]["changed"], results[0]["nothing"]) == (True, None)
    assert results[1]["failed"] is results[2]["failed"] is True
    assert results[2]["msg"].startswith("module ended by a defect (ZeroDivisionError: ")
    assert "in breaks" in results[2]["exception"]


@pytest.mark.parametrize("key", ["u", "1", "True", " ", "", None])
def test_a_short_secret_leaves_what_is_no_text_alone(key: str | None) -> None:
    seen = {"changed": True, "failed": False, "what": None, "count": 11}
    assert call(lambda _context, _options: seen, key=key) == seen


def test_a_secret_is_hidden_without_the_space_around_it_and_before_what_stands_in_it() -> None:
    options = OptionSet({name: {"type": "str", "no_log": True} for name in ("one", "other")})
    function = Function(options, lambda _context, _options: {"seen": ["abcdef", "abc", "x"]})
    for given in ({"one": " abc\n", "other": "abcdef"}, {"other": "abc", "one": "abcdef"}):
        result = called("module", function, given, check_mode=False, diff=False)
        assert result["seen"] == ["********", "********", "x"]


def test_a_secret_of_the_environment_is_one(monkeypatch: pytest.MonkeyPatch, good: dict[str, Options]) -> None:
    options = {name: value for name, value in good["umongodb_instance_info"].items() if name != "private_key"}
    monkeypatch.setenv("UCLOUD_PRIVATE_KEY", SECRET)
    options["region"] = f"x{SECRET}"
    result = by_function("umongodb_instance_info", options)
    assert result["msg"] == by_process("umongodb_instance_info", options)["msg"]
    assert SECRET not in str(result)


def test_what_is_no_json_is_a_defect() -> None:
    assert "is not JSON serializable" in call(lambda _context, _options: {"seen": {1}})["msg"]


def test_an_interrupt_goes_through() -> None:
    def body(_context: Context, _options: Options) -> Options:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        call(body)


def test_nothing_that_libraries_say_is_heard(
    caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    def body(_context: Context, _options: Options) -> Options:
        logging.getLogger("urllib3.connectionpool").warning(
            "Failed to parse headers (url=%s)", "https://x/?Signature=s"
        )
        logging.getLogger("botocore.credentials").error("Found credentials of %s", "the-key")
        warnings.warn("Unverified HTTPS request", stacklevel=1)
        return {"changed": False}

    assert call(body) == {"changed": False}
    assert caplog.text == ""
    assert all(logging.getLogger(name).propagate for name in ("urllib3", "boto3", "botocore"))
    assert capfd.readouterr() == ("", "")
