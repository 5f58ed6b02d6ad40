"""The one place that builds adapters and reads the clock: settings in, a whole platform out."""

from __future__ import annotations

import re
import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from jit_engine.aws.throttle import Throttle
from jit_engine.domain.activity import Place
from jit_engine.domain.ids import EnvironmentId, GrantId, RequestId
from jit_engine.domain.subject import Subject
from jit_engine.domain.waiting import WaitingRequest
from jit_engine.flows.approve import Approve, LookAtWaiting
from jit_engine.flows.ask import Ask, RequestRules
from jit_engine.flows.base_roles import BaseRoles
from jit_engine.flows.deliver import Deliver
from jit_engine.flows.enforce import Enforcement
from jit_engine.flows.mint_waiting import MintWaiting
from jit_engine.flows.purge import Purge
from jit_engine.flows.read_policies import ReadPolicies
from jit_engine.flows.reconcile import Reconcile
from jit_engine.flows.redecide import Redecide
from jit_engine.flows.renew import Renew
from jit_engine.flows.request_access import RequestAccess
from jit_engine.flows.revoke import Revoke
from jit_engine.flows.revoke_many import RevokeMany
from jit_engine.flows.sweep import Sweep
from jit_engine.rules.clearance import Judges
from platform_api.accounts import AccountsPurger, AwsAccounts, ServedAccounts
from platform_api.authorize import AGrant, Authorizer
from platform_api.authzen.point import RulesPoint
from platform_api.authzen.ports import EvaluationPoint
from platform_api.authzen.registry_entities import CONSIDERS, RegistryEntities
from platform_api.clock import Clock
from platform_api.db.audit import AuditTrail
from platform_api.db.base_roles import SqlBaseRoles
from platform_api.db.catalogue import KeptCatalogue
from platform_api.db.clock import DatabaseClock
from platform_api.db.decisions import SqlDecisions
from platform_api.db.engine import Database, create_engine
from platform_api.db.facts import SqlFacts
from platform_api.db.idempotency import SqlIdempotencyKeys
from platform_api.db.ledger import SqlLedger
from platform_api.db.outposts import SqlOutposts
from platform_api.db.overview import SqlOverview
from platform_api.db.policies import SqlPolicyReadings
from platform_api.db.registry import SqlRegistry
from platform_api.db.requests import SqlRequests
from platform_api.db.revocations import SqlRevocations
from platform_api.db.rulebooks import SqlRulebooks
from platform_api.db.waiting import SqlWaiting
from platform_api.db.web_sessions import SqlWebSessions
from platform_api.db.workspaces import SqlWorkspaces
from platform_api.enforcers import egress_lists, enforcement_of
from platform_api.explaining import Explainer
from platform_api.identity.code_flow import Client, CodeFlow
from platform_api.identity.issuers import issuers_of
from platform_api.identity.keys import JwksCache
from platform_api.identity.tokens import TokenVerifier
from platform_api.ids import new_id
from platform_api.impact import DecidedAnew, PeopleRights, RulebookImpact
from platform_api.live_rules import LiveJudges
from platform_api.provisioning.plan import reviewed_template_digest
from platform_api.recorded_questions import RecordedQuestions
from platform_api.registry.activities import ActivityDesk
from platform_api.registry.contracts import ContractDesk
from platform_api.registry.importing import CatalogueDesk
from platform_api.registry.outposts import OutpostAccount, OutpostReconciler
from platform_api.registry.provision import ProvisioningReconciler
from platform_api.registry.review import FastPathLimits
from platform_api.registry.views import ViewDesk
from platform_api.registry.workspaces import WorkspaceDesk
from platform_api.safeguards import demanded, reading_policies
from platform_api.settings import Settings
from policy import Engine
from policy.desk import RulebookDesk

THREADS = 32
"""Requests worked on at once; the connection pool has one for each, and some for the worker."""
_SPARE_CONNECTIONS = 8
TEMPLATE = "standard-research"
FAST_PATH_DAYS, FAST_PATH_USD = 365, 1000
TRAININGS = frozenset({"privacy-2026"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Platform:
    """Everything that the door and the worker use."""

    settings: Settings
    clock: Clock
    database: Database
    registry: SqlRegistry
    ledger: SqlLedger
    requests: SqlRequests
    decisions: SqlDecisions
    explain: Explainer
    rulebooks: SqlRulebooks
    keys: SqlIdempotencyKeys
    audit: AuditTrail
    policy_readings: SqlPolicyReadings
    read_policies: ReadPolicies
    verifier: TokenVerifier
    jwks: JwksCache
    web_sessions: SqlWebSessions
    overview: SqlOverview
    code_flow: CodeFlow | None
    judges: Callable[[], Judges]
    authorizer: Authorizer
    evaluation: EvaluationPoint
    waiting: SqlWaiting
    request_access: RequestAccess
    ask: Ask
    look: LookAtWaiting
    approve: Approve
    mint_waiting: MintWaiting
    deliver: Deliver
    revoke: Revoke
    revoke_many: RevokeMany
    renew: Renew
    redecide: Redecide
    reconcile: Reconcile
    sweep: Sweep
    enforce: Enforcement
    activities: ActivityDesk
    contracts: ContractDesk
    catalogue: CatalogueDesk
    views: ViewDesk
    rulebook_desk: RulebookDesk
    provisioning: ProvisioningReconciler
    outposts: OutpostReconciler
    workspaces: SqlWorkspaces
    workspace_desk: WorkspaceDesk
    purge: Purge

    def close(self) -> None:
        """Gives back every connection."""
        self.jwks.close()
        self.database.close()


def system_clock() -> datetime:
    """The time of day (aware, UTC)."""
    return datetime.now(UTC)


def build(settings: Settings, *, clock: Clock | None = None) -> Platform:
    """The platform of these settings. Nothing is connected to until it is used.

    It decides by the database's time unless a `clock` is given; tokens are looked at by this machine's.
    """
    database = Database(create_engine(settings.database_url.get_secret_value(), pool_size=THREADS + _SPARE_CONNECTIONS))
    throttle = Throttle()
    accounts = AwsAccounts(settings, throttle)
    kept = KeptCatalogue()
    registry = SqlRegistry(database, kept)
    ledger = SqlLedger(database, settings.limits.roles_per_account, accounts.budgets)
    rulebooks = SqlRulebooks(database)
    facts = SqlFacts(database, demanded(settings.safeguards), egress_lists(settings), accounts.enforced, kept)
    decisions = SqlDecisions(database)
    judges = LiveJudges(rulebooks)
    authorizer = Authorizer(people=registry, judges=judges)
    home, minters = accounts[accounts.home], accounts.minters
    bases = BaseRoles(store=SqlBaseRoles(database), minters=minters, external_ids=accounts.external_ids)
    outpost_store = SqlOutposts(database)
    outposts = OutpostReconciler(
        store=outpost_store,
        registry=registry,
        accounts={
            one.named.account_id: OutpostAccount(
                ground=one.ground(), provisioner=one.provisioner(), check_answering=one.reach.check
            )
            for one in accounts.elsewhere
        },
    )
    readings = SqlPolicyReadings(database, demanded(settings.safeguards))
    own = clock or system_clock
    jwks = JwksCache(own)
    redecide = Redecide(facts=facts, ledger=ledger, live=ledger, judges=judges, subject_of=registry.subject)

    def place_of(environment: EnvironmentId, account: str) -> Place | None:
        record = registry.environment(environment)
        own = None if record is None else record.environment.place
        if own is not None and own.account == account:
            return own
        known = [outpost.place for outpost in outpost_store.of(environment)]
        return next((place for place in known if place is not None and place.account == account), None)

    def may_approve(subject: Subject, request: WaitingRequest, now: datetime) -> bool:
        asked = request.request
        activity, environment = registry.activity(asked.activity), registry.environment(asked.environment)
        if activity is None or environment is None:
            return False
        tier = environment.environment.tier
        thing = AGrant(id=request.id, holder=asked.subject.id, tier=tier, activity=activity.activity)
        action = "releaseAccess" if asked.break_glass else "approveAccess"
        return authorizer.is_allowed(subject, action, thing, now)

    room, workspaces = SqlWaiting(database), SqlWorkspaces(database)
    enforce = enforcement_of(settings, accounts, database, ledger)
    look = LookAtWaiting(facts=facts, room=room, directory=registry, judges=judges, may=may_approve)
    request_access = RequestAccess(
        facts=facts,
        ledger=ledger,
        minters=minters,
        bases=bases,
        judges=judges,
        external_ids=accounts.external_ids,
        new_grant_id=lambda now: GrantId(new_id("gr", now)),
        token=_token,
        enforce=enforce,
        accounts=ServedAccounts(accounts=accounts, want=outposts.want),
    )

    return Platform(
        settings=settings,
        clock=clock or DatabaseClock(database=database.now, system=system_clock, monotonic=time.monotonic),
        database=database,
        registry=registry,
        ledger=ledger,
        requests=SqlRequests(database),
        decisions=decisions,
        explain=Explainer(
            decisions=decisions, rulebooks=rulebooks, facts=facts, subject_of=registry.subject, judges=judges
        ),
        rulebooks=rulebooks,
        keys=SqlIdempotencyKeys(database),
        audit=AuditTrail(database),
        policy_readings=readings,
        read_policies=reading_policies(readings, accounts),
        verifier=TokenVerifier(issuers_of(settings.issuers), jwks, own),
        jwks=jwks,
        web_sessions=SqlWebSessions(database),
        overview=SqlOverview(database),
        code_flow=_code_flow(settings, jwks, own),
        judges=judges,
        authorizer=authorizer,
        evaluation=RulesPoint(
            engines=lambda: _in_order(judges()),
            entities=RegistryEntities(registry=registry, facts=facts, authorizer=authorizer),
            considers=CONSIDERS,
        ),
        waiting=room,
        request_access=request_access,
        ask=Ask(request_access=request_access, ledger=ledger, room=room, rules=_request_rules(settings)),
        look=look,
        approve=Approve(room=room, look=look),
        mint_waiting=MintWaiting(
            request_access=request_access,
            ledger=ledger,
            room=room,
            look=look,
            new_request_id=lambda now: RequestId(new_id("rq", now)),
        ),
        deliver=Deliver(facts=facts, ledger=ledger, minters=minters, bases=bases, judges=judges, token=_token),
        revoke=Revoke(ledger=ledger, live=SqlRevocations(database)),
        renew=Renew(ledger=ledger),
        revoke_many=RevokeMany(
            live=SqlRevocations(database), catalogue=registry.catalogue, account=settings.aws.account_id
        ),
        redecide=redecide,
        reconcile=Reconcile(
            ledger=ledger,
            minters=minters,
            bases=bases,
            place_of=place_of,
            token=_token,
            where="the engine's own session",
            enforce=enforce,
            redecide=redecide,
            budget=throttle,
        ),
        sweep=Sweep(ledger=ledger, minters=minters, bases=bases),
        enforce=enforce,
        activities=ActivityDesk(
            store=registry,
            new_id=new_id,
            limits=FastPathLimits(
                templates={TEMPLATE: reviewed_template_digest()},
                max_monthly_budget_usd=FAST_PATH_USD,
                max_duration=timedelta(days=FAST_PATH_DAYS),
                trainings=TRAININGS,
            ),
            template_digest=reviewed_template_digest(),
        ),
        contracts=ContractDesk(store=registry),
        catalogue=CatalogueDesk(store=registry, home=accounts.home, definitions=accounts.definitions),
        views=ViewDesk(store=registry, people=registry),
        rulebook_desk=RulebookDesk(
            store=rulebooks,
            rights=PeopleRights(directory=registry, authorizer=authorizer),
            analysis=RulebookImpact(
                registry=registry,
                questions=RecordedQuestions(
                    decisions=decisions, grants=ledger, facts=facts, subject_of=registry.subject
                ),
            ),
            grants=DecidedAnew(redecide=redecide),
        ),
        provisioning=ProvisioningReconciler(
            store=registry,
            provisioner=home.provisioner(),
            ground=home.ground(frozenset(settings.safeguards.vpc_endpoints)),
        ),
        outposts=outposts,
        workspaces=workspaces,
        workspace_desk=WorkspaceDesk(store=workspaces, people=registry, new_id=new_id),
        purge=Purge(
            workspaces=workspaces,
            facts=facts,
            purger=AccountsPurger(accounts),
            after=settings.limits.purge_after,
        ),
    )


def _code_flow(settings: Settings, keys: JwksCache, clock: Clock) -> CodeFlow | None:
    console = settings.console
    if console is None:
        return None
    issuers = issuers_of(one for one in settings.issuers if one.issuer == console.issuer)
    return CodeFlow(
        client=Client(
            issuer=issuers[0],
            client_id=console.client_id,
            client_secret=None if console.client_secret is None else console.client_secret.get_secret_value(),
            scope=console.scope,
            redirect_uri=f"{settings.base_url}/auth/callback",
        ),
        keys=keys,
        clock=clock,
    )


def _request_rules(settings: Settings) -> RequestRules:
    asked = settings.requests
    return RequestRules(
        ticket=None if asked.ticket_pattern is None else re.compile(asked.ticket_pattern, re.ASCII),
        justify=asked.justification,
        emergency=asked.break_glass_longest,
        ahead=asked.start_within,
    )


def _in_order(judges: Judges) -> tuple[Engine, Engine]:
    """What nobody edits, then what governance wrote."""
    return judges.invariants, judges.rulebook


def _token() -> str:
    """Unguessable text for session names: 12 hexadecimal digits."""
    return secrets.token_hex(6)
