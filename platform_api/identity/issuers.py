"""The identity providers whose tokens are taken, as values."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Protocol

ASYMMETRIC = frozenset({"RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA"})
"""Algorithms whose verification key is public (RFC 7518, RFC 8037); no issuer may have any other."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Issuer:
    """One identity provider: its name and ours exactly as in its tokens, where its keys are, how it signs."""

    issuer: str
    audience: str
    jwks_url: str
    algorithms: frozenset[str]

    def __post_init__(self) -> None:
        if not self.algorithms or not self.algorithms <= ASYMMETRIC:
            raise ValueError(f"{self.issuer}: name asymmetric signature algorithms only")


class _Configured(Protocol):
    @property
    def issuer(self) -> str: ...
    @property
    def audience(self) -> str: ...
    @property
    def jwks_url(self) -> str: ...
    @property
    def algorithms(self) -> Iterable[str]: ...


def issuers_of(configured: Iterable[_Configured]) -> tuple[Issuer, ...]:
    """The issuers of the settings."""
    return tuple(
        Issuer(
            issuer=one.issuer,
            audience=one.audience,
            jwks_url=one.jwks_url,
            algorithms=frozenset(str(algorithm) for algorithm in one.algorithms),
        )
        for one in configured
    )
