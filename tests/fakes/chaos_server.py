"""The scripted server with probabilities from the command line: an endpoint that limits, stalls, lies and dies.

By hand: `python -m tests.fakes.chaos_server --port 8080 --seed 1 --rate-429 0.1 --rate-stall 0.01 …`; there is one
`--rate-…` for every trouble of tests/fakes/script.py. It prints its base_url as one line of JSON.

What strikes a request is decided by seed, body and how often the body has come, so two runs see the same chaos. GET
/counts says what each request got (`states_by_body`) and paid (`bodies_paid`); POST /script commands more, or less.
"""

import argparse
import sys

import uvloop

from tests.fakes.chaos import Chaos
from tests.fakes.script import Script, Trouble
from tests.fakes.scripted_server import serve


def main() -> None:
    """Parse the command line and serve."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=0, help="0 takes any free port")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--latency-seconds", type=float, default=0.0)
    parser.add_argument("--share-told", type=float, default=0.5, help="of the 429, how many carry a Retry-After")
    parser.add_argument("--retry-after-seconds", type=float, default=1.0)
    parser.add_argument("--parent", type=int, help="pid of the starting process, to end with it")
    for trouble in Trouble:
        parser.add_argument(f"--rate-{trouble.replace('_', '-')}", type=float, default=0.0, metavar="0..1")
    told = parser.parse_args()
    try:
        script = _script(told)
    except ValueError as mistake:
        sys.exit(f"chaos_server: {mistake}")
    uvloop.run(serve(told.host, told.port, script, told.parent))


def _script(told: argparse.Namespace) -> Script:
    shares = {trouble: getattr(told, f"rate_{trouble}") for trouble in Trouble}
    chaos = Chaos(shares, told.share_told, told.retry_after_seconds)
    return Script.model_validate({"seed": told.seed, "latency_seconds": told.latency_seconds, "rules": chaos.rules()})


if __name__ == "__main__":
    main()
