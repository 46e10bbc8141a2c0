"""The commands that start no Prefect: they ask the published snapshot, or bring data in and out."""
