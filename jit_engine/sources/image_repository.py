"""An image repository of ECR: pulling from it, never pushing to it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import ClassVar

from jit_engine.domain.services import ImageRepository
from jit_engine.domain.source import Operation, Source
from jit_engine.domain.verdict import ClearedSource
from jit_engine.iam.statement import Allow
from jit_engine.sources.bounds import Bounds
from jit_engine.sources.kind import Kind, Offer, canonical, identity

DESCRIBE = ("ecr:DescribeImages", "ecr:ListImages")
PULL = ("ecr:BatchCheckLayerAvailability", "ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer")
TOKEN = ("ecr:GetAuthorizationToken",)
"""Knows no resource. The token is good for 12 hours, for what the role may do while it is used."""


class ImageRepositoryKind(Kind):
    """Pulling, with the token that a client signs in with."""

    name = "image-repository"
    scheme = "ecr"
    form = "ecr://account/region/name"
    entity = "ImageRepository"
    identity = ImageRepository
    offers: ClassVar[Mapping[Operation, Offer]] = {
        Operation.DESCRIBE: Offer(cedar="read", actions=DESCRIBE),
        Operation.SELECT: Offer(cedar="read", actions=(*DESCRIBE, *PULL, *TOKEN)),
    }
    columns = "does not apply"
    rows = "does not apply"

    def parse(self, rest: str, account: str) -> Source:
        """A repository, whose name may hold slashes; the URI says whose it is."""
        account, _, region_and_name = rest.partition("/")
        region, _, images = region_and_name.partition("/")
        return canonical(self, ImageRepository(account=account, region=region, images=images), rest)

    def allows(self, cleared: ClearedSource, bounds: Bounds) -> Iterator[Allow]:
        """Describe; pull and sign in for `select`."""
        source = identity(cleared, ImageRepository)
        pulls = Operation.SELECT in cleared.ask.operations
        yield Allow(
            sid=f"{'Pull' if pulls else 'DescribeImages'}{source.account}",
            why="pull images from" if pulls else "describe the images of",
            about=(source.uri,),
            actions=(*DESCRIBE, *PULL) if pulls else DESCRIBE,
            resources=(f"arn:aws:ecr:{source.region}:{source.account}:repository/{source.images}",),
            conditions=bounds.within(source.account),
        )
        if pulls:
            yield Allow(
                sid="ImageToken",
                why="sign in to the registry: the call knows no resource",
                actions=TOKEN,
                resources=("*",),
                conditions={"StringEquals": {"aws:RequestedRegion": source.region}, **bounds.time},
            )
