"""The recorded past of a cluster, played again: every decision is as recorded, and a change of policy is found."""

import gzip
import json
from pathlib import Path
from typing import Any

import pytest
import yaml
from click.testing import CliRunner

from kueue_sim.cli import cli
from kueue_sim.whatif.backtesting.backtest import Backtest, backtest
from tests.cluster.dumps import dumps, read

ROOT = Path(__file__).parents[3] / "shared" / "cluster-dumps"
FOLDERS = sorted({dump.folder.name for dump in dumps(ROOT)})
CHANGED = {"policychange-105": 250, "policychange-117": 8, "policychange-125": 160}
"""Runs whose policy changed: second of the first decision that the policy of the first dump does not explain."""
UNSEEN = {"lifecycle-105"}
"""Pods that fail or recover while their workload is not admitted leave no trace in a stream."""


def configuration(truth: dict[str, Any]) -> dict[str, Any]:
    """Kueue's Configuration of a recorded run, which is no object of the cluster."""
    found: dict[str, Any] = {"apiVersion": "config.kueue.x-k8s.io/v1beta2", "kind": "Configuration"}
    usage, ready = truth.get("admissionFairSharing"), truth.get("waitForPodsReady")
    if truth.get("fairSharing") is not None:
        found["fairSharing"] = {"enable": True, **truth["fairSharing"]}
    if truth.get("featureGates"):
        found["featureGates"] = truth["featureGates"]
    if usage:
        found["admissionFairSharing"] = {
            "usageHalfLifeTime": f"{usage['usageHalfLifeSeconds']}s",
            "usageSamplingInterval": f"{usage['usageSamplingIntervalSeconds']}s",
            "resourceWeights": usage.get("resourceWeights") or {},
        }
    if ready:
        names = ("backoffBaseSeconds", "backoffMaxSeconds", "backoffLimitCount")
        requeuing = {name: ready[name] for name in names if ready.get(name) is not None}
        found["waitForPodsReady"] = {
            "enable": True,
            "timeout": f"{ready['timeoutSeconds']}s",
            "blockAdmission": ready.get("blockAdmission", False),
            "requeuingStrategy": {"timestamp": ready.get("requeuingTimestamp", "Eviction"), **requeuing},
        }
        if ready.get("recoveryTimeoutSeconds") is not None:
            found["waitForPodsReady"]["recoveryTimeout"] = f"{ready['recoveryTimeoutSeconds']}s"
    return found


def replayed(name: str, folder: Path) -> Backtest:
    """The stream of a recorded run under the policy of its first dump."""
    first = next(dump for dump in dumps(ROOT) if dump.folder.name == name)
    written = folder / "configuration.yaml"
    written.write_text(yaml.safe_dump(configuration(read(first.folder / "truth.json.gz"))))
    return backtest([first.folder / "stream.jsonl.gz", first.path, written])


@pytest.mark.skipif(not FOLDERS, reason="../shared/cluster-dumps does not lie beside this checkout")
@pytest.mark.parametrize("name", sorted(set(FOLDERS) - UNSEEN))
def test_every_decision_of_a_stream_is_as_recorded_until_the_policy_changes(name: str, tmp_path: Path) -> None:
    found = replayed(name, tmp_path)
    parted = None if found.parting is None else found.parting.at_ms // 1000
    assert (parted, found.decisions > 0) == (CHANGED.get(name), True)
    if name not in CHANGED:
        assert (found.same, found.rows[0].right, found.trusted) == (found.decisions, 1.0, True)


@pytest.mark.skipif(not FOLDERS, reason="../shared/cluster-dumps does not lie beside this checkout")
def test_a_planted_change_of_quota_is_found_at_the_first_decision_it_explains(tmp_path: Path) -> None:
    folder = ROOT / "flat-41"
    dump = read(next(folder.glob("dump-51.json.gz")))
    for one in dump["items"]:
        for group in one["spec"].get("resourceGroups", ()) if one["kind"] == "ClusterQueue" else ():
            for flavor in group["flavors"]:
                for resource in flavor["resources"]:
                    resource["nominalQuota"] = "1000"
    with gzip.open(tmp_path / "policy.json.gz", "wt") as text:
        json.dump(dump, text)
    result = CliRunner().invoke(
        cli, ["backtest", str(folder / "stream.jsonl.gz"), str(tmp_path / "policy.json.gz"), "--format", "json"]
    )
    told = json.loads(result.output)
    assert (result.exit_code == 0) is told["trusted"]
    parting = told["parting"]
    assert parting["simulated"] and all(text.startswith("Admitted") for text in parting["simulated"])
    assert told["preemptions"] == [20, 0]


def test_files_without_a_stream_or_without_a_policy_are_answered_with_how_to_record_them(tmp_path: Path) -> None:
    (tmp_path / "policy.yaml").write_text("kind: ResourceFlavor\nmetadata: {name: h100}\n")
    result = CliRunner().invoke(cli, ["backtest", str(tmp_path / "policy.yaml")])
    assert "a watch stream of Workloads is missing" in str(result.exception or result.output)
