"""Killing the delivering process at every boundary, against a bookkeeping server that misbehaves.

``python -m tests.chaos --kills 2000`` (``make chaos``) prints the figures; a short run is in the tests.
"""
