"""The soak: many administrations, several workers that are killed at random, and a month of runs in minutes.

``make soak`` prints the figures of docs/scaling.md, and ends with 1 when an administration was worked on twice at once,
or a document is lost, doubled or not proven.
"""
