"""The cap of one run: hard while running, and everything that was paid is kept for the next run."""

import pytest

from tests.fakes.nights import calls_of, command_of_day, run_night
from tests.fakes.running import RunningServer
from tests.fakes.scene import Scene

pytestmark = pytest.mark.flow

CAP = 50
COUNT_WANTED = 30 + 60 + 60  # answers of the new baseline, games of both models against it


def test_cap_in_calls(branch: Scene, server: RunningServer) -> None:
    """At the cap the command stops with 4 and says so; all it paid is in the warehouse; the next asks only the rest."""
    branch.renew("model-50")
    branch.change("budget", calls=CAP)
    branch.use_running_prefect()
    before = server.counts()
    finished = branch.run(*command_of_day(0))
    calls = calls_of(server.counts()) - calls_of(before)
    assert (finished.code, calls.total()) == (4, CAP)
    assert f"the cap of {CAP} calls for this run is reached" in finished.err
    paid = "select count(*) from completions where completed_at > (select max(fitted_at) from leaderboards)"
    assert branch.warehouse.read(paid).item() == CAP

    branch.change("budget", calls=10_000)
    night = run_night(branch, server)
    assert night.state.name == "Completed"
    assert night.calls.total() == COUNT_WANTED - CAP
