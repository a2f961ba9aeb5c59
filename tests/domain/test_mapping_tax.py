"""The tax map: a treatment for every situation that a row names, a finding for every other one, and never a guess."""

from __future__ import annotations

import datetime
from decimal import Decimal

import pytest

from connector.domain import tax
from connector.domain.combination import Combination
from connector.domain.decision import Decision
from connector.domain.mapping import Mapping
from connector.domain.tax import Relation, Situation, TaxCode, TaxMapRow, TaxTables, percent, vat_country
from tests.mapping_files.tables import SAMPLE, loaded, sample, with_rows

ON = datetime.date(2026, 12, 23)
NL, BE, DE, GB = "NL111111111B00", "BE0123456789", "DE123456789", "GB123456789"


def purchase(sender: str, rate: str, *, country: str = "NL", mapping: Mapping | None = None, **fields: str) -> Decision:
    line = {"charge_type": "Cycle Fee", "cost_center": "KP"} | fields
    combination = Combination(direction="purchase", sender=sender, rate=rate, **line)
    return (mapping or loaded(sample())).decide(combination, on=ON, own_country=country)


def sale(mapping: Mapping, customer: str, rate: str = "", **fields: str) -> Decision:
    line = {"charge_type": "Cycle Fee", "cost_center": "KP"} | fields
    combination = Combination(direction="sale", po_number="PO-7", sender=NL, customer_id=customer, rate=rate, **line)
    return mapping.decide(combination, on=ON, own_country="NL")


def codes(decision: Decision) -> list[str]:
    return [finding.code for finding in decision.problems]


def test_a_domestic_purchase_has_the_stated_rate() -> None:
    decision = purchase(NL, "21")
    assert (decision.tax, decision.treatment, decision.problems) == ("NL.P.STD.21", "STD", ())


def test_a_dutch_supplier_without_vat_is_reverse_charge_for_a_belgian_reseller() -> None:
    decision = purchase(NL, "0", country="BE")
    assert (decision.tax, decision.treatment) == ("BE.P.RC_EU_SVC.21", "RC_EU_SVC")


def test_a_belgian_supplier_without_vat_is_reverse_charge_for_a_dutch_reseller() -> None:
    assert purchase(BE, "0").tax == "NL.P.RC_EU_SVC.21"
    assert purchase("EL123456789", "0").tax == "NL.P.RC_EU_SVC.21"


def test_domestic_reverse_charge_needs_a_row_that_names_what_it_is_for() -> None:
    telecom = purchase(NL, "0", category="telecom")
    assert (telecom.tax, telecom.treatment) == ("NL.P.RC_DOM.21", "RC_DOM")
    assert codes(purchase(NL, "0", category="Microsoft")) == ["TAX-ZERO-AMBIGUOUS"]


def test_a_domestic_row_for_telecom_never_takes_a_service_from_abroad() -> None:
    wide = loaded(with_rows("taxmap", "purchase;NL;;0;;Voice;RC_DOM;"))
    assert purchase(BE, "0", category="Voice", mapping=wide).treatment == "RC_EU_SVC"
    assert purchase(NL, "0", category="Voice", mapping=wide).treatment == "RC_DOM"


@pytest.mark.parametrize(
    ("sender", "rate", "code"),
    [
        (BE, "21", "FOREIGN-VAT"),
        (GB, "20", "FOREIGN-VAT"),
        (NL, "19", "TAX-RATE-UNKNOWN"),
        (NL, "", "TAX-RATE-UNKNOWN"),
        (NL, "NaN", "TAX-RATE-UNKNOWN"),
        (NL, "many", "TAX-RATE-UNKNOWN"),
        (NL, "0", "TAX-ZERO-AMBIGUOUS"),
        (GB, "0", "TAX-UNMAPPED"),
        ("", "21", "TAX-UNMAPPED"),
        ("123456789B01", "21", "TAX-UNMAPPED"),
    ],
)
def test_what_no_row_allows_is_held(sender: str, rate: str, code: str) -> None:
    decision = purchase(sender, rate)
    assert codes(decision) == [code]
    assert (decision.tax, decision.treatment) == ("", "")
    assert dict(decision.problems[0].values)["own_country"] == "NL"


def test_a_finding_says_what_is_known_of_the_situation_and_leaves_out_the_rest() -> None:
    unknown_rate = dict(purchase(NL, "19").problems[0].values)
    assert (unknown_rate["treatment"], unknown_rate["rate"], unknown_rate["other_country"]) == ("STD/RED", "19", "NL")
    no_party = dict(purchase("", "0").problems[0].values)
    assert "other_country" not in no_party
    assert no_party["rate"] == "0"


def test_foreign_vat_is_held_even_where_a_row_would_take_any_rate() -> None:
    wide = loaded(sample(taxmap=SAMPLE["taxmap.csv"].replace("purchase;NL;NL;21;;;STD;", "purchase;;;;;;STD;")))
    assert codes(purchase(BE, "21", mapping=wide)) == ["FOREIGN-VAT"]
    assert purchase(NL, "21", mapping=wide).tax == "NL.P.STD.21"
    assert codes(purchase(NL, "0", mapping=wide)) == ["TAX-ZERO-AMBIGUOUS"]
    assert codes(purchase(NL, "9", mapping=wide)) == ["TAX-RATE-UNKNOWN"]


def test_a_rate_that_the_tables_know_but_no_row_maps_is_unmapped() -> None:
    tax = SAMPLE["tax.csv"] + "NL.P.RED.9;NL;purchase;RED;9;2019-01-01;;vat_input_high;;5b;;;;;\n"
    assert codes(purchase(NL, "9", mapping=loaded(sample(tax=tax)))) == ["TAX-UNMAPPED"]


def test_rates_hold_within_their_dates() -> None:
    tax = SAMPLE["tax.csv"] + "NL.P.STD.19;NL;purchase;STD;19;2001-01-01;2012-09-30;vat_input_high;;5b;;;;;\n"
    taxmap = SAMPLE["taxmap.csv"] + "purchase;NL;NL;19;;;STD;\n"
    mapping = loaded(sample(tax=tax, taxmap=taxmap))
    line = Combination(direction="purchase", sender=NL, rate="19", charge_type="Cycle Fee", cost_center="KP")
    old, new = datetime.date(2012, 9, 30), datetime.date(2012, 10, 1)
    assert mapping.decide(line, on=old, own_country="NL").tax == "NL.P.STD.19"
    assert "TAX-RATE-UNKNOWN" in codes(mapping.decide(line, on=new, own_country="NL"))
    shifted = Combination(direction="purchase", sender=BE, rate="0", charge_type="Cycle Fee", cost_center="KP")
    assert mapping.decide(shifted, on=new, own_country="NL").tax == "NL.P.RC_EU_SVC.21"
    assert "TAX-RATE-UNKNOWN" in codes(mapping.decide(shifted, on=old, own_country="NL"))


def test_reverse_charge_takes_the_standard_rate_of_our_own_country() -> None:
    tax = SAMPLE["tax.csv"] + "NL.P.RC_EU_SVC.9;NL;purchase;RC_EU_SVC;9;;;vat_input_rc_eu;vat_due_rc_eu;4b+5b;;;;;\n"
    assert purchase(BE, "0", mapping=loaded(sample(tax=tax))).tax == "NL.P.RC_EU_SVC.21"
    belgian = SAMPLE["tax.csv"] + "BE.P.RC_EU_SVC.6;BE;purchase;RC_EU_SVC;6;;;vat_input_rc_eu;vat_due_rc_eu;;;;;;\n"
    # Without a standard rate in the table two rates are one too many to choose from.
    assert codes(purchase(NL, "0", country="BE", mapping=loaded(sample(tax=belgian)))) == ["TAX-UNMAPPED"]


def test_a_treatment_without_a_tax_code_is_unmapped_and_names_the_row() -> None:
    mapping = loaded(with_rows("taxmap", "purchase;NL;non-EU;0;;;RC_NONEU_SVC;"))
    decision = purchase(GB, "0", mapping=mapping)
    assert codes(decision) == ["TAX-UNMAPPED"]
    assert dict(decision.problems[0].values)["rule"] == "purchase NL non-EU 0"


def test_a_zone_makes_a_row_more_specific_but_is_never_needed() -> None:
    mapping = loaded(with_rows("taxmap", "purchase;NL;NL;0;Z7;;RC_DOM;"))
    assert purchase(NL, "0", zone="z7", mapping=mapping).treatment == "RC_DOM"
    assert codes(purchase(NL, "0", zone="Z8", mapping=mapping)) == ["TAX-ZERO-AMBIGUOUS"]


def test_rows_that_only_a_line_shows_to_be_equal_are_ambiguous() -> None:
    rows = ("purchase;;own;0;;Voice;RC_DOM;", "purchase;;NL;0;;Voice;EXEMPT;")
    decision = purchase(NL, "0", category="Voice", mapping=loaded(with_rows("taxmap", *rows)))
    assert codes(decision) == ["MAPPING-AMBIGUOUS"]
    values = dict(decision.problems[0].values)
    assert {values["value"], values["other_value"]} == {"RC_DOM", "EXEMPT"}
    assert values["file"] == "taxmap.csv"


def test_a_sale_at_home_has_the_standard_rate_and_a_stated_zero_says_nothing() -> None:
    mapping = loaded(sample())
    assert sale(mapping, "A-1").tax == "NL.S.STD.21"
    assert sale(mapping, "A-1", rate="0").tax == "NL.S.STD.21"
    assert sale(mapping, "A-1", rate="21").tax == "NL.S.STD.21"
    assert codes(sale(mapping, "A-1", rate="19")) == ["TAX-RATE-UNKNOWN"]


def test_a_customer_elsewhere_in_the_union_needs_a_checked_vat_number() -> None:
    mapping = loaded(with_rows("customers", "A-3;Ongecontroleerd;;BE;BE0987654321;;;;;", "A-4;Particulier;;BE;;;;;;"))
    checked = sale(mapping, "A-2")
    assert (checked.tax, checked.treatment) == ("NL.S.EU_SVC", "EU_SVC")
    assert codes(sale(mapping, "A-3")) == ["TAX-UNMAPPED"]
    assert codes(sale(mapping, "A-4")) == ["TAX-UNMAPPED"]
    assert codes(sale(mapping, "A-2", rate="21")) == ["TAX-RATE-UNKNOWN"]
    wide = loaded(sample(taxmap=SAMPLE["taxmap.csv"].replace("EU-valid", "BE"), customers=_unchecked()))
    assert codes(sale(wide, "A-3")) == ["TAX-UNMAPPED"]


def _unchecked() -> str:
    return SAMPLE["customers.csv"] + "A-3;Ongecontroleerd;;BE;BE0987654321;;;;;\n"


def test_a_customer_that_nobody_mapped_is_held_and_a_customer_without_country_too() -> None:
    decision = sale(loaded(sample()), "nobody")
    assert codes(decision) == ["CUSTOMER-UNMAPPED"]
    assert dict(decision.problems[0].values)["customer"] == "nobody"
    without = loaded(with_rows("customers", "A-5;Waar?;;;;;;;;"))
    assert codes(sale(without, "A-5")) == ["TAX-UNMAPPED"]


def test_the_vat_number_counts_for_a_customers_country_not_the_address() -> None:
    mapping = loaded(with_rows("customers", "A-6;Filiaal;;DE;NL123456789B01;;;;;"))
    assert sale(mapping, "A-6").tax == "NL.S.STD.21"


def test_a_sale_with_two_rates_to_choose_from_is_held_unless_it_states_one() -> None:
    rows = (
        "NL.S.RED.9;NL;sale;RED;9;;;;vat_output_high;1b;S;;;;\nNL.S.RED.6;NL;sale;RED;6;;;;vat_output_high;1b;S;;;;\n"
    )
    taxmap = SAMPLE["taxmap.csv"] + "sale;NL;NL;;;Books;RED;\n"
    mapping = loaded(sample(tax=SAMPLE["tax.csv"] + rows, taxmap=taxmap))
    assert codes(sale(mapping, "A-1", category="Books")) == ["TAX-UNMAPPED"]
    assert sale(mapping, "A-1", rate="6", category="Books").tax == "NL.S.RED.6"


def test_revenue_follows_the_treatment_unless_the_rule_names_the_customer() -> None:
    accounts = SAMPLE["accounts.csv"] + "revenue_eu_services;8100;Omzet EU;income;\n"
    tax = SAMPLE["tax.csv"].replace("role_vat_due;", "role_vat_due;role_revenue;").splitlines()
    tax = [tax[0], *(_with_revenue(row) for row in tax[1:])]
    mapping = loaded(sample(accounts=accounts, tax="\n".join(tax)))
    abroad = sale(mapping, "A-2")
    assert abroad.account == "8100"
    assert [(c.file, c.rule) for c in abroad.choices if c.column == "account"] == [("tax.csv", "NL.S.EU_SVC")]
    assert sale(mapping, "A-1").account == "8010"
    rules = SAMPLE["rules.csv"] + "R160;sale;;;;A-2;;;2026-01-01;;8020;;;;\n"
    named = loaded(sample(accounts=accounts, tax="\n".join(tax), rules=rules))
    assert sale(named, "A-2").account == "8020"


def _with_revenue(row: str) -> str:
    cells = row.split(";")
    cells.insert(9, "revenue_eu_services" if "EU_SVC" in row and ";sale;" in row else "")
    return ";".join(cells)


@pytest.mark.parametrize(
    ("number", "country"),
    [
        ("NL 1234.56.789.B01", "NL"),
        ("be 0123.456.789", "BE"),
        ("EL123456789", "GR"),
        ("ATU12345678", "AT"),
        ("FRXX123456789", "FR"),
        ("CHE-123.456.789", "CH"),
        ("XI123456789", "XI"),
        ("", ""),
        ("123456789B01", ""),
        ("BTW NL123456789B01", ""),
        ("BETAALD 12345", ""),
        ("EU372012345", ""),
        ("NO 123", ""),
    ],
)
def test_the_country_of_a_vat_number_is_its_prefix(number: str, country: str) -> None:
    assert vat_country(number) == country


def test_northern_ireland_is_outside_the_union_for_services() -> None:
    situation = Situation(direction="purchase", own_country="NL", other_country="XI", rate=Decimal(0))
    assert situation.relation is Relation.NON_EU


def test_rates_are_read_from_text() -> None:
    assert percent("21") == Decimal(21)
    assert percent("") is None
    assert percent("Infinity") is None


def test_a_class_of_countries_is_less_specific_than_a_country() -> None:
    code = TaxCode(code="X", country="NL", direction="sale", treatment="EU_SVC", rate=Decimal(0))
    rows = tuple(
        TaxMapRow(id=other or "any", direction="sale", treatment="EU_SVC", other_vat_country=other)
        for other in ("", "EU", "EU-valid", "BE")
    )
    situation = Situation(direction="sale", own_country="NL", other_country="BE", rate=None, checked=True)

    def chosen(*given: TaxMapRow) -> str:
        outcome = TaxTables((code,), given).decide(situation, ON)
        assert isinstance(outcome, tuple)
        return outcome[0].id

    assert [chosen(*rows[:count]) for count in (1, 2, 3, 4)] == ["any", "EU", "EU-valid", "BE"]


def test_remembering_situations_is_bounded_and_changes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tax, "REMEMBERED_SITUATIONS", 1)
    mapping = loaded(sample())
    for _ in range(2):
        assert [purchase(NL, rate, mapping=mapping, billing=rate).tax for rate in ("21", "0", "21")] == [
            "NL.P.STD.21", "", "NL.P.STD.21",
        ]  # fmt: skip
