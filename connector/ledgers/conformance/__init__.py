"""The conformance kit: what every ledger adapter must do, as checks that any adapter can be put through.

``counterpart``  what the author of an adapter gives: books to try it on, seen through other eyes than the adapter's
``entries``      the worked entries that are tried
``probe``        what a check has in hand, and what comes of it
``checks``       exactly-once while nothing goes wrong: posting, looking up, answering in order
``contents``     what stands in the ledger is what was sent, and what cannot be booked is refused
``faults``       exactly-once while something does go wrong
``catalogue``    all checks
``scorecard``    what was proven, and against what
``plugin``       the kit as tests of pytest; only this module imports it
"""
