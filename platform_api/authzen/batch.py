"""A batch under one of the three semantics: as `and`, as `or`, or to the end."""

from collections.abc import Sequence

from platform_api.authzen.asking import Ask, Ruling, Semantic, Unasked, is_permit
from platform_api.authzen.ports import Sitting


def rulings(asks: Sequence[Ask | Unasked], semantic: Semantic, sitting: Sitting) -> tuple[Ruling, ...]:
    """The answers in the order of the asks, up to and with the one that ends the batch.

    One that cannot be asked is a denial like any other: it ends a batch that ends on the first.
    """
    found: list[Ruling] = []
    for ask in asks:
        ruling = sitting.evaluate(ask) if isinstance(ask, Ask) else ask
        found.append(ruling)
        match semantic:
            case Semantic.EXECUTE_ALL:
                continue
            case Semantic.DENY_ON_FIRST_DENY if not is_permit(ruling):
                break
            case Semantic.PERMIT_ON_FIRST_PERMIT if is_permit(ruling):
                break
    return tuple(found)
