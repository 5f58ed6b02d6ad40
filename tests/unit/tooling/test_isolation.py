"""No test reaches beyond this machine or sees its settings."""

import os
import socket

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.isolation import NetworkRefused, is_local

OUTSIDE = "192.0.2.1"  # TEST-NET-1, RFC 5737: no such machine


@pytest.mark.parametrize("connect", ["connect", "connect_ex"])
def test_a_socket_to_the_outside_is_refused(connect: str) -> None:
    with socket.socket() as sock, pytest.raises(NetworkRefused, match=OUTSIDE):
        getattr(sock, connect)((OUTSIDE, 443))


def test_a_connection_made_the_usual_way_is_refused_too() -> None:
    with pytest.raises(NetworkRefused):
        socket.create_connection((OUTSIDE, 443), timeout=1)


def test_a_socket_to_loopback_works() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        client = socket.create_connection(server.getsockname(), timeout=5)
        with client:
            assert client.getpeername() == server.getsockname()


@pytest.mark.parametrize("host", ["127.0.0.1", "127.8.9.1", "localhost"])
def test_loopback_has_many_names(host: str) -> None:
    assert is_local(socket.AF_INET, (host, 80))


@given(st.ip_addresses(v=4).filter(lambda address: not address.is_loopback))
def test_every_other_address_is_outside(address: object) -> None:
    assert not is_local(socket.AF_INET, (str(address), 80))


@pytest.mark.parametrize("host", ["example.com", "localhost.example.com", "127.0.0.1.example.com"])
def test_a_name_that_only_looks_local_is_outside(host: str) -> None:
    assert not is_local(socket.AF_INET, (host, 80))


def test_unix_sockets_stay_on_the_machine() -> None:
    assert is_local(socket.AF_UNIX, "/tmp/any")


def test_no_test_sees_the_settings_of_its_machine() -> None:
    seen = {name for name in os.environ if name.startswith(("AWS_", "SLUICEGATE_"))}
    assert seen == {"AWS_EC2_METADATA_DISABLED", "AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"}
