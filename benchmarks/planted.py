"""Is what was planted in a crowd found, and nothing else? `python -m benchmarks.planted [--quick] [--data DIR]`.

The nightly command over a crowd of 20,000 with near duplicates, copies of published questions, keys and addresses. One
run is killed while its spool is full and searched then; the next one goes on to the end. Vectors take no part: those of
the scripted endpoint say little. A false positive is an unplanted prompt that is turned away as a copy though its exact
Jaccard similarity with what it is said to repeat is under the threshold. The last line is JSON.
"""

import json
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from rich.console import Console

from benchbuilder.curation.words import similarity_of, words_of
from benchmarks.busy_nights import FIRST_NIGHT, check_end, prefect_running
from benchmarks.options import options
from benchmarks.planted_crowd import THRESHOLD, PlantedCrowd, ids_of, plant
from tests.fakes.running import RunningServer
from tests.fakes.scene import Finished, Scene
from tests.fakes.searching import texts_left

FULL = (20_000, 500, 200, 100)  # prompts, near duplicates, copies, secrets
QUICK = (600, 40, 30, 20)
_LOOK_AGAIN_SECONDS = 0.02
_CONSOLE = Console(stderr=True)

# What a prompt repeats, as the text that it was compared with.
_OUTCOMES = """
    select prompt_outcomes.prompt_id, reason, prompt_outcomes.text, coalesce(items.text, originals.text) as repeated
    from prompt_outcomes
    left join prompts as originals on duplicate_of = originals.prompt_id
    left join public_items as items on public_item_id = items.item_id
"""


def main() -> None:
    """Run and print."""
    parser = options(__doc__, "a crowd of 600", data=Path("../shared/data"))
    parser.add_argument("--made", action="store_true", help="no real prompts: all are made by rule")
    told = parser.parse_args()
    real = told.data.absolute() / "prompts"
    with tempfile.TemporaryDirectory() as folder:
        crowd = plant(*(QUICK if told.quick else FULL), real if real.is_dir() and not told.made else None)
        print(json.dumps(measure(Path(folder), crowd)))


def measure(folder: Path, crowd: PlantedCrowd) -> dict[str, Any]:
    """All figures of the benchmark."""
    began = time.monotonic()
    with RunningServer() as server, prefect_running(folder / "prefect") as prefect_url:
        scene = _scene(folder, crowd, server, prefect_url)
        with _CONSOLE.status("a run that is killed"):
            killed, spooled = _kill_with_full_spool(scene)
        with _CONSOLE.status("a run to the end"):
            finished = scene.run(*FIRST_NIGHT)
        check_end(finished)
        left = texts_left(scene, [killed, finished], folder.glob("prefect/*.db")) | {"spool": spooled}
    figures = _books(scene.warehouse.read(_OUTCOMES).rows(named=True), crowd)
    return {
        "count_prompts": len(crowd.texts) + len(crowd.duplicates) + len(crowd.copies) + len(crowd.carriers),
        **figures,
        "count_secrets_left": sum(any(secret in text for text in left.values()) for secret in crowd.secrets),
        "count_spooled": spooled.count("\n"),
        "count_places_searched": len(left),
        "seconds": round(time.monotonic() - began, 1),
    }


def _scene(folder: Path, crowd: PlantedCrowd, server: RunningServer, prefect_url: str) -> Scene:
    scene = Scene(folder / "night", server.base_url)
    scene.folder.mkdir()
    crowd_file, items_file = crowd.write(folder)
    scene.tables["sources"] = [
        {"name": "crowd", "paths": [str(crowd_file)], "preset": "prompt"},
        {"name": "exam", "paths": [str(items_file)], "preset": "prompt", "public_benchmark": True},
    ]
    scene.change("curation", languages=[])  # words drawn at random are in no language
    scene.change("decontamination", use_vectors=False)
    scene.change("selection", min_topic_mean=0.0, min_score=1)
    scene.change("prefect", api_url=prefect_url)
    return scene


def _kill_with_full_spool(scene: Scene) -> tuple[Finished, str]:
    """Start the night, kill it as soon as something lies in its spool, and read that.

    Raises:
        RuntimeError: the command ended before.
    """
    running = scene.start(*FIRST_NIGHT)
    while not (spooled := _spooled(scene)):
        if running.poll() is not None:
            raise RuntimeError(f"it ended before it was killed: {Finished(running.returncode, *running.communicate())}")
        time.sleep(_LOOK_AGAIN_SECONDS)
    running.kill()
    out, err = running.communicate()
    return Finished(running.returncode, out, err), _spooled(scene) or spooled


def _spooled(scene: Scene) -> str:
    files = (path for path in (scene.state_dir / "spool").glob("*") if path.is_file())
    return "".join(path.read_bytes().decode("latin-1") for path in files)


def _books(outcomes: list[dict[str, Any]], crowd: PlantedCrowd) -> dict[str, float]:
    """Recall of what was planted, and how much of the rest was wrongly taken for a copy."""
    reasons = {row["prompt_id"]: row["reason"] for row in outcomes}
    planted = {"near_duplicate": ids_of(crowd.duplicates), "public_benchmark": ids_of(crowd.copies)}
    others = [row for row in outcomes if not any(row["prompt_id"] in ids for ids in planted.values())]
    figures: dict[str, float] = {}
    for name, reason in (("near_duplicates", "near_duplicate"), ("contamination", "public_benchmark")):
        found = sum(reasons[prompt_id] == reason for prompt_id in planted[reason])
        flagged = [row for row in others if row["reason"] == reason]
        wrong = sum(map(_is_unlike, flagged))
        _CONSOLE.print(
            f"{name}: {found} of {len(planted[reason])} found; {len(flagged)} others, {wrong} of them wrongly"
        )
        figures |= {f"recall_{name}": found / len(planted[reason]), f"false_positives_{name}": wrong / len(others)}
    return figures


def _is_unlike(row: Mapping[str, Any]) -> bool:
    return similarity_of(words_of(row["text"]), words_of(row["repeated"])) < THRESHOLD


if __name__ == "__main__":
    main()
