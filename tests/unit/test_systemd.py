"""The systemd units say what systemd understands, and shut the daemon in."""

import shutil
import subprocess
from pathlib import Path

import pytest

SYSTEMD = Path(__file__).resolve().parents[2] / "systemd"
PLAIN = SYSTEMD / "querywatch.service"
TEMPLATE = SYSTEMD / "querywatch@.service"
UNITS = pytest.mark.parametrize("unit", [PLAIN, TEMPLATE], ids=lambda path: path.name)
MOST_EXPOSURE = 15  # tenths


def run_analyze(*arguments: str | Path) -> str:
    if shutil.which("systemd-analyze") is None:
        pytest.fail("systemd-analyze is missing: install Debian's package systemd")
    done = subprocess.run(
        ["systemd-analyze", *map(str, arguments)], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stderr


def read_settings(unit: Path) -> set[str]:
    lines = unit.read_text().splitlines()
    return {line for line in lines if line and not line.startswith(("#", "["))}


@UNITS
def test_systemd_understands_every_line(unit: Path, tmp_path: Path) -> None:
    """Nothing is misspelt, ignored or unknown. The program itself need not be installed for that."""
    copy = tmp_path / unit.name.replace("@", "@office")
    copy.write_text(unit.read_text().replace("/opt/querywatch/bin/querywatch ", "/bin/true "))
    complaints = run_analyze("verify", "--man=no", copy)
    assert [line for line in complaints.splitlines() if "querywatch" in line] == []


@UNITS
def test_exposure_is_small(unit: Path) -> None:
    """Systemd's own measure of what a service could reach is at most 1.5."""
    run_analyze("security", "--offline=yes", "--no-pager", f"--threshold={MOST_EXPOSURE}", unit)


@UNITS
def test_memory_with_statements_stays_in_memory(unit: Path) -> None:
    """No core dump and no swap may carry patient data to a disk."""
    assert {"LimitCORE=0", "MemorySwapMax=0"} <= read_settings(unit)


def test_the_template_is_the_unit_with_its_own_files() -> None:
    """An instance differs from the plain unit in its name, configuration and state, and in nothing else."""
    plain, template = read_settings(PLAIN), read_settings(TEMPLATE)
    changed = {line.partition("=")[0] for line in plain ^ template}
    assert changed == {
        "Description",
        "ExecStart",
        "LoadCredential",
        "ConfigurationDirectory",
        "StateDirectory",
        "Environment",
    }
    assert all("%i" in line for line in template - plain)
