"""A Copaco Cloud API to run against on loopback: invoices by seed, their true totals, faults on demand.

It shares no code with the reader of that API, so that neither can hide a mistake of the other.
"""

from connector.sandbox.defects import DEFECTS, Defect
from connector.sandbox.faults import KINDS, Fault, Faults, parse_fault
from connector.sandbox.keys import KeyStyle
from connector.sandbox.manifest import DocumentTruth, Figures, Leak, Manifest, manifest, truths
from connector.sandbox.parties import RESELLER_BE, RESELLER_BE_DOMESTIC, RESELLER_NL, ApiKey, Party, Reseller
from connector.sandbox.portfolio import Customer
from connector.sandbox.request import LoggedRequest
from connector.sandbox.sandbox import Sandbox, serve_forever
from connector.sandbox.world import SeededDefect, World, bench_world, demo_world

__all__ = [
    "DEFECTS",
    "KINDS",
    "RESELLER_BE",
    "RESELLER_BE_DOMESTIC",
    "RESELLER_NL",
    "ApiKey",
    "Customer",
    "Defect",
    "DocumentTruth",
    "Fault",
    "Faults",
    "Figures",
    "KeyStyle",
    "Leak",
    "LoggedRequest",
    "Manifest",
    "Party",
    "Reseller",
    "Sandbox",
    "SeededDefect",
    "World",
    "bench_world",
    "demo_world",
    "manifest",
    "parse_fault",
    "serve_forever",
    "truths",
]
