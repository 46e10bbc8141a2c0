"""BenchBuilder: benchmarks that a crowd writes, judged by models, trusted by people (after arXiv 2406.11939).

This package is the HOW. It never imports prefect; flows/ and tasks/ say what runs and in which order.
"""
