"""Looking before publishing, pull requests, and taking published trials back, on the command line."""

from pathlib import Path

from core.store import open_store
from tests.commands import build_environment, run_core
from tests.publishing.approved import make_approved
from tests.standins.hub import HubServer

TO_HUB = ("publish", "--dataset", "1", "--dataset-prefix", "flights", "--repo-name", "tester/made", "--json")


def test_preview_publish_propose_and_withdraw(home: Path, tmp_path: Path, hub: HubServer) -> None:
    with open_store(home) as store:
        make_approved(store, 3)
    environment = build_environment(home, **hub.environment(home=tmp_path / "hf", xet=False))
    looked = run_core(*TO_HUB, "--preview", environment=environment)
    assert looked.json["preview"]["added"] == 3
    assert "3 tasks with 12 hints would be published to tester/made: 3 new, 0 changed" in looked.err
    assert [repo["id"] for repo in hub_repos(hub)] == [], "nothing is made by a look"

    published = run_core(*TO_HUB, environment=environment).json["published"]
    assert published["revision"] == hub.commits("tester/made")[-1].sha

    proposed = run_core(*TO_HUB, "--no-source-episodes", "--create-pr", environment=environment)
    assert f"pull request: {hub.url}/datasets/tester/made/discussions/1" in proposed.err
    assert len(hub.commits("tester/made")) == 2

    gone = run_core(*TO_HUB, "--withdraw", "flight-1", environment=environment)
    assert (gone.json["published"]["trials"], gone.json["published"]["withdrawn"]) == (2, ["flight-1"])
    assert "withdrawn: flight-1; it is under review again" in gone.err
    assert b"flight-1" not in hub.files("tester/made")["trace_hints.json"]

    refused = run_core(*TO_HUB, "--withdraw", "flight-1", environment=environment)
    assert refused.code == 2
    assert 'tester/made holds no trial "flight-1"' in refused.err


def hub_repos(hub: HubServer) -> list[dict[str, str]]:
    """Repositories of the publishing user."""
    from urllib.request import urlopen

    import orjson

    with urlopen(f"{hub.url}/_control/repos", timeout=10) as reply:
        return [repo for repo in orjson.loads(reply.read()) if repo["id"].startswith("tester/")]
