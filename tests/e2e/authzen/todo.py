"""The interoperability scenario's own small world, injected through the ports: schema, rules, users and items.

The rules speak of roles and of ownership. Nothing here knows a single decision.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from jit_engine.domain.subject import Subject
from platform_api.authzen.asking import Ask, Party, Unasked
from platform_api.authzen.point import RulesPoint
from platform_api.authzen.ports import Questions, Reading
from policy import Engine, Entity, EntityRef, Rulebook, Value
from policy.cedar import CedarSchema

DATA = Path(__file__).parent / "data"
CONSIDERS = "The todo application's rules were asked."

SCHEMA = """
entity Role in [Role];
entity User in [Role] { email: String };
entity Profile;
entity Todo { ownerID?: String };
action can_read_user appliesTo { principal: [User], resource: [Profile], context: {} };
action can_read_todos, can_create_todo, can_update_todo, can_delete_todo
  appliesTo { principal: [User], resource: [Todo], context: {} };
"""

RULES = """
@id("viewers-read") @title("Viewers read the list and user information") @owner("todo")
permit (principal in Role::"viewer", action in [Action::"can_read_user", Action::"can_read_todos"], resource);

@id("editors-create") @title("Editors create items") @owner("todo")
permit (principal in Role::"editor", action == Action::"can_create_todo", resource is Todo);

@id("editors-keep-their-own") @title("Editors change and delete their own items") @owner("todo")
permit (
  principal in Role::"editor",
  action in [Action::"can_update_todo", Action::"can_delete_todo"],
  resource is Todo
)
when { resource has ownerID && resource.ownerID == principal.email };

@id("admins-delete") @title("Admins delete any item") @owner("todo")
permit (principal in Role::"admin", action == Action::"can_delete_todo", resource is Todo);

@id("evil-geniuses-update") @title("Evil geniuses change any item") @owner("todo")
permit (principal in Role::"evil_genius", action == Action::"can_update_todo", resource is Todo);
"""

ROLES = {"viewer": (), "editor": ("viewer",), "admin": ("editor",), "evil_genius": ("editor",)}
"""A role and those that it includes."""
ACTIONS = {
    "todo": ("can_create_todo", "can_delete_todo", "can_read_todos", "can_update_todo"),
    "user": ("can_read_user",),
}


def loaded(name: str) -> Any:
    """A file of the scenario."""
    return json.loads((DATA / name).read_text(encoding="utf-8"))


def users() -> dict[str, dict[str, Any]]:
    """Each user's e-mail address and roles, by id."""
    found: dict[str, dict[str, Any]] = loaded("users.json")["users"]
    return found


def items() -> dict[str, str]:
    """The owner of every item that the scenario names with its owner."""
    resources = [case["request"]["resource"] for case in loaded("decisions.json")["evaluation"]]
    return {each["id"]: each["properties"]["ownerID"] for each in resources if "properties" in each}


def role(name: str) -> EntityRef:
    """A role."""
    return EntityRef(type="Role", id=name)


class TodoEntities:
    """`EntitySource` and `Reading` in one: nothing here changes."""

    def __init__(self) -> None:
        self.users, self.items = users(), items()

    def read(self, now: datetime, viewer: Subject | None) -> Reading:
        """Itself."""
        del now, viewer
        return self

    def questions(self, ask: Ask) -> Questions | Unasked:
        """One question; whoever or whatever is not known is denied."""
        user = self.users.get(ask.subject.id) if ask.subject.type == "user" else None
        resource = self._resource(ask.resource)
        if user is None or resource is None:
            return Unasked(status=404, message="no such user, or no such resource")
        principal = EntityRef(type="User", id=ask.subject.id)
        roles = [Entity(ref=role(each), parents=frozenset(map(role, within))) for each, within in ROLES.items()]
        who = Entity(ref=principal, attrs={"email": user["email"]}, parents=frozenset(map(role, user["roles"])))
        return Questions(
            principal=principal, context={}, entities=(*roles, who, resource), asks=((ask.action.name, resource.ref),)
        )

    def _resource(self, asked: Party) -> Entity | None:
        """An item is whatever the application says; who owns it is its own word, or the stored one."""
        if asked.type == "user" and any(user["email"] == asked.id for user in self.users.values()):
            return Entity(ref=EntityRef(type="Profile", id=asked.id))
        if asked.type != "todo":
            return None
        owner = asked.properties.get("ownerID", self.items.get(asked.id))
        attrs: Mapping[str, Value] = {"ownerID": owner} if isinstance(owner, str) else {}
        return Entity(ref=EntityRef(type="Todo", id=asked.id), attrs=attrs)

    def subjects(self, type: str) -> Sequence[str]:
        """Every user."""
        return sorted(self.users) if type == "user" else ()

    def resources(self, type: str) -> Sequence[str]:
        """Every item, or every user as somebody to read about."""
        if type == "user":
            return sorted(user["email"] for user in self.users.values())
        return sorted(self.items) if type == "todo" else ()

    def actions(self, type: str) -> Sequence[str]:
        """The scenario's."""
        return ACTIONS.get(type, ())


def todo_point() -> RulesPoint:
    """The decision point of the scenario: one engine, of its own schema."""
    engine = Engine.load(Rulebook(version="todo-1", text=RULES), schema=CedarSchema(SCHEMA))
    return RulesPoint(engines=lambda: (engine,), entities=TodoEntities(), considers=CONSIDERS)
