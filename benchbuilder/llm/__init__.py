"""Model traffic: llm/ is the only importer of openai. Any server of its protocol will do, the embedded one too.

Whether a call was paid already is decided in benchbuilder.ledger. Here calls are made, limited, written to the spool
and counted against the budget.
"""
