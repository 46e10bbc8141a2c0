"""tests/conftest.py: what it promises to every test."""

import os
import socket

import pytest
from pytest_socket import SocketConnectBlockedError


def test_no_test_talks_to_the_outside() -> None:
    """An address that is not loopback is refused before anything is sent."""
    with (
        socket.socket() as outside,
        pytest.warns(UserWarning, match="tried to use socket"),
        pytest.raises(SocketConnectBlockedError),
    ):
        outside.connect(("192.0.2.1", 80))


def test_prefect_has_a_home_that_is_not_the_persons() -> None:
    """Nor do settings of the person's environment reach a test."""
    assert "benchbuilder-tests-" in os.environ["PREFECT_HOME"]
    assert "PREFECT_API_URL" not in os.environ
    assert not [name for name in os.environ if name.startswith("BENCHBUILDER_")]


@pytest.mark.flow
def test_a_test_marked_flow_runs_flows_on_the_sessions_server() -> None:
    """Marking is enough; a flow run is found on the server afterwards."""
    from prefect import flow
    from prefect.client.orchestration import get_client

    @flow
    def count_to_three() -> int:
        return 3

    assert count_to_three() == 3
    with get_client(sync_client=True) as client:
        assert "count-to-three" in {found.name for found in client.read_flows()}
