"""From the files of a mapping set to a ``Mapping``, strictly and with every error at once."""

from __future__ import annotations

from collections.abc import Mapping as Files
from pathlib import Path, PurePath

from connector.domain.mapping import Mapping
from connector.mapping_files.chart import Accounts
from connector.mapping_files.example_rows import read_examples
from connector.mapping_files.layers import Layer, layers, merged, read_folder
from connector.mapping_files.other_rows import read_customers, read_deferrals, read_dimensions
from connector.mapping_files.problems import Problems, nearest
from connector.mapping_files.rule_rows import read_rules, report_doubts
from connector.mapping_files.schemas import SCHEMAS, Schema
from connector.mapping_files.settings_rows import check_settings, read_settings
from connector.mapping_files.table import Table, read_table
from connector.mapping_files.tax_rows import read_tax_codes, read_tax_map


def load(folder: Path) -> Mapping:
    """The mapping in ``folder``. MappingFileError names every row at fault; warnings are in ``Mapping.warnings``."""
    return load_bytes(read_folder(folder), str(folder))


def load_bytes(files: Files[str, bytes], where: str) -> Mapping:
    """The mapping whose tables are ``files`` (file name → content, parents' as ``parent/rules.csv``); ``where`` says
    whence they come and ends in its name.
    """
    problems = Problems()
    mapping = checked(files, where, problems)
    problems.stop(where)
    return mapping


def checked(files: Files[str, bytes], where: str, problems: Problems) -> Mapping:
    """What ``load_bytes`` gives, with what is wrong added to ``problems``: usable only when that is nothing."""
    tables = read_tables(files, problems)
    dimensions = read_dimensions(tables["dimensions.csv"], problems)
    declared = {rule.dimension for rule in dimensions} if tables["dimensions.csv"] else None
    accounts = Accounts(tables["accounts.csv"], declared, problems)
    deferrals = read_deferrals(tables["deferrals.csv"], accounts, problems)
    policies = deferrals if tables["deferrals.csv"] else None
    rules = read_rules(tables["rules.csv"], accounts, policies, declared, problems)
    codes = read_tax_codes(tables["tax.csv"], accounts, problems)
    settings = read_settings(tables["settings.csv"], problems)
    customers = read_customers(tables["customers.csv"], problems)
    report_doubts(rules, customers.values(), problems)
    mapping = Mapping(
        name=PurePath(where).name,
        chart=accounts.chart,
        rules=rules,
        tax_codes=codes,
        tax_map=read_tax_map(tables["taxmap.csv"], codes, problems),
        customers=customers,
        dimensions=dimensions,
        deferrals=deferrals,
        settings=settings,
        examples=read_examples(tables["examples.csv"], accounts, problems),
        base_boxes=accounts.boxes,
        warnings=problems.warnings,
    )
    check_settings(settings, rules, accounts, problems)
    return mapping


def read_tables(files: Files[str, bytes], problems: Problems) -> dict[str, Table | None]:
    """All tables by file name, each with what it inherits; ``None`` for one that is missing or cannot be read.

    Files that are no table are an error.
    """
    line = layers(files)
    for layer in line:
        for file in sorted(layer.files.keys() - SCHEMAS.keys()):
            hint = nearest(file, SCHEMAS.keys() - layer.files.keys()) or "; take it out of the folder"
            problems.error(layer.shown(file), 0, "", f"this is none of the tables of a mapping{hint}")
    return {file: _read(schema, line, problems) for file, schema in SCHEMAS.items()}


def _read(schema: Schema, line: list[Layer], problems: Problems) -> Table | None:
    """One table with what it inherits. Only the first ancestor must have every table."""
    having = [layer for layer in line if schema.file in layer.files]
    if not having and not schema.optional:
        header = ";".join(schema.required)
        text = f"the file is missing; with nothing to say it holds only its header: {header}"
        problems.error(line[-1].shown(schema.file), 0, "", text)
    read = [read_table(schema, layer.files[schema.file], problems, file=layer.shown(schema.file)) for layer in having]
    tables = [table for table in read if table is not None]
    return merged(schema, tables, problems) if tables and len(tables) == len(having) else None
