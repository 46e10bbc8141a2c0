"""The one place where model traffic and warehouse meet: what is asked for, minus what is paid.

requests ─► plan (by request_key, window by window) ─► pool ─► spool ─► warehouse ─► settle(request, counted)

`fulfil` asks until every request is settled or has failed as often as one run may try. Running it twice costs nothing;
a kill costs at most the calls in flight; memory does not grow with the number of requests.
"""

from benchbuilder.ledger.counting import Counted, Reading, Settled
from benchbuilder.ledger.ledger import Ledger
from benchbuilder.ledger.report import Report

__all__ = ["Counted", "Ledger", "Reading", "Report", "Settled"]
