# Copyright: (c) 2026, clouddb.mongodb_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Signing in with a password, tokens that run out, and clocks that are wrong."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._argspec import DDS
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._dds.api import Dds
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._dds.auth import AccessKey, Password
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._dds.connect import connect
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._errors import CloudError
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._http import Answer, Http, Request
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._time import DAY, MINUTE, Clock
from ansible_collections.clouddb.mongodb_logs.tests.emulator import Emulator, Fault
from ansible_collections.clouddb.mongodb_logs.tests.unit.clients import dds, http
from ansible_collections.clouddb.mongodb_logs.tests.unit.scripted import FakeTime, Reply, scripted


def password(emulator: Emulator, session: Http, **changes: Any) -> Password:
    """Return the way of the first user to sign in."""
    user, project = emulator.world.huawei_users[0], emulator.world.projects[0]
    usual = {
        "iam_endpoint": emulator.url,
        "username": user.name,
        "password": user.password,
        "domain_name": user.domain_name,
        "region": project.region,
        "project_id": project.id,
    }
    return Password(session, **{**usual, **changes})


def signed_in(emulator: Emulator, **changes: Any) -> Dds:
    """Return a client that signs in with a password."""
    session = http(emulator)
    return dds(emulator, session, password(emulator, session, **changes))


def calls(emulator: Emulator) -> list[tuple[str, int]]:
    """Return the calls so far with the status of their answers."""
    return [(record.action, record.status) for record in emulator.requests]


SIGN_IN, LIST, REFUSED = ("CreateToken", 201), ("ListInstances", 200), ("ListInstances", 401)


# -- a token for many calls


def test_a_token_is_asked_for_when_it_is_first_needed_and_serves_every_call(emulator: Emulator) -> None:
    api = signed_in(emulator)
    assert len(emulator.requests) == 0
    for _time in range(3):
        assert len(api.instances()) == 2
    assert calls(emulator) == [SIGN_IN, LIST, LIST, LIST]
    assert {record.auth for record in emulator.requests.of("ListInstances")} == {"token"}


def test_threads_share_one_token(emulator: Emulator) -> None:
    api = signed_in(emulator)
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda _number: len(api.instances()), range(40)))
    assert found == [2] * 40
    assert len(emulator.requests.of("CreateToken")) == 1


def test_without_a_project_the_region_names_it_for_the_token_and_the_path(emulator: Emulator) -> None:
    session = http(emulator)
    api = dds(emulator, session, password(emulator, session, project_id=None), project_id=None)
    assert len(api.instances()) == 2
    assert [action for action, _status in calls(emulator)] == ["CreateToken", "ListProjects", "ListInstances"]


# -- a token that runs out


def test_a_token_that_ran_out_is_renewed_and_the_request_is_sent_once_more(emulator: Emulator) -> None:
    api = signed_in(emulator)
    api.instances()
    emulator.clock.advance(DAY + 1)
    assert len(api.instances()) == 2
    assert calls(emulator) == [SIGN_IN, LIST, REFUSED, SIGN_IN, LIST]
    emulator.clock.advance(DAY + 1)
    assert len(api.instances()) == 2
    assert calls(emulator)[5:] == [REFUSED, SIGN_IN, LIST]


def test_a_token_that_was_revoked_early_is_renewed(emulator: Emulator) -> None:
    api = signed_in(emulator)
    api.instances()
    emulator.world.revoke_tokens()
    assert len(api.instances()) == 2
    assert calls(emulator) == [SIGN_IN, LIST, REFUSED, SIGN_IN, LIST]


def test_what_changes_something_is_sent_once_more_too_as_it_had_no_effect(emulator: Emulator) -> None:
    api, instance = signed_in(emulator), emulator.world.instances[0]
    log = emulator.audit_logs.held(instance)[0]
    api.instances()
    emulator.world.revoke_tokens()
    api.delete_audit_logs(instance.id, [log.name])
    assert [status for action, status in calls(emulator) if action == "DeleteAuditLogs"] == [401, 202]


def test_a_401_on_a_fresh_token_is_final_and_not_repeated(emulator: Emulator) -> None:
    emulator.faults.add(Fault("ListInstances", "unauthorized", times=None))
    api = signed_in(emulator)
    for _time in range(2):
        with pytest.raises(CloudError) as caught:
            api.instances()
        assert (caught.value.code, caught.value.final, caught.value.kind) == ("APIGW.0307", True, "credentials")
    assert calls(emulator) == [SIGN_IN, REFUSED]


def test_a_401_on_the_renewed_token_is_final_and_not_repeated(emulator: Emulator) -> None:
    api = signed_in(emulator)
    api.instances()
    emulator.faults.add(Fault("ListInstances", "unauthorized", times=None))
    with pytest.raises(CloudError) as caught:
        api.instances()
    assert caught.value.final
    assert calls(emulator) == [SIGN_IN, LIST, REFUSED, SIGN_IN, REFUSED]


def test_a_token_that_is_given_is_not_renewed(emulator: Emulator, dds_options: dict[str, Any]) -> None:
    emulator.world.revoke_tokens()
    token = emulator.credentials["dds"]["auth_token"]
    options = {name: option.get("default") for name, option in DDS.options.items()} | dds_options
    api = connect(DDS.checked({**options, "auth_token": token}), lambda _warning: None)
    with pytest.raises(CloudError) as caught:
        api.instances()
    assert (caught.value.code, caught.value.final, len(emulator.requests)) == ("APIGW.0307", True, 1)


class Gate(Http):
    """A session without a network: tokens are ``t1``, ``t2``...; those in ``dead`` are refused, all together."""

    def __init__(self, threads: int) -> None:
        """Let so many refusals come at the same moment."""
        super().__init__(timeout=5, deadline=5, verify=True, clock=http(Emulator()).clock)
        self.signed_in = 0
        self.refused = 0
        self.dead: set[str] = set()
        self._together = threading.Barrier(threads)

    def _send(self, request: Request, timeout: float) -> Answer:
        if request.url.endswith("/v3/auth/tokens"):
            self.signed_in += 1
            return Answer("iam", 201, {"X-Subject-Token": f"t{self.signed_in}"}, b"{}")
        if request.headers["X-Auth-Token"] in self.dead:
            self._together.wait(10)
            self.refused += 1
            return Answer("dds", 401, {}, json.dumps({"error_code": "APIGW.0307", "error_msg": "expired"}).encode())
        return Answer("dds", 200, {}, b'{"instances": [], "total_count": 0}')


@pytest.mark.parametrize("threads", [2, 8])
def test_threads_that_meet_the_same_401_renew_the_token_once(threads: int) -> None:
    session = Gate(threads)
    auth = Password(
        session, iam_endpoint="https://iam", username="u", password="p", domain_name="d", region="r", project_id="p"
    )
    api = Dds(session, auth, endpoint="https://dds", iam_endpoint="https://iam", region="r", project_id="p")
    api.instances()
    session.dead.add("t1")
    with ThreadPoolExecutor(threads) as pool:
        assert list(pool.map(lambda _number: api.instances(), range(threads))) == [[]] * threads
    assert (session.signed_in, session.refused) == (2, threads)


# -- a password that is wrong


@pytest.mark.parametrize(
    "wrong",
    [{"password": "not-this-one"}, {"username": "nobody"}, {"domain_name": "elsewhere"}, {"project_id": "none"}],
)
def test_a_wrong_password_is_tried_once(emulator: Emulator, wrong: dict[str, str]) -> None:
    api = signed_in(emulator, **wrong)
    for _time in range(2):
        with pytest.raises(CloudError) as caught:
            api.instances()
        assert (caught.value.status, caught.value.final, caught.value.kind) == (401, True, "credentials")
        assert "Check username, password and domain_name" in caught.value.hint
    assert calls(emulator) == [("CreateToken", 401)]


@pytest.mark.parametrize("kind", ["http", "html", "throttled", "cut_before", "cut_after"])
def test_signing_in_survives_faults_that_pass(emulator: Emulator, kind: str) -> None:
    emulator.faults.add(Fault("CreateToken", kind, times=2))
    assert len(signed_in(emulator).instances()) == 2
    assert len(emulator.requests.of("CreateToken")) == 3


def test_an_answer_without_a_token_is_an_error_and_final() -> None:
    class Empty(Http):
        def _send(self, request: Request, timeout: float) -> Answer:
            return Answer("iam", 201, {}, b"{}")

    session = Empty(timeout=5, deadline=5, verify=True, clock=http(Emulator()).clock)
    auth = Password(
        session, iam_endpoint="https://iam", username="u", password="p", domain_name="d", region="r", project_id=None
    )
    api = Dds(session, auth, endpoint="https://dds", iam_endpoint="https://iam", region="r", project_id="p")
    with pytest.raises(CloudError, match="iam answered without a token") as caught:
        api.instances()
    assert caught.value.final


@pytest.mark.parametrize("fault", ["http", "unauthorized", "html", "cut_before"])
@pytest.mark.parametrize("on", ["CreateToken", "ListInstances"])
def test_no_message_holds_the_password_or_the_token(emulator: Emulator, on: str, fault: str) -> None:
    emulator.faults.add(Fault(on, fault, times=None))
    api = signed_in(emulator)
    with pytest.raises(CloudError) as caught:
        api.instances()
    told = str(caught.value.result()) + repr(caught.value)
    for secret in (emulator.world.huawei_users[0].password, *(token.token for token in emulator.world.tokens)):
        assert secret not in told


# -- the project


def test_projects_that_are_there_are_listed_when_none_or_several_have_the_name(emulator: Emulator) -> None:
    projects = emulator.world.projects
    everything = ", ".join(f"{project.id} ({project.name})" for project in projects)
    with pytest.raises(CloudError) as caught:
        dds(emulator, project_id=None, region="mars-1").instances()
    assert caught.value.message == f"No projects are named mars-1; this account has {everything}."
    assert (caught.value.kind, caught.value.hint) == ("not_found", "Give project_id.")
    projects[1].name = projects[0].name
    with pytest.raises(CloudError) as caught:
        dds(emulator, project_id=None).instances()
    name = projects[0].name
    both = ", ".join(f"{project.id} ({name})" for project in projects)
    assert caught.value.message == f"2 projects are named {name}; this account has {both}."


# -- the clock


@pytest.mark.parametrize(("ahead", "side"), [(20 * MINUTE, "ahead of"), (-20 * MINUTE, "behind")])
@pytest.mark.parametrize("call", [lambda api: api.instances(), lambda api: api.project_id])
def test_a_clock_that_is_off_is_told_with_the_seconds(ahead: int, side: str, call: Callable[[Dds], object]) -> None:
    with Emulator() as emulator:  # its time is the machine's, which signatures are compared with
        account, session = emulator.world.huawei_accounts[0], http(emulator, ahead=ahead)
        auth = AccessKey(account.access_key, account.secret_key, None, session.clock)
        api = dds(emulator, session, auth, project_id=None)
        with pytest.raises(CloudError) as caught:
            call(api)
        assert len(emulator.requests) == 1
    error = caught.value
    assert (error.kind, error.final, error.passing) == ("clock", True, False)
    seconds = int(error.hint.split(" by ")[1].split(" ")[0])
    assert abs(seconds - 20 * MINUTE) <= 2
    assert f"{side} the cloud's" in error.hint


def test_a_wrong_key_is_not_blamed_on_a_clock_that_is_right(emulator: Emulator) -> None:
    account = emulator.world.huawei_accounts[0]
    with Emulator() as emulator:
        session = http(emulator, ahead=60)
        auth = AccessKey(account.access_key, "wrong", None, session.clock)
        with pytest.raises(CloudError) as caught:
            dds(emulator, session, auth).instances()
    assert (caught.value.kind, caught.value.code) == ("credentials", "APIGW.0301")


def test_a_token_is_not_refused_for_a_clock(emulator: Emulator) -> None:
    session = http(emulator, ahead=20 * MINUTE)
    emulator.world.revoke_tokens()
    api = dds(emulator, session, password(emulator, session, password="wrong"))
    with pytest.raises(CloudError) as caught:
        api.instances()
    assert caught.value.kind == "credentials"


def test_threads_that_wait_for_a_token_that_cannot_be_had_do_not_wait_one_after_the_other() -> None:
    time = FakeTime()
    together = threading.Barrier(6)
    session = Http(timeout=5, deadline=30, verify=True, clock=Clock(), sleep=time.sleep, monotonic=time.monotonic)
    with scripted(Reply(503)) as server:
        names = {"username": "joe", "password": "secret", "domain_name": "acme", "region": "r", "project_id": "p"}
        auth = Password(session, iam_endpoint=server.url, **names)

        def ask(_number: int) -> CloudError:
            together.wait(10)
            with pytest.raises(CloudError) as caught:
                auth.request("DELETE", "https://dds", "/", (), b"")
            return caught.value

        began = time.at
        with ThreadPoolExecutor(6) as pool:
            errors = list(pool.map(ask, range(6)))
    assert {(error.status, error.uncertain) for error in errors} == {(503, False)}
    assert time.at - began < 2 * 30
