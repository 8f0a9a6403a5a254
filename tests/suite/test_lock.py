"""Who comes second is told who holds the name, whatever the first could write down."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from clv.errors import LockedError
from clv.suite import lock
from clv.suite.lock import hold

HOLD = """
import sys
from pathlib import Path
from clv.suite.lock import hold
with hold(Path(sys.argv[1]), "20240101T000000Z-abcdef"):
    print("held", flush=True)
    sys.stdin.readline()
"""


@pytest.fixture
def holder(tmp_path):
    """Return a process that holds the name until it is told to end."""
    command = [sys.executable, "-c", HOLD, str(tmp_path / "shop")]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout.readline() == "held\n"
        yield process
        process.kill()


def test_the_second_is_told_who_holds_the_name_and_gets_it_when_that_one_is_killed(holder, tmp_path):
    home = tmp_path / "shop"
    with (
        pytest.raises(LockedError, match=rf"shop: run 20240101T000000Z-abcdef .* \(process {holder.pid} on "),
        hold(home, "x"),
    ):
        pass
    with hold(tmp_path / "other", "x"):
        pass
    holder.kill()
    holder.wait()
    with hold(home, "x"):
        assert f'"pid": {os.getpid()}' in (home / lock.HOLDER).read_text(encoding="utf-8")
    assert not (home / lock.HOLDER).exists()


@pytest.mark.parametrize("content", ["", "[]", '{"run_id": 3}', '{"run_id": "x", "pid": 1, "host": "y", "since": 7}'])
def test_a_note_that_cannot_be_read_changes_nothing(content, holder, tmp_path):
    (tmp_path / "shop" / lock.HOLDER).write_text(content, encoding="utf-8")
    with pytest.raises(LockedError, match="shop: another run holds it; run again"), hold(tmp_path / "shop", "x"):
        pass
