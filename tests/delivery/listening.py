"""Servers of one connection, which say what they are told to: whole answers, parts of one, or nothing."""

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field


@dataclass
class Listener:
    """A server of one connection: its address, and what it was sent."""

    address: str = ""
    received: bytes = b""
    ended: list[str] = field(default_factory=list)


@contextmanager
def listening(speak: Callable[[socket.socket], object]) -> Iterator[Listener]:
    """A raw server that reads one whole request and then does what `speak` says with the connection."""
    here = Listener()

    def serve(server: socket.socket) -> None:
        connection, _ = server.accept()
        with connection:
            while not _is_whole(here.received):
                here.received += connection.recv(65536)
            speak(connection)

    with socket.create_server(("127.0.0.1", 0)) as server:
        here.address = f"http://127.0.0.1:{server.getsockname()[1]}"
        thread = threading.Thread(target=serve, args=(server,))
        thread.start()
        yield here
        thread.join(10)


def _is_whole(request: bytes) -> bool:
    head, blank, body = request.partition(b"\r\n\r\n")
    lengths = [line[15:] for line in head.split(b"\r\n") if line.lower().startswith(b"content-length:")]
    return bool(blank) and len(body) >= int(lengths[0] if lengths else 0)


def answer(
    status: int, body: bytes, content_type: str = "application/json", **headers: str
) -> Callable[[socket.socket], None]:
    """A whole HTTP answer; `Retry_After` is the header Retry-After."""
    lines = {"Content-Type": content_type, "Content-Length": str(len(body)), **headers}
    head = "".join(f"{name.replace('_', '-')}: {value}\r\n" for name, value in lines.items())
    return lambda connection: connection.sendall(f"HTTP/1.1 {status} X\r\n{head}\r\n".encode() + body)


def closed_port() -> int:
    """A port on which nobody listens."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])
