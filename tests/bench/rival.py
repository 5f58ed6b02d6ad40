"""Another engine with the same rules, in a process of its own: `rival.py NAME FOLDER`, where FOLDER holds it.

It reads one JSON line with the rules and the facts, says that it is ready, and then answers each line of questions
with a line of answers and of the seconds that each took. The facts are looked up for each question, as ours are.

Each engine is told the rules in the form that its own documentation would choose, and made as fast as that allows:

- casbin: policies with three role graphs (teams, products, action groups), deny overrides;
- oso: facts that Polar indexes by their ground arguments, asked for each team, action and product at hand;
- regopy: rules as a data document that one Rego rule searches, which is how Rego holds 10,000 rules as data.
"""

from __future__ import annotations

import importlib
import json
import sys
import time
from collections.abc import Callable
from typing import Any

Ask = dict[str, Any]
Answerer = Callable[[Ask], bool]

CASBIN_MODEL = """
[request_definition]
r = person, table, action, mfa

[policy_definition]
p = team, product, action, mfa, eft

[role_definition]
g = _, _
g2 = _, _
g3 = _, _

[policy_effect]
e = some(where (p.eft == allow)) && !some(where (p.eft == deny))

[matchers]
m = g(r.person, p.team) && g2(r.table, p.product) && g3(r.action, p.action) && (p.mfa == "any" || r.mfa == "yes")
"""

POLAR = """
allow(who: Person, doing: Doing, what: Table) if
    applies("permit", who, doing, what) and not applies("forbid", who, doing, what);

applies(effect, who: Person, doing: Doing, what: Table) if
    team in who.teams and action in doing.actions and
    says(effect, team, action, what.product, mfa) and fits(mfa, doing.mfa);

fits("any", _);
fits("yes", "yes");
"""

REGO = """
package book

import rego.v1

matching contains rule.effect if {
    some rule in data.rules
    rule.product == input.product
    rule.team in input.teams
    rule.action in input.actions
    fits(rule)
}

fits(rule) if rule.mfa == "any"

fits(rule) if input.mfa == "yes"
"""


class Facts:
    """What is said about the company, in words."""

    def __init__(self, told: dict[str, Any]) -> None:
        self.rules: list[dict[str, str]] = told["rules"]
        self.teams: dict[str, list[str]] = told["teams"]
        self.products: dict[str, str] = told["products"]
        self.actions: dict[str, list[str]] = told["actions"]


def casbin(facts: Facts) -> Answerer:
    """pycasbin's enforcer."""
    module = importlib.import_module("casbin")
    enforcer = module.Enforcer(module.Enforcer.new_model(text=CASBIN_MODEL))
    effects = {"permit": "allow", "forbid": "deny"}
    enforcer.add_policies(
        [[each["team"], each["product"], each["action"], each["mfa"], effects[each["effect"]]] for each in facts.rules]
    )
    enforcer.add_grouping_policies([[person, team] for person, teams in facts.teams.items() for team in teams])
    enforcer.add_named_grouping_policies("g2", [[table, product] for table, product in facts.products.items()])
    groups = [[action, group] for action, groups in facts.actions.items() for group in groups if group != action]
    enforcer.add_named_grouping_policies("g3", groups)
    return lambda ask: bool(enforcer.enforce(ask["person"], ask["table"], ask["action"], ask["mfa"]))


def oso(facts: Facts) -> Answerer:
    """oso's library."""

    class Person:
        def __init__(self, name: str) -> None:
            self.teams = facts.teams[name]

    class Table:
        def __init__(self, name: str) -> None:
            self.product = facts.products[name]

    class Doing:
        def __init__(self, action: str, mfa: str) -> None:
            self.actions = facts.actions[action]
            self.mfa = mfa

    engine = importlib.import_module("oso").Oso()
    for each in (Person, Table, Doing):
        engine.register_class(each)
    order = ("effect", "team", "action", "product", "mfa")
    said = (", ".join(json.dumps(rule[field]) for field in order) for rule in facts.rules)
    engine.load_str(POLAR + "\n".join(f"says({each});" for each in said))
    return lambda ask: bool(
        engine.is_allowed(Person(ask["person"]), Doing(ask["action"], ask["mfa"]), Table(ask["table"]))
    )


def regopy(facts: Facts) -> Answerer:
    """rego-cpp's interpreter."""
    engine = importlib.import_module("regopy").Interpreter()
    engine.add_data({"rules": facts.rules})
    engine.add_module("book", REGO)

    def answer(ask: Ask) -> bool:
        engine.set_input(
            {
                "teams": facts.teams[ask["person"]],
                "product": facts.products[ask["table"]],
                "actions": facts.actions[ask["action"]],
                "mfa": ask["mfa"],
            }
        )
        matching = list(engine.query("data.book.matching").results[0].expressions[0])
        return "permit" in matching and "forbid" not in matching

    return answer


def main(name: str, folder: str) -> None:
    """Serve questions until the input ends."""
    sys.path.insert(0, folder)
    answerer = {"casbin": casbin, "oso": oso, "regopy": regopy}[name](Facts(json.loads(sys.stdin.readline())))
    print(json.dumps({"ready": name}), flush=True)
    for line in sys.stdin:
        answers, times = [], []
        for ask in json.loads(line):
            began = time.perf_counter()
            answers.append(answerer(ask))
            times.append(time.perf_counter() - began)
        print(json.dumps({"answers": answers, "seconds": times}), flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
