"""The setting ``retention_years``."""

from __future__ import annotations

from pathlib import Path

import pytest

from connector.config import load
from connector.errors import SettingsError


def _settings(folder: Path, country: str, more: str = "") -> Path:
    (folder / "mappings" / "own").mkdir(parents=True, exist_ok=True)
    (folder / "answers").mkdir(exist_ok=True)
    file = folder / "connector.toml"
    number = {"NL": "NL222222222B01", "BE": "BE0123456789", "DE": "DE123456789", "ES": "ESX1234567"}[country]
    file.write_text(
        f"""
[administrations.acme]
country = "{country}"
vat_number = "{number}"
mapping = "own"
{more}
source = {{ kind = "files", folder = "answers" }}
ledger = {{ kind = "hledger" }}
"""
    )
    return file


@pytest.mark.parametrize(("country", "years"), [("NL", 7), ("BE", 10), ("DE", 8), ("ES", 10)])
def test_the_law_of_the_country_is_the_default(tmp_path: Path, country: str, years: int) -> None:
    (read,) = load(_settings(tmp_path, country)).administrations
    assert read.retention_years == years


def test_longer_than_the_law_is_taken(tmp_path: Path) -> None:
    (read,) = load(_settings(tmp_path, "NL", "retention_years = 10")).administrations
    assert read.retention_years == 10


def test_shorter_than_the_law_is_refused_with_the_rule(tmp_path: Path) -> None:
    with pytest.raises(SettingsError) as refusal:
        load(_settings(tmp_path, "NL", "retention_years = 6"))
    assert "6 is shorter than the law of NL: 7 years (AWR art. 52, paragraph 4)" in str(refusal.value)
    assert "connector.toml:6" in str(refusal.value)
