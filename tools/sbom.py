"""Writes a bill of materials (CycloneDX 1.6, JSON) of what is installed for users: ``requirements/run.txt``.

Each package comes with the hashes of all its files from the lock, and its licence and needs as its own metadata tell
them. A version that is locked for another Python and not installed here has hashes only: its licence is not guessed.
"""

from __future__ import annotations

import configparser
import re
import sys
from importlib.metadata import Distribution, PackageNotFoundError, distribution
from pathlib import Path

from cyclonedx.contrib.license.factories import LicenseFactory
from cyclonedx.model import ExternalReference, ExternalReferenceType, HashAlgorithm, HashType, Property, XsUri
from cyclonedx.model.bom import Bom
from cyclonedx.model.component import Component, ComponentType
from cyclonedx.model.license import License, LicenseAcknowledgement
from cyclonedx.output.json import JsonV1Dot6
from packageurl import PackageURL
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from connector import __version__

ROOT = Path(__file__).resolve().parent.parent
LOCK = ROOT / "requirements" / "run.txt"
_PIN = re.compile(r"^([\w.-]+)==([^\s;\\]+)(?: ; ([^\\\n]+?))? \\\n((?:    --hash=.+\n?)+)", re.MULTILINE)
_LICENCES = LicenseFactory()


def component(name: str, version: str, marker: str, hashes: str, installed: Distribution | None) -> Component:
    """One locked package. What the hashes belong to are its files, hence they stand at the distribution."""
    purl = PackageURL("pypi", name=name, version=version)
    files = [HashType(alg=HashAlgorithm.SHA_256, content=each) for each in re.findall(r"sha256:([0-9a-f]{64})", hashes)]
    return Component(
        name=name,
        version=version,
        bom_ref=purl.to_string(),
        purl=purl,
        licenses=licences(installed) if installed else [],
        # No address of an index: everybody has his own, and the hashes are the same on all.
        external_references=[
            ExternalReference(type=ExternalReferenceType.DISTRIBUTION, url=XsUri(purl.to_string()), hashes=files)
        ],
        properties=[Property(name="copaco-connector:marker", value=marker)] if marker else [],
    )


def licences(installed: Distribution) -> list[License]:
    """What a package says of its licence: an expression, else a short text, else its classifiers."""
    told = installed.metadata
    texts = (told.get_all("License-Expression") or told.get_all("License") or [""])[:1]
    if not texts[0] or "\n" in texts[0] or len(texts[0]) > 60:  # some put the whole text of the licence there
        classifiers = told.get_all("Classifier") or []
        texts = [each.rpartition(" :: ")[2] for each in classifiers if each.startswith("License :: ")]
    declared = LicenseAcknowledgement.DECLARED
    return [_LICENCES.make_from_string(each, license_acknowledgement=declared) for each in texts]


def needs(requirements: list[str], extra: str = "") -> set[str]:
    """The names of what is asked for on this system, with what the extras of these ask for."""
    names = set[str]()
    for wanted in map(Requirement, requirements):
        if wanted.marker is None or wanted.marker.evaluate({"extra": extra}):
            names.add(canonicalize_name(wanted.name))
            for each in wanted.extras:
                names |= needs([one for one in distribution(wanted.name).requires or [] if "extra" in one], each)
    return names


def asked_for() -> set[str]:
    """What ``setup.cfg`` asks for, extras of users included."""
    setup = configparser.ConfigParser()
    setup.read(ROOT / "setup.cfg", encoding="utf-8")
    extras = [text for name, text in setup["options.extras_require"].items() if name != "conformance"]
    lines = "\n".join([setup["options"]["install_requires"], *extras]).splitlines()
    return needs([each for each in map(str.strip, lines) if each and not each.startswith("#")])


def bill() -> tuple[Bom, list[str]]:
    """The bill, and the packages whose licence is not known."""
    found: dict[str, list[Component]] = {}
    wants: dict[Component, set[str]] = {}
    for name, pinned, marker, hashes in _PIN.findall(LOCK.read_text(encoding="utf-8")):
        try:
            installed: Distribution | None = distribution(name)
        except PackageNotFoundError:
            installed = None
        if installed and installed.version != pinned:
            installed = None
        made = component(name, pinned, marker, hashes, installed)
        found.setdefault(canonicalize_name(name), []).append(made)
        wants[made] = needs(installed.requires or []) if installed else set()
    ours = Component(
        name="copaco-connector",
        version=__version__,
        type=ComponentType.APPLICATION,
        bom_ref="copaco-connector",
        licenses=[_LICENCES.make_from_string("Apache-2.0")],
    )
    bom = Bom(components=wants)
    bom.metadata.component = ours
    for each, names in {ours: asked_for(), **wants}.items():
        bom.register_dependency(each, [one for name in sorted(names) for one in found.get(name, [])])
    return bom, [f"{each.name} {each.version}" for each in wants if not list(each.licenses)]


def main() -> int:
    """Write the bill to the file that is named, else into dist/."""
    named = Path(sys.argv[1]) if sys.argv[1:] else ROOT / "dist" / f"copaco-connector-{__version__}.cdx.json"
    bom, unknown = bill()
    named.parent.mkdir(parents=True, exist_ok=True)
    named.write_text(JsonV1Dot6(bom).output_as_string(indent=2) + "\n", encoding="utf-8")
    print(f"sbom: {len(bom.components)} packages in {named}")
    if unknown:
        print(f"sbom: no licence told for {', '.join(unknown)}: not installed here, or silent about it")
    return 0


if __name__ == "__main__":
    sys.exit(main())
