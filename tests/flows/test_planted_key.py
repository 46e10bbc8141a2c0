"""A key that is planted in the environment is sent to the endpoint, and stands nowhere else, whatever goes wrong.

The endpoint takes no other key, and repeats it in everything that it refuses or spoils. One run is killed in
mid-judging, so that its spool stays; the next one, on a Prefect server of its own, meets all troubles. Then every byte
that both left is searched, for the key and for texts that are surely there.
"""

import base64
import secrets
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from prefect.settings import get_current_settings

from tests.fakes.nights import Told, busy_scene, command_of_day, wait_for_calls
from tests.fakes.running import Counts, RunningServer
from tests.fakes.scene import Finished, Scene
from tests.fakes.searching import texts_left

pytestmark = pytest.mark.flow

KEY = f"planted-key-{secrets.token_hex(16)}"
VARIABLE = "TEAM_ENDPOINT_KEY"
LATENCY_SECONDS = 0.1
TROUBLES = ("401", "429", "500", "400", "unreadable", "page", "wrong_shape")
MODEL = "judge"  # is in the spool and the warehouse, in what is printed and in the names of tasks
REFUSED = "AuthenticationError 401"  # is in the log of the run that was refused
DEBUG = "openai._base_client - Sending HTTP Request"  # is what the client library prints when it tells all
SHORTEST_CODED = 16  # characters; what is shorter is found by chance


class Searched(NamedTuple):
    """Where a text was found: after the kill, and in the end."""

    after_kill: set[str]
    in_the_end: set[str]


class Story(NamedTuple):
    """What happened: how both runs ended, what the endpoint says of it, and where each text was found."""

    killed: Finished
    troubled: Finished
    counts: Counts
    found: dict[str, Searched]


@pytest.fixture(scope="module")
def story(first_night: Told, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Story]:
    """Both runs. Prefect's logs and the client library's are as talkative as an operator can make them."""
    with RunningServer() as server, pytest.MonkeyPatch.context() as patch:
        patch.setenv(VARIABLE, KEY)
        patch.setenv("OPENAI_LOG", "debug")
        server.script(required_key=KEY, latency_seconds=LATENCY_SECONDS)
        scene = busy_scene(first_night.scene, tmp_path_factory.mktemp("planted") / "night", server)
        endpoint = {"base_url": server.base_url, "key_variable": VARIABLE, "limits": {"concurrency": 8}}
        scene.change("endpoints", scripted=endpoint)
        scene.change("rating", min_share_readable=0.5)
        scene.use_running_prefect()
        killed = _killed_in_judging(scene, server)
        after_kill = texts_left(scene, [killed], [_database_of_session()])

        del scene.tables["prefect"]
        scene.renew("model-30")
        server.script(latency_seconds=0, rules=_rules())
        troubled = scene.run(*command_of_day(1))
        in_the_end = texts_left(scene, [killed, troubled], [_database_of_session()])
        found = {
            text: Searched(_places_with(text, after_kill), _places_with(text, in_the_end))
            for text in (KEY, MODEL, REFUSED, DEBUG)
        }
        yield Story(killed, troubled, server.counts(), found)


def _rules() -> list[dict[str, Any]]:
    """Model-30 is refused for good; the judge, and nobody else, meets every other trouble."""
    told: dict[str, dict[str, Any]] = {"429": {"retry_after_seconds": 0.05}}
    refused = {"trouble": "401", "model": "model-30"}
    return [refused, *({"trouble": each, "model": "judge", "times": 3, **told.get(each, {})} for each in TROUBLES[1:])]


def _killed_in_judging(scene: Scene, server: RunningServer) -> Finished:
    process = scene.start(*command_of_day(1))
    wait_for_calls(server, "judge", 24, process)
    process.send_signal(signal.SIGKILL)
    out, err = process.communicate()
    return Finished(process.returncode, out, err)


def _database_of_session() -> Path:
    url = get_current_settings().server.database.connection_url
    assert url is not None
    return Path(url.get_secret_value().split("///")[1])


def _places_with(text: str, left: dict[str, str]) -> set[str]:
    forms = set(_forms(text))
    return {place for place, content in left.items() if any(form in content for form in forms)}


def _forms(text: str) -> Iterator[str]:
    """As it is, as hex digits, and within base64 wherever it begins."""
    raw = text.encode()
    yield text
    yield raw.hex()
    for count_before in range(3):
        coded = base64.b64encode(bytes(count_before) + raw).decode()
        whole = coded[4 if count_before else 0 : -4]
        if len(whole) >= SHORTEST_CODED:
            yield whole


def test_the_endpoint_was_sent_the_key(story: Story) -> None:
    """It answered only requests that brought the key, and repeated the key in every trouble that there is."""
    asked = story.counts
    assert {model for model, states in asked.by_model.items() if states.get("ok")} >= {"annotator", MODEL}
    assert {trouble for trouble in TROUBLES if asked.count_state(trouble) == 0} == set()


def test_the_ends_of_the_runs(story: Story) -> None:
    """Killed, and partial for the model that was refused."""
    assert [story.killed.code, story.troubled.code] == [-signal.SIGKILL, 3], story.troubled.err
    assert REFUSED in story.troubled.err


def test_the_search_finds_what_is_there(story: Story) -> None:
    """Names that must be there are found in each kind of place: so would the key be."""
    after_kill, in_the_end = story.found[MODEL]
    places = {"warehouse completions", "snapshot completions", "prefect 0 task_run"}
    assert {*places, "spool"} <= {place.split("/")[0] for place in after_kill}
    assert {*places, "1 err", "prefect"} <= in_the_end | {place.split("/")[0] for place in in_the_end}
    assert {"1 err", "prefect 0 log", "prefect 0 task_run_state"} <= story.found[REFUSED].in_the_end
    assert {"0 err", "1 err"} <= story.found[DEBUG].in_the_end


def test_the_key_stands_nowhere(story: Story) -> None:
    """Neither as it is nor coded, neither in what a killed run leaves nor in what a troubled one does."""
    assert story.found[KEY] == (set(), set())
