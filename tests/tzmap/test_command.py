"""`python -m tzmap` and what importing the library costs its user."""

import json
import subprocess
import sys

import pytest

import tzmap
from tzmap.__main__ import main


def test_a_person_gets_the_zone_and_the_reason(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["W. Europe Standard Time"]) == 0
    out = capsys.readouterr().out
    assert out.startswith("W. Europe Standard Time: Europe/Berlin\n")
    assert f"tzdata {tzmap.TZDATA_EDITION}, CLDR {tzmap.CLDR_VERSION}" in out
    assert main(["GMT+0530"]) == 0
    assert capsys.readouterr().out.startswith("GMT+0530: +05:30\n")


def test_a_program_gets_json(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--json", "--territory", "CA", "Eastern Standard Time"]) == 0
    read = json.loads(capsys.readouterr().out)
    assert (read["zone"], read["rung"], read["tzdata"]) == ("America/Toronto", "windows", tzmap.TZDATA_EDITION)


@pytest.mark.parametrize(
    ("name", "near"), [("Europe/Berln", "Europe/Berlin"), ("w europe standard time", "W. Europe Standard Time")]
)
def test_an_unknown_name_exits_1_with_the_nearest_known_names(
    name: str, near: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([name]) == 1
    assert near in capsys.readouterr().err
    assert main(["--json", name]) == 1
    assert near in json.loads(capsys.readouterr().out)["nearest"]


def test_a_name_like_no_other_has_no_neighbours(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["xyzzy-plugh-1234"]) == 1
    assert "none" in capsys.readouterr().err


def test_the_list_has_every_windows_id_and_its_zone(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--list"]) == 0
    rows = dict(line.split("\t") for line in capsys.readouterr().out.splitlines())
    assert (rows["Romance Standard Time"], rows["Kamchatka Standard Time"]) == ("Europe/Paris", "Asia/Kamchatka")
    assert main(["--list", "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == rows


@pytest.mark.parametrize("arguments", [[], ["--list", "UTC"], ["--nonsense"]])
def test_wrong_usage_exits_2(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as left:
        main(arguments)
    assert left.value.code == 2
    assert "usage:" in capsys.readouterr().err


def test_it_runs_as_a_module() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "tzmap", "Tokyo Standard Time"], capture_output=True, text=True, check=True
    )
    assert done.stdout.startswith("Tokyo Standard Time: Asia/Tokyo\n")


def test_a_reader_that_leaves_early_sees_no_stack_trace() -> None:
    command = f"{sys.executable} -m tzmap --list | true"
    done = subprocess.run(["bash", "-c", command], capture_output=True, text=True, check=True)
    assert done.stderr == ""


def test_the_library_imports_no_input_or_output_of_its_own() -> None:
    """It runs in Pyodide and in a process that trusts it with nothing: no sockets, no event loop, no zoneinfo."""
    program = "import sys; old = set(sys.modules); import tzmap; tzmap.resolve('UTC'); print(*sys.modules.keys() - old)"
    loaded = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout.split()
    assert not {"zoneinfo", "asyncio", "logging", "ssl", "feedproxy", "argparse", "dateutil"} & set(loaded)
