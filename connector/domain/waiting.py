"""What waits for a row in the mapping tables: the combinations that no row decides, with their euros."""

from __future__ import annotations

import msgspec


class Waiting(msgspec.Struct, frozen=True, kw_only=True):
    """Lines that wait for the same row. '' means absent or not known; ``net`` in minor units.

    ``code`` is the finding that holds them: ACCOUNT-UNMAPPED, CHARGE-TYPE-UNKNOWN or CUSTOMER-UNMAPPED. ``plan`` is the
    name of the plan, or its PlanID where it has none. ``proposal`` is an account that fits, and ``evidence`` why.
    """

    direction: str
    code: str
    net: int
    lines: int
    charge_type: str = ""
    product_group: str = ""
    plan: str = ""
    customer: str = ""
    customer_name: str = ""
    billing: str = ""
    sender: str = ""
    rate: str = ""
    proposal: str = ""
    evidence: str = ""
