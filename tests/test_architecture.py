"""The layers of the connector, read from its imports: who may know whom, and why.

    cli, service, web -> app -> engine -> store, source.base, ledgers.base -> domain -> stdlib, msgspec
                         app -> source.*, ledgers.*, mapping_files, config    everyone may import errors

Each rule names its reason, because a rule that is only a rule is worked around.
"""

from __future__ import annotations

import ast
import re
import sys
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
FACES = ("connector.cli", "connector.service", "connector.web")
# Above the first number a warning, above the second a failure.
MODULE_LINES = (400, 600)
FUNCTION_LINES = (70, 100)
EMPTY_WORDS = {"manager", "managers", "handler", "handlers", "helper", "helpers", "util", "utils"}


@dataclass(frozen=True, kw_only=True)
class Layer:
    """What one package may import of the connector, and what of others it may never import."""

    name: str
    may: tuple[str, ...]
    reason: str
    never: tuple[str, ...] = ()


LAYERS = (
    Layer(
        name="connector.errors",
        may=(),
        reason="Everyone imports the errors, so they import nobody.",
    ),
    Layer(
        name="connector.domain",
        may=("connector.errors",),
        reason="The domain knows the rules of bookkeeping and no edge, so it can be read and tested alone.",
    ),
    Layer(
        name="connector.engine",
        may=(
            "connector.domain",
            "connector.errors",
            "connector.store",
            "connector.source.base",
            "connector.ledgers.base",
            "connector.telemetry",
        ),
        never=("requests", "flask", "click", "rich", "sqlalchemy", "alembic", "dotenv", "opentelemetry"),
        reason="The engine knows the order and the transactions; app chooses its source, ledger and face.",
    ),
    Layer(
        name="connector.store",
        may=("connector.domain", "connector.errors", "connector.resources"),
        never=("requests", "flask", "click", "rich"),
        reason="The store keeps what it is given; it knows neither where that came from nor where it goes.",
    ),
    Layer(
        name="connector.source",
        may=("connector.domain", "connector.errors", "connector.telemetry"),
        never=("flask", "click", "rich", "sqlalchemy"),
        reason="A source fetches and parses; keeping and booking are for others.",
    ),
    Layer(
        name="connector.ledgers",
        may=("connector.domain", "connector.errors", "connector.telemetry"),
        never=("flask", "click", "rich", "sqlalchemy"),
        reason="An adapter translates entries for one ledger; it holds no rule, no retry and no database.",
    ),
    Layer(
        name="connector.mapping_files",
        may=("connector.domain", "connector.errors", "connector.resources", "connector.texts"),
        never=("requests", "flask", "click", "rich", "sqlalchemy"),
        reason="The mapping tables are read from files into values of the domain, and back; a workbook has titles.",
    ),
    Layer(
        name="connector.papers",
        may=("connector.domain", "connector.errors"),
        never=("requests", "flask", "click", "rich", "sqlalchemy"),
        reason="Mailed invoices are read from files into values of the domain; comparing is for the domain.",
    ),
    Layer(
        name="connector.customer_papers",
        may=("connector.domain", "connector.errors", "connector.resources", "connector.texts"),
        never=("requests", "flask", "click", "rich", "sqlalchemy"),
        reason="Papers for people outside are made of values of the domain; whose they are, others know.",
    ),
    Layer(
        name="connector.past_books",
        may=("connector.domain", "connector.errors"),
        never=("requests", "flask", "click", "rich", "sqlalchemy"),
        reason="Past books are read from the files of others into values of the domain; comparing is for the domain.",
    ),
    Layer(
        name="connector.sandbox",
        may=("connector.errors",),
        reason="The sandbox is the other side: sharing our reading of the API would hide our mistakes.",
    ),
    Layer(
        name="connector.config",
        may=("connector.domain", "connector.errors", "connector.resources"),
        never=("requests", "flask", "click", "rich", "sqlalchemy"),
        reason="Settings are values that others get as arguments.",
    ),
    Layer(
        name="connector.log",
        may=("connector.errors",),
        reason="Everyone may be logged, so the log knows nobody.",
    ),
    Layer(
        name="connector.telemetry",
        may=(),
        never=("opentelemetry", "prometheus_client"),
        reason="Everyone may mark its work, so what tells of it knows nobody, and none of those who gather it.",
    ),
    Layer(
        name="connector.texts",
        may=("connector.domain", "connector.errors", "connector.resources"),
        never=("requests", "flask", "click", "rich", "sqlalchemy"),
        reason="Texts turn values into sentences in a language; showing them is for the faces.",
    ),
    Layer(
        name="connector.resources",
        may=("connector.errors",),
        reason="Finding our own files needs nothing else.",
    ),
    Layer(
        name="connector.app",
        may=(
            "connector.config",
            "connector.domain",
            "connector.engine",
            "connector.errors",
            "connector.ledgers",
            "connector.log",
            "connector.mapping_files",
            "connector.papers",
            "connector.past_books",
            "connector.resources",
            "connector.source",
            "connector.store",
            "connector.telemetry",
        ),
        never=("flask", "click", "sqlalchemy"),
        reason="The composition root puts the parts together; it belongs to no face, so that all can use it.",
    ),
    *(
        Layer(
            name=face,
            may=(
                "connector.app",
                "connector.config",
                "connector.domain",
                "connector.engine",
                "connector.errors",
                "connector.log",
                "connector.mapping_files",
                "connector.customer_papers",
                "connector.resources",
                "connector.ledgers.base",
                "connector.source.base",
                "connector.telemetry",
                "connector.texts",
                *(("connector.sandbox", "connector.service") if face == "connector.cli" else ()),
            ),
            never=("sqlalchemy", "requests"),
            reason="A face asks app and engine and shows values; implementations and rows stay behind them.",
        )
        for face in FACES
    ),
)


@dataclass(frozen=True, kw_only=True)
class Module:
    """One file of the source."""

    name: str
    path: Path

    @property
    def tree(self) -> ast.Module:
        return _parsed(self.path)

    def imports(self) -> Iterator[tuple[str, int]]:
        """The full name of everything imported, also late, for types only, or by name, with its line."""
        for node in ast.walk(self.tree):
            if isinstance(node, ast.Import):
                yield from ((alias.name, node.lineno) for alias in node.names)
            elif isinstance(node, ast.ImportFrom):
                assert node.level == 0, f"{self.path}:{node.lineno}: imports are absolute"
                yield from ((f"{node.module}.{alias.name}", node.lineno) for alias in node.names)
            elif isinstance(node, ast.Call) and ast.unparse(node.func).endswith("import_module"):
                named = node.args[0] if node.args else None
                if isinstance(named, ast.Constant) and isinstance(named.value, str):
                    yield named.value, node.lineno

    def at(self, line: int) -> str:
        return f"{self.path.relative_to(ROOT)}:{line}"


@cache
def _parsed(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"), filename=str(path))


def modules() -> list[Module]:
    found = []
    for path in sorted((ROOT / "connector").rglob("*.py")):
        parts = path.relative_to(ROOT).with_suffix("").parts
        found.append(Module(name=".".join(parts[:-1] if parts[-1] == "__init__" else parts), path=path))
    return found


def _within(name: str, packages: tuple[str, ...]) -> bool:
    return any(name == package or name.startswith(f"{package}.") for package in packages)


def _complain(broken: list[str], rule: str) -> None:
    assert not broken, "\n".join([rule, *broken])


def test_every_module_belongs_to_a_layer() -> None:
    known = (*(layer.name for layer in LAYERS), "connector.__main__")
    strangers = [
        f"{module.path.relative_to(ROOT)}"
        for module in modules()
        if module.name != "connector" and not _within(module.name, known)
    ]
    _complain(strangers, "Every module has its place in the layers; add a Layer with a reason, or move it:")


@pytest.mark.parametrize("layer", LAYERS, ids=lambda layer: layer.name)
def test_a_layer_imports_only_what_is_below_it(layer: Layer) -> None:
    allowed = (layer.name, *layer.may, "connector.__version__")
    broken = [
        f"  {module.at(line)} imports {name}"
        for module in modules()
        if _within(module.name, (layer.name,))
        for name, line in module.imports()
        if (name.startswith("connector.") and not _within(name, allowed)) or _within(name, layer.never)
    ]
    _complain(broken, f"{layer.reason} {layer.name} may import {', '.join(layer.may) or 'nothing of ours'}:")


def test_the_domain_needs_only_the_standard_library_and_msgspec() -> None:
    allowed = ("connector", "msgspec", *sys.stdlib_module_names)
    broken = [
        f"  {module.at(line)} imports {name}"
        for module in modules()
        if _within(module.name, ("connector.domain", "connector.errors", "connector.resources"))
        for name, line in module.imports()
        if not _within(name, allowed)
    ]
    _complain(broken, "The domain must be readable and testable with nothing else installed:")


def test_only_the_conformance_kit_knows_pytest() -> None:
    broken = [
        f"  {module.at(line)} imports {name}"
        for module in modules()
        if module.name != "connector.ledgers.conformance.plugin"
        for name, line in module.imports()
        if _within(name, ("pytest", "_pytest", "connector.ledgers.conformance.plugin"))
    ]
    _complain(broken, "The program runs where pytest is not installed; one module makes tests of the kit's checks:")


def test_the_program_does_not_lean_on_its_conformance_kit() -> None:
    broken = [
        f"  {module.at(line)} imports {name}"
        for module in modules()
        if not _within(module.name, ("connector.ledgers.conformance",))
        for name, line in module.imports()
        if _within(name, ("connector.ledgers.conformance",))
    ]
    _complain(broken, "The kit tries adapters for their authors; nothing that runs may need it:")


def test_rows_never_leave_the_store() -> None:
    broken = [
        f"  {module.at(line)} imports {name}"
        for module in modules()
        if not _within(module.name, ("connector.store",))
        for name, line in module.imports()
        if _within(name, ("sqlalchemy", "alembic", "psycopg", "sqlite3"))
    ]
    _complain(broken, "Only connector/store knows the database; others get frozen values, which cannot change it:")


def test_only_the_queue_knows_procrastinate() -> None:
    broken = [
        f"  {module.at(line)} imports {name}"
        for module in modules()
        if not _within(module.name, ("connector.service.queue", "connector.service.queue_tables"))
        for name, line in module.imports()
        if _within(name, ("procrastinate",))
    ]
    _complain(broken, "It gives out jobs and is an extra; what a job does must run and be understood without it:")


def test_only_config_reads_the_environment() -> None:
    reading = re.compile(r"^os\.(environb?|getenvb?|putenv)\b")
    broken = []
    for module in modules():
        if _within(module.name, ("connector.config",)):
            continue
        names = [(name, line) for name, line in module.imports() if reading.match(name) or _within(name, ("dotenv",))]
        names += [
            (ast.unparse(node), node.lineno)
            for node in ast.walk(module.tree)
            if isinstance(node, ast.Attribute) and reading.match(ast.unparse(node))
        ]
        broken += [f"  {module.at(line)} uses {name}" for name, line in names]
    _complain(
        broken,
        "Only connector/config reads the environment, so that settings are checked once and as a whole:",
    )


def test_only_app_chooses_implementations() -> None:
    open_to_all = ("connector.source.base", "connector.ledgers.base")
    broken = [
        f"  {module.at(line)} imports {name}"
        for module in modules()
        if not _within(module.name, ("connector.app", "connector.source", "connector.ledgers"))
        for name, line in module.imports()
        if _within(name, ("connector.source", "connector.ledgers")) and not _within(name, open_to_all)
    ]
    _complain(broken, "Only connector/app knows which sources and ledgers there are; others know their base:")


def test_only_the_command_line_exits() -> None:
    exits = re.compile(r"^(sys\.exit|os\._exit|os\.abort|exit|quit|SystemExit|click\.exceptions\.Exit|click\.Abort)$")
    broken = []
    for module in modules():
        if _within(module.name, ("connector.cli",)):
            continue
        for node in ast.walk(module.tree):
            ends = node.func if isinstance(node, ast.Call) else node.exc if isinstance(node, ast.Raise) else None
            if ends is not None and exits.match(ast.unparse(ends)):
                broken.append(f"  {module.at(ends.lineno)} {ast.unparse(ends)}")
        broken += [f"  {module.at(line)} imports {name}" for name, line in module.imports() if name == "sys.exit"]
    _complain(
        broken,
        "Only connector/cli ends the program; others raise a ConnectorError that says what to do next:",
    )


@pytest.mark.filterwarnings("default:long code")
def test_modules_and_functions_can_be_read_at_once() -> None:
    sizes = [size for module in modules() for size in _sizes(module)]
    for where, lines, wanted, _ in sizes:
        if lines > wanted:
            warnings.warn(f"long code: {where} has {lines} lines, more than {wanted}", stacklevel=1)
    broken = [f"  {where} has {lines} lines, more than {most}" for where, lines, _, most in sizes if lines > most]
    _complain(broken, "Code that does not fit on a few screens hides a second noun or verb; find it:")


def _sizes(module: Module) -> Iterator[tuple[str, int, int, int]]:
    """Where, how many lines, how many are wanted at most, and how many are accepted."""
    yield module.at(1), len(module.path.read_text(encoding="utf-8").splitlines()), *MODULE_LINES
    for node in ast.walk(module.tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            lines = (node.end_lineno or node.lineno) - node.lineno + 1
            yield f"{module.at(node.lineno)} {node.name}", lines, *FUNCTION_LINES


def test_names_say_what_things_are() -> None:
    broken = []
    for module in modules():
        if set(module.name.replace(".", "_").split("_")) & EMPTY_WORDS:
            broken.append(f"  {module.path.relative_to(ROOT)}")
        for node in ast.walk(module.tree):
            if isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
                words = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", node.name).lower().split("_")
                if set(words) & EMPTY_WORDS:
                    broken.append(f"  {module.at(node.lineno)} {node.name}")
    _complain(
        broken,
        "Manager, handler, helper and utils say nothing; take the word an accountant or engineer would use:",
    )
