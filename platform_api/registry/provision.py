"""The reconciler of environments: from approved to active, or to failed and listed; never half of it usable."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta
from typing import Final, Protocol, assert_never

from jit_engine.domain.activity import ActivityState, EnvironmentState, Place
from jit_engine.domain.catalogue import Catalogue, PrefixItem, ServiceItem, TableItem, Zone
from jit_engine.domain.event import Event, Json
from jit_engine.domain.ids import EnvironmentId
from jit_engine.domain.source import S3Prefix
from jit_engine.domain.subject import Subject
from jit_engine.errors import EngineError, NotFound, WrongState
from jit_engine.ports import LostRace
from platform_api.provisioning.errors import ProvisioningError
from platform_api.provisioning.order import EnvironmentOrder
from platform_api.provisioning.outcome import EnvironmentResources, Failed, InProgress, Observation, Ready, StackEvent
from platform_api.provisioning.plan import EnvironmentPlan, plan_environment
from platform_api.registry.moves import moved
from platform_api.registry.ports import RegistryStore
from platform_api.registry.records import ActivityRecord, EnvironmentRecord, ProvisioningEvent

ACTOR: Final = "system:provisioner"
MOST_TRIES: Final = 6
LEASE: Final = timedelta(minutes=2)
"""Longer than a start and an observation together; after it another replica may take over, and both may repeat."""
POLL: Final = timedelta(seconds=5)
LONGEST_BACK_OFF: Final = timedelta(minutes=10)
LONGEST_TRY: Final = timedelta(hours=1)
"""How long one attempt may stay in progress before it counts as failed."""


class EnvironmentProvisioner(Protocol):
    """What is needed of `platform_api.provisioning.aws.Provisioner`. Both calls may be repeated."""

    def start(self, plan: EnvironmentPlan) -> None:
        """Brings the stack towards the plan; does nothing when it is there or under way."""
        ...

    def observe(self, plan: EnvironmentPlan) -> Observation:
        """What can be seen of the environment now."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Ground:
    """Where environments are made, from the settings."""

    account: str
    region: str
    broker_role_arn: str
    vpc_endpoints: frozenset[str] = frozenset()


class ProvisioningReconciler:
    """Claims the environments that are due and takes each one step further."""

    def __init__(self, *, store: RegistryStore, provisioner: EnvironmentProvisioner, ground: Ground) -> None:
        self._store = store
        self._provisioner = provisioner
        self._ground = ground

    def step(self, now: datetime, limit: int = 10) -> Sequence[EnvironmentRecord]:
        """The environments that moved or were looked at; another replica's are left to it."""
        taken: list[EnvironmentRecord] = []
        for record in self._store.claim_due_environments(now, limit, LEASE):
            try:
                taken.append(self._advance(record, now))
            except LostRace:
                continue
            except Exception as error:  # noqa: BLE001 - one that cannot be made must not hold up the others
                with suppress(LostRace):
                    taken.append(self._try_failed(record, type(error).__name__, now))
        return taken

    def retry(self, subject: Subject, id: EnvironmentId, now: datetime) -> EnvironmentRecord:
        """Gives a failed environment another six tries, on somebody's word."""
        record = self._store.environment(id)
        if record is None:
            raise NotFound(kind="environment", id=id)
        if record.environment.state is not EnvironmentState.FAILED:
            state = record.environment.state.value
            raise WrongState(kind="environment", id=id, state=state, fix="only a failed one is tried again")
        again = replace(moved(record, EnvironmentState.PROVISIONING), tries=0, due_at=now)
        event = self._event("environment.retried", again, now, {"lastError": record.last_error})
        return self._store.save_environment(again, replace(event, actor=subject.id))

    def _advance(self, record: EnvironmentRecord, now: datetime) -> EnvironmentRecord:
        """One step. The intent is committed before AWS hears of it; every call may be repeated.

        1. What may no longer be made is given up.
        2. Approved becomes provisioning, with the stack's name, before the first call.
        3. Start, then look: in progress, ready or failed.
        """
        activity = self._store.activity(record.environment.activity)
        # 1
        if activity is None or activity.activity.state is not ActivityState.ACTIVE:
            return self._give_up(record, "its activity is not active", now)
        if record.environment.expires_at <= now:
            return self._give_up(record, "its end has passed", now)
        try:
            plan = plan_environment(order_of(record, activity, self._store.catalogue(), self._ground))
        except (EngineError, ProvisioningError) as error:
            return self._try_failed(record, str(error), now)
        # 2
        if record.environment.state is EnvironmentState.APPROVED:
            record = replace(
                moved(record, EnvironmentState.PROVISIONING),
                stack=plan.stack_name,
                template_digest=plan.template_digest,
                due_at=now + LEASE,
            )
            details: dict[str, Json] = {"stack": plan.stack_name, "digest": plan.template_digest}
            record = self._store.save_environment(record, self._event("environment.provisioning", record, now, details))
        # 3
        try:
            self._provisioner.start(plan)
            seen = self._provisioner.observe(plan)
        except (EngineError, ProvisioningError) as error:
            return self._try_failed(record, str(error), now)
        match seen:
            case InProgress():
                return self._in_progress(record, seen, now)
            case Ready():
                return self._ready(record, plan, seen, now)
            case Failed():
                return self._try_failed(record, seen.reason, now)
            case _:
                assert_never(seen)

    def _in_progress(self, record: EnvironmentRecord, seen: InProgress, now: datetime) -> EnvironmentRecord:
        events = tuple(_line(event) for event in seen.events)
        if events and now - events[0].at > LONGEST_TRY:
            return self._try_failed(record, f"not finished after {LONGEST_TRY}", now)
        waiting = replace(record, events=events, due_at=now + POLL, last_error=None)
        details: dict[str, Json] = {"lines": len(events)}
        return self._store.save_environment(waiting, self._event("environment.observed", waiting, now, details))

    def _ready(self, record: EnvironmentRecord, plan: EnvironmentPlan, seen: Ready, now: datetime) -> EnvironmentRecord:
        done = moved(record, EnvironmentState.ACTIVE)
        done = replace(
            done,
            environment=replace(done.environment, place=place_made(self._ground, seen.resources)),
            stack=plan.stack_name,
            template_digest=plan.template_digest,
            resources={name: str(value) for name, value in asdict(seen.resources).items()},
            tags=dict(plan.tags),
            events=tuple(_line(event) for event in seen.events),
            due_at=None,
            tries=0,
            last_error=None,
        )
        details: dict[str, Json] = {
            "stack": plan.stack_name,
            "digest": plan.template_digest,
            "repaired": list(seen.repaired),
        }
        return self._store.save_environment(done, self._event("environment.active", done, now, details))

    def _try_failed(self, record: EnvironmentRecord, reason: str, now: datetime) -> EnvironmentRecord:
        """Back off, doubling; after the sixth try the environment is failed and waits for a person."""
        tries = record.tries + 1
        if tries >= MOST_TRIES:
            return self._give_up(replace(record, tries=tries), reason, now)
        back_off = min(POLL * 2 ** (tries - 1), LONGEST_BACK_OFF)
        waiting = replace(record, tries=tries, last_error=reason, due_at=now + back_off)
        details: dict[str, Json] = {"reason": reason, "tries": tries}
        return self._store.save_environment(waiting, self._event("environment.try-failed", waiting, now, details))

    def _give_up(self, record: EnvironmentRecord, reason: str, now: datetime) -> EnvironmentRecord:
        if record.environment.state is EnvironmentState.APPROVED:
            record = moved(record, EnvironmentState.PROVISIONING)
        failed = replace(moved(record, EnvironmentState.FAILED), due_at=None, last_error=reason)
        details: dict[str, Json] = {"reason": reason, "tries": failed.tries}
        return self._store.save_environment(failed, self._event("environment.failed", failed, now, details))

    def _event(self, action: str, record: EnvironmentRecord, now: datetime, details: dict[str, Json]) -> Event:
        return Event(
            action=action,
            actor=ACTOR,
            at=now,
            about={"environment": record.environment.id, "activity": record.environment.activity},
            details=details,
        )


def order_of(
    record: EnvironmentRecord, activity: ActivityRecord, catalogue: Catalogue, ground: Ground, *, away: bool = False
) -> EnvironmentOrder:
    """What is ordered for the environment on that ground; `away`: in an account that is not its own."""
    return EnvironmentOrder(
        environment_id=record.environment.id,
        activity_id=activity.activity.id,
        activity_name=activity.activity.name,
        tier=record.environment.tier,
        owner=activity.activity.owner,
        cost_center=activity.cost_center,
        data_classification=activity.activity.classification.value,
        expires_at=record.environment.expires_at,
        account_id=ground.account,
        region=ground.region,
        lake_buckets=lake_buckets(catalogue, ground.account),
        services=service_kinds(catalogue, ground.account),
        broker_role_arn=ground.broker_role_arn,
        away=away,
    )


def place_made(ground: Ground, made: EnvironmentResources) -> Place:
    """Where the environment's roles are fenced in on that ground."""
    return Place(
        account=ground.account,
        region=ground.region,
        workspace_bucket=made.workspace_bucket,
        workspace_key_arn=made.workspace_key_arn,
        boundary_arn=made.boundary_arn,
        workgroup=made.athena_workgroup,
        broker_role_arn=ground.broker_role_arn,
        vpc_endpoints=ground.vpc_endpoints,
    )


def lake_buckets(catalogue: Catalogue, account: str) -> tuple[str, ...]:
    """Every bucket of the account that the catalogue knows as lake or report: what boundaries leave room for."""
    places: set[S3Prefix] = set()
    for item in catalogue.items:
        if isinstance(item, TableItem) and item.location is not None:
            places.add(item.location)
        elif isinstance(item, PrefixItem) and item.zone is not Zone.WORKSPACE:
            places.add(item.source)
    return tuple(sorted({place.bucket for place in places if place.account == account}))


def service_kinds(catalogue: Catalogue, account: str) -> tuple[str, ...]:
    """Every kind that is not made of files and of which the account holds something: room for its actions."""
    return tuple(
        sorted({i.source.kind for i in catalogue.items if isinstance(i, ServiceItem) and i.source.account == account})
    )


def _line(event: StackEvent) -> ProvisioningEvent:
    resource = f"{event.logical_id} ({event.type})"
    return ProvisioningEvent(at=event.at, resource=resource, status=event.status, reason=event.reason)
