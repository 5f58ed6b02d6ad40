"""The names of AWS places that every identity has, checked strictly."""

import re

from jit_engine.errors import InvalidValue

_ACCOUNT = re.compile(r"[0-9]{12}\Z", re.ASCII)
_REGION = re.compile(r"[a-z]{2}(?:-[a-z]+)+-[0-9]\Z", re.ASCII)


def check_account(account: str) -> None:
    """Raises `InvalidValue` unless `account` is twelve ASCII digits."""
    if not _ACCOUNT.match(account):
        raise InvalidValue(field="account", given=account, fix="use the 12 digits of a registered AWS account")


def check_place(account: str, region: str) -> None:
    """Raises `InvalidValue` unless both are spelt as AWS spells them."""
    check_account(account)
    check_region(region)


def check_name(pattern: re.Pattern[str], field: str, given: str, fix: str) -> None:
    """Raises `InvalidValue` unless `given` is of the form of `pattern`."""
    if not pattern.match(given):
        raise InvalidValue(field=field, given=given, fix=fix)


def check_region(region: str) -> None:
    """Raises `InvalidValue` unless `region` is spelt as AWS spells regions."""
    if not _REGION.match(region):
        raise InvalidValue(field="region", given=region, fix="use an AWS region such as us-east-1")
