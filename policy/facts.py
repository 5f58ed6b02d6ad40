"""A question's values as Cedar's JSON text, and the check that nothing in them is missing.

A rule that names a group which was not loaded matches nothing, in silence: a forbid on that group would be
off. So whatever the values mention has to be there.
"""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from json.encoder import encode_basestring_ascii as quoted
from typing import TypeAlias

from policy.errors import QuestionUnfit
from policy.question import Entity, EntityRef, Value
from policy.scope_index import Key

_Uid: TypeAlias = tuple[str, str]
_LARGEST = 2**63
_DEEPEST = 8
# What Cedar would read as something other than a record: an escape, an entity, an extension call.
_RECORDS_READ_AS_VALUES = frozenset({frozenset({"type", "id"}), frozenset({"fn", "arg"})})


class Facts:
    """Entities and context as text for Cedar, complete and without contradiction.

    The text is written directly, each string by Python's own JSON writer: that is half of what it takes to build
    values to be written afterwards, and every question pays for it.

    QuestionUnfit when an entity is there twice, carries another's `uid`, or something is mentioned that is
    neither there nor of one of the `enums`, the types whose members the schema lists.
    """

    __slots__ = ("_keys", "_mentioned", "_parents", "context", "entities")

    def __init__(self, entities: Iterable[Entity], context: Mapping[str, Value], enums: frozenset[str]) -> None:
        self._parents: dict[_Uid, list[_Uid]] = {}
        self._mentioned: set[_Uid] = set()
        self._keys: dict[_Uid, frozenset[Key]] = {}
        self.entities = f"[{','.join([self._entity(entity) for entity in entities])}]"
        self.context = self._record(context, 1)
        missing = sorted(ref for ref in self._mentioned - self._parents.keys() if ref[0] not in enums)
        if missing:
            named = ", ".join(f'{kind}::"{name}"' for kind, name in missing)
            raise QuestionUnfit(f"not among the known entities, though something mentions them: {named}")

    def check_known(self, ref: EntityRef, role: str) -> dict[str, str]:
        """The id of `ref` in Cedar's JSON; QuestionUnfit when no such entity is there."""
        if (ref.type, ref.id) not in self._parents:
            raise QuestionUnfit(f"the {role} {ref} is not a known entity")
        return {"type": ref.type, "id": ref.id}

    def keys(self, ref: EntityRef) -> frozenset[Key]:
        """Every key under which a rule's scope can match `ref`: itself, all that it is in, its type, and None."""
        uid = (ref.type, ref.id)
        keys = self._keys.get(uid)
        if keys is None:
            above, unread = {uid}, [uid]
            while unread:
                for parent in self._parents.get(unread.pop(), ()):
                    if parent not in above:
                        above.add(parent)
                        unread.append(parent)
            keys = self._keys[uid] = frozenset({*above, ref.type, None})
        return keys

    def _entity(self, entity: Entity) -> str:
        ref = entity.ref
        key = (ref.type, ref.id)
        if key in self._parents:
            raise QuestionUnfit(f"{ref} is there twice")
        if ref.type == "Action":
            raise QuestionUnfit(f"{ref} is no fact: actions come from the schema alone")
        if entity.attrs.get("uid", ref.id) != ref.id:
            raise QuestionUnfit(f"{ref} carries the uid of another")
        above = self._parents[key] = [(parent.type, parent.id) for parent in entity.parents]
        self._mentioned.update(above)
        parents = ",".join([_uid(*parent) for parent in above])
        return f'{{"uid":{_uid(*key)},"attrs":{self._record(entity.attrs, 1)},"parents":[{parents}]}}'

    def _record(self, record: Mapping[str, Value], depth: int) -> str:
        if not record:
            return "{}"
        if frozenset(record) in _RECORDS_READ_AS_VALUES or any(key.startswith("__") for key in record):
            raise QuestionUnfit(f"a record with the keys {sorted(record)} would not be read as a record")
        fields = [f"{quoted(key)}:{self._value(value, depth + 1)}" for key, value in record.items()]
        return f"{{{','.join(fields)}}}"

    def _value(self, value: Value, depth: int) -> str:
        if depth > _DEEPEST:
            raise QuestionUnfit(f"values are nested more than {_DEEPEST} deep")
        match value:
            case str():
                return quoted(value)
            case bool():
                return "true" if value else "false"
            case int():
                if not -_LARGEST <= value < _LARGEST:
                    raise QuestionUnfit(f"{value} does not fit into 64 bits")
                return int.__repr__(value)
            case EntityRef():
                self._mentioned.add((value.type, value.id))
                return f'{{"__entity":{_uid(value.type, value.id)}}}'
            case datetime():
                return f'{{"__extn":{{"fn":"datetime","arg":{quoted(_instant(value))}}}}}'
            case frozenset():
                return f"[{','.join([self._value(member, depth + 1) for member in value])}]"
            case Mapping():
                return self._record(value, depth)
            case _:
                raise QuestionUnfit(f"a {type(value).__name__} is no value that rules can read")


def _uid(kind: str, name: str) -> str:
    return f'{{"type":{quoted(kind)},"id":{quoted(name)}}}'


def _instant(moment: datetime) -> str:
    """A moment as Cedar writes it: UTC, to the millisecond, what is finer cut off."""
    if moment.utcoffset() is None:
        raise QuestionUnfit(f"{moment.isoformat()} has no time zone")
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
