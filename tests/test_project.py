"""The project itself: what is packaged, locked and written down, and how the tests account for themselves."""

from __future__ import annotations

import configparser
import os
import re
import shutil
import stat
import subprocess
import sys
import zipfile
from email.parser import Parser
from importlib.metadata import PackageNotFoundError, requires, version
from itertools import pairwise
from pathlib import Path

import pytest
from packaging.markers import Marker
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

import connector
from connector import resources

ROOT = Path(__file__).resolve().parent.parent
LOCKS = ("run", "dev", "bench")
"""Each holds the one before."""
ALL_LOCKS = (*LOCKS, "tryton")


def _setup() -> configparser.ConfigParser:
    setup = configparser.ConfigParser()
    setup.read(ROOT / "setup.cfg", encoding="utf-8")
    return setup


def _lines(text: str) -> list[str]:
    return [line.strip() for line in text.splitlines() if line.strip() and not line.strip().startswith("#")]


def _wanted(lock: str) -> list[Requirement]:
    if lock == "run":
        setup = _setup()
        extras = [text for name, text in setup["options.extras_require"].items() if name != "conformance"]
        texts = [setup["options"]["install_requires"], *extras]
    else:
        texts = [(ROOT / "requirements" / f"{lock}.in").read_text(encoding="utf-8")]
    return [Requirement(line) for text in texts for line in _lines(text)]


def _locked(lock: str) -> dict[str, str]:
    """The versions of a lock, for this Python where they differ."""
    text = (ROOT / "requirements" / f"{lock}.txt").read_text(encoding="utf-8")
    lines = re.findall(r"^([A-Za-z0-9._-]+)==([^\s;\\]+)(?: *; *([^\\]+))?", text, flags=re.MULTILINE)
    elsewhere = dict[str, str]()
    here = dict[str, str]()
    for name, locked, marker in lines:
        (here if not marker or Marker(marker.strip()).evaluate() else elsewhere)[name] = locked
    return elsewhere | here


def _needs(name: str) -> list[str]:
    """What an installed package requires; nothing of one that this system does not need."""
    try:
        return requires(name) or []
    except PackageNotFoundError:
        return []


def _packages_with_code(top: Path, name: str) -> set[str]:
    folders = {path.parent for path in top.rglob("*.py") if "__pycache__" not in path.parts}
    return {".".join((name, *folder.relative_to(top).parts)) for folder in folders}


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the wheel's content, as pip would put it beside the packages it needs."""
    checkout = tmp_path_factory.mktemp("checkout")
    unwanted = shutil.ignore_patterns("__pycache__")
    for folder in ("connector", "migrations", "mappings"):
        shutil.copytree(ROOT / folder, checkout / folder, ignore=unwanted)
    for file in ("setup.cfg", "pyproject.toml", "README.md", "LICENSE", "alembic.ini"):
        shutil.copy(ROOT / file, checkout)
    command = [sys.executable, "-W", "ignore", "-m", "build", "--wheel", "--no-isolation", "--outdir", "dist"]
    built = subprocess.run(command, cwd=checkout, capture_output=True, text=True, check=False)
    assert built.returncode == 0, built.stderr
    (wheel,) = (checkout / "dist").glob("*.whl")
    place = tmp_path_factory.mktemp("site")
    with zipfile.ZipFile(wheel) as content:
        content.extractall(place)
    return place


def _python(code: str, *, site: Path) -> str:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("COV_")}
    answer = subprocess.run(
        [sys.executable, "-c", code],
        cwd=site.parent,
        env={**environment, "PYTHONPATH": str(site)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert answer.returncode == 0, answer.stderr
    return answer.stdout.strip()


class TestPackage:
    def test_every_folder_with_code_is_packaged(self) -> None:
        code = _packages_with_code(ROOT / "connector", "connector")
        code |= _packages_with_code(ROOT / "migrations", "connector.migrations")
        listed = set(_lines(_setup()["options"]["packages"]))
        assert code - listed == set(), "list these under `packages` in setup.cfg, or they are missing from the wheel"

    def test_a_checkout_uses_the_folders_beside_the_package(self) -> None:
        assert resources.migrations_path() == ROOT / "migrations"
        assert resources.mappings_path() == ROOT / "mappings"

    def test_an_installed_wheel_uses_its_own_folders(self, installed: Path) -> None:
        show = "from connector import resources as r; print(r.migrations_path(), r.mappings_path(), sep='\\n')"
        package = installed / "connector"
        assert _python(show, site=installed).splitlines() == [
            str(package / "migrations"),
            str(package / "mappings"),
        ]

    def test_a_wheel_uses_its_own_folders_even_beside_folders_of_the_same_name(self, installed: Path) -> None:
        (installed / "mappings").mkdir(exist_ok=True)
        show = "from connector import resources; print(resources.mappings_path())"
        assert _python(show, site=installed) == str(installed / "connector" / "mappings")

    def test_the_wheel_holds_every_migration_and_every_mapping_table(self, installed: Path) -> None:
        for folder in ("migrations", "mappings"):
            files = [path for path in (ROOT / folder).rglob("*") if path.is_file() and "__pycache__" not in path.parts]
            missing = [
                str(path.relative_to(ROOT))
                for path in files
                if not (installed / "connector" / path.relative_to(ROOT)).is_file()
            ]
            assert missing == [], "add these to `options.package_data` in setup.cfg"
        assert (installed / "connector" / "py.typed").is_file()

    def test_the_wheel_brings_nothing_but_the_package(self, installed: Path) -> None:
        tops = {path.name for path in installed.iterdir()} - {"mappings"}
        assert tops == {"connector", f"copaco_connector-{connector.__version__}.dist-info"}

    def test_the_metadata_name_version_licence_and_python(self, installed: Path) -> None:
        (text,) = installed.glob("*.dist-info/METADATA")
        metadata = Parser().parsestr(text.read_text(encoding="utf-8"))
        assert metadata["Name"] == "copaco-connector"
        assert metadata["Version"] == connector.__version__
        assert "Apache-2.0" in (metadata["License-Expression"] or metadata["License"])
        assert metadata["Requires-Python"] == ">=3.11"

    def test_the_command_and_every_ledger_can_be_loaded_from_the_wheel(self, installed: Path) -> None:
        load = (
            "from importlib.metadata import distribution\n"
            "points = distribution('copaco-connector').entry_points\n"
            "print(*(f'{p.group}:{p.name}:{callable(p.load())}' for p in points), sep='\\n')"
        )
        assert set(_python(load, site=installed).splitlines()) == {
            "console_scripts:connector:True",
            "connector.ledgers:beancount:True",
            "connector.ledgers:hledger:True",
            "connector.ledgers:journal_csv:True",
            "connector.ledgers:memory:True",
            "connector.ledgers:exact:True",
            "connector.ledgers:odoo:True",
            "connector.ledgers:tryton:True",
        }

    def test_importing_the_package_imports_nothing_else(self) -> None:
        show = "import sys; old = set(sys.modules); import connector; print(sorted(set(sys.modules) - old))"
        assert _python(show, site=ROOT) == "['connector']"


class TestDependencies:
    @pytest.mark.parametrize("lock", ALL_LOCKS)
    def test_each_has_an_upper_bound(self, lock: str) -> None:
        unbounded = [
            str(wanted) for wanted in _wanted(lock) if not {"<", "=="} & {s.operator for s in wanted.specifier}
        ]
        assert unbounded == [], "the next major version may break us: add an upper bound"

    @pytest.mark.parametrize("lock", ALL_LOCKS)
    def test_each_is_explained(self, lock: str) -> None:
        text = (ROOT / "docs" / "dependencies.md").read_text(encoding="utf-8")
        unexplained = [
            wanted.name for wanted in _wanted(lock) if not re.search(rf"^- `{wanted.name}`: ", text, re.MULTILINE)
        ]
        assert unexplained == [], "say in docs/dependencies.md why it is there"

    def test_nothing_is_explained_that_is_gone(self) -> None:
        text = (ROOT / "docs" / "dependencies.md").read_text(encoding="utf-8")
        explained = set(re.findall(r"^- `([^`]+)`: ", text, re.MULTILINE))
        assert explained == {wanted.name for lock in ALL_LOCKS for wanted in _wanted(lock)}

    @pytest.mark.parametrize("lock", ALL_LOCKS)
    def test_the_lock_fits(self, lock: str) -> None:
        locked = _locked(lock)
        unfit = [str(w) for w in _wanted(lock) if locked.get(canonicalize_name(w.name), "") not in w.specifier]
        assert unfit == [], "run `make lock`"

    def test_the_locks_agree(self) -> None:
        run, dev, bench = (_locked(lock).items() for lock in LOCKS)
        assert run <= dev <= bench, "run `make lock`"

    @pytest.mark.parametrize("lock", ALL_LOCKS)
    def test_the_lock_names_hashes_and_no_place(self, lock: str) -> None:
        lines = _lines((ROOT / "requirements" / f"{lock}.txt").read_text(encoding="utf-8"))
        hashes = re.compile(r"--hash=sha256:[0-9a-f]{64}( \\)?")
        pins = re.compile(r"[a-z0-9._-]+==[^\s;]+( ; [\w.'<>=! ()]+)? \\")
        strange = [line for line in lines if not hashes.fullmatch(line) and not pins.fullmatch(line)]
        assert strange == []
        unhashed = [line for line, after in pairwise(lines) if pins.match(line) and pins.match(after)]
        assert unhashed == []

    def test_the_lock_is_complete_so_that_setup_resolves_nothing(self) -> None:
        # With a resolver pip refuses `coverage[toml]` beside the locked `coverage` once a newer one is published.
        needed = {
            canonicalize_name(wanted.name)
            for name in _locked("dev")
            for wanted in map(Requirement, _needs(name))
            if wanted.marker is None or wanted.marker.evaluate({"extra": ""})
        }
        assert needed - {"pip"} <= _locked("dev").keys(), "run `make lock`"
        setup = (ROOT / "tools" / "setup").read_text(encoding="utf-8")
        assert "install --no-deps --require-hashes" in setup

    def test_the_conformance_kit_asks_for_the_pytest_it_is_tried_with_and_running_for_none(self) -> None:
        asked = [Requirement(line) for line in _lines(_setup()["options.extras_require"]["conformance"])]
        assert asked == [wanted for wanted in _wanted("dev") if wanted.name == "pytest"]
        assert "pytest" not in _locked("run")

    def test_the_tests_run_on_the_locked_versions(self) -> None:
        wanted = {canonicalize_name(w.name) for lock in ("run", "dev") for w in _wanted(lock)}
        different = {}
        for name, locked in _locked("dev").items():
            try:
                found = version(name)
            except PackageNotFoundError:
                found = "missing" if name in wanted else locked
            if found != locked:
                different[name] = f"{found} instead of {locked}"
        assert different == {}, "run `make setup`"


class TestTests:
    def test_no_test_hides_behind_a_skip(self) -> None:
        hiding = re.compile(r"pytest\.(skip|importorskip|xfail)\b|mark\.(skip|skipif|xfail)\b")
        hidden = [
            f"{path.relative_to(ROOT)}:{number}"
            for path in sorted((ROOT / "tests").rglob("*.py"))
            if path.name not in ("conftest.py", Path(__file__).name)
            for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1)
            if hiding.search(line)
        ]
        assert hidden == [], "mark what needs a system program (needs_hledger ...); the rest runs or is removed"

    @pytest.mark.parametrize(("strict", "exit_code"), [("", 0), ("1", 1)])
    def test_what_needs_a_missing_program_is_told_and_fails_only_in_ci(
        self, pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch, strict: str, exit_code: int
    ) -> None:
        pytester.makeini(f"[pytest]\npythonpath = {ROOT}\nmarkers = needs_hledger\n")
        pytester.makeconftest((ROOT / "tests" / "conftest.py").read_text(encoding="utf-8"))
        pytester.makepyfile(
            """
            import pytest

            @pytest.mark.needs_hledger
            def test_journal():
                assert True

            def test_sum():
                assert 1 + 1 == 2
            """
        )
        monkeypatch.setenv("PATH", "")
        monkeypatch.setenv("CONNECTOR_CI_STRICT", strict)

        run = pytester.runpytest_subprocess("-n", "2")

        assert run.ret == exit_code
        run.stdout.fnmatch_lines(["*what was not run*", "1 test not run: hledger is not installed"])
        assert re.search(r"1 passed, 1 skipped in ", run.outlines[-1])
        assert ("this counts as a failure" in run.stdout.str()) == bool(strict)


class TestCommands:
    def test_make_lists_what_the_documents_promise(self) -> None:
        listed = subprocess.run(["make", "-s", "help"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
        promised = {"setup", "demo", "test", "test-long", "bench", "audit", "sbom", "lock", "format", "clean"}
        assert promised <= set(re.findall(r"^make (\S+)", listed, re.MULTILINE))

    @pytest.mark.parametrize("script", [".ci/run", "tools/setup", "tools/lock", "tools/demo"])
    def test_a_script_can_be_started_and_read(self, script: str) -> None:
        assert (ROOT / script).stat().st_mode & stat.S_IXUSR
        assert subprocess.run(["bash", "-n", script], cwd=ROOT, check=False).returncode == 0
