"""A week later a full clustering is due: it begins from the topics that stand, and what became of each is recorded."""

from collections import Counter

import pytest

from tests.fakes.crowd import prompts, write_crowd
from tests.fakes.nights import COUNT_CROWD, COUNT_NEW, run_night
from tests.fakes.running import RunningServer
from tests.fakes.scene import Scene

pytestmark = pytest.mark.flow


def test_topics_survive_a_full_clustering_with_id_and_name(branch: Scene, server: RunningServer) -> None:
    """What is found again is kept, only what did not stand is named, and without new prompts nothing is clustered."""
    old = set(branch.snapshot.read("select topic_id from topic_overview")["topic_id"])
    branch.files = [*branch.files, write_crowd(branch.folder / "second.jsonl", prompts(COUNT_NEW, start=COUNT_CROWD))]
    night = run_night(branch, server, day=8)
    topics = branch.snapshot.read("select topic_id, topic_name from topic_overview")
    changes = branch.snapshot.read(
        "select topic_id, kind from topic_changes"
        " semi join (from clusterings where previous_id is not null) as second using (clustering_id)"
    )
    fates = dict(changes.iter_rows())
    assert {topic_id for topic_id, kind in fates.items() if kind in {"kept", "merged", "gone"}} == old
    assert len(old & set(topics["topic_id"])) >= len(old) - 1
    assert set(topics["topic_id"]) == {topic_id for topic_id, kind in fates.items() if kind not in {"gone", "merged"}}
    assert night.calls["namer"] == len(set(topics["topic_id"]) - old)
    run_night(branch, server, day=16)
    count_rows = "select count(*) as count_rows from clusterings"
    assert branch.snapshot.read(count_rows).item() == 2


def test_a_prompts_history_has_both_clusterings(branch: Scene, server: RunningServer) -> None:
    """Each prompt of the first night has a row for each, each prompt of the second one."""
    branch.files = [*branch.files, write_crowd(branch.folder / "second.jsonl", prompts(COUNT_NEW, start=COUNT_CROWD))]
    run_night(branch, server, day=8)
    rows = branch.snapshot.read("select prompt_id, count(*) as count_rows from topic_history group by all")
    assert Counter(rows["count_rows"]) == {2: COUNT_CROWD, 1: COUNT_NEW}
