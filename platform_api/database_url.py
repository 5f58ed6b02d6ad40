"""The address of the platform's own database, and the two kinds that it may be of."""

from typing import Annotated, Final
from urllib.parse import urlsplit

from pydantic import AfterValidator, SecretStr

_SCHEMES: Final = ("sqlite", "postgresql+psycopg")


def _served(given: SecretStr) -> SecretStr:
    if urlsplit(given.get_secret_value()).scheme not in _SCHEMES:
        raise ValueError("give sqlite:////FOLDER/sluicegate.db or postgresql+psycopg://USER@HOST/DATABASE")
    return given


DatabaseUrl = Annotated[SecretStr, AfterValidator(_served)]
"""A whole address with user and password, kept secret."""
