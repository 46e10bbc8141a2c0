"""Is the forecast near the bill, and does the cap hold? `python -m benchmarks.forecast [--quick]`.

A first night teaches how long replies are. Then every model and the judge get a new revision, so all is asked again:
`benchbuilder plan` says what it will cost, the run is made, and the bill is what the endpoint reports at the prices of
the settings. Caps are tried with 1, 64 and 256 calls in flight. The last line is JSON.
"""

import asyncio
import json
import tempfile
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.progress import track

from benchbuilder.errors import BudgetError
from benchbuilder.ledger import Ledger
from benchbuilder.llm.requests import Request
from benchbuilder.settings import load_settings
from benchbuilder.warehouse import Warehouse
from benchmarks.options import options
from tests.fakes.crowd import prompts, write_crowd
from tests.fakes.running import RunningServer
from tests.fakes.scene import SCRIPTED_MODELS, Scene

USD_IN, USD_OUT = 2.5, 10.0  # per million tokens
IN_FLIGHT = (1, 64, 256)
COUNT_CROWD, COUNT_QUICK = 150, 80
CAP_CALLS = 300
ASKED_AGAIN = ("model-50", "model-70", "model-30", "judge")


def main() -> None:
    """Measure and print."""
    told = options(__doc__, f"a crowd of {COUNT_QUICK} instead of {COUNT_CROWD}").parse_args()
    with tempfile.TemporaryDirectory() as folder, RunningServer() as server:
        figures = compare(Path(folder), server, COUNT_QUICK if told.quick else COUNT_CROWD)
        console = Console(stderr=True)
        overspent = {
            str(count): overspend(Path(folder) / f"cap-{count}", server, count)
            for count in track(IN_FLIGHT, "caps", console=console)
        }
    print(json.dumps(figures | {"overspend_calls": overspent}))


def compare(folder: Path, server: RunningServer, count_crowd: int) -> dict[str, Any]:
    """The forecast beside the bill."""
    crowd = folder / "crowd.jsonl"
    write_crowd(crowd, prompts(count_crowd))
    scene = Scene(folder, server.base_url, [crowd])
    scene.change("models", **{name: _priced(name) for name in SCRIPTED_MODELS})
    _must(scene, "refresh")
    scene.change("models", **{name: _priced(name, revision="second") for name in ASKED_AGAIN})
    steps = json.loads(_must(scene, "plan", "--format", "json"))
    paid_before = _bill(scene)
    _must(scene, "evaluate")
    paid = _bill(scene) - paid_before
    expected = sum(step["cost_usd"] for step in steps)
    return {
        "relative_error": round(expected / paid - 1, 4),
        "forecast_usd": round(expected, 6),
        "actual_usd": round(paid, 6),
        "count_calls_forecast": sum(step["count_calls"] for step in steps),
    }


def _must(scene: Scene, *words: str) -> str:
    finished = scene.run(*words)
    if finished.code:
        raise SystemExit(f"{' '.join(words)} ended with {finished.code}: {finished.err[-2000:]}")
    return finished.out


def _bill(scene: Scene) -> float:
    """What all calls cost, by the tokens that the endpoint reported."""
    return float(scene.warehouse.read("select coalesce(sum(cost_usd), 0) from completions").item())


def _priced(name: str, **more: Any) -> dict[str, Any]:
    embedding = {"usd_per_million_tokens_in": 0.02} if name == "embedder" else {}
    prices = {"usd_per_million_tokens_in": USD_IN, "usd_per_million_tokens_out": USD_OUT} | embedding
    return {"endpoint": "scripted", **prices, **more}


def overspend(folder: Path, server: RunningServer, in_flight: int) -> dict[str, int]:
    """Calls beyond a cap in calls, and beyond a cap in USD; the latter can only be what was in flight."""
    folder.mkdir()
    scene = Scene(folder, server.base_url, [])
    limits = {"concurrency": in_flight, "timeout_seconds": 10, "deadline_seconds": 5}
    scene.change("endpoints", scripted={"base_url": server.base_url, "limits": limits})
    scene.change("models", **{"model-50": _priced("model-50", usd_per_million_tokens_in=1e6)})
    requests = [
        Request("answer", "model-50", "", {"prompt": f"What is {number} + {number}?"}, {"served_model": "model-50"})
        for number in range(3 * CAP_CALLS)
    ]
    scene.files = [folder / "crowd.jsonl"]
    write_crowd(folder / "crowd.jsonl", prompts(1))
    of_calls = _count_calls(scene, requests, "by calls", calls=CAP_CALLS)
    rows = scene.warehouse.read("select avg(cost_usd) from completions").item()
    of_usd = _count_calls(scene, requests[::-1], "by usd", usd=float(rows) * CAP_CALLS)
    return {"by_calls": of_calls - CAP_CALLS, "by_usd": max(0, of_usd - CAP_CALLS), "in_flight": in_flight}


def _count_calls(scene: Scene, requests: list[Request], run_id: str, **budget: float) -> int:
    scene.tables["budget"] = budget
    settings = load_settings(scene.config)

    async def spend() -> None:
        async with Ledger(Warehouse(settings.state_dir), settings, run_id) as ledger:
            await ledger.fulfil("spend", requests)

    try:
        asyncio.run(spend())
    except BudgetError:
        return scene.warehouse.read("select count(*) from completions where run_id = $id", id=run_id).item()
    raise SystemExit("the cap was never reached")


if __name__ == "__main__":
    main()
