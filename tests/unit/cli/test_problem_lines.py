"""How a problem document reads on a terminal."""

from cli.answer import Doc
from cli.problem import explained


def test_a_detail_of_several_lines_is_shown_on_as_many() -> None:
    document = Doc(
        {"title": "The rulebook is invalid", "code": "rulebook-invalid", "detail": "two problems:\n  line 1\x1b"}
    )
    shown = explained(document, 422)
    assert shown[1:3] == ["  two problems:", "    line 1\\u001b"]
