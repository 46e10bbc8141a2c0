"""The program of the embedded models' process: two llama.cpp servers that end with the process that wanted them.

It says where they listen in one line of JSON on its standard output, and nothing else there. Then it asks twice a
second whether its parent is still the process that started it: a parent that is killed cannot say good-bye, PDEATHSIG
fires when the starting thread ends, and a pipe stays open while any sibling holds it.
"""

import argparse
import json
import os
import sys
import time
from importlib import import_module
from pathlib import Path
from typing import Any

COUNT_TOKENS_CONTEXT = 2048
COUNT_THREADS = 2
COUNT_TEXTS_AT_ONCE = 4  # the embedder's slots; each has a quarter of the context, which is all the model has
POLL_SECONDS = 0.5
_ERRORS_ONLY = 1  # from 3 up, llama.cpp's log holds texts


def main() -> None:
    """Serve until the parent is gone; to be run as ``python -m benchbuilder.llm.embedded_child``."""
    arguments = _parse_arguments()
    address_descriptor = os.dup(sys.stdout.fileno())
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())  # what native code prints goes to the log
    llama = import_module("xllamacpp")  # its names come from native code, which type checkers cannot see
    chat = llama.Server(_chat_settings(llama.CommonParams(), arguments.llm))
    embeddings = llama.Server(_embeddings_settings(llama.CommonParams(), arguments.embedder))
    with os.fdopen(address_descriptor, "w", encoding="ascii") as out:
        print(json.dumps({"chat": chat.listening_address, "embeddings": embeddings.listening_address}), file=out)
    while os.getppid() == arguments.parent_pid:
        time.sleep(POLL_SECONDS)
    os._exit(0)  # nobody is left to wait for the servers' orderly end


def _parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Serve the embedded models until the parent is gone.")
    parser.add_argument("--llm", type=Path, required=True)
    parser.add_argument("--embedder", type=Path, required=True)
    parser.add_argument("--parent-pid", type=int, required=True)
    return parser.parse_args()


def _chat_settings(settings: Any, path: Path) -> Any:
    """One slot, so that replies do not depend on what else is asked; its prompt is kept so that prefixes are reused."""
    _set_common(settings, path)
    settings.n_parallel = 1
    settings.cache_prompt = True
    return settings


def _embeddings_settings(settings: Any, path: Path) -> Any:
    _set_common(settings, path)
    settings.embedding = True
    settings.n_parallel = COUNT_TEXTS_AT_ONCE
    settings.n_batch = COUNT_TOKENS_CONTEXT
    settings.n_ubatch = COUNT_TOKENS_CONTEXT
    return settings


def _set_common(settings: Any, path: Path) -> None:
    settings.model.path = str(path)
    settings.model_alias = {path.stem}  # replies name their model, by default with a path of this machine
    settings.hostnames = ["127.0.0.1"]
    settings.port = 0
    settings.n_ctx = COUNT_TOKENS_CONTEXT
    settings.n_gpu_layers = 0
    settings.cpuparams.n_threads = COUNT_THREADS
    settings.cpuparams_batch.n_threads = COUNT_THREADS
    settings.cache_ram_mib = 0
    settings.verbosity = _ERRORS_ONLY
    # What is being asked right now is the crowd's: no page in a browser and no neighbour on this machine may read it.
    settings.endpoint_slots = False
    settings.cors_origins = ""
    settings.ui = False


if __name__ == "__main__":
    main()
