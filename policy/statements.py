"""Cedar text cut into its statements, and what is too long, too deep or too odd to be parsed at all.

Cedar's parser, validator and evaluator recurse, and a text of 2 kB nested deeply enough ends the process. So
this scan is linear, keeps its own stack, and comes before any of them. Its bounds are upper bounds of the
tree that Cedar would build: it may refuse a rule that Cedar would have survived, never the reverse.
"""

import re
from dataclasses import dataclass, field

from policy.errors import Problem

MAX_RULEBOOK_BYTES = 1024 * 1024
MAX_RULE_BYTES = 64 * 1024
# Brackets and ifs. The parser took about 12 kB of stack each: at 60 it survives a stack of 1 MB.
MAX_NESTING = 60
# Links of a chain such as `a && b && c` or `a.b.c`, each a level of the tree. With a stack of 1 MB the
# validator gave up on a chain of 500 and called the rule valid.
MAX_CHAIN = 250
# `x has a.b.c` is expanded to a tree that grows with the square of its length.
MAX_PATH = 10

_TOKEN = re.compile(
    r"""
      (?P<blank> \s+ | //[^\n]*+ )
    | (?P<string> "(?:[^"\\]|\\.)*+" )
    | (?P<word> [A-Za-z_][A-Za-z0-9_]*+ )
    | (?P<number> [0-9]++ )
    | (?P<link> && | \|\| | == | != | <= | >= | [<>+\-*!.] )
    | (?P<open> [(\[{] )
    | (?P<close> [)\]}] )
    | (?P<end> ; )
    | (?P<comma> , )
    | (?P<other> :: | [@:?=%/&|] )
    """,
    re.VERBOSE,
)
_LINKING_WORDS = frozenset({"in", "is", "has", "like", "when", "unless"})
_SPLIT = "; say it in several rules"
_CLOSES = {"(": ")", "[": "]", "{": "}"}
# Control characters, which Cedar may take for the end of a comment where a person sees none, and characters
# that show a text in another order than it is read in. A line ends with LF or CR LF.
_MISLEADING = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\xad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\ud800-\udfff]|\r(?!\n)"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement:
    """One statement as written, comments before it left out; `line` is where it starts, from 1."""

    text: str
    line: int


@dataclass(slots=True)
class _Level:
    """What is known of one open bracket: the element being read, and the tallest one before it."""

    bracket: str = ""
    links: int = 0
    ifs: int = 0
    inner_nesting: int = 0
    inner_height: int = 0
    nesting: int = 0
    height: int = 0

    def end_element(self) -> None:
        """Account for the element that ends here: what sits side by side does not add up."""
        self.nesting = max(self.nesting, self.ifs + self.inner_nesting)
        self.height = max(self.height, self.ifs + self.links + self.inner_height)
        self.links = self.ifs = self.inner_nesting = self.inner_height = 0


@dataclass(slots=True)
class _Scan:
    """The statement being read."""

    start: int | None = None
    levels: list[_Level] = field(default_factory=lambda: [_Level()])
    path: int = 0
    longest_path: int = 0


def statements_of(text: str) -> tuple[tuple[Statement, ...], tuple[Problem, ...]]:
    """The statements of `text` in order, and what has to be corrected before Cedar may see it.

    Nothing of a text with problems may be handed on, whatever its other statements look like.
    """
    size = len(text.encode("utf-8", "surrogatepass"))
    if size > MAX_RULEBOOK_BYTES:
        return (), (Problem(line=1, message=f"the text has {size:,} bytes; at most {MAX_RULEBOOK_BYTES:,}"),)
    if found := _MISLEADING.search(text):
        line = text.count("\n", 0, found.start()) + 1
        message = f"remove the invisible character U+{ord(found.group()):04X}"
        return (), (Problem(line=line, message=message),)
    return _cut(text)


def _cut(text: str) -> tuple[tuple[Statement, ...], tuple[Problem, ...]]:
    statements: list[Statement] = []
    problems: list[Problem] = []
    scan, at, line, counted = _Scan(), 0, 1, 0
    while at < len(text):
        token = _TOKEN.match(text, at)
        if token is None:
            line += text.count("\n", counted, at)
            what = "this string never ends" if text[at] == '"' else f"unexpected character {text[at]!r}"
            return (), (*problems, Problem(line=line, message=what))
        at = token.end()
        if token.lastgroup == "blank":
            continue
        if scan.start is None:
            scan.start = token.start()
            line += text.count("\n", counted, scan.start)
            counted = scan.start
        if complaint := _read(scan, str(token.lastgroup), token.group()):
            line += text.count("\n", counted, token.start())
            return (), (*problems, Problem(line=line, message=complaint))
        if token.lastgroup == "end":
            statement = Statement(text=text[scan.start : at], line=line)
            statements.append(statement)
            problems += (Problem(line=line, message=excess) for excess in _excesses(statement, scan))
            scan = _Scan()
    if scan.start is not None:
        problems.append(Problem(line=line, message="the rule that starts here does not end with `;`"))
    return tuple(statements), tuple(problems)


def _read(scan: _Scan, kind: str, lexeme: str) -> str | None:
    """Take one token into account; what is wrong with it, if it makes going on pointless."""
    level = scan.levels[-1]
    if kind == "link" and lexeme == ".":
        scan.path += 1
        scan.longest_path = max(scan.longest_path, scan.path)
    elif kind != "word" or lexeme in _LINKING_WORDS:
        scan.path = 0
    match kind:
        case "link":
            level.links += 1
        case "word" if lexeme in _LINKING_WORDS:
            level.links += 1
        case "word" if lexeme == "if":
            level.ifs += 1
        case "comma":
            level.end_element()
        case "open":
            level.links += lexeme == "["  # `a["b"]` is a link of a chain as `a.b` is
            scan.levels.append(_Level(bracket=lexeme))
            if len(scan.levels) > MAX_NESTING + 1:
                return f"brackets are nested more than {MAX_NESTING} deep{_SPLIT}"
        case "close":
            if len(scan.levels) == 1 or _CLOSES[level.bracket] != lexeme:
                return f"`{lexeme}` closes nothing that is open here"
            level.end_element()
            scan.levels.pop()
            outer = scan.levels[-1]
            outer.inner_nesting = max(outer.inner_nesting, level.nesting + 1)
            outer.inner_height = max(outer.inner_height, level.height + 1)
        case "end" if len(scan.levels) > 1:
            return f"`;` before the `{_CLOSES[level.bracket]}` that is missing"
        case "end":
            level.end_element()
    return None


def _excesses(statement: Statement, scan: _Scan) -> list[str]:
    """Which bounds a complete statement exceeds."""
    excesses = []
    if (size := len(statement.text.encode())) > MAX_RULE_BYTES:
        excesses.append(f"the rule has {size:,} bytes; at most {MAX_RULE_BYTES:,}{_SPLIT}")
    top = scan.levels[0]
    if top.nesting > MAX_NESTING:
        excesses.append(f"the rule is nested {top.nesting} deep; at most {MAX_NESTING}{_SPLIT}")
    if top.height > MAX_CHAIN:
        excesses.append(f"the rule chains {top.height} operators; at most {MAX_CHAIN}{_SPLIT}")
    if scan.longest_path > MAX_PATH:
        excesses.append(f"a path has {scan.longest_path} dots; at most {MAX_PATH}")
    return excesses
