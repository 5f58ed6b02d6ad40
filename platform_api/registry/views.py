"""Certifying views: a team's word, by one of its people, that a view of just this definition is a treatment."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from jit_engine.domain.catalogue import Catalogue, TableItem
from jit_engine.domain.event import Event, Json
from jit_engine.domain.subject import Person, Subject
from jit_engine.domain.view import Certificate, View
from jit_engine.errors import InvalidValue, NotFound, WrongState
from platform_api.registry.errors import FourEyes, PeopleOnly
from platform_api.registry.four_eyes import PeopleBehind, is_somebody_else
from platform_api.registry.ports import RegistryStore


@dataclass(frozen=True, slots=True, kw_only=True)
class ViewDesk:
    """Whoever may certify is decided before: a member of a team that owns data behind the view."""

    store: RegistryStore
    people: PeopleBehind

    def view(self, uri: str) -> tuple[TableItem, Catalogue]:
        """The view in its catalogue; raises `NotFound`."""
        catalogue = self.store.catalogue()
        found = catalogue.by_uri.get(uri)
        if not isinstance(found, TableItem) or found.view is None:
            raise NotFound(kind="view", id=uri)
        return found, catalogue

    def certify(self, by: Subject, uri: str, sha256: str, now: datetime) -> TableItem:
        """The view with a certificate of each of the person's teams that own data behind it.

        Raises `FourEyes` for whoever brought the view in, `WrongState` where the definition is not the one that was
        looked at, `InvalidValue` where a certificate would hold nothing, `LostRace` when the catalogue has changed.
        """
        person = _person(by, "certify a view")
        item, catalogue = self.view(uri)
        view = _certifiable(item)
        if catalogue.definition_of(item) != sha256:
            raise WrongState(kind="view", id=uri, state="defined otherwise by now", fix="look at its definition again")
        for brought_in in (view, *(one.view for one in catalogue.behind(item) if one.view is not None)):
            self._check_other_person(person, brought_in)
        teams = sorted(owners_of(item, catalogue) & person.teams)
        if not teams:
            raise InvalidValue(
                field="view", given=uri, fix="only members of a team that owns a table behind it certify"
            )
        kept = [one for one in view.certificates if one.team not in teams and one.sha256 == sha256]
        new = [Certificate(team=team, by=person.id, at=now, sha256=sha256) for team in teams]
        return self._put(item, catalogue, (*kept, *new), "catalogue.view-certified", person, teams, now)

    def withdraw(self, by: Subject, uri: str, now: datetime) -> TableItem:
        """The view without the certificates of the person's teams; raises `WrongState` where they have given none."""
        person = _person(by, "withdraw a certificate")
        item, catalogue = self.view(uri)
        given = () if item.view is None else item.view.certificates
        kept = tuple(one for one in given if one.team not in person.teams)
        teams = sorted({one.team for one in given} & person.teams)
        if not teams:
            raise WrongState(
                kind="view", id=uri, state="not certified by your teams", fix="there is nothing to withdraw"
            )
        return self._put(item, catalogue, kept, "catalogue.view-certificate-withdrawn", person, teams, now)

    def _check_other_person(self, person: Person, view: View) -> None:
        if view.imported_by is None:
            fix = "have it imported again: nobody is on record who brought it in"
            raise InvalidValue(field="view", given="an unknown importer", fix=fix)
        if not is_somebody_else(person.id, [view.imported_by], self.people):
            raise FourEyes(what="you brought this view into the catalogue", fix="have another owner certify it")

    def _put(
        self,
        item: TableItem,
        catalogue: Catalogue,
        certificates: tuple[Certificate, ...],
        action: str,
        person: Person,
        teams: list[str],
        now: datetime,
    ) -> TableItem:
        if item.view is None:
            raise NotFound(kind="view", id=item.source.uri)
        changed = replace(item, view=replace(item.view, certificates=certificates))
        details: dict[str, Json] = {
            "view": item.source.uri,
            "sha256": catalogue.definition_of(item),
            "bases": [base.uri for base in item.view.bases],
            "teams": list(teams),
            "generation": catalogue.generation + 1,
        }
        event = Event(action=action, actor=person.id, at=now, about={}, details=details)
        self.store.change_catalogue(catalogue.generation, [changed], [], event)
        return changed


def owners_of(item: TableItem, catalogue: Catalogue) -> frozenset[str]:
    """The teams that own what a view is made of."""
    return frozenset(one.owner_team for one in catalogue.behind(item))


def _certifiable(item: TableItem) -> View:
    view, uri = item.view, item.source.uri
    if view is None or not view.bases:
        raise InvalidValue(field="view", given=uri, fix="have it defined so that its tables can be told, and imported")
    if view.definer is None:
        fix = (
            "have it made a protected view of the Glue data catalogue: this one reads its tables with the reader's own "
            "rights, so that a certificate would hold nothing"
        )
        raise InvalidValue(field="view", given=uri, fix=fix)
    return view


def _person(by: Subject, what: str) -> Person:
    if not isinstance(by, Person):
        raise PeopleOnly(what=what)
    return by
