"""Where a grant's databases are reached, and the command that has a token, which is never the platform's to give."""

from __future__ import annotations

import shlex

import pytest

from cli.answer import Doc
from cli.connections import connection_lines

PLACE = "111122223333/eu-west-1"


@pytest.mark.parametrize(
    ("source", "command"),
    [
        (
            f"rds://{PLACE}/db-ABCDEFGHIJKLMNOPQRSTUVWXYZ/lending",
            "aws rds generate-db-auth-token --hostname db.example --port 5432 --username 'u; rm' --region eu-west-1",
        ),
        (
            f"redshift://{PLACE}/marts-cluster/lending",
            "aws redshift get-cluster-credentials-with-iam --cluster-identifier marts-cluster --db-name lending"
            " --region eu-west-1",
        ),
        (
            f"redshift-serverless://{PLACE}/1b671a64-40d5-491e-99b0-da01ff1f3341/lending",
            "aws redshift-serverless get-credentials --workgroup-name NAME --db-name lending --region eu-west-1",
        ),
    ],
)
def test_a_database_is_told_with_its_user_and_how_to_have_a_token(source: str, command: str) -> None:
    one = Doc(
        {"source": source, "host": "db.example", "port": 5432, "database": "lending", "user": "u; rm",
         "region": "eu-west-1"}
    )  # fmt: skip
    place, token = connection_lines([one])
    assert place == f"database user u; rm: db.example port 5432, database lending ({source})"
    assert token == f"  its token: {command}"
    assert shlex.split(token.partition(": ")[2])[0] == "aws"
