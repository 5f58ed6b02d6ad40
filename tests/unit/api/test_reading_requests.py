"""A request as it is read: what only the catalogue can say is read from it once, by who may see it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from types import SimpleNamespace
from typing import Any

import pytest

from jit_engine.domain.catalogue import Catalogue
from jit_engine.domain.ids import RequestId
from jit_engine.errors import InvalidValue
from platform_api.authorize import Forbidden
from platform_api.routes.access import read_request
from platform_api.schemas.access import AccessAsked
from tests.fakes.world import ACCOUNT, ACTIVITY, ADA, LOANS, NOW, PEOPLE, REGION, REQUEST, catalogue

DATABASE = {"kind": "glue-database", "uri": f"glue://{ACCOUNT}/{REGION}/lending"}
TABLE = {"kind": "glue-table", "account": ACCOUNT, "region": REGION, "database": "lending", "table": "loans"}


@dataclass(slots=True)
class Door:
    """What reading a request needs of the platform and of the rules."""

    sees: bool = True
    most: int = 1000
    readings: int = 0

    def catalogue(self) -> Catalogue:
        self.readings += 1
        return catalogue()

    def check(self, subject: object, action: str, thing: object, now: datetime) -> None:
        del subject, thing, now
        if not self.sees:
            raise Forbidden(action=action, rules=(), rulebook="r")

    def read(self, *sources: dict[str, Any]) -> list[str]:
        """The sources that such a body comes to."""
        asked = [{"operations": ["select"], **source} for source in sources]
        text = json.dumps(
            {"activity": ACTIVITY, "environment": f"en_{ACTIVITY[3:]}", "purpose": "risk", "sources": asked}
        )
        settings = SimpleNamespace(
            aws=SimpleNamespace(account_id=ACCOUNT, region=REGION), limits=SimpleNamespace(max_sources=self.most)
        )
        caller: Any = SimpleNamespace(
            platform=SimpleNamespace(settings=settings, registry=self, authorizer=self), subject=ADA, now=NOW
        )
        found = read_request(caller, AccessAsked.model_validate_json(text), RequestId(REQUEST))
        return [ask.source.uri for ask in found.asks]


def test_a_container_is_read_from_one_reading_of_the_catalogue() -> None:
    door = Door()
    product = {"kind": "data-product", "uri": "product://lending/loan-reports"}
    assert door.read(DATABASE, product) == [LOANS.uri, PEOPLE.uri, "s3://sample-reports/monthly/"]
    assert door.readings == 1


def test_who_may_not_see_the_catalogue_names_no_container_and_learns_nothing_of_it() -> None:
    with pytest.raises(Forbidden) as refused:
        Door(sees=False).read(DATABASE)
    assert refused.value.action == "viewSources"
    door = Door(sees=False)
    assert door.read(TABLE) == [LOANS.uri]
    assert door.readings == 0


@pytest.mark.parametrize("sources", [(DATABASE,), (TABLE, {**TABLE, "table": "people"})])
def test_the_platforms_own_limit_counts_what_a_container_comes_to(sources: tuple[dict[str, Any], ...]) -> None:
    with pytest.raises(InvalidValue) as refused:
        Door(most=1).read(*sources)
    assert refused.value.field == "sources"
    assert refused.value.given.startswith("2 sources")
