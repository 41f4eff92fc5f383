# Copyright: (c) 2026, clouddb.mongodb_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Audit logs of DDS instances: which are held at the clock's time, and their bytes."""

from __future__ import annotations

import hashlib
from collections.abc import Callable

from . import auditlines
from .clock import Clock
from .dds_model import AuditLog, DdsInstance
from .world import World

_DAY = 86400.0


class AuditLogs:
    """The audit logs of a world, seen at the clock's time."""

    def __init__(self, world: World, clock: Clock) -> None:
        """Look at the world's instances."""
        self._world = world
        self._clock = clock

    def held(self, instance: DdsInstance) -> list[AuditLog]:
        """Return what an instance has closed, listed, not yet deleted and not let expire, oldest first."""
        now = self._clock.now()
        is_held = _is_held(instance, now)
        every = [*instance.audit_logs, *self._generated(instance, now)]
        return sorted(filter(is_held, every), key=lambda log: (log.end, log.id))

    def is_held(self, instance: DdsInstance, log: AuditLog) -> bool:
        """Tell whether `held` has this log, without looking at all the others."""
        return _is_held(instance, self._clock.now())(log)

    def content(self, log: AuditLog) -> bytes:
        """Return an audit log's bytes."""
        return auditlines.content(self._world.seed, log.id, log.size, log.start, log.end)

    def freeze(self, instance: DdsInstance) -> None:
        """Keep what was written until now, and write no more."""
        instance.audit_logs.extend(self._generated(instance, self._clock.now()))
        instance.audit_every = 0.0

    def _generated(self, instance: DdsInstance, now: float) -> list[AuditLog]:
        """Return the files that the nodes have gone on writing; an hour without traffic has none."""
        every = instance.audit_every
        if not every:
            return []
        logs: list[AuditLog] = []
        for node in instance.audited_nodes():
            stop = now if node.removed_at is None else min(now, node.removed_at)
            for number in range(int((stop - instance.audit_since) // every)):
                dice = hashlib.sha256(f"{self._world.seed}:{node.id}:{number}".encode()).digest()
                if dice[0] < 40:
                    continue
                start = instance.audit_since + number * every + dice[1]
                end = instance.audit_since + (number + 1) * every + dice[2] / 1000
                log_id = f"{node.id}_{int(end * 1000)}"
                name = f"{instance.project_id}_audit_log_{instance.id}_{log_id}"
                size = 4000 + int.from_bytes(dice[4:6], "big") % 36_000
                logs.append(AuditLog(log_id, node.id, name, size, start, end, end + 15 + dice[3] / 4))
        return logs


def _is_held(instance: DdsInstance, now: float) -> Callable[[AuditLog], bool]:
    keep, deleted = instance.policy.keep_days, instance.deleted_logs
    oldest = now - keep * _DAY if keep else float("-inf")
    return lambda log: log.listed_at <= now and log.end > oldest and now < deleted.get(log.id, float("inf"))
