"""Loads the sample organisation into the registry; what is there already stays as it is."""

from __future__ import annotations

import hashlib
from datetime import datetime

from jit_engine.domain.event import Event, Json
from platform_api.embedded.organisation import Organisation, sample_text
from platform_api.wiring import Platform

ACTOR = "system:sample"


def load(platform: Platform, organisation: Organisation, issuer: str, now: datetime) -> tuple[str, ...]:
    """Directory, standing approvals, purposes, catalogue and rules; names what changed. Safe to repeat.

    The rulebook's version is its digest, so changed rules become a version of their own. Rules that people have made
    live stay: the sample's come first and never again.
    """
    registry = platform.registry
    rules, cases = sample_text("rules.cedar"), sample_text("rules.cases.yaml")
    version = "sample-" + hashlib.sha256((rules + cases).encode()).hexdigest()[:12]
    entries, items = organisation.directory(issuer), organisation.catalogue_items()
    approvals, purposes = organisation.approvals(), organisation.purpose_tree()
    done = {
        "directory": registry.put_directory(entries, _event("directory", {"people": len(entries)}, now)),
        "standing approvals": registry.put_standing_approvals(
            approvals, _event("standing-approvals", {"approvals": len(approvals)}, now)
        ),
        "purposes": registry.put_purposes(purposes, _event("purposes", {"purposes": sorted(purposes)}, now)),
        "catalogue": registry.put_catalogue(items, _event("catalogue", {"items": len(items)}, now)),
        "rules": platform.rulebooks.put_rulebook(version, rules, _event("rulebook", {"version": version}, now), cases),
    }
    return tuple(name for name, changed in done.items() if changed)


def _event(what: str, details: dict[str, Json], now: datetime) -> Event:
    return Event(action=f"sample.{what}-loaded", actor=ACTOR, at=now, about={}, details=details)
