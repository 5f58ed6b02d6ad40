"""YAML or JSON text as plain JSON values: no alias, no tag, no key twice, no word that readers take differently."""

import re
from typing import Final

import yaml

from policy.errors import FieldProblem

_LONGEST: Final = 512 * 1024
_DEEPEST: Final = 12
_OTHERWISE: Final = re.compile(r"(?:y|n|yes|no|on|off)\Z", re.IGNORECASE | re.ASCII)
_WHOLE: Final = re.compile(r"-?(?:0|[1-9][0-9]{0,14})\Z", re.ASCII)
_BEFORE: Final = (yaml.StreamStartEvent, yaml.StreamEndEvent, yaml.DocumentStartEvent, yaml.DocumentEndEvent)
_WORDS: Final[dict[str, bool | None]] = {"true": True, "false": False, "null": None, "~": None, "": None}


class NotPlain(Exception):
    """The text is not what it has to be; for the caller to say in its own words."""

    def __init__(self, problem: FieldProblem) -> None:
        self.problem = problem
        super().__init__(str(problem))


def plain_value(text: str) -> object:
    """The one value that `text` says, made of dicts, lists, text, integers, true, false and null.

    NotPlain with the line otherwise. What is not quoted and no integer, true, false or null is text.
    """
    if len(text) > _LONGEST:
        raise _not_plain(1, f"has {len(text):,} characters; at most {_LONGEST:,}")
    try:
        return _read(text)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        what = getattr(error, "problem", None) or "cannot be read"
        raise _not_plain(1 if mark is None else mark.line + 1, f"is no YAML: {str(what)[:200]}") from error


def _read(text: str) -> object:
    open_: list[tuple[object, list[str]]] = []  # a list or mapping being read, and the key whose value comes next
    roots: list[object] = []

    def put(value: object, line: int) -> None:
        if not open_:
            roots.append(value)
            if len(roots) > 1:
                raise _not_plain(line, "is a second document; give one")
            return
        around, key = open_[-1]
        if isinstance(around, list):
            around.append(value)
        elif isinstance(around, dict) and key:
            around[key.pop()] = value
        elif isinstance(around, dict):
            if not isinstance(value, str):
                raise _not_plain(line, "has a key that is no text; quote it")
            if value in around or value == "<<":
                raise _not_plain(line, f"has the key {value[:60]!r} twice, or merges; write each once")
            around[value] = None
            key.append(value)

    for event in yaml.parse(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader)):
        if isinstance(event, _BEFORE):
            continue
        line = 1 if event.start_mark is None else event.start_mark.line + 1
        if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None):
            raise _not_plain(line, "has an anchor or alias; write the value out")
        if tag := getattr(event, "tag", None):
            raise _not_plain(line, f"has the tag {str(tag)[:60]}; leave it out")
        match event:
            case yaml.MappingStartEvent() | yaml.SequenceStartEvent():
                if len(open_) >= _DEEPEST:
                    raise _not_plain(line, f"is nested more than {_DEEPEST} deep")
                if open_ and isinstance(open_[-1][0], dict) and not open_[-1][1]:
                    raise _not_plain(line, "has a key that is no text; quote it")
                open_.append(({} if isinstance(event, yaml.MappingStartEvent) else [], []))
            case yaml.MappingEndEvent() | yaml.SequenceEndEvent():
                put(open_.pop()[0], line)
            case yaml.ScalarEvent():
                put(event.value if event.style else _scalar(event.value, line), line)
            case _:
                raise _not_plain(line, "cannot be read")
    return roots[0] if roots else None


def _scalar(text: str, line: int) -> object:
    if text in _WORDS:
        return _WORDS[text]
    if _OTHERWISE.match(text):
        raise _not_plain(line, f"has {text}, which is text to some readers only; quote it, or write true or false")
    return int(text) if _WHOLE.match(text) else text


def _not_plain(line: int, message: str) -> NotPlain:
    return NotPlain(FieldProblem(field=f"line {line}", message=message))
