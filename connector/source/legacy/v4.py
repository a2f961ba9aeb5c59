"""Version 4, the current one: it brought rate periods, as Microsoft's NCE has them, and order numbers."""

from __future__ import annotations

from connector.source.legacy.version import Version, paths_of

V4 = Version(name="v4", paths=paths_of("v4"), brought=("RatePeriodID", "SubPONumber", "SubscriptionPONumber"))
