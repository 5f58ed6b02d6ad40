"""What an edit to the rules would change, before anyone approves it: proof, witnesses, replay."""

from policy.change.access import Access, Reason, Subject, reason_of
from policy.change.claims import Known
from policy.change.edit import Edit, edit_between
from policy.change.proof import Proof, Verdict, prove
from policy.change.replay import (
    ChangedDecision,
    Coverage,
    EndedGrant,
    LiveGrant,
    NeverAsked,
    Recorded,
    Replay,
    replay,
)
from policy.change.search import Counterexample, Direction
from policy.change.summary import summary
from policy.change.witnesses import Witness, Witnesses, witnesses
from policy.change.world import World, world_of

__all__ = [
    "Access",
    "ChangedDecision",
    "Counterexample",
    "Coverage",
    "Direction",
    "Edit",
    "EndedGrant",
    "Known",
    "LiveGrant",
    "NeverAsked",
    "Proof",
    "Reason",
    "Recorded",
    "Replay",
    "Subject",
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
