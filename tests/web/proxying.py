"""Debian's nginx with the site that we ship, for tests: a plain process with a folder of its own."""

import shutil
import socket
import ssl
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from textwrap import dedent

from tests.conftest import missing
from tests.waiting import until

SITE = files("app").joinpath("ops/nginx.conf").read_text("utf-8")
PATIENCE = 20  # seconds; only a test that fails waits so long
TEMPORARY = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")


@dataclass(frozen=True)
class Proxy:
    """A running nginx: its public address, and what a client needs to believe its certificate."""

    port: int
    tls: ssl.SSLContext

    @property
    def url(self) -> str:
        return f"https://localhost:{self.port}"

    def connection(self) -> ssl.SSLSocket:
        plain = socket.create_connection(("127.0.0.1", self.port), PATIENCE)
        return self.tls.wrap_socket(plain, server_hostname="localhost")


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as bound:
        return int(bound.getsockname()[1])


@contextmanager
def nginx(folder: Path, port: int, *upstreams: tuple[str, int]) -> Iterator[Proxy]:
    """nginx at this port before some `desk serve`, to the block's end; `folder` is an empty one."""
    certificate, key = _certificate(folder)
    site = _site(port, upstreams, certificate, key)
    (folder / "nginx.conf").write_text(_main(folder, site), "utf-8")
    log = folder / "error.log"
    command = [_program("nginx"), "-p", str(folder), "-e", str(log), "-c", "nginx.conf"]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        until(lambda: _listens(port) or process.poll() is not None)
        assert process.poll() is None, log.read_text("utf-8")
        yield Proxy(port, ssl.create_default_context(cafile=str(certificate)))
    finally:
        process.terminate()
        process.wait(PATIENCE)


def _site(port: int, upstreams: Sequence[tuple[str, int]], certificate: Path, key: Path) -> str:
    """The site as it is shipped, but for what each operator changes."""
    [shipped] = [line for line in SITE.splitlines() if line.strip().startswith("server 127.0.0.1:8080")]
    ours = [shipped.replace("127.0.0.1:8080", f"{host}:{number}") for host, number in upstreams]
    changes = {
        shipped: "\n".join(ours),
        "listen 443 ssl": f"listen 127.0.0.1:{port} ssl",
        "server_name desk.example.com": "server_name localhost",
        "/etc/ssl/desk.example.com.pem": str(certificate),
        "/etc/ssl/desk.example.com.key": str(key),
    }
    site = SITE
    for old, new in changes.items():
        assert site.count(old) == 1, old
        site = site.replace(old, new)
    return site


def _main(folder: Path, site: str) -> str:
    paths = "\n".join(f"{name}_temp_path {folder}/{name};" for name in TEMPORARY)
    main = f"""
        daemon off;
        worker_processes 1;
        pid {folder}/nginx.pid;
        error_log {folder}/error.log warn;
        events {{ worker_connections 1024; }}
    """
    return f"{dedent(main)}http {{\naccess_log off;\n{paths}\n{site}\n}}\n"


def _certificate(folder: Path) -> tuple[Path, Path]:
    """A certificate for localhost that signed itself, and its key."""
    certificate, key = folder / "localhost.pem", folder / "localhost.key"
    command = [_program("openssl"), "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"]
    command += ["-nodes", "-days", "1", "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"]
    command += ["-keyout", str(key), "-out", str(certificate)]
    subprocess.run(command, check=True, capture_output=True, timeout=PATIENCE)
    return certificate, key


def _program(name: str) -> str:
    return shutil.which(name) or shutil.which(name, path="/usr/sbin") or missing(name)


def _listens(port: int) -> bool:
    with suppress(OSError), socket.create_connection(("127.0.0.1", port), PATIENCE):
        return True
    return False
