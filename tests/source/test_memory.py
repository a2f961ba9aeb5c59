from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
READ = """
import resource, sys
from pathlib import Path
from connector.source.envelope import Envelope
from connector.source.parse import parse

envelope = Envelope(Path(sys.argv[1]))
start = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
for number, piece in enumerate(envelope.invoices()):
    if number % 20 == 0:
        parse(piece.slice)
print(envelope.count, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - start)
"""


def test_memory_is_bounded_by_the_largest_invoice_not_by_the_answer(tmp_path: Path) -> None:
    """100 MB of invoices of about 400 kB each are cut in less than 20 MB more than before."""
    line = b'{"ExtendedPrice": 217.20, "VAT": 45.61, "Description": "%b"}' % (b"Microsoft 365 " * 20)
    invoice = b'{"Customers": [{"Subscriptions": [{"PriceLines": [' + b", ".join([line] * 1200) + b"]}]}]}"
    path = tmp_path / "body"
    with path.open("wb") as file:
        file.write(b'{"Invoices": [')
        for _ in range(250):
            file.write(invoice + b", ")
        file.write(b"{}]}")
    assert path.stat().st_size > 100_000_000

    result = subprocess.run(
        [sys.executable, "-c", READ, str(path)], capture_output=True, text=True, check=True, cwd=ROOT
    )

    count, kilobytes = map(int, result.stdout.split())
    assert count == 251
    assert kilobytes < 20_000
