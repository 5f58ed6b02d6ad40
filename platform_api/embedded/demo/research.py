"""Acts 1 to 7: a contract, an activity, a grant, an analysis, and what is refused."""

from __future__ import annotations

import csv
import json
import sys
from collections import Counter

import yaml

from platform_api.embedded.demo.cast import CAMPAIGNS, FACTS, LAKE, PERSONAL, RESEARCH, TABLE, Cast, script
from platform_api.embedded.demo.stage import DemoBroken, mapping, rows
from platform_api.embedded.organisation import sample_path, sample_text

TAGS = frozenset(
    "sluicegate:" + tag
    for tag in (
        "activity",
        "environment",
        "tier",
        "owner",
        "cost-center",
        "data-classification",
        "expires-at",
        "managed-by",
    )
) | {"awsApplication"}


def contract(cast: Cast) -> None:
    """1. Proposed by a producer, signed by owner and privacy officer."""
    stage = cast.stage
    stage.act(1, "A data producer proposes a data contract; the data owner and the privacy officer sign it.")
    document = cast.work / "loans.odcs.yaml"
    document.write_text(sample_text("loans.odcs.yaml", cast.platform.now()), encoding="utf-8")
    proposed = stage.sluice("pat", "contract", "propose", str(document), "--json").json()
    cast.contract, cast.version = str(proposed["id"]), str(proposed["version"])
    stage.check("the contract is proposed", "proposed", proposed["state"])
    own = stage.sluice("pat", "contract", "sign", cast.contract, "--version", cast.version, "--role", "data-owner")
    stage.check("its proposer cannot sign it", 3, own.code)
    sign = ("contract", "sign", cast.contract, "--version", cast.version, "--role")
    stage.sluice("olga", *sign, "data-owner", "--json").json()
    signed = stage.sluice("priya", *sign, "privacy-office", "--json").json()
    stage.check("two signatures bring it into force", "in-force", signed["state"])
    holds = Counter(str(clause["hold"]) for clause in rows(signed["clauses"]))
    known = {"enforced", "monitored", "attested"}
    stage.check(
        "each clause says how it is held", "enforced, monitored or attested", dict(holds), ok=set(holds) == known
    )


def activity(cast: Cast) -> None:
    """2. Registered, approved by the fast path, provisioned by CloudFormation, and its owner accepts the contract."""
    stage = cast.stage
    stage.act(2, "A data scientist registers a research activity; the fast path approves it; CloudFormation builds it.")
    order = yaml.safe_load(sample_text("activity.yaml", cast.platform.now()))
    order["contracts"] = [cast.contract]
    file = cast.work / "activity.yaml"
    file.write_text(yaml.safe_dump(order, sort_keys=False), encoding="utf-8")
    made = stage.sluice("dana", "activity", "register", str(file), "--json").json()
    cast.activity = str(mapping(made["activity"])["id"])
    review = mapping(made["review"])
    criteria = rows(review["criteria"])
    stage.check("the fast path approves", "approved", review["state"])
    met = [f"{c['title']}" for c in criteria if c["met"]]
    for title in met:
        stage.tell(f"              met: {title}")
    stage.check(
        "it says which criteria were met", f"{len(criteria)} of {len(criteria)}", f"{len(met)} of {len(criteria)}"
    )
    environment = provisioned(cast, "research", str(mapping(made["environment"])["id"]))
    tags = frozenset(mapping(environment["tags"]))
    stage.check("the environment has every tag", sorted(TAGS), sorted(tags & TAGS))
    cast.workspace = str(mapping(environment["resources"])["workspace_bucket"])
    accepted = stage.sluice(
        "dana", "contract", "accept", cast.contract, "--version", cast.version, "--activity", cast.activity
    )
    stage.check("the activity's owner accepts the contract", 0, accepted.code)


def provisioned(cast: Cast, tier: str, environment: str) -> dict[str, object]:
    """Waits for an environment and keeps its id; raises `DemoBroken` when it does not become active."""
    cast.stage.sluice("dana", "env", "wait", environment)
    shown = cast.stage.sluice("dana", "env", "show", environment, "--json", quiet=True).json()
    if shown["state"] != "active":
        raise DemoBroken(f"the {tier} environment is {shown['state']}: {shown.get('last_error')}")
    cast.environments[tier] = environment
    return shown


def request(cast: Cast) -> None:
    """3. One request for a prefix and a table; a verdict for each; one role; its policy explained."""
    stage = cast.stage
    stage.act(3, "In one request she asks for the loan facts and for the table over them.")
    granted = stage.sluice("dana", *asking(cast, "research", RESEARCH, FACTS, TABLE), "--json").json()
    for source in rows(granted["sources"]):
        contract_, rules = mapping(source["contract"]), mapping(source["rules"])
        stage.check(
            f"{source['source']} has its own verdicts",
            "contract and rules pass",
            f"contract {contract_['passes']}, rules {rules['passes']}: {[r['id'] for r in rows(rules['rules'])]}",
            ok=contract_["passes"] is True and rules["passes"] is True,
        )
    cast.grant = str(mapping(granted["grant"])["id"])
    shown = stage.sluice("dana", "grant", "show", cast.grant, "--json").json()
    statements = rows(shown["statements"])
    stage.check(
        "one role is minted", cast.grant, str(mapping(shown["role"])["name"]), ok=cast.grant in str(shown["role"])
    )
    policy = rows(mapping(shown["policy"])["Statement"])
    why = {str(s["sid"]): str(s["why"]) for s in statements}
    stage.check("every statement says why", len(policy), sum(1 for s in policy if why.get(str(s["Sid"]))))
    on_aws = cast.platform.operator_view_of_role(str(mapping(shown["role"])["name"]))
    stage.check("the policy shown is the one on AWS", True, on_aws.policy == shown["policy"])
    stage.show(stage.sluice("dana", "grant", "show", cast.grant))


def asking(cast: Cast, tier: str, purpose: str, *sources: str, duration: str | None = None) -> tuple[str, ...]:
    """The words of a request."""
    words = ("request", "--activity", cast.activity, "--env", cast.environments[tier], "--purpose", purpose)
    return (*words, *(("--duration", duration) if duration else ()), *sources)


def analysis(cast: Cast) -> None:
    """4. An ordinary script, and its numbers against the CSV."""
    stage = cast.stage
    stage.act(4, "An ordinary script (boto3 and pyarrow) reads the Parquet and prints the default rate by purpose.")
    words = ("run", "--grant", cast.grant, "--", sys.executable, str(sample_path("analysis.py")), FACTS, "--json")
    printed = stage.sluice("dana", *words)
    if printed.code != 0:
        raise DemoBroken(f"the analysis failed: {printed.err[-800:]}")
    found = {str(r["purpose"]): (r["bad"], r["loans"]) for r in rows(json.loads(printed.out))}
    for purpose, (bad, loans) in sorted(found.items()):
        stage.tell(f"              {purpose:<22} {bad:>4} of {loans:>4} defaulted")
    stage.check("its numbers are those of the CSV", _rates(), found)
    stage.check("for example, new cars", (89, 234), found.get("car (new)"))


def _rates() -> dict[str, tuple[int, int]]:
    with sample_path("german_credit.csv").open(encoding="utf-8", newline="") as file:
        loans = list(csv.DictReader(file))
    bad = Counter(loan["purpose"] for loan in loans if loan["outcome"] == "bad")
    return {purpose: (bad[purpose], count) for purpose, count in Counter(loan["purpose"] for loan in loans).items()}


def beside(cast: Cast) -> None:
    """5. The same credentials, tried beside what was granted."""
    stage = cast.stage
    stage.act(5, "With the same credentials she tries what was not granted. The AWS answers, not the platform.")
    outcomes = attempts(
        cast,
        ("writing to the lake", "put", LAKE, "loans/facts/mine.txt"),
        ("reading the personal attributes", "get", LAKE, "loans/personal/part-0.parquet"),
        ("listing the bucket's root", "list", LAKE, ""),
        ("writing to the own workspace", "put", cast.workspace, "work/notes.txt"),
    )
    expected = {"writing to the own workspace": "allowed"}
    for name, outcome in outcomes.items():
        stage.check(f"AWS on {name}", expected.get(name, "AccessDenied"), outcome)


def attempts(cast: Cast, *tries: tuple[str, str, str, str]) -> dict[str, str]:
    """What AWS answers to each (name, get | put | list, bucket, key) with the grant's credentials."""
    words = ("run", "--grant", cast.grant, "--", sys.executable, str(script("attempts.py")), json.dumps(tries))
    return {name: str(outcome) for name, outcome in cast.stage.sluice("dana", *words).json().items()}


def personal_attributes(cast: Cast) -> None:
    """6. Refused by a named policy, with what could be asked for instead."""
    stage = cast.stage
    stage.act(6, "She asks for the personal attributes in research.")
    refused = stage.sluice("dana", *asking(cast, "research", RESEARCH, PERSONAL), "--json")
    verdict = only_verdict(refused.json())
    rule = rows(mapping(verdict["rules"])["rules"])[0] if verdict["refused_by"] == "rules" else {}
    stage.check("a named policy refuses", "forbid-personal-attributes-in-research", rule.get("id"))
    stage.check("it says what to ask for instead", "an advice", rule.get("advice"), ok=bool(rule.get("advice")))


def only_verdict(answer: dict[str, object]) -> dict[str, object]:
    """The verdict of a request's only source."""
    return dict(rows(answer["sources"])[0])


def other_purpose(cast: Cast) -> None:
    """7. Refused by the contract; the rules were not asked, and the record says so."""
    stage = cast.stage
    stage.act(7, "She asks for the loan facts for a purpose that the contract does not allow.")
    answer = stage.sluice("dana", *asking(cast, "research", CAMPAIGNS, FACTS), "--json").json()
    verdict = only_verdict(answer)
    breaches = [str(b["code"]) for b in rows(mapping(verdict["contract"])["breaches"])]
    stage.check("the contract refuses", ("contract", ["purpose-not-allowed"]), (verdict["refused_by"], breaches))
    record = stage.sluice("dana", "requests", "show", str(answer["request_id"]), "--json").json()
    recorded = rows(mapping(record["decision"])["sources"])[0]
    stage.check("the record says the rules were not consulted", {"consulted": False}, recorded["rules"])
