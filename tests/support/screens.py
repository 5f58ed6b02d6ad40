"""Every screen of the console with its address: what a picture is taken of and axe looks at."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Screen:
    """`path` has places in braces for ids of the story; `login` is who looks at it."""

    path: str
    login: str = "gus"


_FACTS = "s3://acme-prod-lake/loans/facts/"
SCREENS = {
    "dashboard": Screen(path="/"),
    "approvals": Screen(path="/approvals"),
    "one-review": Screen(path="/approvals?open={review}"),
    "grants": Screen(path="/grants"),
    "one-grant": Screen(path="/grants?open={grant}"),
    "requests": Screen(path="/grants?tab=requests"),
    "grant": Screen(path="/grants/{grant}"),
    "asked": Screen(path="/requests/{request}"),
    "request": Screen(
        path=f"/request?activity={{activity}}&environment={{environment}}&add={_FACTS}",
        login="dana",
    ),
    "graph": Screen(path="/graph"),
    "rules": Screen(path="/rules"),
    "one-rule": Screen(path="/rules?open=forbid-personal-attributes-in-research"),
    "versions": Screen(path="/rules?tab=versions"),
    "version": Screen(path="/rules/{rulebook}"),
    "draft": Screen(path="/rules/{draft}"),
    "draft-cedar": Screen(path="/rules/{draft}?tab=cedar"),
    "draft-cases": Screen(path="/rules/{draft}?tab=cases"),
    "draft-compare": Screen(path="/rules/{draft}?tab=compare"),
    "impact": Screen(path="/rules/{proposal}/impact"),
    "bench": Screen(path="/bench"),
    "contracts": Screen(path="/contracts"),
    "contract": Screen(path="/contracts/{contract}"),
    "contract-document": Screen(path="/contracts/{contract}?tab=document"),
    "contract-desk": Screen(path="/contracts/desk", login="pat"),
    "activities": Screen(path="/activities"),
    "activity": Screen(path="/activities/{activity}"),
    "activity-data": Screen(path="/activities/{activity}?tab=data"),
    "register": Screen(path="/activities/new", login="dana"),
    "environment": Screen(path="/environments/{environment}"),
    "data": Screen(path="/data"),
    "one-table": Screen(path="/data?open=glue://000000000000/us-east-1/loans/applications"),
    "products": Screen(path="/data?tab=products"),
    "one-product": Screen(path="/data?tab=products&open=product://lending/loan-applications"),
    "one-database": Screen(path="/data?tab=databases&open=glue://000000000000/us-east-1/loans"),
    "audit": Screen(path="/audit"),
    "one-record": Screen(path="/audit?open={record}"),
    "not-here": Screen(path="/nothing-of-the-kind"),
    "signed-in": Screen(path="/signed-in"),
    "signed-out": Screen(path="/signed-out"),
    "not-signed-in": Screen(path="/signed-out?why=unknown-subject"),
}
