# Copyright: (c) 2026, clouddb.mongodb_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The edge of a module: options in, one result out. The only place where an error becomes ``fail_json``."""

from __future__ import annotations

from typing import Any, Callable, NamedTuple

from ansible.module_utils.basic import AnsibleModule, missing_required_lib
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._argspec import OptionSet
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._errors import LogsError
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._progress import Teller
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._words import printable


class Context(NamedTuple):
    """What the function of a module knows of its task.

    ``warn`` takes what is to be told beside the result; ``tellers`` want to know how far it has come while it runs.
    """

    check_mode: bool
    diff: bool
    warn: Callable[[str], None]
    tellers: tuple[Teller, ...] = ()


Body = Callable[[Context, dict[str, Any]], dict[str, Any]]


def run_module(options: OptionSet, body: Body, *, cloud: bool = True) -> None:
    """Run a module: ``body`` gets the context and the checked options, and returns the result or raises LogsError.

    One that calls no ``cloud`` does without requests.
    """
    module = AnsibleModule(argument_spec=options.options, supports_check_mode=True, **options.constraints)
    if cloud:
        # To import it takes a quarter of the time in which a module begins.
        from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._http import REQUESTS_IMPORT_ERROR

        if REQUESTS_IMPORT_ERROR:
            module.fail_json(
                msg=missing_required_lib("requests", "from its release 2.25.1 on"), exception=REQUESTS_IMPORT_ERROR
            )
    try:
        context = Context(module.check_mode, module._diff, lambda words: module.warn(printable(words)))
        result = body(context, options.checked(module.params))
    except LogsError as error:
        module.fail_json(**error.result())
    module.exit_json(**result)
