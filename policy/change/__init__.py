"""What an edit to the rules would change, before anyone approves it: proof, witnesses, replay."""

from policy.change.access import Access, Reason, Subject, reason_of
from policy.change.claims import Known
from policy.change.edit import Edit, edit_between
from policy.change.proof import Proof, Verdict, prove
from policy.change.recorded import (
    ChangedDecision,
    Counted,
    Coverage,
    EndedGrant,
    LiveGrant,
    NeverAsked,
    PastDecision,
    Recorded,
    Replay,
    Sample,
    Unreadable,
)
from policy.change.replay import replay
from policy.change.search import Counterexample, Direction
from policy.change.summary import summary
from policy.change.witnesses import Witness, Witnesses, witnesses
from policy.change.world import World, world_of

__all__ = [
    "Access",
    "ChangedDecision",
    "Counted",
    "Counterexample",
    "Coverage",
    "Direction",
    "Edit",
    "EndedGrant",
    "Known",
    "LiveGrant",
    "NeverAsked",
    "PastDecision",
    "Proof",
    "Reason",
    "Recorded",
    "Replay",
    "Sample",
    "Subject",
    "Unreadable",
    "Verdict",
    "Witness",
    "Witnesses",
    "World",
    "edit_between",
    "prove",
    "reason_of",
    "replay",
    "summary",
    "witnesses",
    "world_of",
]
