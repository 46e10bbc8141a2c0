"""What is claimed about speed and coverage, to be re-run by anyone: `python -m benchmarks.NAME [--quick] [--data DIR]`.

Each script ends with one line of JSON.
"""
