"""What a server receives of one call: the body, the key, and nothing else of the owner's."""

import asyncio
from typing import Any

import pytest
from pydantic import SecretStr
from pytest_httpserver import HTTPServer
from werkzeug import Request as Received

from benchbuilder.llm.endpoint import Endpoint
from benchbuilder.llm.limits import Limits
from benchbuilder.llm.requests import Request

REPLY = {"choices": [{"message": {"content": "four"}, "finish_reason": "stop"}], "usage": {}}
SAMPLING: dict[str, Any] = {
    "served_model": "model-70",
    "system_prompt": "Be brief.",
    "temperature": 0.5,
    "max_tokens": 500,
    "extra_body": {"top_k": 5, "max_tokens": 7},
}


def received(httpserver: HTTPServer, key: SecretStr | None) -> Received:
    """What arrived when one question was asked."""
    httpserver.expect_request("/v1/chat/completions", method="POST").respond_with_json(REPLY)

    async def ask() -> None:
        endpoint = Endpoint("local", httpserver.url_for("/v1"), key, Limits(timeout_seconds=5, deadline_seconds=5))
        request = Request("answer", "model-70", "", {"prompt": "What is 2 + 2, “précisément”?"}, SAMPLING)
        assert (await endpoint.ask(request)).text == "four"
        await endpoint.close()

    asyncio.run(ask())
    ((request, _),) = httpserver.log
    return request


def test_the_body_is_model_messages_and_sampling_and_extra_body_stands_over_it(httpserver: HTTPServer) -> None:
    """Nothing is added; what is ours alone (the names system_prompt, served_model, extra_body) is not sent."""
    request = received(httpserver, None)
    assert request.content_type == "application/json"
    assert request.get_json() == {
        "model": "model-70",
        "messages": [
            {"role": "system", "content": "Be brief."},
            {"role": "user", "content": "What is 2 + 2, “précisément”?"},
        ],
        "temperature": 0.5,
        "max_tokens": 7,
        "top_k": 5,
    }


def test_only_the_key_of_the_endpoint_is_sent(httpserver: HTTPServer, monkeypatch: pytest.MonkeyPatch) -> None:
    """What the client library would find in the environment for itself goes to nobody."""
    monkeypatch.setenv("OPENAI_ADMIN_KEY", "planted-admin")
    monkeypatch.setenv("OPENAI_API_KEY", "planted-other")
    monkeypatch.setenv("OPENAI_ORG_ID", "planted-organization")
    monkeypatch.setenv("OPENAI_PROJECT_ID", "planted-project")
    monkeypatch.setenv("OPENAI_CUSTOM_HEADERS", "X-Gateway: planted-gateway\nAuthorization: Bearer planted-custom")
    request = received(httpserver, SecretStr("the key of this endpoint"))
    assert request.headers["Authorization"] == "Bearer the key of this endpoint"
    assert "planted" not in str(request.headers)
