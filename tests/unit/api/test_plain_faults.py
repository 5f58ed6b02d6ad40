"""What does not fit is said in plain words, and every pattern has words of its own."""

import json
import re
from pathlib import Path
from typing import Annotated, Literal

import pytest
from pydantic import BaseModel, Field, ValidationError

from jit_engine.domain.tier import Tier
from platform_api.faults import FORMS, plainly
from platform_api.routes.errors import FieldsInvalid

ROOM = Path(__file__).parents[3] / "platform_api"
JARGON = re.compile(r"should|input|items? after|pattern|after validation|extra inputs|\^|instance", re.I)


class Sample(BaseModel, strict=True, extra="forbid"):
    account: Annotated[str, Field(pattern=r"^[0-9]{12}\z")] = "111122223333"
    short: Annotated[str, Field(min_length=1, max_length=5)] = "a"
    long: Annotated[str, Field(min_length=3)] = "abc"
    several: Annotated[list[str], Field(min_length=1, max_length=2)] = Field(default=["a"])
    number: Annotated[int, Field(ge=1, le=9)] = 1
    flag: bool = True
    tier: Tier = Tier.RESEARCH
    mode: Literal["all", "partial"] = "all"


@pytest.mark.parametrize(
    ("given", "what", "fix"),
    [
        ({"account": "12"}, "not in the form", "12 digits"),
        ({"short": ""}, "empty", "write something"),
        ({"short": "abcdef"}, "too long", "5 characters at most"),
        ({"long": "a"}, "too short", "3 characters or more"),
        ({"several": []}, "empty", "one or more"),
        ({"several": ["a", "b", "c"]}, "too many", "2 at most"),
        ({"several": "a"}, "not a list", "a list"),
        ({"number": 0}, "too small", "1 or more"),
        ({"number": 10}, "too large", "9 or less"),
        ({"number": "1"}, "not a whole number", "a whole number"),
        ({"flag": "yes"}, "not true or false", "true or false"),
        ({"short": 1}, "not text", "text"),
        ({"tier": "moon"}, "none of those", "research, validation, or operation"),
        ({"mode": "some"}, "none of those", "all, or partial"),
        ({"more": 1}, "no such field", "leave it out"),
    ],
)
def test_a_fault_says_what_is_wrong_and_what_to_give(given: dict[str, object], what: str, fix: str) -> None:
    with pytest.raises(ValidationError) as caught:
        Sample.model_validate_json(json.dumps(given))
    (found,) = caught.value.errors()
    told, do = plainly(found)
    assert what in told
    assert fix in do
    assert not JARGON.search(f"{told} {do}")


def test_every_pattern_of_the_wire_and_of_the_settings_has_words() -> None:
    written = {
        pattern
        for file in ROOM.rglob("*.py")
        if "embedded" not in file.parts
        for pattern in re.findall(r'pattern=r"([^"]+)"', file.read_text(encoding="utf-8"))
    }
    assert written
    assert written == set(FORMS)


@pytest.mark.parametrize(
    ("count", "said"), [(1, "one value does not fit: f0;"), (2, "2 values do not fit: f0, f1;"), (7, "f4 and 2 more;")]
)
def test_the_sentence_counts_as_people_do(count: int, said: str) -> None:
    assert said in str(FieldsInvalid(tuple((f"f{n}", "it is missing", "add it") for n in range(count))))
