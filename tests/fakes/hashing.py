"""Everything the scripted server decides, it decides by hash: the same request gets the same treatment in any order."""

import hashlib
import json
from typing import Any


def unit(*parts: object) -> float:
    """A number from 0 (included) to 1 (excluded) that depends on the parts alone."""
    return int(fingerprint(*parts), 16) / 2**56


def fingerprint(*parts: object) -> str:
    """14 hex digits that stand for the parts; shorter to hash on with than a long text."""
    joined = "\x1f".join(map(str, parts)).encode(errors="surrogatepass")
    return hashlib.blake2b(joined, digest_size=7).hexdigest()


def body_hash(body: Any) -> str:
    """The identity of a request: sha256 of its canonical JSON, whatever the order of its keys."""
    canonical = json.dumps(body, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(canonical.encode(errors="surrogatepass")).hexdigest()
