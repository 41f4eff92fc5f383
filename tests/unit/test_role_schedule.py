# Copyright: (c) 2026, clouddb.mongodb_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the role's files say is read back by those who read them: the shell, and systemd."""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible.parsing.dataloader import DataLoader
from ansible.template import Templar
from ansible_collections.clouddb.mongodb_logs.tests.tools.programs import needed
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from .templating import no_template, trust_as_template, variables_in

ROLE = Path(__file__).parents[2] / "roles" / "schedule"
GENERATOR = "/usr/lib/systemd/user-environment-generators/30-systemd-environment-d-generator"

# Of the control characters the tab alone, and no characters that are not assigned, which systemd does not take.
SPECIAL = ["$HOME", "${HOME}", "$(id)", "`id`", "$$", "%h", "%%", r"\%", r"\n", r"\\", *"\"';#!& \t"]
text = st.lists(st.sampled_from(SPECIAL) | st.characters(exclude_categories=["Cc", "Cs", "Cn"])).map("".join)
few = settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


def load(name: str) -> Any:
    return yaml.safe_load((ROLE / name).read_text("utf-8"))


SPEC: dict[str, dict[str, Any]] = load("meta/argument_specs.yml")["argument_specs"]["main"]["options"]


def render(template: str, **variables: Any) -> str:
    """Return what the role would write."""
    return evaluate((ROLE / "templates" / template).read_text("utf-8"), **variables)


def evaluate(text: str, **variables: Any) -> str:
    """Return what a template comes to in the role."""
    own = {name: variables_in(ROLE / name / "main.yml") for name in ("defaults", "vars")}
    found = {"schedule_seen": seen("user", "cron", "times"), "inventory_hostname": "collector"}
    known = own["defaults"] | own["vars"] | found | {"schedule_inventory": "inventory.yml"} | no_template(variables)
    return str(
        Templar(loader=DataLoader(), variables=known).template(trust_as_template(text), escape_backslashes=False)
    )


def seen(*answers: str, program: str | Path = "/bin/true") -> dict[str, str]:
    """Return what the host answered."""
    return {"stdout": "\n".join([*answers, "program:", str(program)])}


def as_cron_reads(line: str) -> str:
    """Return the command as cron gives it to the shell: a % ends it, but with a backslash is a %."""
    command = re.sub(r"(?P<kept>(?:\\.|[^\\%])*).*", r"\g<kept>", line, count=1)
    return re.sub(r"\\.", lambda match: match[0].replace("\\%", "%"), command)


def test_defaults() -> None:
    assert load("defaults/main.yml") == {name: row["default"] for name, row in SPEC.items() if "default" in row}


@pytest.mark.parametrize("shell", ["bash", "sh"])
@few
@given(values=st.lists(text, max_size=20))
def test_shell_reads_the_environment(shell: str, tmp_path: Path, values: list[str]) -> None:
    wanted = {f"V{number}": value for number, value in enumerate(values)}
    file = tmp_path / "environment"
    file.write_text(render("environment.j2", schedule_environment=wanted), "utf-8")
    script = 'set -a; . "$1"; exec env -0'
    done = subprocess.run(
        [needed(shell), "-c", script, shell, file], env={"PATH": os.defpath}, capture_output=True, check=False
    )
    assert (done.returncode, done.stderr) == (0, b"")
    read = dict(row.split("=", 1) for row in done.stdout.decode().split("\0") if row.startswith("V"))
    assert read == wanted


@few
@given(values=st.lists(text.filter(bool), max_size=20))  # environment.d has no empty values
def test_systemd_reads_the_environment(tmp_path: Path, values: list[str]) -> None:
    """The files of environment.d have the parser of EnvironmentFile=, and afterwards $ for variables, so $$ for itself."""
    wanted = {f"V{number}": value for number, value in enumerate(values)}
    folder = tmp_path / "environment.d"
    folder.mkdir(exist_ok=True)
    written = render("environment.j2", schedule_environment=wanted)
    (folder / "test.conf").write_text(written.replace("$", "$$"), "utf-8")
    done = subprocess.run([needed(GENERATOR)], env={"XDG_CONFIG_HOME": str(tmp_path)}, capture_output=True, check=False)
    assert (done.returncode, done.stderr) == (0, b"")
    rows = [row.split("=", 1) for row in done.stdout.decode().split("\n") if re.match(r"V\d+=", row)]
    assert {name: printed(value) for name, value in rows} == wanted


def printed(value: str) -> str:
    """Return what systemd means when it prints a value for people: in double quotes where it has to be."""
    if not value.startswith('"'):
        return value
    return re.sub(r"\\(.)", lambda match: "\t" if match[1] == "t" else match[1], value[1:-1])


@few
@given(words=st.lists(text, max_size=5))
def test_cron_runs_the_command(tmp_path: Path, words: list[str]) -> None:
    stand_in = tmp_path / "ansible-playbook"
    stand_in.write_text('#!/bin/sh\nprintf "%s\\0" "$@" >"$HOME/said"\n')
    stand_in.chmod(0o755)
    environment = tmp_path / "odd % name.env"
    environment.touch()
    entry = render(
        "schedule.cron.j2",
        schedule_arguments=words,
        schedule_seen=seen("user", program=stand_in),
        schedule_environment_file=str(environment),
        schedule_randomized_delay=0,
    )
    lines = [line.split(" ", 2) for line in entry.split("\n") if line.startswith("@")]
    assert [line[:2] for line in lines] == [["@hourly", "root"], ["@reboot", "root"]]
    assert lines[0][2] == lines[1][2]
    home = {"HOME": str(tmp_path), "PATH": os.defpath}
    needed("flock")
    subprocess.run(["sh", "-c", as_cron_reads(lines[0][2])], env=home, check=True, capture_output=True)
    said = (tmp_path / "said").read_text("utf-8").split("\0")[:-1]
    assert said == ["-i", "inventory.yml", "clouddb.mongodb_logs.collect", *words]


@few
@given(words=st.lists(text, max_size=5))
def test_systemd_reads_the_words(tmp_path: Path, words: list[str]) -> None:
    """Environment= takes words apart as ExecStart= does, and names those that give no variable; it leaves $$ alone."""
    words = [f"={word}" for word in words]
    unit = tmp_path / "words.service"
    written = render("schedule.service.j2", schedule_arguments=words)
    unit.write_text(written.replace("ExecStart=", "ExecStart=/bin/true\nEnvironment="), "utf-8")
    done = subprocess.run([needed("systemd-analyze"), "verify", unit], capture_output=True, check=False)
    said = re.findall(r"Invalid environment assignment, ignoring: (.*)\n", done.stderr.decode())
    wanted = ["/bin/true", "-i", "inventory.yml", "clouddb.mongodb_logs.collect", *words]
    assert said == [word.replace("$", "$$") for word in wanted]


def test_delay_stays_and_differs() -> None:
    delays = {host: render("schedule.cron.j2", inventory_hostname=host) for host in ("one", "two")}
    assert delays["one"] != delays["two"]
    assert delays["one"] == render("schedule.cron.j2", inventory_hostname="one")


KEY = "se\"cr\\et $HOME `id` '%s'"

BAD: dict[str, list[Any]] = {
    "arguments": ["-v", ["two\nlines"]],
    "directory": ["here", "/a\n"],
    "environment": [{"KEY": KEY + "\n"}, {"KEY": [KEY]}, {"A B": KEY}, {"KEY": None}, KEY],
    "environment_file": ["x.env"],
    "inventory": ["", "a\nb"],
    "name": ["../passwd", "a.b", ""],
    "on_calendar": ["sometimes", "hourly\nx", ""],
    "randomized_delay": [-1, "5m"],
    "timeout": [-1],
    "user": ["", "a b"],
    "writable_paths": [["usr"], "/usr"],
}


@pytest.mark.parametrize(("name", "value"), [(name, value) for name, values in BAD.items() for value in values])
def test_bad_input(name: str, value: Any) -> None:
    """One sentence that names the variable, and no value of the environment in it."""
    said = evaluate("{{ _schedule_wrong }}", **{"schedule_method": "cron", f"schedule_{name}": value})
    assert f"schedule_{name}" in said
    assert len(said.splitlines()) == 1
    assert not [part for part in ('se"', "cr\\", "et $HOME", "`id`") if part in said]


def test_a_command_too_long() -> None:
    words = {"schedule_method": "cron", "schedule_arguments": ["x" * 1000]}
    assert "command" in evaluate("{{ _schedule_wrong }}", **words)


@pytest.mark.parametrize("times", ["sometimes", "hourly\nx", ""])
def test_times_that_systemd_does_not_understand(times: str) -> None:
    asked = subprocess.run([needed("systemd-analyze"), "calendar", "--", times], capture_output=True, check=False)
    answers = ["user"] if asked.returncode else ["user", "times"]
    variables = {"schedule_method": "systemd", "schedule_seen": seen(*answers)}
    assert "schedule_on_calendar" in evaluate("{{ _schedule_wrong }}", schedule_on_calendar=times, **variables)


def test_something_has_to_start_the_runs() -> None:
    """Where systemd does not run, a daemon of cron; a method that is chosen is not looked after."""
    wrong = "{{ _schedule_wrong }}"
    said = evaluate(wrong, schedule_seen=seen("user"))
    assert said.startswith(
        "Nothing on this host can start the runs: systemd does not run and no daemon of cron was found;"
    )
    assert evaluate(wrong, schedule_seen=seen("user", "cron")) == ""
    assert evaluate(wrong, schedule_seen=seen("user"), schedule_method="cron") == ""


@pytest.mark.parametrize(
    ("user", "answers", "sentence"),
    [
        ("joe", ["cron"], "There is no user joe on this host"),
        ("joe", ["cron", "user"], ""),
        ("1000", ["cron"], ""),  # a number need not be in any list of users
    ],
)
def test_the_user_has_to_be_there(user: str, answers: list[str], sentence: str) -> None:
    said = evaluate("{{ _schedule_wrong }}", schedule_user=user, schedule_seen=seen(*answers))
    assert said.startswith(sentence)
    assert bool(said) == bool(sentence)
