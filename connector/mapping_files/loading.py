"""From the files of a mapping set to a ``Mapping``, strictly and with every error at once."""

from __future__ import annotations

from collections.abc import Mapping as Files
from pathlib import Path, PurePath

from connector.domain.mapping import Mapping
from connector.errors import MappingFileError
from connector.mapping_files.chart import Accounts
from connector.mapping_files.other_rows import read_customers, read_deferrals, read_dimensions
from connector.mapping_files.problems import Problems, nearest
from connector.mapping_files.rule_rows import read_rules
from connector.mapping_files.schemas import EXAMPLES_FILE, SCHEMAS
from connector.mapping_files.settings_rows import check_settings, read_settings
from connector.mapping_files.table import Table, read_table
from connector.mapping_files.tax_rows import read_tax_codes, read_tax_map


def load(folder: Path) -> Mapping:
    """The mapping in ``folder``. MappingFileError names every row at fault; warnings are in ``Mapping.warnings``."""
    return load_bytes(source_bytes(folder), str(folder))


def load_bytes(files: Files[str, bytes], where: str) -> Mapping:
    """The mapping whose tables are ``files`` (file name → content); ``where`` says whence they come and ends
    in its name.
    """
    problems = Problems()
    tables = read_tables(files, problems)
    dimensions = read_dimensions(tables["dimensions.csv"], problems)
    declared = {rule.dimension for rule in dimensions} if tables["dimensions.csv"] else None
    accounts = Accounts(tables["accounts.csv"], declared, problems)
    deferrals = read_deferrals(tables["deferrals.csv"], accounts, problems)
    policies = deferrals if tables["deferrals.csv"] else None
    rules = read_rules(tables["rules.csv"], accounts, policies, declared, problems)
    codes = read_tax_codes(tables["tax.csv"], accounts, problems)
    settings = read_settings(tables["settings.csv"], problems)
    mapping = Mapping(
        name=PurePath(where).name,
        chart=accounts.chart,
        rules=rules,
        tax_codes=codes,
        tax_map=read_tax_map(tables["taxmap.csv"], codes, problems),
        customers=read_customers(tables["customers.csv"], problems),
        dimensions=dimensions,
        deferrals=deferrals,
        settings=settings,
        base_boxes=accounts.boxes,
        warnings=problems.warnings,
    )
    check_settings(settings, rules, accounts, problems)
    problems.stop(where)
    return mapping


def read_tables(files: Files[str, bytes], problems: Problems) -> dict[str, Table | None]:
    """All tables by file name, ``None`` for one that is missing or cannot be read; files that are no table
    are an error.
    """
    for file in sorted(files.keys() - SCHEMAS.keys() - {EXAMPLES_FILE}):
        hint = nearest(file, SCHEMAS.keys() - files.keys()) or "; take it out of the folder"
        problems.error(file, 0, "", f"this is none of the tables of a mapping{hint}")
    tables: dict[str, Table | None] = {}
    for file, schema in SCHEMAS.items():
        tables[file] = read_table(schema, files[file], problems) if file in files else None
        if file not in files:
            header = ";".join(schema.required)
            problems.error(file, 0, "", f"the file is missing; with nothing to say it holds only its header: {header}")
    return tables


def source_bytes(folder: Path) -> dict[str, bytes]:
    """The content of the tables in ``folder`` by file name: what a mapping version keeps. MappingFileError
    when it cannot be read.
    """
    if not folder.is_dir():
        raise MappingFileError(
            "there is no such mapping folder",
            hint="Check the name of the mapping set, or run 'connector init' to make one from a starter set.",
            where=str(folder),
        )
    try:
        return {path.name: path.read_bytes() for path in sorted(folder.glob("*.csv")) if path.name != EXAMPLES_FILE}
    except OSError as wrong:
        raise MappingFileError(
            f"the mapping folder cannot be read: {wrong.strerror}", where=str(wrong.filename or folder)
        ) from wrong
