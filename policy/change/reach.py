"""Whom and what the changed rules can match, by their scopes alone, in a known directory."""

from collections.abc import Iterable, Mapping, Sequence

from policy.change.edit import Edit
from policy.question import Entity, EntityRef
from policy.syntax import ActionScope, AnyEntity, InActions, InEntity, IsAction, IsEntity, OfType, OfTypeIn, Scope
from policy.vocabulary import Vocabulary

# The ways to read a column group, the best first.
TREATMENTS = ("readClear", "readHashed", "readMasked")


class Groups:
    """What every entity is in."""

    def __init__(self, entities: Iterable[Entity]) -> None:
        self._parents: Mapping[EntityRef, frozenset[EntityRef]] = {each.ref: each.parents for each in entities}
        self._above: dict[EntityRef, frozenset[EntityRef]] = {}

    def above(self, ref: EntityRef) -> frozenset[EntityRef]:
        """The entity itself and everything that it is in, however far up."""
        if ref not in self._above:
            found, waiting = {ref}, [ref]
            while waiting:
                more = self._parents.get(waiting.pop(), frozenset()) - found
                found |= more
                waiting += more
            self._above[ref] = frozenset(found)
        return self._above[ref]


class Reach:
    """Where an edit can make a difference: outside it, no rule that changed matches, before or after."""

    def __init__(self, edit: Edit, vocabulary: Vocabulary) -> None:
        readings = edit.readings()
        self._is_known = len(readings) == len(edit.before) + len(edit.after)
        self._scopes = [(_actions(rule.action, vocabulary), rule.principal, rule.resource) for rule in readings]
        everything = frozenset(name for name, action in vocabulary.actions.items() if action.principals)
        self.actions = frozenset().union(*(actions for actions, _, _ in self._scopes)) if self._is_known else everything

    def holds(self, principal: EntityRef, action: str, resource: EntityRef, groups: Groups) -> bool:
        """Whether a changed rule can match; always true when a changed rule could not be read."""
        if not self._is_known:
            return True
        for actions, who, what in self._scopes:
            if action in actions and _matches(who, principal, groups) and _matches(what, resource, groups):
                return True
        return False

    def asks(
        self, principal: EntityRef, resources: Sequence[EntityRef], groups: Groups, vocabulary: Vocabulary
    ) -> tuple[tuple[str, EntityRef], ...]:
        """Every (action, resource) within reach of a principal; of a column group, all treatments or none."""
        found: dict[tuple[str, EntityRef], None] = {}
        for resource in resources:
            for action in sorted(self.actions):
                kind = vocabulary.actions[action]
                fits = resource.type in kind.resources and principal.type in kind.principals
                if fits and self.holds(principal, action, resource, groups):
                    found |= {(each, resource): None for each in together(action)}
        return tuple(found)


def together(action: str) -> tuple[str, ...]:
    """What has to be asked to know what one action comes to: all treatments for one of them."""
    return TREATMENTS if action in TREATMENTS else (action,)


def _actions(scope: ActionScope, vocabulary: Vocabulary) -> frozenset[str]:
    match scope:
        case AnyEntity():
            return frozenset(name for name, action in vocabulary.actions.items() if action.principals)
        case IsAction(name):
            return frozenset({name})
        case InActions(names):
            return frozenset(action.name for action in vocabulary.actions_in(names))


def _matches(scope: Scope, ref: EntityRef, groups: Groups) -> bool:
    match scope:
        case AnyEntity():
            return True
        case IsEntity(other):
            return ref == other
        case InEntity(other):
            return other in groups.above(ref)
        case OfType(kind):
            return ref.type == kind
        case OfTypeIn(kind, other):
            return ref.type == kind and other in groups.above(ref)
