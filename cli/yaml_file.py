"""A YAML or JSON file that people wrote, as the JSON that it means: no dates guessed, no key lost, no alias."""

from __future__ import annotations

from collections.abc import Hashable
from pathlib import Path
from typing import Any

import yaml

from cli.answer import Doc, Json
from cli.failure import InputInvalid

MOST_BYTES = 1 << 20


class _Loader(yaml.SafeLoader):
    """Times stay text, and a key that stands twice is an error rather than silently the last one."""

    yaml_implicit_resolvers = {  # noqa: RUF012 - as PyYAML wants it
        first: [(tag, pattern) for tag, pattern in resolvers if tag != "tag:yaml.org,2002:timestamp"]
        for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
    }

    def compose_node(self, parent: yaml.Node | None, index: int) -> yaml.Node | None:
        """Refuses aliases: a few lines of them can stand for gigabytes."""
        if self.check_event(yaml.AliasEvent):
            raise yaml.YAMLError("aliases (*name) are not taken: write the value out")
        return super().compose_node(parent, index)

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, Any]:
        """The mapping; raises when a key is no text or stands twice."""
        seen: set[str] = set()
        for key, _ in node.value:
            if not isinstance(key, yaml.ScalarNode) or not isinstance(self.construct_object(key), str):
                raise yaml.YAMLError(f"line {key.start_mark.line + 1}: a key has to be text: quote it")
            if key.value in seen:
                raise yaml.YAMLError(f"line {key.start_mark.line + 1}: the key {key.value} stands twice")
            seen.add(key.value)
        return super().construct_mapping(node, deep)


def read_text(file: Path) -> str:
    """The file's text; raises `InputInvalid`."""
    try:
        with file.open("rb") as opened:
            content = opened.read(MOST_BYTES + 1)
        if len(content) > MOST_BYTES:
            raise InputInvalid(f"{file} is larger than 1 MiB, the most that is taken", next_step="name another file")
        return content.decode("utf-8")
    except OSError as error:
        why = (error.strerror or "").lower()
        raise InputInvalid(f"{file} cannot be read: {why}", next_step="name a file that you may read") from error
    except UnicodeDecodeError as error:
        raise InputInvalid(f"{file} is not text in UTF-8", next_step="save it as UTF-8") from error


def read_object(file: Path) -> Doc:
    """The object that the file spells; raises `InputInvalid`."""
    try:
        value: Json = yaml.load(read_text(file), Loader=_Loader)  # noqa: S506 - a SafeLoader, and stricter
    except RecursionError as error:
        raise InputInvalid(f"{file} is nested too deep to be read", next_step="write it flatter") from error
    except (yaml.YAMLError, ValueError) as error:
        where = getattr(error, "problem_mark", None)
        at = "" if where is None else f", line {where.line + 1}"
        why = getattr(error, "problem", None) or str(error)
        raise InputInvalid(f"{file}{at} is not readable YAML: {why}", next_step="mend the text there") from error
    if not isinstance(value, dict):
        raise InputInvalid(f"{file} does not hold an object", next_step="write names and values: `name: credit-risk`")
    return Doc(value)
