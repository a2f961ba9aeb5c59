"""``connector demo``: the whole flow on made-up invoices, and the proofs that it is right."""

from __future__ import annotations

import hashlib
import shutil
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from connector import texts
from connector.cli import options
from connector.cli.called import called
from connector.cli.options import Face
from connector.cli.output import Money, State, amount, column, prose
from connector.texts import _, many

if TYPE_CHECKING:
    from connector.app import Connector
    from connector.config import Administration
    from connector.engine.look import Stands
    from connector.engine.run import RunReport
    from connector.sandbox import DocumentTruth, Manifest, Sandbox

LEAST_POSTED = 95
"""Percent of the euros that are not ignored which must be posted."""


@dataclass(frozen=True, kw_only=True)
class Proof:
    """Something that was proved; ``holds`` is ``None`` for what could not be tried here."""

    proof: str
    holds: bool | None
    found: str


@click.command()
@options.common
@click.pass_context
def command(ctx: click.Context, face: Face) -> None:
    """Show the whole flow on made-up invoices, in the current folder, which must be empty.

    Starts the sandbox, sets up a Dutch and a Belgian reseller, fetches a year of invoices, books them, proves
    that every cent is accounted for, and fetches again to show that nothing is booked twice. Nothing goes over
    the internet. Run in the folder of an earlier demo it starts anew. Ends with 20 when a proof fails.
    """
    from connector.cli import demo_folder
    from connector.cli.failure import DIFFERENCE
    from connector.sandbox import Sandbox, demo_world

    with Sandbox(demo_world(face.today), today=face.today) as sandbox:
        made = demo_folder.make(face.connection.folder, sandbox)
        face.settings = made.settings
        story = _Story(face, sandbox)
        proofs = story.tell()
    failed = [each for each in proofs if each.holds is False]
    _ending(face, sandbox, story, proofs)
    if face.connection.database_shown != made.settings.connection.database_shown:
        face.out.text(
            "",
            _(
                "Your environment names another database ({database}); unset CONNECTOR_DATABASE_URL before you go on."
            ).format(database=face.connection.database_shown),
        )
    if failed:
        ctx.exit(DIFFERENCE)


class _Story:
    """The demo, chapter by chapter; each adds what it proved."""

    def __init__(self, face: Face, sandbox: Sandbox) -> None:
        self._face, self._out, self._sandbox = face, face.out, sandbox
        self._proofs: list[Proof] = []
        self.told: dict[str, dict[str, Any]] = {each.name: {} for each in face.administrations}
        self.example = ""

    def tell(self) -> list[Proof]:
        from connector.app import databases
        from connector.cli import working

        self._out.text(
            _("A year of made-up invoices of two resellers, from the API to the ledger, in {folder}.").format(
                folder=self._face.settings.connection.folder
            ),
            _('auto_post is "all" here: everything that is in order goes out by itself. The default is "off".'),
        )
        databases.upgrade(self._face.settings.connection, backup=False, now=self._face.now)
        with working.opened(self._face) as connector:
            self._fetched(connector)
            stands = self._booked(connector)
            self._held(stands)
            self._added_up(connector)
            self._again(connector)
        self._accepted()
        return self._proofs

    def _prove(self, proof: str, holds: bool | None, found: str) -> None:
        self._proofs.append(Proof(proof=proof, holds=holds, found=found))

    def _fetched(self, connector: Connector) -> None:
        reports = self._sync(connector)
        self._out.heading(_("1. Fetched and kept"))
        self._out.table(
            [column("Administration"), amount("Answers"), amount("Documents"), amount("Lines"), column("Mapping")],
            [
                (
                    report.administration,
                    len(report.windows),
                    sum(window.new for window in report.windows),
                    sum(window.lines for window in report.windows),
                    _("version {number}").format(number=report.mapping_version),
                )
                for report in reports
            ],
        )
        self._out.text(_("Every answer is kept byte for byte; each invoice is stored once."))

    def _sync(self, connector: Connector) -> list[RunReport]:
        from connector.cli import working

        reports = []
        for administration in self._face.administrations:
            with working.progress(self._face, administration.name) as progress:
                reports.append(connector.sync(administration, progress=progress))
        return reports

    def _booked(self, connector: Connector) -> dict[str, list[Stands]]:
        from connector.engine import look
        from connector.engine.status import STATES

        stands = {each.name: look.standings(*connector.at(each)) for each in self._face.administrations}
        rows = []
        for name, mine in stands.items():
            for direction in ("purchase", "sale"):
                found = [each.standing for each in mine if each.standing.direction == direction]
                sums = {state: sum(one.net for one in found if one.state.value == state) for state in STATES}
                rows.append((name, State(name=direction), *(Money(minor=sums[state]) for state in STATES)))
            self.told[name]["documents"] = len(mine)
            self.told[name]["posted_percent"] = str(_posted_percent(mine))
        posted = [one.standing for one in stands["demo-nl"] if one.standing.state.value == "posted"]
        self.example = max((one for one in posted if one.direction == "purchase"), key=lambda one: one.net).number
        self._out.heading(_("2. Booked"))
        self._out.table(
            [column("Administration"), column("Direction"), *(amount(state.capitalize()) for state in STATES)], rows
        )
        self._out.text(
            _("demo-nl books its sales too, from the invoices it issued; its customer specifications only compare."),
            _("demo-be compares its sales and books none of them: that is the default."),
        )
        for name, mine in stands.items():
            share = _posted_percent(mine)
            self._prove(
                _("{name}: euros posted").format(name=name),
                share >= LEAST_POSTED,
                _("{share} of what is not ignored").format(share=texts.percent(share)),
            )
        return stands

    def _held(self, stands: Mapping[str, Sequence[Stands]]) -> None:
        manifest = self._sandbox.manifest
        self._out.heading(_("3. Held, for a person to look at"))
        seeded = {name: _seeded(manifest, name) for name in stands}
        held = {name: [one for one in mine if one.standing.state.value == "held"] for name, mine in stands.items()}
        self._out.table(
            [
                column("Administration"),
                column("Document"),
                amount("Net"),
                prose("Reason"),
                prose("Put in on purpose"),
            ],
            [
                (
                    name,
                    one.standing.number,
                    Money(minor=one.standing.net),
                    ", ".join(map(texts.reason, one.reasons)),
                    _defect(seeded[name], one) or _("NO"),
                )
                for name, mine in held.items()
                for one in mine
            ],
        )
        for name, mine in held.items():
            self.told[name]["held"] = [
                {
                    "number": one.standing.number,
                    "net": Money(minor=one.standing.net),
                    "reasons": one.reasons,
                    "defect": _defect(seeded[name], one) or None,
                }
                for one in mine
            ]
            self._exactly(name, mine, seeded[name])

    def _exactly(self, name: str, held: Sequence[Stands], seeded: Mapping[str, DocumentTruth]) -> None:
        """What is held is what was spoiled, to the cent."""
        euros: Counter[str] = Counter()
        for one in held:
            euros[one.standing.number] += one.standing.net
        wanted = {number: truth.served.net for number, truth in seeded.items()}
        wrong = sorted(number for number in euros.keys() | wanted if euros.get(number) != wanted.get(number))
        if wrong:
            found = _("not those that the sandbox spoiled: {numbers}").format(numbers=", ".join(wrong))
        else:
            found = many(
                "1 document, exactly the one that the sandbox spoiled, {{euros}}",
                "{number} documents, exactly those that the sandbox spoiled, {{euros}}",
                len(held),
            ).format(euros=Money(minor=sum(euros.values())))
        self._prove(_("{name}: held documents").format(name=name), not wrong, found)

    def _added_up(self, connector: Connector) -> None:
        for administration in self._face.administrations:
            proof = connector.verify(administration)
            checked = _(
                "{lines} lines read again from the raw bytes, {entries} entries, {problems} differences"
            ).format(lines=proof.lines, entries=proof.entries, problems=len(proof.problems))
            self._prove(_("{name}: every cent is accounted for").format(name=administration.name), proof.holds, checked)

    def _again(self, connector: Connector) -> None:
        """A second sync adds a fetch record per request, and nothing else."""
        from connector.engine import look

        rows, files = look.row_counts(connector.everywhere), _files(self._books())
        asked = len(self._sandbox.requests)
        self._sync(connector)
        asked = len(self._sandbox.requests) - asked
        after = look.row_counts(connector.everywhere)
        added = {name: count - rows[name] for name, count in after.items() if count != rows[name]}
        self._prove(
            _("a second sync adds one fetch record per request"),
            added == {"fetch": asked},
            ", ".join(f"{name} +{count}" for name, count in added.items())
            + " "
            + many("for 1 request", "for {number} requests", asked),
        )
        self._prove(
            _("and changes no byte of the ledgers"),
            _files(self._books()) == files,
            many("1 file compared", "{number} files compared", len(files)),
        )

    def _books(self) -> list[Path]:
        return [each.ledger.folder for each in self._face.administrations if each.ledger.folder is not None]

    def _accepted(self) -> None:
        for administration in self._face.administrations:
            for name, arguments in _checkers(administration):
                program = _program(name)
                shown = f"{name} {' '.join(arguments)}"
                if program is None:
                    self._prove(shown, None, _("not run: {name} is not installed").format(name=name))
                    continue
                done = subprocess.run(
                    [program, *arguments],
                    cwd=self._face.settings.connection.folder,
                    capture_output=True,
                    text=True,
                    check=False,
                    timeout=60,
                )
                told = (done.stderr or done.stdout).strip().splitlines()
                accepted = done.returncode == 0
                self._prove(shown, accepted, _("accepted") if accepted else " ".join(told[:3]))


def _posted_percent(stands: Sequence[Stands]) -> Decimal:
    """How much of the euros that are not ignored is posted, in percent, rounded down; a credit counts with its size."""
    counted = [each.standing for each in stands if each.standing.state.value != "ignored"]
    posted = sum(abs(each.net) for each in counted if each.state.value == "posted")
    whole = sum(abs(each.net) for each in counted)
    return Decimal(posted * 10_000 // whole).scaleb(-2) if whole else Decimal(100)


def _seeded(manifest: Manifest, name: str) -> dict[str, DocumentTruth]:
    """The documents that the sandbox spoiled so that they must be held, by number."""
    mine = manifest.of(name.removeprefix("demo-"))
    return {truth.number: truth for truth in mine if truth.defect and truth.expected == "hold"}


def _defect(seeded: Mapping[str, DocumentTruth], held: Stands) -> str:
    number = held.standing.number
    return seeded[number].defect if number in seeded else ""


def _files(folders: Sequence[Path]) -> dict[str, str]:
    return {
        str(path): hashlib.sha256(path.read_bytes()).hexdigest()
        for folder in folders
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def _checkers(administration: Administration) -> Iterator[tuple[str, tuple[str, ...]]]:
    folder = administration.ledger.folder
    assert folder is not None, "the demo names the folders of its ledgers"
    main = f"books/{folder.name}/main"
    if administration.ledger.kind == "beancount":
        yield "bean-check", (f"{main}.beancount",)
    else:
        yield "hledger", ("check", "--strict", "-f", f"{main}.journal")
        yield "ledger", ("--pedantic", "-f", f"{main}.journal", "balance")


def _program(name: str) -> str | None:
    """Where a program is: on the path, or beside the Python that runs us."""
    return shutil.which(name) or shutil.which(name, path=str(Path(sys.executable).parent))


def _ending(face: Face, sandbox: Sandbox, story: _Story, proofs: Sequence[Proof]) -> None:
    out = face.out
    out.heading(_("4. Proved"))
    verdicts = {True: _("yes"), False: _("NO"), None: "-"}
    out.table(
        [prose("Proof"), column("Holds"), prose("Found")],
        [(each.proof, verdicts[each.holds], each.found) for each in proofs],
    )
    steps = [
        ("connector status", _("where the euros stand")),
        ("connector findings", _("what is held, and the next step")),
        (
            f"connector entries show {story.example} -a demo-nl",
            _("every posting back to its lines, its rules and the bytes"),
        ),
        ("connector subscriptions renewals", _("what renews soon, until when it can be stopped, and what it costs")),
        ("connector verify", _("prove the cents again")),
        ("connector replay", _("book everything again, and compare")),
        (
            f"connector sandbox --port {sandbox.port} --today {face.today}",
            _("serve the same invoices again; the demo's sandbox has stopped"),
        ),
    ]
    places = {
        "books/demo-nl/main.journal": _("the books of demo-nl, for hledger and ledger"),
        "books/demo-be/main.beancount": _("the books of demo-be, for beancount and fava"),
        "mappings/demo-nl/rules.csv": _("the rules that chose the accounts"),
        "connector.toml": _("the settings"),
    }
    out.heading(_("What to look at next"))
    out.table([column("File"), prose("What it is")], list(places.items()))
    out.text("")
    ours = called()
    out.table(
        [column("Command"), prose("What it shows")],
        [(f"{ours}{step.removeprefix('connector')}", meaning) for step, meaning in steps],
    )
    out.answer(
        {
            "folder": face.settings.connection.folder,
            "today": face.today,
            "administrations": [{"administration": name} | told for name, told in story.told.items()],
            "proofs": [asdict(each) for each in proofs],
            "files": list(places),
            "next": [each for each, _meaning in steps],
        }
    )
