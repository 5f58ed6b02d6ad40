"""Reading JSON values field by field, noting every problem by the way to its field."""

from collections.abc import Callable, Mapping, Sequence
from typing import TypeVar

from policy.errors import FieldProblem

_T = TypeVar("_T")
_MOST = 500


class Fields:
    """The fields of one JSON object. What is missing or of another type is noted and read as something empty."""

    def __init__(self, value: object, path: str, problems: list[FieldProblem]) -> None:
        self._path = path
        self._problems = problems
        self._values: Mapping[object, object] = {}
        self._read: set[str] = set()
        self._is_object = isinstance(value, Mapping)
        if isinstance(value, Mapping):
            self._values = value
        else:
            message = f"is {_kind(value)}; give an object with fields"
            problems.append(FieldProblem(field=path or "the document", message=message))

    def __contains__(self, name: str) -> bool:
        return self._values.get(name) is not None

    def text(self, name: str) -> str:
        """A text that has to be there."""
        found = self.text_or_none(name)
        if not found:
            self._required(name)
        return found or ""

    def text_or_none(self, name: str) -> str | None:
        """A text; None where it is left out or null."""
        value = self._take(name)
        if value is None or isinstance(value, str):
            return value
        self._note(name, f"is {_kind(value)}; give a text")
        return None

    def flag(self, name: str, otherwise: bool) -> bool:
        """True or false."""
        value = self._take(name)
        if value is None or isinstance(value, bool):
            return otherwise if value is None else value
        self._note(name, f"is {_kind(value)}; give true or false")
        return otherwise

    def texts(self, name: str, otherwise: tuple[str, ...] | None = None) -> tuple[str, ...]:
        """A list of texts; one that has to be there unless `otherwise` says what else it is."""
        value = self._list(name)
        if value is None:
            if otherwise is None:
                self._required(name)
            return otherwise or ()
        for place, each in enumerate(value):
            if not isinstance(each, str):
                self._note(f"{name}[{place}]", f"is {_kind(each)}; give a text")
        return tuple(each for each in value if isinstance(each, str))

    def choice(self, name: str, choices: Mapping[str, _T]) -> _T | None:
        """One of several texts, as what it stands for; noted where it is missing or another."""
        if self._values.get(name) is None:
            self._take(name)
            self._note(name, f"give one of {', '.join(choices)}")
            return None
        return self.choice_or_none(name, choices)

    def choice_or_none(self, name: str, choices: Mapping[str, _T]) -> _T | None:
        """The same where it may be left out."""
        value = self._take(name)
        if value is None:
            return None
        if isinstance(value, str) and value in choices:
            return choices[value]
        self._note(
            name, f"is {value[:60] if isinstance(value, str) else _kind(value)}; give one of {', '.join(choices)}"
        )
        return None

    def parsed_or_none(self, name: str, parse: Callable[[str], _T | None], wanted: str) -> _T | None:
        """A text as what `parse` makes of it; noted where it makes nothing of it."""
        text = self.text_or_none(name)
        if text is None:
            return None
        parsed = parse(text)
        if parsed is None:
            self._note(name, f"is {text[:60]!r}; give {wanted}")
        return parsed

    def inner(self, name: str) -> "Fields":
        """An object inside that has to be there."""
        return Fields(self._take(name), self._way(name), self._problems)

    def inner_or_none(self, name: str) -> "Fields | None":
        """An object inside; None where it is left out or null."""
        return None if self._values.get(name) is None else self.inner(name)

    def list_of(self, name: str) -> "list[Fields]":
        """A list of objects; empty where it is left out."""
        return [
            Fields(each, f"{self._way(name)}[{place}]", self._problems)
            for place, each in enumerate(self._list(name) or ())
        ]

    def note(self, name: str, message: str) -> None:
        """Add a problem with a field."""
        self._note(name, message)

    def skip(self, name: str) -> None:
        """Take a field as read, for reasons that were noted elsewhere."""
        self._read.add(name)

    def check_required(self, *names: str) -> None:
        """Note each of the fields that is missing."""
        for name in names:
            if name not in self:
                self._required(name)

    def check_all_read(self) -> None:
        """Note every field that nobody asked for."""
        for name in self._values:
            if name not in self._read:
                self._note(str(name)[:60], "is no field here; take it out")

    def _list(self, name: str) -> Sequence[object] | None:
        value = self._take(name)
        if value is None:
            return None
        if not isinstance(value, list | tuple):
            self._note(name, f"is {_kind(value)}; give a list")
            return ()
        if len(value) > _MOST:
            self._note(name, f"has {len(value)} entries; give at most {_MOST}")
            return ()
        return value

    def _take(self, name: str) -> object:
        self._read.add(name)
        return self._values.get(name)

    def _required(self, name: str) -> None:
        if not isinstance(self._values.get(name), str | None) and not isinstance(self._values.get(name), list):
            return  # noted already as of another type
        self._note(name, "is missing or empty")

    def _note(self, name: str, message: str) -> None:
        if self._is_object:  # else all that there is to say was said
            self._problems.append(FieldProblem(field=self._way(name), message=message))

    def _way(self, name: str) -> str:
        return f"{self._path}.{name}" if self._path else name


def _kind(value: object) -> str:
    """A value's type as JSON calls it."""
    match value:
        case None:
            return "missing"
        case bool():
            return "true or false"
        case int() | float():
            return "a number"
        case str():
            return "a text"
        case list() | tuple():
            return "a list"
        case Mapping():
            return "an object"
        case _:
            return f"a {type(value).__name__}"
