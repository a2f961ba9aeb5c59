"""What is sold: plans with their rhythm, cost and charge types.

Prices are invented; the plans are of the kinds that Copaco Cloud resells.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from functools import cached_property

from connector.sandbox.figures import cents_text


class Rhythm(Enum):
    """When a subscription brings a line."""

    MONTHLY = "monthly"  # each month, from its anchor day
    YEARLY = "yearly"  # once a year, the whole term ahead
    USAGE = "usage"  # each calendar month in arrears, an amount that differs
    FIXED_USAGE = "fixed usage"  # each calendar month, a build-up of resources with its attributes
    DOMAIN = "domain"  # once a year, one name


@dataclass(frozen=True, kw_only=True)
class Plan:
    """An offer of a vendor. ``cost`` is what Copaco charges per unit and cycle, in cents."""

    plan_id: str
    name: str
    category: str
    description: str
    rhythm: Rhythm
    cost: int
    cycle_type: str = "Cycle Fee"
    frequency: str = "Monthly"
    weight: int = 1

    @cached_property
    def cost_text(self) -> str:
        """The cost per unit as a JSON number."""
        return cents_text(self.cost)

    @cached_property
    def json_opening(self) -> str:
        """The plan's own fields in a subscription, up to its price lines."""
        return f'"PlanCategoryName":"{self.category}","PlanID":"{self.plan_id}","PlanName":"{self.name}","PriceLines":['


def _microsoft(code: str, product: str, monthly: int) -> tuple[Plan, ...]:
    return (
        Plan(
            plan_id=f"p-{code}-1m-m",
            name=f"{product} (NCE, 1 month)",
            category="Microsoft",
            description=product,
            rhythm=Rhythm.MONTHLY,
            cost=monthly * 6 // 5,
            weight=3,
        ),
        Plan(
            plan_id=f"p-{code}-1y-m",
            name=f"{product} (NCE, 1 year, monthly)",
            category="Microsoft",
            description=product,
            rhythm=Rhythm.MONTHLY,
            cost=monthly,
            weight=6,
        ),
        Plan(
            plan_id=f"p-{code}-1y-y",
            name=f"{product} (NCE, 1 year, prepaid)",
            category="Microsoft",
            description=product,
            rhythm=Rhythm.YEARLY,
            cost=monthly * 57 // 5,
            frequency="Yearly",
            weight=1,
        ),
    )


AZURE = Plan(
    plan_id="p-azure-plan",
    name="Microsoft Azure Plan",
    category="Microsoft",
    description="Azure usage",
    rhythm=Rhythm.USAGE,
    cost=28_000,
    cycle_type="Usage Fee",
    frequency="",
    weight=8,
)
VMWARE = Plan(
    plan_id="p-vmware-cloud",
    name="Copaco VMware Cloud",
    category="Copaco",
    description="Copaco VMware Cloud",
    rhythm=Rhythm.FIXED_USAGE,
    cost=23_750,
    cycle_type="Usage Fee",
    weight=3,
)
DOMAIN = Plan(
    plan_id="p-inx-autodns",
    name="InterNetX AutoDNS",
    category="InterNetX",
    description="Domain .nl",
    rhythm=Rhythm.DOMAIN,
    cost=975,
    cycle_type="One Time Fee",
    frequency="One Time",
    weight=7,
)
SMALL = Plan(
    plan_id="p-powerbi-pro-1m-m",
    name="Power BI Pro (NCE, 1 month)",
    category="Microsoft",
    description="Power BI Pro",
    rhythm=Rhythm.MONTHLY,
    cost=935,
    weight=2,
)
SETUP = Plan(
    plan_id="p-copaco-migration",
    name="Copaco Migration Service",
    category="Copaco",
    description="Migration per mailbox",
    rhythm=Rhythm.DOMAIN,
    cost=1_450,
    cycle_type="One Time Fee",
    frequency="One Time",
    weight=0,
)


def _item(plan_id: str, name: str, category: str, cost: int, weight: int) -> Plan:
    return Plan(
        plan_id=plan_id,
        name=name,
        category=category,
        description=name,
        rhythm=Rhythm.MONTHLY,
        cost=cost,
        cycle_type="Item Fee",
        weight=weight,
    )


PLANS: tuple[Plan, ...] = (
    *_microsoft("m365-bb", "Microsoft 365 Business Basic", 487),
    *_microsoft("m365-bs", "Microsoft 365 Business Standard", 1015),
    *_microsoft("m365-bp", "Microsoft 365 Business Premium", 1810),
    *_microsoft("m365-e3", "Microsoft 365 E3", 3160),
    *_microsoft("exo-p1", "Exchange Online (Plan 1)", 338),
    *_microsoft("entra-p1", "Microsoft Entra ID P1", 506),
    AZURE,
    VMWARE,
    DOMAIN,
    SMALL,
    _item("p-veeam-m365", "Veeam Backup for Microsoft 365", "Veeam", 635, 4),
    _item("p-acronis-ws", "Acronis Cyber Protect Workstation", "Acronis", 412, 3),
    _item("p-eset-pro", "ESET PROTECT Complete", "ESET", 298, 3),
)
FIRST_PLANS: tuple[Plan, ...] = tuple(
    plan for plan in PLANS if plan.rhythm is Rhythm.MONTHLY and plan.plan_id.endswith("1y-m")
)
EVERY_PLAN: tuple[Plan, ...] = (*PLANS, SETUP)
