"""The documents: links lead somewhere, commands exist as written, and no place of a certain machine is named."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import unquote, urlsplit
from xml.etree import ElementTree

import click
import pytest

import connector
from connector.cli import root

ROOT = Path(__file__).resolve().parent.parent
DOCUMENTS = (ROOT / "README.md", ROOT / "CHANGELOG.md", *sorted((ROOT / "docs").rglob("*.md")))
NAMES = [str(path.relative_to(ROOT)) for path in DOCUMENTS]
FENCE = re.compile(r"^ *```(.*)\n((?:.*\n)*?) *```$", re.MULTILINE)
LINK = re.compile(r"!?\[(?:[^\[\]]|\[[^\]]*\])*\]\(([^()\s]+)\)")
LANGUAGES = {"console", "csv", "ini", "json", "mermaid", "python", "text", "toml", "yaml"}
HOSTS = {"api.copaco.cloud", "keepachangelog.com", "semver.org", "localhost", "127.0.0.1", "start.exactonline.nl"}
TOP_FOLDERS = {"api", "etc", "opt", "path", "run", "usr", "var"}
"""First parts of absolute paths that an operator has, or that stand for any path."""
PLACEHOLDERS = {"...", "…", "COMMAND", "[OPTIONS]"}
SHELL = re.compile(r"\s(?:[<>|]|>>|&&|2>&1)(?:\s|$)")


def text_of(path: Path) -> str:
    return path.read_text(encoding="utf-8")


def without_code(text: str) -> str:
    return re.sub(r"`[^`\n]*`", "", FENCE.sub("", text))


def anchors(text: str) -> set[str]:
    """The anchors of the headings, made as the usual viewers make them."""
    headings = re.findall(r"^#{1,6} +(.+?) *$", FENCE.sub("", text), re.MULTILINE)
    plain = (re.sub(r"[^\w\- ]", "", re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", each)).lower() for each in headings)
    return {each.replace(" ", "-") for each in plain}


def consoles(text: str) -> Iterator[str]:
    """The commands typed at a prompt."""
    for language, body in FENCE.findall(text):
        if language.strip() == "console":
            yield from (line[2:].strip() for line in body.splitlines() if line.startswith("$ "))


def mentions(text: str) -> Iterator[str]:
    """Commands of ours wherever they stand: in code spans, indented lines and other blocks."""
    spans = re.findall(r"`(connector [^`]+)`", FENCE.sub("", text))
    lines = re.findall(r"^(?: {4,}|[^#\n]*&& (?:\S*/)?)(connector .+)$", text, re.MULTILINE)
    # In a line, what stands apart is no part of the command.
    commands = (re.split(r" {2,}", each)[0] for each in lines)
    yield from (" ".join(each.split()) for each in (*spans, *commands))


def words(line: str) -> list[str]:
    return shlex.split(SHELL.split(line, maxsplit=1)[0])


def unknown_in(line: str) -> str:
    """The first word of a mention that is no command or option, '' when there is none."""
    command: click.Command = root
    context = click.Context(root, info_name="connector")
    left = iter(line.split()[1:])
    for word in left:
        if word in PLACEHOLDERS:
            continue
        if word.startswith("-"):
            name, equals, _ = word.partition("=")
            option = next((each for each in command.get_params(context) if name in each.opts), None)
            if not isinstance(option, click.Option):
                return word
            if not (option.is_flag or option.count or equals):
                next(left, "")
        elif isinstance(command, click.Group):
            found = command.get_command(context, word)
            if found is None:
                return word
            command, context = found, click.Context(found, parent=context, info_name=word)
    return ""


@pytest.mark.parametrize("path", DOCUMENTS, ids=NAMES)
def test_every_relative_link_resolves(path: Path) -> None:
    broken = []
    for target in LINK.findall(without_code(text_of(path))):
        if urlsplit(target).scheme:
            continue
        name, _, anchor = unquote(target).partition("#")
        file = (path.parent / name).resolve() if name else path
        if not file.is_file() or ROOT not in file.parents:
            broken.append(target)
        elif anchor and anchor not in anchors(text_of(file)):
            broken.append(f"{target}: there is no such heading")
    assert broken == []


@pytest.mark.parametrize("path", DOCUMENTS, ids=NAMES)
def test_every_block_names_its_language(path: Path) -> None:
    assert {language.strip() for language, _ in FENCE.findall(text_of(path))} - LANGUAGES == set()


@pytest.mark.parametrize("path", DOCUMENTS, ids=NAMES)
def test_every_command_at_a_prompt_can_be_typed(path: Path) -> None:
    """Commands, options, and their values: what click accepts."""
    refused = []
    for line in consoles(text_of(path)):
        program, *arguments = words(line)
        if Path(program).name != "connector":
            continue
        try:
            parsed(arguments)
        except click.exceptions.Exit:  # --version and --help answer at once
            continue
        except click.ClickException as error:
            refused.append(f"{line}: {error.format_message()}")
    assert refused == []


def parsed(arguments: list[str]) -> None:
    """Parse a command line to its end, and run nothing."""
    command: click.Command = root
    context, name, rest = click.Context(root), "connector", arguments
    while isinstance(command, click.Group) and rest and not rest[0].startswith("-"):
        found_name, found, rest = command.resolve_command(context, rest)
        assert found_name is not None
        assert found is not None
        command, name = found, found_name
    command.make_context(name, list(rest))


@pytest.mark.parametrize("path", DOCUMENTS, ids=NAMES)
def test_every_command_that_is_mentioned_exists(path: Path) -> None:
    wrong = [f"{word} in: {line}" for line in mentions(text_of(path)) if (word := unknown_in(line))]
    assert wrong == []


@pytest.mark.parametrize("path", DOCUMENTS, ids=NAMES)
def test_a_prompt_shows_only_programs_an_operator_has(path: Path) -> None:
    usual = {
        "connector", "make", "cd", "python3", "pip", "createuser", "createdb", "pg_dump", "pg_restore", "echo", "tar",
        "systemctl", "mkdir", "export", "hledger", "bean-check", "umask", "cp", "useradd",
    }  # fmt: skip
    assert {Path(line.split()[0]).name for line in consoles(text_of(path))} <= usual


@pytest.mark.parametrize(
    "path", [ROOT / "README.md", ROOT / "docs" / "operators.md"], ids=["README.md", "operators.md"]
)
def test_the_lines_for_postgresql_work_as_written(path: Path) -> None:
    """A role is made before the database it owns, and a file with its password is not made for everybody to read."""
    lines = list(consoles(text_of(path)))
    makes = [line.split()[0] for line in lines if line.startswith(("createuser", "createdb"))]
    assert makes == ["createuser", "createdb"]
    assert lines.index("umask 077") < next(n for n, line in enumerate(lines) if line.endswith(">> .env"))


@pytest.mark.parametrize("path", DOCUMENTS, ids=NAMES)
def test_no_shell_reads_env(path: Path) -> None:
    """Its values are no shell's: '&' and spaces, as in addresses and headers, would cut them and run the rest; and what
    a shell has exported goes before what is written into .env later."""
    assert [line for line in consoles(text_of(path)) if ". ./.env" in line or "source " in line] == []


@pytest.mark.parametrize("path", DOCUMENTS, ids=NAMES)
def test_no_place_is_named_that_is_not_the_readers(path: Path) -> None:
    text = text_of(path)
    hosts = {urlsplit(each).hostname or "" for each in re.findall(r"https?://[\w.:@%-]+", text)}
    strange = {each for each in hosts if each not in HOSTS and not each.endswith("example.com")}
    assert strange == set(), "name no server but Copaco's, Exact's, this computer, and example.com"
    paths = re.findall(r"(?<![\w.:/*…}>)\]-])/([A-Za-z_]+)/[\w.-]+", re.sub(r"\w+://\S+", "", text))
    assert set(paths) <= TOP_FOLDERS, "name no folder of a certain machine"


def test_every_document_can_be_found_from_the_index() -> None:
    linked = {
        (path.parent / target.partition("#")[0]).resolve()
        for path in (ROOT / "README.md", ROOT / "docs" / "index.md")
        for target in LINK.findall(without_code(text_of(path)))
    }
    missing = [name for path, name in zip(DOCUMENTS, NAMES, strict=True) if path not in linked]
    assert set(missing) <= {"README.md"}, "add them to docs/index.md"


def test_decisions_are_numbered_without_gaps_and_titled_alike() -> None:
    files = sorted((ROOT / "docs" / "decisions").glob("*.md"))
    for number, path in enumerate(files, start=1):
        assert path.name.startswith(f"{number:04}-")
        heading = text_of(path).splitlines()[0]
        assert heading.startswith(f"# {number}. ")
        assert f"[{heading.partition('. ')[2]}](decisions/{path.name})" in text_of(ROOT / "docs" / "index.md")
        assert re.search(r"^(Accepted|Replaced), \d+ \w+ \d{4}", text_of(path), re.MULTILINE)


def test_the_changelog_begins_with_this_version() -> None:
    versions = re.findall(r"^## \[([^\]]+)\]", text_of(ROOT / "CHANGELOG.md"), re.MULTILINE)
    assert versions[0] in (connector.__version__, "Unreleased")
    assert connector.__version__ in versions


@pytest.mark.parametrize("path", sorted((ROOT / "docs" / "images").glob("*.svg")), ids=lambda path: path.name)
def test_a_picture_is_small_self_contained_and_described(path: Path) -> None:
    text = text_of(path)
    picture = ElementTree.fromstring(text)
    space = "{http://www.w3.org/2000/svg}"
    assert len(text) < 10_000
    assert all((picture.findtext(f"{space}{name}") or "").strip() for name in ("title", "desc"))
    assert not re.search(r"<(script|image|foreignObject)|href=|url\((?!#)", text)


@pytest.mark.parametrize(
    ("line", "wrong"),
    [
        ("connector sync", ""),
        ("connector db upgrade --no-backup", ""),
        ("connector db sink", "sink"),
        ("connector sink", "sink"),
        ("connector sync --posts", "--posts"),
        ("connector COMMAND --help", ""),
        ("connector entries approve --all --period=2026-01", ""),
    ],
)
def test_a_wrong_mention_is_noticed(line: str, wrong: str) -> None:
    assert unknown_in(line) == wrong


@pytest.mark.parametrize("line", ["sink", "sync --posts", "entries list --state gone", "backfill 2026-13 2026-14"])
def test_a_wrong_command_at_a_prompt_is_noticed(line: str) -> None:
    with pytest.raises(click.UsageError):
        parsed(words(line))
