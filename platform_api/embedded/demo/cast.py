"""Who plays, with what they learn on the way."""

from __future__ import annotations

from dataclasses import dataclass, field
from importlib.resources import files
from pathlib import Path

from platform_api.embedded.demo.stage import Stage
from platform_api.embedded.platform import EmbeddedPlatform

PEOPLE = ("dana", "sam", "pat", "olga", "priya", "gus", "ari", "ines")
FACTS = "s3://acme-prod-lake/loans/facts/"
PERSONAL = "s3://acme-prod-lake/loans/personal/"
TABLE = "glue:loans.applications"
LAKE, REPORTS = "acme-prod-lake", "acme-prod-reports"
RESEARCH, REPORTING = "lending/credit-risk-research", "lending/credit-risk-reporting"
CAMPAIGNS = "lending/campaign-design"


@dataclass(slots=True, kw_only=True)
class Cast:
    """The stage, the platform and the ids that one act hands to the next."""

    stage: Stage
    platform: EmbeddedPlatform
    work: Path
    contract: str = ""
    version: str = ""
    activity: str = ""
    environments: dict[str, str] = field(default_factory=dict)
    workspace: str = ""
    grant: str = ""


def script(name: str) -> Path:
    """One of the demo's ordinary scripts."""
    return Path(str(files("platform_api.embedded.demo").joinpath("scripts", name)))


def sign_everybody_in(cast: Cast) -> None:
    """Each person gets their own token in their own home."""
    cast.stage.tell("Everybody signs in at the local identity provider, each with a token of their own.")
    for person in PEOPLE:
        cast.stage.sluice(person, "login", "--as", person, quiet=True)
    answers = {
        person: cast.stage.sluice(person, "whoami", "--json", quiet=True).json().get("name") for person in PEOPLE
    }
    cast.stage.check("eight people are signed in", len(PEOPLE), sum(1 for name in answers.values() if name))
