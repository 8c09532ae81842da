import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from orchbench.redshift.data_directory import DataDirectory, reachable
from orchbench.redshift.postgres_server import PostgresServer

pytestmark = pytest.mark.local


@pytest.fixture
def parent() -> Iterator[Path]:
    """A directory that every user can reach, unlike tmp_path."""
    path = Path(tempfile.mkdtemp(prefix="orchbench-test-"))
    path.chmod(0o755)
    yield path
    shutil.rmtree(path)


def test_a_long_path_gets_its_socket_elsewhere_and_all_of_it_is_deleted(parent: Path) -> None:
    server = PostgresServer(parent / ("x" * 60) / ("y" * 60))
    server.start()
    socket = Path(server.connection_info().split()[0].removeprefix("host="))
    with server.connect() as connection:
        assert connection.execute("SHOW timezone").fetchone() == ("UTC",)
    assert len(str(socket)) < 100
    assert parent in server.directory.parents
    server.stop()
    assert not socket.exists()
    assert list(parent.iterdir()) == []


def test_a_directory_in_use_is_refused_and_left_alone(parent: Path) -> None:
    first = PostgresServer(parent)
    first.start()
    second = PostgresServer(parent)
    with pytest.raises(RuntimeError, match="another server uses the data directory"):
        second.start()
    with first.connect() as connection:
        assert connection.execute("SELECT 1").fetchone() == (1,)
    first.stop()
    assert list(parent.iterdir()) == []


def test_other_files_in_a_given_directory_stay(parent: Path) -> None:
    (parent / "mine").write_text("kept")
    server = PostgresServer(parent)
    server.start()
    server.stop()
    assert [each.name for each in parent.iterdir()] == ["mine"]


def test_max_connections_are_as_asked_and_the_database_is_there(parent: Path) -> None:
    server = PostgresServer(parent, database="sales", max_connections=37)
    server.start()
    with server.connect() as connection:
        assert connection.execute("SHOW max_connections").fetchone() == ("37",)
        assert connection.execute("SELECT current_database()").fetchone() == ("sales",)
    server.stop()


def test_a_server_that_cannot_start_says_why_and_leaves_nothing(parent: Path) -> None:
    server = PostgresServer(parent, max_connections=-1)
    with pytest.raises(RuntimeError, match="max_connections"):
        server.start()
    assert list(parent.iterdir()) == []


@pytest.mark.skipif(os.geteuid() != 0, reason="only root needs another user")
def test_as_root_a_closed_directory_is_replaced_unless_files_are_to_be_kept(parent: Path) -> None:
    closed = parent / "closed"
    closed.mkdir(mode=0o700)
    assert not reachable(closed / "below")
    files = DataDirectory(closed / "below", user="nobody", keep_files=False)
    files.open()
    assert parent not in files.home.parents
    files.close()
    assert not files.home.exists()
    with pytest.raises(RuntimeError, match="cannot reach"):
        DataDirectory(closed / "below", user="nobody", keep_files=True).open()
    assert list(closed.iterdir()) == []
