"""WHAT runs, in which order, and the forms that the Prefect UI shows. One flow per file; how a step works is in tasks/.

    refresh             the nightly one: calls the four below
    ingest_prompts      pull what is new in each source
    build_benchmark     curate, embed, cluster, name topics, annotate, select
    evaluate_models     answers of every model, verdicts of every judge
    publish_leaderboard rate, check, snapshot, report

A step that fails costs its row: the others go on, and the flow ends Completed("Partial"). See flows.conclusion.
"""
