"""The decision on one request: tier invariants, then contracts, then the editable rules; then the time it may last."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from jit_engine.contracts.breaches import SHORTEST_SESSION
from jit_engine.contracts.terms import Contract, HeldContract
from jit_engine.domain.activity import Activity, Environment
from jit_engine.domain.catalogue import PrefixItem, ServiceItem, TableItem
from jit_engine.domain.request import MIN_DURATION, AccessRequest, Mode, SourceAsk
from jit_engine.domain.source import S3Prefix
from jit_engine.domain.spans import in_words
from jit_engine.domain.verdict import (
    Breach,
    Clearance,
    ClearedSource,
    Gate,
    NamedRule,
    Refusal,
    RuleVerdict,
    SourceVerdict,
    clearance_key,
)
from jit_engine.domain.view import View
from jit_engine.errors import InvalidValue, NotFound
from jit_engine.ports import Facts
from jit_engine.rules.approvals import ApprovalNeed, unmet
from jit_engine.rules.containers import (
    Judge,
    collides,
    contracts_about,
    withheld_places,
    withholding,
)
from jit_engine.rules.contract_gate import contract_verdict, contracts_of
from jit_engine.rules.entities import slice_for, source_ref, subject_ref
from jit_engine.rules.labels import contracts_of_label, label_breaches, rule_breaches
from jit_engine.rules.questions import Ask, data_context, spelled
from jit_engine.rules.safeguards import bound_endpoints, network_breaches
from jit_engine.rules.tiers import TIER_MAXIMUM
from jit_engine.rules.time_wanted import wanted_duration
from jit_engine.rules.treatments import (
    check_columns,
    column_verdict,
    durations_of,
    optional_questions,
    questions_for,
)
from jit_engine.rules.views import cleared_view, cleared_with_bases
from jit_engine.sources.kinds import cedar_action
from policy import Decision, Engine, Setting


@dataclass(frozen=True, slots=True, kw_only=True)
class Judges:
    """The two that are asked: the invariants, which nobody edits, and the live rulebook."""

    invariants: Engine
    rulebook: Engine


def clear(request: AccessRequest, facts: Facts, judges: Judges, now: datetime) -> Clearance | Refusal:
    """A `Clearance` for what passes, or a `Refusal` with a verdict for every source.

    1. The request must make sense: a known activity and environment, catalogued sources, a duration that the tier
       allows. Raises `NotFound` or `InvalidValue`.
    2. Every source, and everything that is reached through it, is put to the tier invariants. What contract or rules
       refuse inside a prefix is withheld where a Deny can hold it exactly (`rules.containers`).
    3. What passes is held against the contract that covers it; every breach is named.
    4. What passes that too is put to the editable rules. A gate that was not asked stays None in the record.
       Of a table that contract and rules leave in part, the part is cleared if it can be enforced.
    5. Mode `all`: one refused source refuses the request; `partial`: what passes goes on, and what does not is left
       out of the request from here on.
    6. The environment's workspace is a source of every grant there: its label is held against every contract in it,
       as those are today, and put to invariants and rules.
    7. The end is the earliest of all ends, and no AWS session may outlive contract, activity or environment.
    8. Where a contract has people approve, the request has to bring their approvals; else that is the refusal's only
       reason, after everything else has passed (`refused_only_by_approval`).
    """
    activity, environment = _check_request(request, facts, now)
    setting = _setting(request, facts, now)
    together = facts.held.union(contract.held for contract in contracts_about(request, facts))

    def refused(*breaches: Breach) -> Refusal:
        return Refusal(
            request=request, verdicts=verdicts, breaches=breaches, decided_at=now, rulebook=judges.rulebook.version
        )

    def judge(ask: SourceAsk, left: Facts) -> SourceVerdict:
        return _verdicts(replace(request, asks=(ask,)), left, judges, setting, together, now)[0]

    strict = _verdicts(request, facts, judges, setting, together, now)
    verdicts = _withheld(strict, facts, judge)
    passed = [verdict for verdict in verdicts if verdict.passes]
    if not passed or (request.mode is Mode.ALL and len(passed) < len(verdicts)):
        return refused()
    asked = contracts_of(passed, facts)
    if breaches := tuple(_of_workspace(request, facts, judges, (setting, asked, together), now)):
        return refused(*breaches)
    contracts = [*asked, *(contract for contract in contracts_of_label(facts) if contract not in asked)]
    sessions_end_by = min([activity.ends_at, environment.expires_at, *(c.ends_at for c in contracts)])
    if sessions_end_by - now < SHORTEST_SESSION:
        return refused(_too_late(sessions_end_by))
    if missing := unmet(passed, contracts, request):
        return refused(*map(_approval_needed, missing))
    longest = durations_of([one.ask for one in passed], request, facts, {one.key for one in asked})
    ends_at, shortened = _end(request, contracts, sessions_end_by, environment, longest, now)
    return Clearance(
        request=request,
        activity=activity,
        environment=environment,
        cleared=tuple(
            one for verdict in passed for one in cleared_with_bases(_cleared(verdict, facts), facts.catalogue)
        ),
        verdicts=verdicts,
        contracts=frozenset(contract.key for contract in contracts),
        decided_at=now,
        ends_at=ends_at,
        sessions_end_by=sessions_end_by,
        shortened=shortened,
        rulebook=judges.rulebook.version,
        catalogue_generation=facts.catalogue.generation,
        endpoints=bound_endpoints((one.ask.source for one in passed), facts.catalogue, environment, facts.label),
        key=clearance_key(),
    )


def _check_request(request: AccessRequest, facts: Facts, now: datetime) -> tuple[Activity, Environment]:
    activity, environment = facts.activity, facts.environment
    if activity is None or facts.owner is None:
        raise NotFound(kind="activity", id=request.activity)
    if environment is None or environment.activity != activity.id:
        raise NotFound(kind="environment", id=request.environment)
    if request.purpose not in facts.purposes:
        raise InvalidValue(
            field="purpose",
            given=request.purpose,
            fix="use a purpose of the tree, for example one of the activity's: " + ", ".join(sorted(activity.purposes)),
        )
    longest = TIER_MAXIMUM[environment.tier]
    if request.duration is not None and request.duration > longest:
        raise InvalidValue(
            field="duration",
            given=in_words(request.duration),
            fix=f"the {environment.tier.value} tier allows {in_words(longest)} at most",
        )
    if request.ends_at is not None and request.ends_at - now < MIN_DURATION:
        raise InvalidValue(
            field="ends_at",
            given=request.ends_at.isoformat(),
            fix=f"name a time that is at least {MIN_DURATION.seconds} s ahead",
        )
    for position, ask in enumerate(request.asks):
        item = facts.catalogue.item(ask.source)
        if item is None:
            raise InvalidValue(
                field=f"sources[{position}]",
                given=ask.source.uri,
                fix="name a source of the catalogue, or a prefix beneath one (`sluice data list` shows them)",
            )
        if not ask.operations:
            raise InvalidValue(field=f"sources[{position}].operations", given=ask.source.uri, fix="name an operation")
        for operation in sorted(ask.operations):
            cedar_action(ask.source, operation)  # raises for one that the source does not offer
        check_columns(ask, facts, f"sources[{position}].columns")
    return activity, environment


def _verdicts(
    request: AccessRequest,
    facts: Facts,
    judges: Judges,
    setting: Setting,
    together: frozenset[HeldContract],
    now: datetime,
) -> tuple[SourceVerdict, ...]:
    """A verdict for each ask in order. Each engine is asked once, for all sources that have come as far as to it."""
    asks = [questions_for(ask, facts) for ask in request.asks]
    optional = [optional_questions(ask, facts) for ask in request.asks]
    always = _answers(judges.invariants, asks, setting)
    invariants = [_rule_verdict(judges.invariants, *each, always) for each in zip(asks, optional, strict=True)]
    contracts = [
        contract_verdict(ask, request, facts, together, now) if verdict.passes else None
        for ask, verdict in zip(request.asks, invariants, strict=True)
    ]
    reached = [place for place, contract in enumerate(contracts) if contract is not None and contract.passes]
    live = _answers(judges.rulebook, [asks[place] for place in reached], setting)
    rules = {place: _rule_verdict(judges.rulebook, asks[place], optional[place], live) for place in reached}
    return tuple(
        SourceVerdict(
            ask=ask,
            invariants=invariants[place],
            contract=contracts[place],
            rules=rules.get(place),
            columns=column_verdict(ask, request, facts, (always, live)) if place in rules else None,
        )
        for place, ask in enumerate(request.asks)
    )


def _of_workspace(
    request: AccessRequest,
    facts: Facts,
    judges: Judges,
    read: tuple[Setting, Sequence[Contract], frozenset[HeldContract]],
    now: datetime,
) -> Iterator[Breach]:
    """What the label of the environment's workspace says against it; nothing while the label is empty."""
    environment = facts.environment
    if not facts.label.marks or environment is None or environment.place is None:
        return
    setting, asked, together = read
    yield from label_breaches(request, facts, asked, together, now)
    yield from network_breaches(facts.label.classification, environment, facts.safeguards)
    question: Ask = ("read", source_ref(environment.place.workspace))
    answers = [_answers(engine, [[question]], setting)[question] for engine in (judges.invariants, judges.rulebook)]
    yield from rule_breaches(answers)


def _setting(request: AccessRequest, facts: Facts, now: datetime) -> Setting:
    """Who asks, in which circumstances and on which facts: the same for every question of the request."""
    if facts.environment is None:
        raise ValueError("gather the facts first")
    return Setting(
        principal=subject_ref(request.subject),
        context=data_context(request, facts.environment, now),
        entities=slice_for(request, facts, now),
    )


def _answers(engine: Engine, asks: Sequence[Sequence[Ask]], setting: Setting) -> dict[Ask, Decision]:
    """What the engine says to every question; one that several sources come to is asked once."""
    distinct = list(dict.fromkeys(question for questions in asks for question in questions))
    return dict(zip(distinct, engine.decide_in(setting, distinct), strict=True)) if distinct else {}


def _rule_verdict(
    engine: Engine, asks: Sequence[Ask], optional: frozenset[Ask], answers: Mapping[Ask, Decision]
) -> RuleVerdict:
    """Every question has to be permitted but the optional ones, of which one treatment of one group is enough."""
    refused = [(ask, answers[ask]) for ask in asks if not answers[ask].allowed]
    left_out = [(ask, decision) for ask, decision in refused if ask in optional and ask[0] == "readClear"]
    if optional:
        refused = [(ask, decision) for ask, decision in refused if ask not in optional]
    if not any(answers[ask].allowed for ask in optional):
        refused += left_out
    if refused:
        first, decision = refused[0]
        rules = _named([d for _, d in refused])
        inside = None if first[1] == asks[0][1] else f"{first[0]} {first[1].id}"
        return RuleVerdict(
            passes=False,
            why=decision.why.value,
            rules=rules,
            refused_item=inside,
            rulebook=engine.version,
            questions=len(asks),
            refused_questions=tuple(map(spelled, dict.fromkeys(ask for ask, _ in (*refused, *left_out)))),
        )
    return RuleVerdict(
        passes=True,
        why="permitted",
        rules=_named([answers[ask] for ask in asks if answers[ask].allowed]),
        refused_item=None,
        rulebook=engine.version,
        questions=len(asks),
        refused_questions=tuple(spelled(ask) for ask, _ in left_out),
    )


def _named(decisions: Sequence[Decision]) -> tuple[NamedRule, ...]:
    rules = {rule.id: rule for decision in decisions for rule in decision.rules}
    return tuple(NamedRule(id=r.id, title=r.title, advice=r.advice) for _, r in sorted(rules.items()))


def _withheld(strict: Sequence[SourceVerdict], facts: Facts, judge: Judge) -> tuple[SourceVerdict, ...]:
    """The verdicts with what can be withheld withheld, unless another source of the request gives just that."""
    tried = [verdict if verdict.passes else withholding(verdict.ask, facts, verdict, judge) for verdict in strict]
    cleared = {place: _cleared(verdict, facts) for place, verdict in enumerate(tried) if verdict.passes}
    settled = []
    for place, verdict in enumerate(tried):
        others = [(one.files, one.without) for other, one in cleared.items() if other != place]
        clashes = bool(verdict.without) and collides(withheld_places(verdict), others)
        settled.append(strict[place] if clashes else verdict)
    return tuple(settled)


def _cleared(verdict: SourceVerdict, facts: Facts) -> ClearedSource:
    ask = verdict.ask
    item = facts.catalogue.item(ask.source)
    match ask.source, item:
        case S3Prefix() as prefix, PrefixItem() as around:
            return ClearedSource(ask=ask, files=(prefix,), without=withheld_places(verdict), key_arn=around.key_arn)
        case _, ServiceItem() as service:
            return ClearedSource(ask=ask, files=(), key_arn=service.key_arn)
        case _, TableItem(view=View()) as view:
            return cleared_view(ask, view, facts.catalogue)
        case _, TableItem() as table if verdict.columns is not None:
            found = verdict.columns.obligations
            return ClearedSource(
                ask=ask,
                files=table.files if found.enforcer is None else (),
                columns=found.columns,
                row_filter=found.row_filter,
                treatments=found.treatments,
                key_arn=table.key_arn if found.enforcer is None else None,
            )
    raise ValueError(f"{ask.source.uri} passed without being catalogued")


def _end(
    request: AccessRequest,
    contracts: Sequence[Contract],
    sessions_end_by: datetime,
    environment: Environment,
    longest: Sequence[timedelta],
    now: datetime,
) -> tuple[datetime, str | None]:
    wanted = now + wanted_duration(request, contracts, environment, longest)
    ends = {"the end of contract, activity or environment": sessions_end_by}
    if request.ends_at is not None:
        ends["the request's own end"] = request.ends_at
    reason, earliest = min(ends.items(), key=lambda end: end[1])
    if earliest < wanted:
        return earliest.replace(
            microsecond=0
        ), f"shortened from {in_words(wanted - now)} to {in_words(earliest - now)}: {reason}"
    return wanted.replace(microsecond=0), None


def _too_late(end: datetime) -> Breach:
    return Breach(
        code="ends-too-soon",
        clause="duration",
        given=f"everything ends at {end.isoformat()}",
        allowed="at least 900 s, the shortest AWS session",
        next_step="have the contract, the activity or the environment prolonged",
    )


def _approval_needed(need: ApprovalNeed) -> Breach:
    return Breach(
        code="approval-needed",
        clause="approvals",
        given="the approvals that count so far",
        allowed=need.sentence,
        next_step=f"ask for it without a dry run: the request then waits for {need.asked}",
    )


def refused_only_by_approval(refusal: Refusal) -> bool:
    """Whether everything has passed but people have to say yes first."""
    return _codes(refusal) == {"approval-needed"}


def refused_only_by_duration(refusal: Refusal) -> bool:
    """Whether nothing but the asked duration stands in the way: then the value is wrong, not the wish."""
    return _codes(refusal) == {"duration-too-long"}


def refused_only_by_its_end(refusal: Refusal) -> bool:
    """Whether only too little time is left for a new session: then what was given before still stands."""
    found = _codes(refusal)
    return bool(found) and found <= {"contract-ends-too-soon", "ends-too-soon"}


def _codes(refusal: Refusal) -> set[str]:
    """The code of every breach; the name of every other gate that refused.

    What refuses the request itself comes after its sources: those that were refused are then left out already.
    """
    if refusal.breaches:
        return {breach.code for breach in refusal.breaches}
    found = set[str]()
    for verdict in refusal.verdicts:
        if verdict.refused_by is Gate.CONTRACT and verdict.contract is not None:
            found |= {breach.code for breach in verdict.contract.breaches}
        elif verdict.refused_by is not None:
            found.add(verdict.refused_by.value)
    return found
