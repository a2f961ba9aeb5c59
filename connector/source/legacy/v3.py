"""Version 3, in maintenance. Copaco names no field that it brought, so its answers look like those of version 2."""

from __future__ import annotations

from connector.source.legacy.version import Version, paths_of

V3 = Version(name="v3", paths=paths_of("v3"))
