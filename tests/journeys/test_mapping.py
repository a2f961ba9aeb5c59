"""Changing tables safely: seen in euros before it is taken, taken by a person, undone, blamed, applied to the past."""

from __future__ import annotations

import shutil
from decimal import Decimal
from typing import Any

import pytest

from tests.journeys.office import Office, told

RULES = "mappings/nl/rules.csv"
USAGE, ELSEWHERE = ";cost_cloud_usage;;post;;consumption", ";7090;;post;;consumption"
EXAMPLES = "mappings/nl/examples.csv"


def posted_office(office: Office) -> Office:
    """Everything approved and in the ledger."""
    office.run("entries", "approve", "--all", "--yes")
    office.run("sync")
    return office


def usage_elsewhere(office: Office) -> None:
    """Another account for consumption, in the rule and in the example that tries it."""
    office.change(USAGE, ELSEWHERE, file=RULES)
    office.change(";post;cost_cloud_usage;", ";post;7090;", file=EXAMPLES)


def moved(answer: list[dict[str, Any]]) -> dict[str, Decimal]:
    """Euros by account, of the movements of a difference."""
    sums: dict[str, Decimal] = {}
    for each in answer:
        sums[each["account"]] = sums.get(each["account"], Decimal(0)) + Decimal(each["amount"])
    return sums


def test_a_changed_table_counts_when_a_person_has_accepted_it(office: Office) -> None:
    before = {each["id"]: each["total"] for each in office.asked("entries", "list")["entries"]}
    usage_elsewhere(office)
    (run,) = office.asked("sync")["runs"]
    assert (run["mapping_version"], run["unaccepted"]["error"]) == (1, "")
    assert "'connector mapping diff' shows what they do" in office.run("sync").out
    assert {each["id"] for each in office.asked("entries", "list")["entries"]} == set(before)

    (difference,) = office.asked("mapping", "diff")["differences"]
    changed = [(row["table"], row["row"], row["change"]) for row in difference["rows"]]
    assert changed == [("examples.csv", "E020", "changed"), ("rules.csv", "P040", "changed")]
    euros = moved(difference["open"])
    assert euros["7090"] == -euros["7020"] > 0
    assert difference["posted"] == []
    assert "Inkoop overig" in office.run("mapping", "diff").out

    assert office.run("mapping", "accept", "--dry-run").out.count("Nothing was changed") == 1
    done = office.run("mapping", "accept", "--yes", "--as", "Eva", "--comment", "usage apart")
    assert "They are version 2 now." in done.out
    first, second = office.asked("mapping", "history")["mappings"][0]["versions"]
    assert first["comment"] == "the first tables, as they were"
    assert (second["comment"], second["rows_changed"]) == ("usage apart", 2)
    assert second["author"].startswith("Eva (--as, by ")
    entries = office.asked("entries", "list")["entries"]
    assert {each["mapping_version"] for each in entries} == {2}
    assert "They are version 2, which" not in office.run("sync").out
    assert "version 2, which is in force" in office.run("mapping", "accept", "--yes").out
    office.proves()


def test_blame_and_undo(sqlite_office: Office) -> None:
    office = sqlite_office
    good = (office.folder / RULES).read_bytes()
    usage_elsewhere(office)
    office.accept("usage apart")
    rows = office.asked("mapping", "blame", "rules", "--row", "p040")["mappings"][0]["rows"]
    assert [(each["version"], each["comment"], each["line"]) for each in rows] == [(2, "usage apart", 8)]
    assert {each["version"] for each in office.asked("mapping", "blame", "tax")["mappings"][0]["rows"]} == {1}

    office.add_row("rules.csv", "P099;purchase;;No such category;;;;;;;7030;;post;;")
    told(office.run("mapping", "undo", "--yes", code=4), "changes that nobody accepted", "--discard")
    office.run("mapping", "undo", "--yes", "--discard")
    assert (office.folder / RULES).read_bytes() == good
    versions = office.asked("mapping", "history")["mappings"][0]["versions"]
    assert [each["version"] for each in versions] == [1, 2, 3]
    assert versions[2]["sha256"] == versions[0]["sha256"]
    assert versions[2]["comment"] == "undone: as version 1"
    office.change("id;direction", "id", file=RULES)
    told(office.run("mapping", "undo", "1", "--yes", code=4), "--discard")
    office.run("mapping", "undo", "1", "--yes", "--discard")
    assert (office.folder / RULES).read_bytes() == good, "tables that cannot be read are given up"
    told(office.run("mapping", "undo", "9", code=4), "no mapping version 9", "mapping history")
    office.proves()


def test_what_is_posted_moves_when_asked_and_exactly_as_foreseen(office: Office) -> None:
    posted_office(office)
    usage_elsewhere(office)
    (difference,) = office.asked("mapping", "diff")["differences"]
    assert difference["open"] == []
    office.accept()
    files = office.ledger()
    office.run("sync")
    assert office.ledger() == files, "what is posted stays"

    assert office.run("mapping", "apply", "--from", "2024-11-01", "--dry-run").out.count("Nothing was changed") == 1
    (asked,) = office.asked("mapping", "apply", "--from", "2024-11-01", "--yes")["reclassified"]
    assert asked["movements"] == difference["posted"]
    assert "not posted yet (queued)" in office.run("status").out
    assert office.asked("status")["administrations"][0]["reclassifications"] == {"queued": asked["entries"]}
    office.run("sync")
    assert office.ledger() != files
    kinds = [each["kind"] for each in office.asked("entries", "list", "--state", "posted")["entries"]]
    assert kinds.count("reclassification") == asked["entries"] > 0
    office.proves()
    assert "nothing to move" in office.run("mapping", "apply", "--from", "2024-11-01", "--yes").out

    office.run("mapping", "undo", "--yes")
    (back,) = office.asked("mapping", "apply", "--from", "2024-11-01", "--on", "2025-02-01", "--yes")["reclassified"]
    assert moved(back["movements"]) == {account: -euros for account, euros in moved(asked["movements"]).items()}
    office.run("sync")
    office.proves()


def test_only_the_documents_from_a_day_on_move(sqlite_office: Office) -> None:
    office = posted_office(sqlite_office)
    usage_elsewhere(office)
    office.accept()
    (asked,) = office.asked("mapping", "apply", "--from", "2025-01-01", "--yes")["reclassified"]
    assert {each["period"] for each in asked["movements"]} == {"2025-01"}
    told(office.run("mapping", "apply", "--yes", code=2), "--from")


def test_two_persons_with_copies_of_the_tables(sqlite_office: Office) -> None:
    """The second one, whose copy was made before the first one accepted, is refused, and sees how both differ."""
    office = sqlite_office
    copy = office.folder / "mappings" / "copy"
    shutil.copytree(office.folder / "mappings" / "nl", copy)
    usage_elsewhere(office)
    office.accept("usage apart")
    office.change('mapping = "nl"', 'mapping = "copy"')
    office.change(";7030;;post;;domain", ";7040;;post;;domain", file="mappings/copy/rules.csv")
    refused = office.run("mapping", "accept", "--yes", code=4)
    told(refused, "version 2 was accepted by", "usage apart", "connector mapping diff --from 2")
    (difference,) = office.asked("mapping", "diff", "--from", "2")["differences"]
    assert {each["row"] for each in difference["rows"]} >= {"P040", "P070"}
    assert len(office.asked("mapping", "history")["mappings"][0]["versions"]) == 2


def test_examples_are_tried_before_tables_are_taken(sqlite_office: Office) -> None:
    office = sqlite_office
    assert "7 examples hold." in office.run("mapping", "test").out
    office.change(USAGE, ELSEWHERE, file=RULES)
    failed = office.run("mapping", "test", code=20)
    assert "1 comes out otherwise." in failed.out
    assert "7090" in failed.out
    assert "1 example comes out otherwise." in office.run("mapping", "check", code=20).out
    told(office.run("mapping", "accept", "--yes", code=4), "come out otherwise (E020)", "connector mapping test")
    assert len(office.asked("mapping", "history")["mappings"][0]["versions"]) == 1


def test_an_office_and_its_client(sqlite_office: Office) -> None:
    office = sqlite_office
    client = office.folder / "mappings" / "client"
    client.mkdir()
    (client / "settings.csv").write_text("key;value\nparent;nl\n", encoding="utf-8")
    office.change('mapping = "nl"', 'mapping = "client"')
    assert "rules" in office.run("mapping", "check").out
    (difference,) = office.asked("mapping", "diff")["differences"]
    assert (difference["open"], difference["documents"]) == ([], [])
    office.accept("inherits")
    header = "id;direction;charge_type;account;action"
    (client / "rules.csv").write_text(f"{header}\nP040;purchase;Usage Fee;7090;post\nP071;;;;\n", encoding="utf-8")
    shutil.copy(office.folder / EXAMPLES, client / "examples.csv")
    office.change(";post;cost_cloud_usage;", ";post;7090;", file="mappings/client/examples.csv")
    (drift,) = office.asked("mapping", "drift")["mappings"]
    assert drift["parent"] == "nl"
    assert [(each["row"], each["change"]) for each in drift["rows"] if each["table"] == "rules.csv"] == [
        ("P040", "changed"),
        ("P071", "removed"),
    ]
    assert "inherits from nl" in office.run("mapping", "drift").out

    # A change of the office's set shows its effect at the client before it is taken there.
    office.change(";7030;;post;;domain", ";7040;;post;;domain", file=RULES)
    office.change(";post;7030;", ";post;7040;", file="mappings/client/examples.csv")
    (difference,) = office.asked("mapping", "diff", "--all")["differences"]
    assert {each["table"] for each in difference["rows"]} == {"examples.csv", "rules.csv", "nl/rules.csv"}
    office.accept("both")
    entry = office.asked("entries", "list", "--state", "ready")["entries"][0]
    assert "nl/rules.csv" in office.run("entries", "show", str(entry["id"])).out
    office.proves()


def test_tables_are_written_in_one_form(sqlite_office: Office) -> None:
    office = sqlite_office
    good = (office.folder / RULES).read_bytes()
    (office.folder / RULES).write_bytes(b"\xef\xbb\xbf" + good.replace(b"\n", b"\r\n"))
    assert "would be written: rules.csv" in office.run("mapping", "format", "--dry-run").out
    assert "version 1, which is in force" in office.run("mapping", "accept", "--yes").out
    office.run("mapping", "format")
    assert (office.folder / RULES).read_bytes() == good
    assert "canonical form" in office.run("mapping", "format").out


@pytest.mark.parametrize("table", ["", "rules", "examples.csv"])
def test_tables_describe_themselves(table: str, new_office: Office) -> None:
    tables = new_office.asked("mapping", "describe", *([table] if table else []))["tables"]
    assert len(tables) == (1 if table else 9)
    for each in tables:
        assert each["key"]
        assert all(column["meaning"] and column["kind"] for column in each["columns"])
    assert "charge_type" in new_office.run("mapping", "describe").out
    told(new_office.run("mapping", "describe", "rule", code=2), "did you mean 'rules.csv'?")
