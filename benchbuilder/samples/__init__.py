"""A small authored crowd, for the first run and the tests. All of it was written for this project.

Eight topics of nine or ten prompts, from one-liners to demanding tasks, and what a real crowd sends besides: exact and
near duplicates, junk, other languages, personal data, a key (none of them real), a broken line, a record without its
field, a null, a later turn. Four weeks of 2026, in three shapes:

    crowd.jsonl           {"prompt": …, "timestamp": …, "sender": …}             preset "prompt"
    crowd_messages.jsonl  {"id": …, "created": …, "user": …, "messages": […]}    preset "openai_messages"
    crowd_form.csv        asked_at, member, question                             a mapping of its own
    crowd_next.jsonl      twelve records of the night after, as crowd.jsonl

tests/unit/test_samples.py holds the crowd to these figures; whoever edits a text should run it with the weights
installed, because that the topics separate is measured, not assumed.
"""
