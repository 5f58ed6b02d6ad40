"""The text of a contract, read as the JSON that it plainly says: no guess, no tag, no alias.

YAML's readers disagree on unquoted words (`NO`, `off`, `010`, `1:30`, `2026-10-01`, `1.2`), and a contract
that two readers take differently is two contracts. So whatever a YAML 1.1 and a YAML 1.2 reader would read
differently, or JSON could not carry exactly, is a problem whose fix is to quote it. JSON text is read by the
same rules.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

import yaml

from jit_engine.contracts.document_json import DocumentJson, exact, is_exact
from jit_engine.contracts.problems import ContractInvalid, Path, Problem, json_path

LARGEST_TEXT: Final = 512 * 1024
"""Characters; an ODCS document of a thousand columns has about 200,000."""
DEEPEST: Final = 40
LARGEST_INTEGER: Final = 2**53 - 1
"""Integers beyond it have no exact canonical form (RFC 8785 rests on IEEE 754 doubles)."""

_INTEGER: Final = re.compile(r"-?(?:0|[1-9][0-9]{0,15})\Z", re.ASCII)
_DECIMAL: Final = re.compile(r"-?(?:0|[1-9][0-9]{0,15})\.[0-9]{1,20}\Z", re.ASCII)
_WORDS: Final = re.compile(r"(?:yes|no|on|off)\Z", re.IGNORECASE | re.ASCII)
_CONSTANTS: Final[Mapping[str, bool | None]] = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL")),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
}
_DATE: Final = re.compile(r"[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}(?:[Tt ].*)?\Z", re.ASCII)
_NUMBER_LIKE: Final = re.compile(
    r"[-+]?(?:[0-9][0-9_,]*(?:\.[0-9_]*)?|\.[0-9_]+)(?:[eE][-+]?[0-9]+)?\Z"
    r"|[-+]?0[xXoObB][0-9a-fA-F_]+\Z|[-+]?[0-9][0-9_]*(?::[0-5]?[0-9])+(?:\.[0-9_]*)?\Z"
    r"|[-+]?\.(?:inf|Inf|INF|nan|NaN|NAN)\Z",
    re.ASCII,
)

_NO_TAGS: Final = "leave the tag out; contracts hold plain values only"
# libyaml reads half a megabyte in a tenth of a second, the pure parser in seconds; both give the same events.
_LOADER: Final = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


@dataclass(frozen=True, slots=True, kw_only=True)
class ParsedText:
    """The value of a text and the line (from 1) of everything in it."""

    value: Mapping[str, DocumentJson]
    lines: Mapping[Path, int]


def parse_text(text: str) -> ParsedText:
    """The one mapping that `text` (YAML or JSON) says; raises `ContractInvalid` with every problem found."""
    if len(text) > LARGEST_TEXT:
        fix = f"{LARGEST_TEXT} is the most: leave out what is not contract"
        raise ContractInvalid((_whole(f"has {len(text)} characters", fix),))
    reader = _Reader()
    try:
        for event in yaml.parse(text, Loader=_LOADER):
            reader.take(event)
    except _TooDeep as found:
        raise ContractInvalid((*reader.problems, found.problem)) from None
    except (yaml.YAMLError, UnicodeError) as error:
        raise ContractInvalid((*reader.problems, _syntax(error))) from None
    if not reader.problems and not isinstance(reader.root, Mapping):
        reader.problems.append(_whole("is not a mapping", "give one ODCS document, which begins with apiVersion:"))
    if reader.problems or not isinstance(reader.root, Mapping):
        raise ContractInvalid(tuple(reader.problems))
    return ParsedText(value=reader.root, lines=reader.lines)


def check_json(value: object, lines: Mapping[Path, int]) -> dict[str, DocumentJson]:
    """`value`, which came parsed, as plain JSON; raises `ContractInvalid` for what has no exact form."""
    copy = _Copy(lines)
    plain = copy.of(value, ())
    if not copy.problems and not isinstance(plain, dict):
        copy.problems.append(_whole("is not a mapping", "give one ODCS document as a JSON object"))
    if copy.problems or not isinstance(plain, dict):
        raise ContractInvalid(tuple(copy.problems))
    return plain


class _Copy:
    """A copy made of dicts and lists. What a JSON reader made is a tree; its depth is bounded here."""

    def __init__(self, lines: Mapping[Path, int]) -> None:
        self.problems: list[Problem] = []
        self._lines = lines

    def of(self, value: object, path: Path) -> DocumentJson:
        if len(path) > DEEPEST:
            self._note(path, "is nested too deep", f"{DEEPEST} levels are the most")
            return None
        match value:
            case None | bool():
                return value
            case int():
                if abs(value) > LARGEST_INTEGER:
                    self._note(path, "is too large for an exact number", "quote it")
                return value
            case str():
                self._check_text(value, path)
                return value
            case float():
                if not is_exact(value):
                    self._note(path, f"{value} has no exact form without an exponent", f'quote it: "{value}"')
                    return None
                return value
            case Mapping():
                return self._mapping(value, path)
            case list() | tuple():
                return [self.of(inner, (*path, index)) for index, inner in enumerate(value)]
            case _:
                self._note(path, f"is a {type(value).__name__}, which JSON does not have", "quote it")
                return None

    def _mapping(self, value: Mapping[object, object], path: Path) -> dict[str, DocumentJson]:
        made: dict[str, DocumentJson] = {}
        for key, inner in value.items():
            if isinstance(key, str):
                self._check_text(key, path)
                made[key] = self.of(inner, (*path, key))
            else:
                self._note(path, f"has the key {key!r}, which is not text", "quote the key")
        return made

    def _check_text(self, text: str, path: Path) -> None:
        if not text.isascii() and any("\ud800" <= c <= "\udfff" for c in text):
            self._note(path, "holds half a character (a lone surrogate)", "write the character itself")

    def _note(self, path: Path, message: str, fix: str) -> None:
        self.problems.append(_at(path, line_of(path, self._lines), message, fix))


class _TooDeep(Exception):
    def __init__(self, problem: Problem) -> None:
        super().__init__(problem.message)
        self.problem = problem


@dataclass(slots=True)
class _Frame:
    """A mapping or a list that is being read; `key` is the mapping's key whose value comes next."""

    value: dict[str, DocumentJson] | list[DocumentJson]
    path: Path
    line: int
    key: str | None = None


class _Reader:
    """Builds the value from the parser's events with a stack of its own: no recursion at any nesting."""

    def __init__(self) -> None:
        self.root: DocumentJson = None
        self.lines: dict[Path, int] = {}
        self.problems: list[Problem] = []
        self._stack: list[_Frame] = []
        self._documents = 0

    def take(self, event: yaml.Event) -> None:
        line = 1 if event.start_mark is None else event.start_mark.line + 1
        match event:
            case yaml.DocumentStartEvent():
                self._documents += 1
                if self._documents == 2:
                    self._problem((), line, "is followed by another document", "give one document per contract")
            case yaml.AliasEvent():
                self._problem(self._here(), line, f"is an alias (*{event.anchor})", "write the value out")
                self._add(None, line)
            case yaml.MappingStartEvent() | yaml.SequenceStartEvent():
                self._open(event, line)
            case yaml.MappingEndEvent() | yaml.SequenceEndEvent():
                frame = self._stack.pop()
                self._add(frame.value, frame.line)
            case yaml.ScalarEvent():
                self._scalar(event, line)
            case _:
                pass

    def _open(self, event: yaml.MappingStartEvent | yaml.SequenceStartEvent, line: int) -> None:
        here = self._here()
        if event.tag is not None:
            self._problem(here, line, f"has the tag {event.tag}", _NO_TAGS)
        if len(self._stack) >= DEEPEST:
            raise _TooDeep(_at(here, line, "is nested too deep", f"{DEEPEST} levels are the most"))
        if self._expects_key():
            self._problem(here, line, "has a key that is not text", "use plain words as keys")
        value: dict[str, DocumentJson] | list[DocumentJson] = {} if isinstance(event, yaml.MappingStartEvent) else []
        self._stack.append(_Frame(value=value, path=here, line=line))

    def _scalar(self, event: yaml.ScalarEvent, line: int) -> None:
        here = self._here()
        if event.tag is not None:
            self._problem(here, line, f"has the tag {event.tag}", _NO_TAGS)
            self._add(event.value, line)
        elif event.style:
            self._add(event.value, line)
        else:
            value, trouble = _plain_scalar(event.value)
            if trouble is not None:
                self._problem(here, line, *trouble)
            self._add(value, line)

    def _expects_key(self) -> bool:
        return bool(self._stack) and isinstance(self._stack[-1].value, dict) and self._stack[-1].key is None

    def _here(self) -> Path:
        if not self._stack:
            return ()
        frame = self._stack[-1]
        if isinstance(frame.value, list):
            return (*frame.path, len(frame.value))
        return frame.path if frame.key is None else (*frame.path, frame.key)

    def _add(self, value: DocumentJson, line: int) -> None:
        """Puts a finished value where it belongs: as root, list item, key, or the value of the last key."""
        if not self._stack:
            if self._documents < 2:
                self.root = value
                self.lines[()] = line
            return
        frame = self._stack[-1]
        if isinstance(frame.value, list):
            self.lines[self._here()] = line
            frame.value.append(value)
        elif frame.key is None:
            self._key(frame, value, line)
        else:
            frame.value[frame.key] = value
            frame.key = None

    def _key(self, frame: _Frame, value: DocumentJson, line: int) -> None:
        if not isinstance(value, str):
            if not isinstance(value, dict | list):
                self._problem(frame.path, line, f"has the key {value!r}, which is not text", "quote the key")
            frame.key = repr(value)
        elif value == "<<":
            self._problem(frame.path, line, "has a merge key (<<)", "write the merged values out")
            frame.key = value
        else:
            frame.key = value
        here = (*frame.path, frame.key)
        if here in self.lines:
            self._problem(here, line, f"is given twice, first in line {self.lines[here]}", "keep one of the two")
        self.lines[here] = line

    def _problem(self, path: Path, line: int, message: str, fix: str) -> None:
        self.problems.append(_at(path, line, message, fix))


def _plain_scalar(text: str) -> tuple[DocumentJson, tuple[str, str] | None]:
    """What an unquoted word is, and the problem with it if readers disagree."""
    quoted = f'quote it: "{text[:60]}"'
    if text in _CONSTANTS:
        return _CONSTANTS[text], None
    if _INTEGER.match(text):
        if abs(int(text)) > LARGEST_INTEGER:
            return text, (f"{text} is too large for an exact number", quoted)
        return int(text), None
    if _DECIMAL.match(text):
        number = exact(text)
        if number is None:
            return text, (f"{text[:60]} has more digits than a number keeps", quoted)
        return number, None
    if _WORDS.match(text):
        fix = f"{quoted}, or write true or false"
        return text, (f"{text} is a word to some readers and true or false to others", fix)
    if _DATE.match(text):
        return text, (f"{text[:60]} is text to some readers and a time to others", quoted)
    if _NUMBER_LIKE.match(text):
        return text, (f"{text[:60]} is a number that readers take differently", quoted)
    if text == "=":
        return text, ("= has a meaning of its own to some readers", quoted)
    return text, None


def _syntax(error: Exception) -> Problem:
    mark = getattr(error, "problem_mark", None)
    what = getattr(error, "problem", None) or getattr(error, "reason", None) or "cannot be read"
    return Problem(
        path="$",
        line=None if mark is None else mark.line + 1,
        message=f"is not YAML: {str(what)[:200]}",
        fix="mend the text there; indent with spaces and quote what holds : or #",
    )


def _whole(message: str, fix: str) -> Problem:
    return Problem(path="$", line=None, message=message, fix=fix)


def _at(path: Path, line: int | None, message: str, fix: str) -> Problem:
    return Problem(path=json_path(path), line=line, message=message, fix=fix)


def line_of(path: Path, lines: Mapping[Path, int]) -> int | None:
    """The line of `path`, or of the nearest thing around it; None when there is no text."""
    return next((lines[around] for around in _upwards(path) if around in lines), None)


def _upwards(path: Path) -> Iterator[Path]:
    for length in range(len(path), -1, -1):
        yield path[:length]
