"""Acts 9 to 11: a revocation, a short grant, and the audit trail."""

from __future__ import annotations

import json
import random
import sys
import time
from datetime import datetime
from pathlib import Path

from platform_api.embedded.demo.cast import FACTS, LAKE, RESEARCH, Cast, script
from platform_api.embedded.demo.research import asking
from platform_api.embedded.demo.stage import DemoBroken, mapping, rows

PATIENCE = 20.0
"""Seconds that an act waits for a state."""


def revocation(cast: Cast) -> None:
    """9. revoking, denied (observed twice over), and with the clock moved: closed, and the role gone."""
    stage = cast.stage
    stage.act(9, "A governance officer revokes the live grant while her script is reading.")
    role = str(mapping(_grant(cast, cast.grant)["role"])["name"])
    watch = (
        "run",
        "--grant",
        cast.grant,
        "--",
        sys.executable,
        str(script("keep_reading.py")),
        LAKE,
        "loans/facts/",
        "30",
    )
    with stage.running("dana", *watch) as reading:
        if reading.stdout is None or reading.stdout.readline().strip() != "reading":
            raise DemoBroken("her script could not read")
        told = time.time()
        answer = stage.sluice(
            "gus", "grant", "revoke", cast.grant, "--reason", "The project ended early.", "--json"
        ).json()
        stage.check("first it is revoking", "revoking", answer["state"])
        refused_at, reads, code = reading.stdout.readline().split(maxsplit=2)
    stage.check("AWS refuses her running script", "AccessDenied", code.strip())
    stage.tell(
        f"              {reads} reads went through; first refusal {float(refused_at) - told:.2f} s after the command"
    )
    denied = _until(cast, cast.grant, "denied")
    denial = mapping(denied["denial"])
    stage.check(
        "then denied: seen by the engine's own session",
        "3 refusals in a row",
        f"{denial['count']}: {denial['where']}",
        ok=isinstance(denial["count"], int) and denial["count"] >= 3,
    )
    on_aws = cast.platform.operator_view_of_role(role)
    effects = [(s["Effect"], s["Action"], s["Resource"]) for s in rows(mapping(on_aws.policy)["Statement"])]
    stage.check("the role carries nothing but a Deny", [("Deny", "*", "*")], effects)
    stage.tell("              Now the reconciler's clock is moved 2 hours ahead, past the last possible session end.")
    stage.sluice("gus", "operate", "work", "--once", "--clock-offset", "PT2H")
    closed = _until(cast, cast.grant, "closed")
    stage.check("with the clock moved: closed", "closed", closed["state"])
    stage.check("and the role is gone", False, cast.platform.operator_view_of_role(role).exists)


def short_grant(cast: Cast) -> None:
    """10. A grant of some seconds ends at its own end, inside a session of 15 minutes."""
    stage = cast.stage
    stage.act(10, "A short grant ends at its own end although its AWS session would live for 15 minutes.")
    granted = stage.sluice("dana", *asking(cast, "research", RESEARCH, FACTS, duration="PT12S"), "--json").json()
    grant = mapping(granted["grant"])
    ends = _moment(str(grant["ends_at"]))
    words = (
        "run",
        "--grant",
        str(grant["id"]),
        "--",
        sys.executable,
        str(script("keep_reading.py")),
        LAKE,
        "loans/facts/",
        "40",
    )
    said = stage.sluice("dana", *words).out.splitlines()
    refused_at, _, code = said[-1].split(maxsplit=2)
    shown = _grant(cast, str(grant["id"]))
    session = _moment(str(shown["last_session_end"])) - ends
    late = float(refused_at) - ends
    stage.check("AWS ends it", "AccessDenied", code)
    stage.check("within seconds of its end", "0 to 3 s", f"{late:.1f} s after its end", ok=0 <= late <= 3)
    stage.check("while its session lives on", "minutes more", f"{session / 60:.0f} minutes more", ok=session > 600)


def audit_trail(cast: Cast) -> None:
    """11. The story, its proof, and a forgery that is found and named."""
    stage = cast.stage
    stage.act(11, "An auditor reads the whole story, proves it, and finds a forged byte.")
    stage.show(stage.sluice("ines", "audit", "show", "--grant", cast.grant))
    told = {
        str(row["action"])
        for row in rows(
            stage.sluice("ines", "audit", "show", "--activity", cast.activity, "--limit", "200", "--json").json()[
                "items"
            ]
        )
    }
    wanted = {
        "activity.registered",
        "contract.accepted",
        "grant.opened",
        "grant.active",
        "credentials.delivered",
        "access.refused",
        "grant.revoking",
        "grant.denied",
        "grant.closed",
    }
    stage.check("the trail tells the whole story", sorted(wanted), sorted(told & wanted))
    stage.check("the stored log verifies", 0, stage.sluice("ines", "audit", "verify").code)
    export, root = cast.work / "audit.jsonl", cast.work / "audit.root.json"
    stage.sluice("ines", "audit", "export", "-o", str(export))
    head = json.loads(Path(f"{export}.root.json").read_text(encoding="utf-8"))
    root.write_text(json.dumps(head), encoding="utf-8")
    against = ("audit", "verify", "--export", str(export), "--root", str(head["root"]), "--size", str(head["size"]))
    stage.check("an export verifies against the root kept outside it", 0, stage.sluice("ines", *against).code)
    seq = _forge(export)
    forged = stage.sluice("ines", *against, "--json")
    bad = [row.get("seq") for row in rows(forged.json()["bad"])]
    stage.check("with one byte changed it fails", True, forged.code != 0)
    stage.check("and the record is named", [seq], bad, ok=seq in bad)


def _forge(export: Path) -> int:
    """Changes one byte inside a random record of the export; answers which record."""
    lines = export.read_bytes().splitlines(keepends=True)
    chosen = random.randrange(len(lines))  # noqa: S311 - which record is no secret
    record = json.loads(lines[chosen])["record"]
    at = lines[chosen].index(str(record["actor"]).encode())
    changed = bytearray(lines[chosen])
    changed[at] ^= 1
    lines[chosen] = bytes(changed)
    export.write_bytes(b"".join(lines))
    return int(record["seq"])


def _until(cast: Cast, grant: str, state: str) -> dict[str, object]:
    deadline = time.monotonic() + PATIENCE
    while (shown := _grant(cast, grant))["state"] != state:
        if time.monotonic() > deadline:
            raise DemoBroken(f"grant {grant} is {shown['state']} and not {state}: {shown.get('last_error')}")
        time.sleep(0.2)
    return shown


def _grant(cast: Cast, grant: str) -> dict[str, object]:
    return cast.stage.sluice("gus", "grant", "show", grant, "--json", quiet=True).json()


def _moment(text: str) -> float:
    return datetime.fromisoformat(text).timestamp()
