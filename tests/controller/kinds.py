# Copyright: (c) 2026, clouddb.mongodb_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which objects the API knows: their fields, what is needed, and what they are associated with."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple


class Field(NamedTuple):
    """A field: its type, whether it has to be given, what it is else, and the kind that it numbers.

    With ``null``, null is taken and means the default.
    """

    type: str
    required: bool = False
    default: Any = ""
    of: str = ""
    choices: Sequence[str] = ()
    null: bool = False


class Kind(NamedTuple):
    """A kind of object. ``unique`` are the fields that no two may have alike; ``links`` the kinds of what is associated."""

    endpoint: str
    fields: Mapping[str, Field]
    unique: Sequence[str] = ("name",)
    links: Mapping[str, str] = {}
    deletable: bool = True
    words: str = ""


def text(**more: Any) -> Field:
    """Return a field that holds text."""
    return Field("str", **more)


def number(default: int = 0, **more: Any) -> Field:
    """Return a field that holds a whole number."""
    return Field("int", default=default, **more)


def yes_or_no(*, default: bool = False) -> Field:
    """Return a field that holds a truth value."""
    return Field("bool", default=default)


def of(kind: str, **more: Any) -> Field:
    """Return a field that holds the number of another object, or none."""
    return Field("id", default=None, of=kind, **more)


NAMED = {"name": text(required=True), "description": text()}
NOTIFIED = {f"notification_templates_{event}": "notification_template" for event in ("started", "success", "error")}
PROMPTS = {
    "extra_data": Field("dict", default={}),
    "inventory": of("inventory"),
    "scm_branch": text(default=None),
    "job_type": text(default=None, choices=["run", "check"]),
    "limit": text(default=None),
}

KINDS = {
    "organization": Kind(
        "organizations",
        {**NAMED, "default_environment": of("execution_environment"), "max_hosts": number()},
        links={"galaxy_credentials": "credential", **NOTIFIED},
    ),
    "execution_environment": Kind(
        "execution_environments",
        {
            **NAMED,
            "image": text(required=True),
            "organization": of("organization"),
            "credential": of("credential"),
            "pull": text(choices=["", "always", "missing", "never"]),
        },
        words="Execution environment",
    ),
    "credential_type": Kind(
        "credential_types",
        {
            **NAMED,
            "kind": text(required=True, choices=["net", "cloud"]),
            "inputs": Field("dict", default={}),
            "injectors": Field("dict", default={}),
            "managed": yes_or_no(),
        },
        unique=("name", "kind"),
        words="Credential type",
    ),
    "credential": Kind(
        "credentials",
        {
            **NAMED,
            "organization": of("organization"),
            "credential_type": of("credential_type", required=True),
            "inputs": Field("dict", default={}),
        },
        unique=("organization", "name", "credential_type"),
    ),
    "notification_template": Kind(
        "notification_templates",
        {
            **NAMED,
            "organization": of("organization", required=True),
            "notification_type": text(required=True, choices=["email", "slack", "webhook"]),
            "notification_configuration": Field("dict", default={}),
            "messages": Field("dict", default=None),
        },
        unique=("organization", "name"),
        words="Notification template",
    ),
    "project": Kind(
        "projects",
        {
            **NAMED,
            "organization": of("organization"),
            "scm_type": text(choices=["", "git", "svn", "insights", "archive"]),
            "scm_url": text(),
            "scm_branch": text(),
            "credential": of("credential"),
            "scm_update_on_launch": yes_or_no(),
            "scm_update_cache_timeout": number(),
            "allow_override": yes_or_no(),
            "default_environment": of("execution_environment"),
            "timeout": number(),
            "local_path": text(),
        },
        unique=("organization", "name"),
        links=NOTIFIED,
    ),
    "inventory": Kind(
        "inventories",
        {
            **NAMED,
            "organization": of("organization", required=True),
            "kind": text(choices=["", "smart", "constructed"], null=True),
            "host_filter": text(default=None),
            "variables": text(),
            "prevent_instance_group_fallback": yes_or_no(),
        },
        unique=("name", "organization"),
    ),
    "inventory_source": Kind(
        "inventory_sources",
        {
            **NAMED,
            "inventory": of("inventory", required=True),
            "source": text(required=True, choices=["file", "scm", "ec2", "controller"]),
            "source_project": of("project"),
            "source_path": text(),
            "source_vars": text(),
            "credential": of("credential"),
            "execution_environment": of("execution_environment"),
            "overwrite": yes_or_no(),
            "overwrite_vars": yes_or_no(),
            "update_on_launch": yes_or_no(),
            "update_cache_timeout": number(),
            "timeout": number(),
            "verbosity": number(1),
            "limit": text(),
        },
        unique=("name", "inventory"),
        links={"credentials": "credential", **NOTIFIED},
        words="Inventory source",
    ),
    "label": Kind(
        "labels",
        {"name": text(required=True), "organization": of("organization", required=True)},
        unique=("name", "organization"),
        deletable=False,
    ),
    "job_template": Kind(
        "job_templates",
        {
            **NAMED,
            "job_type": text(default="run", choices=["run", "check"]),
            "inventory": of("inventory"),
            "project": of("project"),
            "playbook": text(),
            "execution_environment": of("execution_environment"),
            "forks": number(),
            "limit": text(),
            "verbosity": number(),
            "extra_vars": text(),
            "timeout": number(),
            "job_slice_count": number(1),
            "allow_simultaneous": yes_or_no(),
            "survey_enabled": yes_or_no(),
            "become_enabled": yes_or_no(),
            "diff_mode": yes_or_no(),
            **{
                f"ask_{what}_on_launch": yes_or_no()
                for what in ("variables", "limit", "inventory", "credential", "job_type", "diff_mode", "labels", "tags")
            },
        },
        unique=("organization", "name"),
        links={"credentials": "credential", "labels": "label", **NOTIFIED},
        words="Job template",
    ),
    "workflow_job_template": Kind(
        "workflow_job_templates",
        {
            **NAMED,
            "organization": of("organization"),
            "extra_vars": text(),
            "survey_enabled": yes_or_no(),
            "allow_simultaneous": yes_or_no(),
            "ask_variables_on_launch": yes_or_no(),
            "ask_limit_on_launch": yes_or_no(),
            "ask_inventory_on_launch": yes_or_no(),
            "ask_scm_branch_on_launch": yes_or_no(),
            "ask_tags_on_launch": yes_or_no(),
            "ask_skip_tags_on_launch": yes_or_no(),
            "inventory": of("inventory"),
            "limit": text(default=None),
        },
        unique=("organization", "name"),
        links={"labels": "label", **NOTIFIED, "notification_templates_approvals": "notification_template"},
        words="Workflow job template",
    ),
    "workflow_job_template_node": Kind(
        "workflow_job_template_nodes",
        {
            "workflow_job_template": of("workflow_job_template", required=True),
            "unified_job_template": of("unified_job_template"),
            "identifier": text(),
            "all_parents_must_converge": yes_or_no(),
            **PROMPTS,
        },
        unique=("identifier", "workflow_job_template"),
        links={f"{link}_nodes": "workflow_job_template_node" for link in ("success", "failure", "always")},
        words="Workflow job template node",
    ),
    "workflow_approval_template": Kind(
        "workflow_approval_templates", {**NAMED, "timeout": number()}, unique=(), words="Workflow approval template"
    ),
    "schedule": Kind(
        "schedules",
        {
            **NAMED,
            "unified_job_template": of("unified_job_template", required=True),
            "rrule": text(required=True),
            "enabled": yes_or_no(default=True),
            **PROMPTS,
        },
        unique=("unified_job_template", "name"),
    ),
}

# Kinds of which a duplicate is told in words of their own.
COMBINED = ("project", "inventory_source", "job_template", "workflow_job_template")
# What can be launched or updated, and is looked up together.
UNIFIED = ("project", "inventory_source", "job_template", "workflow_job_template")
RUNS = {
    "project": "project_update",
    "inventory_source": "inventory_update",
    "job_template": "job",
    "workflow_job_template": "workflow_job",
    "workflow_approval_template": "workflow_approval",
}
# Settings that a notification needs, with what the server fills in where they are not given, and which it shows to nobody.
NOTIFICATIONS: dict[str, dict[str, Any]] = {
    "webhook": {
        "url": ...,
        "headers": ...,
        "http_method": "POST",
        "disable_ssl_verification": False,
        "username": "",
        "password": "",
    },
    "slack": {"token": ..., "channels": ..., "hex_color": ""},
    "email": {
        "host": ...,
        "port": ...,
        "username": ...,
        "password": ...,
        "use_tls": ...,
        "use_ssl": ...,
        "sender": ...,
        "recipients": ...,
        "timeout": 30,
    },
}
HIDDEN = {"password", "token"}
