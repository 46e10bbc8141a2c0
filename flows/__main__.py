"""`python -m flows`: the command line where it is not installed."""

from flows.cli import main

main()
