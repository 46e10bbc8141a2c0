"""Two annotators in a row: a cheap one looks at every prompt, the strong one only at what it does not turn away.

    sample ─► both mark it ─► cheap marks (held out) ─► gate: threshold and recall ─► the rest: passed or turned away

Pure. The sample is drawn by hash, so that it stays while the crowd grows. Everything that is said about the cheap
annotator is measured on prompts that it did not learn from.
"""
