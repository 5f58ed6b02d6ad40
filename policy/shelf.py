"""The rules of an engine: found by id and by what they could match, and parsed in slices as questions need them."""

import threading
from collections import OrderedDict
from collections.abc import Collection, Iterator, Sequence
from itertools import count

from policy.cedar import PolicyHandle
from policy.rulebook import WrittenRule
from policy.scope_index import Key, Number, ScopeIndex

# Rules in all parsed slices together: a rule is parsed once for each slice that it is in.
MOST_PARSED = 50_000
_MOST_LOOKED_AT = 64

Slice = tuple[Number, ...]


class ParsedSlices:
    """Slices that were parsed, the least recently used dropped first. Safe between threads.

    It also gives the numbers, each once: a slice means the same on every shelf that shares this, and after an
    edit only those slices are parsed anew that hold an edited rule.
    """

    __slots__ = ("_held", "_kept", "_lock", "_most", "_numbers")

    def __init__(self, most: int = MOST_PARSED) -> None:
        self._numbers = count(1)
        self._kept: OrderedDict[Slice, PolicyHandle] = OrderedDict()
        self._held = 0
        self._most = most
        self._lock = threading.Lock()

    def new_number(self) -> Number:
        """A number that no rule has had before."""
        return next(self._numbers)

    def get(self, numbers: Slice) -> PolicyHandle | None:
        """The slice, when it is there."""
        with self._lock:
            handle = self._kept.get(numbers)
            if handle is not None:
                self._kept.move_to_end(numbers)
            return handle

    def keep(self, numbers: Slice, handle: PolicyHandle) -> None:
        """Take a slice in, and drop what is too much; the newest stays however large it is."""
        with self._lock:
            if numbers not in self._kept:
                self._kept[numbers] = handle
                self._held += _weight(numbers)
            while self._held > self._most and len(self._kept) > 1:
                dropped, _ = self._kept.popitem(last=False)
                self._held -= _weight(dropped)

    def __len__(self) -> int:
        return len(self._kept)


def _weight(numbers: Slice) -> int:
    return len(numbers) + 1  # an empty slice takes room too


class Shelf:
    """Rules in their order, indexed by scope. It never changes; its successors share what an edit leaves alone."""

    __slots__ = ("_index", "_naming", "_numbers", "_parsed", "_written")

    def __init__(self, parsed: ParsedSlices | None = None) -> None:
        """An empty shelf: `holding` and `edited` fill another."""
        self._parsed = ParsedSlices() if parsed is None else parsed
        self._index = ScopeIndex()
        self._numbers: dict[str, Number] = {}
        self._written: dict[Number, WrittenRule] = {}
        self._naming: dict[tuple[str, str], list[Number]] | None = None

    def holding(self, written: Sequence[WrittenRule]) -> "Shelf":
        """A shelf of exactly these rules, in this order; ids are unique."""
        names = {each.rule.id for each in written}
        shelf = self.edited(put=written, removed=[name for name in self._numbers if name not in names])
        shelf._numbers = {each.rule.id: shelf._numbers[each.rule.id] for each in written}
        return shelf

    def edited(self, *, put: Sequence[WrittenRule], removed: Collection[str]) -> "Shelf":
        """A shelf without the `removed` ids, which are there, and with these rules added or in place of theirs."""
        shelf = Shelf(self._parsed)
        shelf._numbers, shelf._written = self._numbers.copy(), self._written.copy()
        gone = [shelf._numbers.pop(name) for name in removed]
        new: list[Number] = []
        for each in put:
            before = shelf._numbers.get(each.rule.id)
            if before is not None and self._written[before].statement.text == each.statement.text:
                shelf._written[before] = each  # it may stand in another line
                continue
            if before is not None:
                gone.append(before)
            number = self._parsed.new_number()
            shelf._numbers[each.rule.id] = number
            shelf._written[number] = each
            new.append(number)
        shelf._index = self._index.edited(
            added=[(number, shelf._written[number].scope) for number in new],
            removed=[(number, self._written[number].scope) for number in gone],
        )
        for number in gone:
            del shelf._written[number]
        return shelf

    def __contains__(self, rule_id: str) -> bool:
        return rule_id in self._numbers

    def __iter__(self) -> Iterator[WrittenRule]:
        return (self._written[number] for number in self._numbers.values())

    def rule(self, rule_id: str) -> WrittenRule | None:
        """The rule with this id."""
        number = self._numbers.get(rule_id)
        return None if number is None else self._written[number]

    def matching(self, *, principal: frozenset[Key], action: frozenset[Key], resource: frozenset[Key]) -> Slice:
        """Every rule that can match what has these keys."""
        return self._index.matching(principal=principal, action=action, resource=resource)

    def naming(self, entity: tuple[str, str], *, principal: frozenset[Key], actions: frozenset[Key]) -> bool:
        """Whether a rule names this entity, anywhere, whose scope can match that principal and one of these actions.

        Of very many rules that name it, not all are looked at: then the answer is yes.
        """
        naming = self._naming
        if naming is None:
            naming = {}
            for number, each in self._written.items():
                for name in each.names:
                    naming.setdefault(name, []).append(number)
            self._naming = naming  # the same whoever makes it, should two threads do so at once
        numbers = naming.get(entity, ())
        if len(numbers) > _MOST_LOOKED_AT:
            return True
        scopes = (self._written[number].scope for number in numbers)
        return any(scope.principal in principal and not actions.isdisjoint(scope.actions) for scope in scopes)

    def parsed(self, numbers: Slice) -> PolicyHandle:
        """These rules, ready to be asked; ValueError when they do not parse together."""
        handle = self._parsed.get(numbers)
        if handle is None:
            # Two threads at once may both parse it; what they get is the same.
            rules = [self._written[number] for number in numbers]
            handle = PolicyHandle([each.statement for each in rules], [each.rule.id for each in rules])
            self._parsed.keep(numbers, handle)
        return handle
