"""The demo: run as installed, in an empty folder, and again."""

from __future__ import annotations

import datetime
import subprocess

from tests.journeys.office import Office

DAY = datetime.date(2025, 2, 1)


def test_the_demo_proves_itself_and_can_be_run_again(new_office: Office) -> None:
    shown = new_office.run("demo", today=DAY)
    assert "NO" not in shown.out.split(), shown
    for words in ("Fetched and kept", "Held, for a person", "Proved", "What to look at next", "sandbox --port"):
        assert words in shown.out, shown
    books = new_office.ledger()
    assert {name.split("/")[1] for name in books} == {"demo-nl", "demo-be"}

    # The commands it ends with can be typed where the reader stands.
    typed = shown.out.split("Command")[-1].splitlines()[1].split(" status")[0].strip()
    done = subprocess.run([typed, "status"], cwd=new_office.folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, typed
    told = new_office.run("sync", today=DAY, code=8).err
    assert "made-up API at this address has stopped" in told
    assert "connector sandbox --port " in told
    assert f"--today {DAY}" in (new_office.folder / "connector.toml").read_text(encoding="utf-8").splitlines()[1]

    # What it says of held documents fits what the next command says.
    (said,) = (line for line in shown.out.splitlines() if line.startswith("demo-nl: held documents"))
    held = new_office.run("status", "--json", today=DAY).json["administrations"][0]["held_documents"]
    assert held > 1
    assert f"{held} documents, exactly those that the sandbox spoiled" in said
    found = new_office.run("findings", "--json", "-a", "demo-nl", today=DAY).json["findings"]
    twins = {each["number"] for each in found if each["code"] == "SAME-NUMBER-TWICE"}
    assert twins
    assert not [each for each in found if each["code"] == "DETAIL-DIFFERS" and each["number"] in twins]
    for register in ("subscriptions", "products"):
        assert len(new_office.run(register, "list", "--json", today=DAY).json[register]) > 1

    # What it leaves behind can be looked at without the sandbox.
    assert new_office.run("status", today=DAY).out.count("demo-") == 2
    new_office.proves()
    number = shown.out.split("connector entries show ")[1].split()[0]
    assert "Where it comes from" in new_office.run("entries", "show", number, "-a", "demo-nl", today=DAY).out

    (new_office.folder / "notes.txt").write_text("mine", encoding="utf-8")
    answer = new_office.run("demo", "--json", today=DAY).json
    assert new_office.ledger() == books, "the same world gives the same books"
    assert (new_office.folder / "notes.txt").exists(), "what is not the demo's stays"
    proofs = {each["proof"]: each["holds"] for each in answer["proofs"]}
    assert len(proofs) >= 11
    assert False not in proofs.values()
    assert all(each["posted_percent"] >= "95" for each in answer["administrations"])
    assert any("bean-check" in each and holds for each, holds in proofs.items())


def test_the_demo_leaves_other_folders_alone(new_office: Office) -> None:
    (new_office.folder / "connector.toml").write_text("# mine\n", encoding="utf-8")
    refused = new_office.run("demo", code=3, today=DAY)
    assert "not empty" in refused.err
    assert "mkdir demo" in refused.err
    assert [path.name for path in new_office.folder.iterdir()] == ["connector.toml"]
