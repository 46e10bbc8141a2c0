"""An OpenAI-compatible server on loopback that behaves as it is told and keeps count.

By hand: `python -m tests.fakes.scripted_server --port 0` prints its base_url as one line of JSON.

/v1/chat/completions, /v1/embeddings and /v1/models speak OpenAI's protocol; what a model says is in personas.py.
GET /counts tells what was asked and returned, GET /arrivals the hashes of the bodies in the order in which they came;
DELETE /counts forgets both. GET /script tells how the server behaves; POST /script changes the fields it is sent
(`add_rules` leaves the rules in force as they are), DELETE /script brings back good behaviour. One process, one event
loop: the counts are exact.
"""

import argparse
import asyncio
import contextlib
import json
import os
import signal
import sys
import time
from collections.abc import Callable
from typing import Any

import pydantic
import uvloop
from aiohttp import web

from tests.fakes import completions
from tests.fakes.completions import Served, error
from tests.fakes.hashing import body_hash
from tests.fakes.script import Endpoint, Rule, RuleInForce, Script, Trouble
from tests.fakes.tally import Tally

LARGEST_BODY = 64 * 1024 * 1024  # bytes
LONGEST_STALL_SECONDS = 3600.0
CHECK_PARENT_SECONDS = 0.5
_KINDS_BY_STATUS = {
    400: "invalid_request_error",
    401: "invalid_api_key",
    403: "forbidden",
    404: "model_not_found",
    429: "rate_limit",
}
LOOK_FOR_CLIENT_SECONDS = 0.1
_IN_THE_REPLY = {
    Trouble.TRUNCATED,
    Trouble.REFUSAL,
    Trouble.CONTENT_FILTER,
    Trouble.EMPTY,
    Trouble.GARBAGE,
    Trouble.WRONG_VERDICT,
}
_UNREADABLE_BODIES = {  # they repeat the key that came with the request, as careless gateways do
    Trouble.UNREADABLE: ('{"id": "%s", "choices": [{"ind', "application/json"),
    Trouble.PAGE: ("<!doctype html><title>502</title><p>Please try again later, %s.", "text/html"),
    Trouble.WRONG_SHAPE: ('{"status": "queued", "user": "%s", "choices": []}', "application/json"),
}


class ScriptedServer:
    """The routes and what they remember."""

    def __init__(self, script: Script) -> None:
        self.tally = Tally()
        self.script = script
        self._rules: list[RuleInForce] = []
        self._set(script, added=script.rules, standing=[])

    def application(self) -> web.Application:
        """The server as aiohttp runs it."""
        app = web.Application(client_max_size=LARGEST_BODY)
        app.add_routes(
            [
                web.post("/v1/chat/completions", self._chat),
                web.post("/v1/embeddings", self._embeddings),
                web.get("/v1/models", self._models),
                web.get("/counts", self._counts),
                web.delete("/counts", self._forget_counts),
                web.get("/arrivals", self._arrivals),
                web.get("/script", self._show_script),
                web.post("/script", self._change_script),
                web.delete("/script", self._clear_script),
            ]
        )
        return app

    async def _chat(self, request: web.Request) -> web.StreamResponse:
        def reply(body: dict[str, Any], identity: str, trouble: Trouble | None) -> Served:
            return completions.chat_completion(body, identity, self.script, trouble)

        return await self._serve(request, "chat", reply)

    async def _embeddings(self, request: web.Request) -> web.StreamResponse:
        def reply(body: dict[str, Any], _identity: str, _trouble: Trouble | None) -> Served:
            return completions.embeddings(body)

        return await self._serve(request, "embeddings", reply)

    async def _serve(
        self, request: web.Request, endpoint: Endpoint, reply: Callable[[dict[str, Any], str, Trouble | None], Served]
    ) -> web.StreamResponse:
        """Every request for a model: noted, delayed, perhaps spoilt, answered."""
        try:
            body = await request.json()
            model = str(body["model"])
            identity = body_hash(body)
        except (ValueError, KeyError, TypeError) as mistake:
            return web.json_response(error("invalid_request_error", repr(mistake)), status=400)
        visit, number = self.tally.arrive(identity), self.tally.count_requests
        rule = self._rule_that_strikes(model, endpoint, identity, visit)
        state, usage = "stall", None
        try:
            await asyncio.sleep(self.script.latency_seconds)
            if (key := self.script.required_key) and request.headers.get("Authorization") != f"Bearer {key}":
                state = Trouble.BAD_KEY
                return _refused(Trouble.BAD_KEY, f"Incorrect API key: {request.headers.get('Authorization')}")
            if rule is not None and rule.trouble not in _IN_THE_REPLY:
                state = rule.trouble
                return await _spoilt(request, rule)
            state, served = reply(body, identity, rule.trouble if rule else None)
            usage = served["usage"]
            if self.script.is_numbering:
                usage["prompt_tokens"] = number
            return web.json_response(served)
        except (KeyError, TypeError, AttributeError) as mistake:
            state = Trouble.BAD_REQUEST
            return _refused(Trouble.BAD_REQUEST, repr(mistake))
        finally:
            self.tally.leave(model, state, identity, usage)

    def _rule_that_strikes(self, model: str, endpoint: Endpoint, identity: str, visit: int) -> Rule | None:
        return next((each.rule for each in self._rules if each.strikes(model, endpoint, identity, visit)), None)

    def _set(self, script: Script, *, added: tuple[Rule, ...], standing: list[RuleInForce]) -> None:
        self.script = script
        self._rules = [*standing, *(RuleInForce(rule, script.seed) for rule in added)]

    async def _models(self, _request: web.Request) -> web.Response:
        return web.json_response(completions.model_list())

    async def _counts(self, _request: web.Request) -> web.Response:
        return web.json_response(self.tally.as_json())

    async def _arrivals(self, _request: web.Request) -> web.Response:
        return web.json_response(self.tally.arrivals)

    async def _forget_counts(self, _request: web.Request) -> web.Response:
        self.tally = Tally()
        return web.json_response(self.tally.as_json())

    async def _show_script(self, _request: web.Request) -> web.Response:
        return web.json_response(self.script.model_dump(mode="json"))

    async def _change_script(self, request: web.Request) -> web.Response:
        try:
            changes = await request.json()
            added = changes.pop("add_rules", [])
            before = self.script.model_dump(mode="json")
            standing = [] if "rules" in changes else self._rules
            rules = [*changes.get("rules", before["rules"]), *added]
            script = Script.model_validate({**before, **changes, "rules": rules})
        except (ValueError, TypeError, AttributeError) as mistake:
            return web.json_response(error("invalid_request_error", str(mistake)), status=400)
        self._set(script, added=script.rules[len(standing) :], standing=standing)
        return await self._show_script(request)

    async def _clear_script(self, request: web.Request) -> web.Response:
        self._set(Script(), added=(), standing=[])
        return await self._show_script(request)


async def _spoilt(request: web.Request, rule: Rule) -> web.StreamResponse:
    """The troubles that leave no well-formed reply; what they say repeats the key."""
    authorization = request.headers.get("Authorization")
    match rule.trouble:
        case Trouble.DEAD:
            _hang_up(request)
            return web.Response()
        case Trouble.STALL:
            return await _stall(request)
        case Trouble.CUT:
            return await _cut_short(request)
        case Trouble.UNREADABLE | Trouble.PAGE | Trouble.WRONG_SHAPE:
            text, content_type = _UNREADABLE_BODIES[rule.trouble]
            return web.Response(text=text % authorization, content_type=content_type)
        case _:
            message = f"This was asked for in the script, by {authorization}."
            return _refused(rule.trouble, message, rule.retry_after_seconds)


async def _stall(request: web.Request) -> web.Response:
    """Silence until the client hangs up, so that the count of what is in flight stays true."""
    until = time.monotonic() + LONGEST_STALL_SECONDS
    while request.transport is not None and time.monotonic() < until:  # noqa: ASYNC110 - aiohttp tells nobody
        await asyncio.sleep(LOOK_FOR_CLIENT_SECONDS)
    return web.Response(status=504)


async def _cut_short(request: web.Request) -> web.StreamResponse:
    response = web.StreamResponse(headers={"Content-Type": "application/json", "Content-Length": "4000"})
    await response.prepare(request)
    await response.write(b'{"id": "chatcmpl-0", "choices": [')
    if request.transport is not None:
        request.transport.close()
    return response


def _hang_up(request: web.Request) -> None:
    if request.transport is not None:
        request.transport.abort()


def _refused(trouble: Trouble, message: str, retry_after_seconds: float | None = None) -> web.Response:
    status = int(trouble)
    headers = {} if retry_after_seconds is None else {"Retry-After": f"{retry_after_seconds:g}"}
    return web.json_response(
        error(_KINDS_BY_STATUS.get(status, "server_error"), message), status=status, headers=headers
    )


async def serve(host: str, port: int, script: Script, parent: int | None) -> None:
    """Serve until SIGTERM or Ctrl-C, or until the parent is gone.

    Args:
        host: a loopback address.
        port: 0 for any free one.
        script: how to behave at first.
        parent: pid of the process to end with. Told, not asked for: it may be gone before this one could ask.
    """
    runner = web.AppRunner(ScriptedServer(script).application(), access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, host, port, backlog=1024).start()
    bound_host, bound_port = runner.addresses[0][:2]
    print(json.dumps({"base_url": f"http://{bound_host}:{bound_port}/v1"}), flush=True)  # noqa: T201 (the contract)
    ended = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, ended.set)
    while not ended.is_set() and not (parent and os.getppid() != parent):
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(ended.wait(), CHECK_PARENT_SECONDS)
    await runner.cleanup()


def main() -> None:
    """Parse the command line and serve."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=0, help="0 takes any free port")
    parser.add_argument("--script", default="{}", help="JSON as for POST /script")
    parser.add_argument("--parent", type=int, help="pid of the starting process, to end with it")
    options = parser.parse_args()
    try:
        script = Script.model_validate_json(options.script)
    except pydantic.ValidationError as mistake:
        sys.exit(f"--script: {mistake}")
    uvloop.run(serve(options.host, options.port, script, options.parent))


if __name__ == "__main__":
    main()
