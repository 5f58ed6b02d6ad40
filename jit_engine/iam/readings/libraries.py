"""The second reading of image and package repositories, and of the tokens that know no resource."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from jit_engine.domain.services import ImageRepository, PackageRepository
from jit_engine.domain.source import Operation
from jit_engine.iam.readings.plain import PlainReading, may
from jit_engine.iam.readings.reading import EVERYTHING, Decided, ReadAllow, is_bound

_LOOK = {"ecr:DescribeImages", "ecr:ListImages"}
_PULL = {"ecr:BatchCheckLayerAvailability", "ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"}
_SIGN_IN = "ecr:GetAuthorizationToken"
_KNOW = {"codeartifact:DescribeRepository", "codeartifact:ListPackages"}
_INSTALL = {"codeartifact:GetRepositoryEndpoint", "codeartifact:ReadFromRepository"}
_TOKEN, _BEARER = "codeartifact:GetAuthorizationToken", "sts:GetServiceBearerToken"


class ImageReading(PlainReading):
    """Pulling; the registry's token in the regions of what is pulled."""

    actions = frozenset({*_LOOK, *_PULL, _SIGN_IN})

    def cleared(self, decided: Decided) -> Mapping[str, set[str]]:
        """One ARN a repository."""
        pairs: list[tuple[set[str], str]] = []
        self.regions: set[str] = set()
        for c in decided.clearance.cleared:
            if isinstance(s := c.ask.source, ImageRepository):
                pulls = Operation.SELECT in c.ask.operations
                arn = f"arn:aws:ecr:{s.region}:{s.account}:repository/{s.images}"
                pairs.append((_LOOK | (_PULL if pulls else set()), arn))
                self.regions |= {s.region} if pulls else set()
        return may(pairs)

    def faults(self, allow: ReadAllow) -> Iterator[str]:
        """The token by itself."""
        if allow.actions != [_SIGN_IN]:
            yield from super().faults(allow)
        elif allow.resources != EVERYTHING or not any(
            is_bound(allow, {"StringEquals": {"aws:RequestedRegion": region}}) for region in self.regions
        ):
            yield "the registry's token is not bound to a region of what is pulled"


class PackageReading(PlainReading):
    """Installing; the domain's token, and the bearer token for CodeArtifact alone."""

    actions = frozenset({*_KNOW, *_INSTALL, _TOKEN, _BEARER})

    def cleared(self, decided: Decided) -> Mapping[str, set[str]]:
        """Repository and domain of each library."""
        pairs: list[tuple[set[str], str]] = []
        self.installs = False
        for c in decided.clearance.cleared:
            if isinstance(s := c.ask.source, PackageRepository):
                start = f"arn:aws:codeartifact:{s.region}:{s.account}"
                pairs.append((_KNOW, f"{start}:repository/{s.domain}/{s.packages}"))
                if Operation.SELECT in c.ask.operations:
                    self.installs = True
                    pairs.append((_INSTALL, f"{start}:repository/{s.domain}/{s.packages}"))
                    pairs.append(({_TOKEN}, f"{start}:domain/{s.domain}"))
        return may(pairs)

    def faults(self, allow: ReadAllow) -> Iterator[str]:
        """The bearer token by itself."""
        if allow.actions != [_BEARER]:
            yield from super().faults(allow)
        elif (
            not self.installs
            or allow.resources != EVERYTHING
            or not is_bound(allow, {"StringEquals": {"sts:AWSServiceName": "codeartifact.amazonaws.com"}})
        ):
            yield "the bearer token is not bound to CodeArtifact"
