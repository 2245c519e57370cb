"""The Alertmanager example sends what to whom it says, in words that hold all they must, and keeps echoes back."""

import json
import shutil
import subprocess
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml
from server.servers import find_free_port

PROVISIONING = Path(__file__).resolve().parents[2] / "dashboards" / "provisioning"
EXAMPLE = PROVISIONING / "alertmanager" / "alertmanager.yml"
WORDS = PROVISIONING / "alertmanager" / "querywatch.tmpl"
START_SECONDS = 20.0
BLOCKED = {"severity": "critical", "server": "front", "integration": "chart-bi"}


def run_amtool(*arguments: str | Path) -> str:
    if shutil.which("amtool") is None:
        pytest.fail("amtool is missing: install Debian's package prometheus-alertmanager")
    done = subprocess.run(["amtool", *map(str, arguments)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_the_example_is_valid() -> None:
    """Alertmanager takes it."""
    run_amtool("check-config", EXAMPLE)


@pytest.mark.parametrize(
    ("labels", "receivers"),
    [
        ("alertname=QuerywatchBlind blind_to=daemon severity=critical", "on-call"),
        ("alertname=QuerywatchBlind blind_to=server severity=warning", "office-it"),
        ("alertname=QuerywatchThirdPartyWrite severity=critical", "on-call"),
        ("alertname=QuerywatchOfficeBlocked severity=critical", "on-call,office-it"),
        ("alertname=QuerywatchTooFrequent severity=warning", "office-it"),
        ("alertname=QuerywatchObserverOverBudget severity=warning", "office-it"),
    ],
)
def test_alerts_reach_whom_they_concern(labels: str, receivers: str) -> None:
    """Whoever is on call hears what cannot wait; a mail is enough for the rest."""
    said = run_amtool("config", "routes", "test", f"--config.file={EXAMPLE}", *labels.split())
    assert said.strip() == receivers


def render(template: str, alerts: list[dict[str, object]], place: Path) -> str:
    data = place / "alerts.json"
    data.write_text(json.dumps({"status": "firing", "alerts": alerts}))
    text = f'{{{{ template "{template}" . }}}}'
    return run_amtool(
        "template",
        "render",
        f"--template.glob={WORDS}",
        f"--template.text={text}",
        f"--template.data={data}",
    )


def say(status: str, summary: str) -> dict[str, object]:
    return {
        "status": status,
        "labels": BLOCKED,
        "annotations": {
            "summary": summary,
            "description": "Next: look at it. Contact: help@bi.example.",
            "runbook_url": "https://runbook.example/#it",
        },
        "startsAt": "2026-11-23T08:00:00Z",
        "endsAt": "2026-11-23T08:30:00Z",
    }


def test_a_message_says_how_bad_what_next_and_whom_to_call(tmp_path: Path) -> None:
    """Subject and text of a mail and of a chat, as a person reads them."""
    alerts = [
        say("firing", "chart-bi keeps the office waiting"),
        say("resolved", "phone-popup asks too often"),
    ]
    assert (
        render("querywatch.subject", alerts, tmp_path).strip()
        == "CRITICAL: chart-bi keeps the office waiting"
    )
    text = render("querywatch.text", alerts, tmp_path)
    assert text.split("\n\n")[:3] == [
        "\nCRITICAL: chart-bi keeps the office waiting\nSince Mon 23 Nov 08:00 UTC",
        "Next: look at it. Contact: help@bi.example.",
        "What it means and what to do: https://runbook.example/#it",
    ]
    assert "OVER: phone-popup asks too often\nFrom Mon 23 Nov 08:00 to Mon 23 Nov 08:30 UTC." in text


def test_a_message_of_the_end_says_so(tmp_path: Path) -> None:
    """A subject for what is over, and for several at once."""
    over = [say("resolved", "chart-bi keeps the office waiting")]
    assert render("querywatch.subject", over, tmp_path).strip() == "Over: chart-bi keeps the office waiting"
    several = render("querywatch.subject", [say("firing", "This"), say("firing", "That")], tmp_path)
    assert several.strip() == "CRITICAL: This (one of 2)"


@pytest.fixture(scope="module")
def alertmanager(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A real Alertmanager with the example, and nobody to write to: its address."""
    binary = shutil.which("prometheus-alertmanager")
    assert binary, "prometheus-alertmanager is missing"
    place = tmp_path_factory.mktemp("alertmanager")
    config = place / "alertmanager.yml"
    example = yaml.safe_load(EXAMPLE.read_text())
    example["receivers"] = [{"name": receiver["name"]} for receiver in example["receivers"]]
    config.write_text(yaml.safe_dump(example | {"templates": [str(WORDS)]}))
    url = f"127.0.0.1:{find_free_port()}"
    command = (
        binary,
        f"--config.file={config}",
        f"--storage.path={place / 'data'}",
        f"--web.listen-address={url}",
        "--cluster.listen-address=",
    )
    with (
        (place / "log").open("w") as log,
        subprocess.Popen(command, stdout=log, stderr=log, cwd=place) as process,
    ):
        try:
            await_ready(f"http://{url}/-/ready", process, place / "log")
            yield f"http://{url}"
        finally:
            process.terminate()


def await_ready(url: str, process: "subprocess.Popen[bytes]", log: Path) -> None:
    deadline = time.monotonic() + START_SECONDS
    while True:
        try:
            urllib.request.urlopen(url, timeout=5).close()  # noqa: S310 - our own Alertmanager
        except OSError:
            assert process.poll() is None, log.read_text()
            assert time.monotonic() < deadline, log.read_text()
            time.sleep(0.1)
        else:
            return


def ask(url: str, body: bytes | None = None) -> bytes:
    """What Alertmanager's interface answers; a body is posted."""
    request = urllib.request.Request(  # noqa: S310 - our own Alertmanager
        f"{url}/api/v2/alerts", body, {"Content-Type": "application/json"}
    )
    with urllib.request.urlopen(request, timeout=5) as answer:  # noqa: S310 - as above
        return bytes(answer.read())


def read_kept_back(url: str) -> dict[str, bool]:
    """Whether each alert, by its name and server, is kept back."""
    return {
        f"{alert['labels']['alertname']} {alert['labels']['server']}": bool(alert["status"]["inhibitedBy"])
        for alert in json.loads(ask(url))
    }


def test_echoes_and_old_news_are_kept_back(alertmanager: str) -> None:
    """One message a cause: not the block's statement beside the block, nothing old of a server that is away."""

    def alert(name: str, server: str, **labels: str) -> dict[str, str]:
        return BLOCKED | {"alertname": f"Querywatch{name}", "server": server} | labels

    posted = [
        alert("OfficeBlocked", "front"),
        alert("LongRunning", "front"),
        alert("LongRunning", "branch"),
        alert("Blind", "away", blind_to="server", severity="warning"),
        alert("ThirdPartyWrite", "away"),
        alert("ThirdPartyWrite", "front"),
        alert("WritePossible", "front"),
    ]
    ask(alertmanager, json.dumps([{"labels": labels} for labels in posted]).encode())
    expected = {
        "QuerywatchOfficeBlocked front": False,
        "QuerywatchLongRunning front": True,
        "QuerywatchLongRunning branch": False,
        "QuerywatchBlind away": False,
        "QuerywatchThirdPartyWrite away": True,
        "QuerywatchThirdPartyWrite front": False,
        "QuerywatchWritePossible front": True,
    }
    deadline = time.monotonic() + START_SECONDS
    while read_kept_back(alertmanager) != expected and time.monotonic() < deadline:
        time.sleep(0.1)  # it takes alerts in before it compares them
    assert read_kept_back(alertmanager) == expected


def test_the_compose_file_mounts_what_there_is() -> None:
    """Every file it mounts exists, every image has a version, and nothing listens beyond this machine."""
    services = yaml.safe_load((PROVISIONING / "compose.yaml").read_text())["services"]
    assert services.keys() == {"prometheus", "alertmanager", "grafana"}
    for name, service in services.items():
        assert ":" in service["image"], name
        for volume in service["volumes"]:
            source = volume.split(":")[0]
            assert not source.startswith(".") or (PROVISIONING / source).exists(), volume
        listening = [*service.get("command", ()), *service.get("environment", {}).values()]
        assert any("127.0.0.1" in word for word in listening), name
