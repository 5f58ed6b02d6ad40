"""Who acts: a person or a workload, as the directory knows them."""

from dataclasses import dataclass

from jit_engine.domain.ids import SubjectId


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """A human. `id` is opaque (`pe_…`) and is what AWS sees as SourceIdentity."""

    id: SubjectId
    name: str
    teams: frozenset[str]
    trainings: frozenset[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Workload:
    """A pipeline or service without a person behind the keyboard (`wl_…`)."""

    id: SubjectId
    name: str
    teams: frozenset[str]


Subject = Person | Workload
