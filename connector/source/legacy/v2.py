"""Version 2, at the end of its maintenance: it brought customerinvoices and subscriptiondetails."""

from __future__ import annotations

from connector.source.legacy.version import Version, paths_of

V2 = Version(name="v2", paths=paths_of("v2"))
