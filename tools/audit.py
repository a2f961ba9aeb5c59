"""Asks a vulnerability service about every locked package.

Ends with 1 when a known vulnerability is found. Where no service can be reached nothing is known, which is
said plainly and ends with 0: whether the network is there is not a property of the code.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
LOCK = ROOT / "requirements" / "dev.txt"
SERVICES = ("pypi", "osv")


def ask(service: str) -> list[dict[str, Any]] | None:
    """What ``service`` knows about each package of the lock, or None where it gives no answer."""
    command = [
        sys.executable,
        "-m",
        "pip_audit",
        "--requirement",
        str(LOCK),
        "--require-hashes",
        "--disable-pip",
    ]
    options = ["--format", "json", "--progress-spinner", "off", "--timeout", "30"]
    answer = subprocess.run(
        [*command, *options, "--vulnerability-service", service],
        capture_output=True,
        text=True,
        check=False,
        timeout=600,
    )
    try:
        packages: list[dict[str, Any]] = json.loads(answer.stdout)["dependencies"]
    except (ValueError, KeyError):
        return None
    # A mirror may know nothing of vulnerabilities: it then skips every package, which is no answer.
    return packages if any("vulns" in package for package in packages) else None


def main() -> int:
    """Ask one service after the other until one answers; tell what it knows."""
    for service in SERVICES:
        packages = ask(service)
        if packages is not None:
            return report(packages)
    print("audit: the vulnerability service could not be reached; NOTHING WAS CHECKED.")
    return 0


def report(packages: list[dict[str, Any]]) -> int:
    """Print every known vulnerability; 1 when there is one, else 0."""
    unknown = [package["name"] for package in packages if "skip_reason" in package]
    found = [(package, flaw) for package in packages for flaw in package.get("vulns", ())]
    for package, flaw in found:
        mended = ", ".join(flaw["fix_versions"]) or "no version yet"
        print(f"audit: {package['name']} {package['version']}: {flaw['id']}, mended in {mended}")
    if unknown:
        print(f"audit: the service does not know {', '.join(unknown)}")
    print(f"audit: {len(packages) - len(unknown)} packages checked, {len(found)} known vulnerabilities")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
