"""Prompts grouped by what they are about. Pure: vectors and texts in, numbers and words out.

    vectors ─► neighbours ─► reduction ─► density ─► standing ─► clustering ─► matching ─► changes
                                                                     │      (a topic of last time keeps id and name)
                                                                     ├─► placing   (new prompts into topics that stand)
                                                                     ├─► broad     (a dozen groups above the topics)
                                                                     └─► keywords ─► naming

Same input, same output, bit for bit, on one machine with one set of versions: rows come sorted by prompt_id, every
random step is seeded, ties are broken by position or by name.
"""
