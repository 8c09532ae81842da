"""Who can reach the local AWS: processes of this machine, by the loopback interface, and nobody else."""

import contextlib
import os
import socket
import struct
from pathlib import Path

import pytest

from orchbench.local import LocalStack

SAMPLE = Path(__file__).parent / "sample"
PROC = Path("/proc")
LISTENING = "0A"

pytestmark = [
    pytest.mark.local,
    pytest.mark.skipif(not (PROC / "net/tcp").exists(), reason="who listens is read from /proc"),
]


@pytest.fixture(autouse=True, scope="module")
def worker(stack: LocalStack) -> None:
    """Start a worker of a function, which is one of the stack's processes too."""
    stack.client("lambda").invoke(FunctionName=stack.outputs["PlainFunctionName"], Payload=b"{}")


def processes_of(stack: LocalStack) -> set[int]:
    """Return this process's descendants, and whatever works in the stack's folder."""
    parents: dict[int, int] = {}
    found: set[int] = set()
    for process in (int(one.name) for one in PROC.iterdir() if one.name.isdigit()):
        with contextlib.suppress(OSError):
            parents[process] = int((PROC / f"{process}/stat").read_text().rpartition(")")[2].split()[1])
            if stack.state.run_folder in (PROC / f"{process}/cmdline").read_text():
                found.add(process)
    found.add(os.getpid())
    while more := {one for one, parent in parents.items() if parent in found} - found:
        found |= more
    return found


def sockets_of(processes: set[int]) -> set[str]:
    found = set()
    for process in processes:
        with contextlib.suppress(OSError):
            for descriptor in (PROC / f"{process}/fd").iterdir():
                with contextlib.suppress(OSError):
                    found.add(descriptor.readlink().name)
    return found


def address_of(text: str) -> tuple[str, int]:
    """Read an address as /proc writes it: words in the machine's own order of bytes."""
    address, _, port = text.partition(":")
    words = [int(address[start : start + 8], 16) for start in range(0, len(address), 8)]
    packed = struct.pack(f"={len(words)}I", *words)
    return socket.inet_ntop(socket.AF_INET if len(words) == 1 else socket.AF_INET6, packed), int(port, 16)


def listeners_of(stack: LocalStack) -> set[tuple[str, int]]:
    sockets = sockets_of(processes_of(stack))
    found = set()
    for table in ("tcp", "tcp6"):
        for line in (PROC / "net" / table).read_text().splitlines()[1:]:
            columns = line.split()
            if columns[3] == LISTENING and f"socket:[{columns[9]}]" in sockets:
                found.add(address_of(columns[1]))
    return found


def other_addresses() -> list[str]:
    """Return an address of each further interface, and a second one of the loopback interface."""
    found = {"127.0.0.2"}
    for family, target in ((socket.AF_INET, "192.0.2.1"), (socket.AF_INET6, "2001:db8::1")):
        with contextlib.suppress(OSError), socket.socket(family, socket.SOCK_DGRAM) as probe:
            # Nothing is sent: it only chooses the interface.
            probe.connect((target, 9))
            found.add(probe.getsockname()[0])
    return sorted(found - {"127.0.0.1", "::1"})


def is_reachable(address: str, port: int) -> bool:
    try:
        socket.create_connection((address, port), timeout=2).close()
    except OSError:
        return False
    return True


def test_every_server_listens_on_the_loopback_interface_alone(stack: LocalStack) -> None:
    listeners = listeners_of(stack)
    known = {*stack.state.ports.values(), stack.redshift["port"], int(stack.endpoint_url.rpartition(":")[2])}
    assert known <= {port for _address, port in listeners}
    assert {address for address, _port in listeners} <= {"127.0.0.1", "::1"}


def test_no_server_answers_on_another_address(stack: LocalStack) -> None:
    ports = {port for _address, port in listeners_of(stack)}
    assert len(ports) >= 4
    assert all(is_reachable("127.0.0.1", port) for port in ports)
    assert [
        (address, port) for address in other_addresses() for port in ports if is_reachable(address, port)
    ] == []


def test_a_server_on_every_interface_would_be_found(stack: LocalStack) -> None:
    with socket.create_server(("0.0.0.0", 0)) as server:
        port = server.getsockname()[1]
        assert ("0.0.0.0", port) in listeners_of(stack)
        assert any(is_reachable(address, port) for address in other_addresses())
