"""Hosts of the internet that an environment's network lets through: on its list while a live grant needs them."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import ClassVar, Final, Protocol

from jit_engine.domain.artefact import Artefact, Mechanism
from jit_engine.domain.ids import GrantId
from jit_engine.domain.services import PublicEndpoint
from jit_engine.enforcers.found import found_artefact, of_each
from jit_engine.enforcers.ports import ArtefactLedger, Seated
from jit_engine.errors import AwsUnavailable, EngineError
from jit_engine.iam.enforcing import NoEnforcer

TRIES: Final = 5
RETRY_AFTER: Final = timedelta(seconds=10)


class EgressListUnfit(EngineError):
    """A list that does not keep back what is not on it: nothing is put on it."""

    code: ClassVar[str] = "egress-list-unfit"

    def __init__(self, *, name: str, why: str) -> None:
        super().__init__(f"{name} does not hold a network to its hosts: {why}; an operator has to repair it")


class ListMoved(Exception):
    """Somebody else has written the list since it was read."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed:
    """What a list holds, and the token that a write of it has to bring."""

    hosts: frozenset[str]
    token: str


class EgressList(Protocol):
    """One list of hosts. What is not on it is kept back."""

    def read(self) -> Listed:
        """What it holds now; raises `EgressListUnfit` where it would let other hosts through as well."""
        ...

    def write(self, hosts: Collection[str], token: str) -> None:
        """Makes these the whole list, if nobody has written it since `token` was read; else raises `ListMoved`."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class EgressEnforcer:
    """By ARN, the lists of environments. A list is always written as a whole: what live grants need, and no more.

    Which grants those are is asked of the ledger between reading and writing the list, and a write that another one
    has overtaken begins anew. So a host comes with the first grant that needs it and goes with the last, whoever races.
    """

    served: Mapping[str, EgressList]
    ledger: ArtefactLedger
    mechanism: Mechanism = Mechanism.EGRESS

    def plan(self, seated: Seated) -> Sequence[Artefact]:
        """One entry for each host and list of the environment's network."""
        return list(self._planned(seated))

    def put(self, artefact: Artefact) -> None:
        """Has the list hold what the ledger needs by now, this entry included."""
        self._settle(artefact.text("list"), without=None)

    def lift(self, artefact: Artefact) -> None:
        """Has the list hold what the ledger needs without this entry."""
        self._settle(artefact.text("list"), without=artefact.name)

    def is_gone(self, artefact: Artefact) -> bool:
        """Whether the list lacks the host, or has it for another grant."""
        arn, host = artefact.text("list"), artefact.text("host")
        return host not in self._list(arn).read().hosts or host in self._needed(arn, without=artefact.name)

    def found(self) -> Iterable[Artefact]:
        """Every host on a list that no grant of the ledger needs, whoever put it there: the lists are ours alone."""
        return of_each(self.served, self._strays)

    def _strays(self, arn: str, one: EgressList) -> Iterator[Artefact]:
        for host in sorted(one.read().hosts - self._needed(arn, without=None)):
            yield _stray(arn, host)

    def _planned(self, seated: Seated) -> Iterator[Artefact]:
        for cleared in seated.clearance.cleared:
            source = cleared.ask.source
            if not isinstance(source, PublicEndpoint):
                continue
            unserved = [arn for arn in seated.place.egress if arn not in self.served]
            if unserved or not seated.place.egress:
                why = "the platform serves no list of hosts of the environment's network: ask an operator (egress)"
                raise NoEnforcer(sources=(source.uri,), clearance=seated.clearance, why=why)
            for arn in sorted(seated.place.egress):
                yield Artefact(
                    grant=seated.grant,
                    part=seated.part,
                    mechanism=self.mechanism,
                    account=arn.split(":")[4],
                    region=arn.split(":")[3],
                    source=source.uri,
                    name=f"{arn.rpartition('/')[2]}:{source.host}:{seated.grant}",
                    plan={"list": arn, "host": source.host},
                    created_at=seated.now,
                )

    def _settle(self, arn: str, *, without: str | None) -> None:
        one = self._list(arn)
        for _ in range(TRIES):
            listed = one.read()
            wanted = self._needed(arn, without=without)
            if listed.hosts == wanted:
                return
            try:
                one.write(wanted, listed.token)
            except ListMoved:
                continue
            return
        raise AwsUnavailable(operation="network-firewall:UpdateRuleGroup", retry_after=RETRY_AFTER)

    def _needed(self, arn: str, *, without: str | None) -> frozenset[str]:
        live = (one for one in self.ledger.live(self.mechanism) if one.name != without)
        return frozenset(one.text("host") for one in live if one.text("list") == arn)

    def _list(self, arn: str) -> EgressList:
        one = self.served.get(arn)
        if one is None:
            raise EgressListUnfit(name=arn, why="it is not in the settings (egress) any more")
        return one


def _stray(arn: str, host: str) -> Artefact:
    return found_artefact(
        Mechanism.EGRESS,
        GrantId(""),
        account=arn.split(":")[4],
        region=arn.split(":")[3],
        source=f"https://{host}",
        name=f"{arn.rpartition('/')[2]}:{host}",
        plan={"list": arn, "host": host},
    )
