"""What every script here can be told on the command line."""

import argparse
from pathlib import Path


def options(description: str | None, quick: str, *, data: Path | None = None) -> argparse.ArgumentParser:
    """The two options that all have; a script adds its own.

    Args:
        description: its docstring.
        quick: what `--quick` leaves out.
        data: where real data are looked for; None where the script makes its own.
    """
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--quick", action="store_true", help=quick)
    used = "the folder of real data, default %(default)s" if data else "not needed: all that it takes is made here"
    parser.add_argument("--data", type=Path, default=data, help=used)
    return parser
