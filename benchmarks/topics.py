"""Topics beside BERTopic's: `python -m benchmarks.topics [--quick] [--environment FOLDER]`.

Both get the same vectors with planted topics and the same settings of UMAP and HDBSCAN, each in a fresh process, and
both find keywords; ours makes the map as well. That three times, each crowd drawn anew: one fit says little, for the
index of either moves by several hundredths from crowd to crowd. CPU seconds are those of the fit, after a small one
that compiles. BERTopic is installed into an environment of its own, without the packages that would only embed or
draw. The last line is JSON: our CPU seconds by its, all crowds together, and the mean adjusted Rand index of each with
the planted topics.
"""

import argparse
import json
import subprocess
import sys
import tempfile
import venv
from importlib.metadata import version
from pathlib import Path
from statistics import mean
from typing import Any

import numpy as np
from rich.console import Console

from benchbuilder.topics.clustering import ClusteringSettings, fit_clustering
from benchbuilder.topics.density import NO_TOPIC, min_cluster_size_for
from benchbuilder.topics.keywords import find_keywords
from benchmarks.bertopic_rival import cpu_seconds
from benchmarks.options import options
from benchmarks.topic_crowds import MIDDLING, planted_crowd

COUNT = 20_000
COUNT_QUICK = 2_000
COUNT_WARM_UP = 500
SEEDS = (1, 2, 3)
SHARED = ("numpy", "scipy", "scikit-learn", "umap-learn", "hdbscan", "pynndescent", "numba", "joblib", "threadpoolctl")
RIVAL = "bertopic==0.17.4"
NEEDED = ("pandas", "tqdm", "plotly", "pyyaml")


def main() -> None:
    """Measure and print."""
    parser = options(__doc__, f"{COUNT_QUICK:,} prompts instead of {COUNT:,}")
    default = Path(tempfile.gettempdir()) / "benchbuilder-bertopic"
    parser.add_argument("--environment", type=Path, default=default, help="BERTopic's own, default %(default)s")
    parser.add_argument("--ours", nargs=2, type=Path, metavar=("IN", "OUT"), help=argparse.SUPPRESS)
    told = parser.parse_args()
    if told.ours:
        fit_ours(*told.ours)
        return
    with Console(stderr=True).status("installing BERTopic") as status, tempfile.TemporaryDirectory() as folder:
        python = install_rival(told.environment)
        figures = measure(Path(folder), python, COUNT_QUICK if told.quick else COUNT, status.update)
    for name, figure in figures.items():
        print(f"{name:<22} {figure}")
    print(json.dumps(figures | {"is_quick": told.quick}))


def install_rival(environment: Path) -> Path:
    """Python of an environment that holds BERTopic and, where both use a package, our version of it."""
    python = environment / "bin" / "python"
    if not (environment / "installed").exists():
        venv.create(environment, with_pip=True, clear=True)
        pip = [str(python), "-m", "pip", "install", "--quiet"]
        shared = [f"{name}=={version(name)}" for name in SHARED]
        subprocess.run([*pip, *shared, *NEEDED], check=True, stdout=sys.stderr)
        subprocess.run([*pip, "--no-deps", RIVAL], check=True, stdout=sys.stderr)
        (environment / "installed").touch()
    return python


def measure(folder: Path, rival_python: Path, count: int, tell: Any) -> dict[str, Any]:
    """Both on each crowd, one after the other."""
    runs = [_both(folder, rival_python, count, seed, tell) for seed in SEEDS]
    for run in runs:
        print(run)
    seconds = {name: sum(run[f"cpu_seconds_{name}"] for run in runs) for name in ("ours", "bertopic")}
    means = {f"ari_{name}": round(mean(run[f"ari_{name}"] for run in runs), 4) for name in seconds}
    return {"cpu_ratio": round(seconds["ours"] / seconds["bertopic"], 3), **means, "runs": runs}


def _both(folder: Path, rival_python: Path, count: int, seed: int, tell: Any) -> dict[str, Any]:
    """Seconds, indices and topics of both on one crowd."""
    crowd = planted_crowd(count, nearness=MIDDLING, seed=seed)
    given, ours, theirs = folder / "given.npz", folder / "ours.npz", folder / "theirs.npz"
    np.savez(given, prompt_ids=np.array(crowd.prompt_ids), texts=np.array(crowd.texts), vectors=crowd.vectors)
    tell(f"{count:,} prompts, crowd {seed}, ours")
    subprocess.run([sys.executable, "-m", "benchmarks.topics", "--ours", given, ours], check=True)
    tell(f"{count:,} prompts, crowd {seed}, BERTopic")
    rival = Path(__file__).with_name("bertopic_rival.py")
    # -I: the folder of the script has modules that are named like those of others.
    subprocess.run([rival_python, "-I", rival, given, theirs, str(min_cluster_size_for(count))], check=True)
    figures: dict[str, Any] = {"seed": seed, "count_planted": int(crowd.planted.max()) + 1}
    for name, path in (("ours", ours), ("bertopic", theirs)):
        file = np.load(path)
        figures |= {
            f"ari_{name}": round(rand_index(crowd.planted, file["labels"]), 4),
            f"cpu_seconds_{name}": round(float(file["cpu_seconds"]), 1),
            f"count_topics_{name}": int(file["labels"].max()) + 1,
            f"share_in_none_{name}": round(float((file["labels"] < 0).mean()), 3),
        }
    return figures


def rand_index(planted: Any, labels: Any) -> float:
    """The adjusted Rand index over the prompts that were planted into a topic; those found in none are one group."""
    from sklearn.metrics import adjusted_rand_score

    return float(adjusted_rand_score(planted[planted >= 0], labels[planted >= 0]))


def fit_ours(given_path: Path, found_path: Path) -> None:
    """The whole of ours, in this process."""
    given = np.load(given_path)
    prompt_ids, texts, vectors = given["prompt_ids"].tolist(), given["texts"].tolist(), given["vectors"]
    fit_clustering(prompt_ids[:COUNT_WARM_UP], vectors[:COUNT_WARM_UP], "planted", ClusteringSettings())
    before = cpu_seconds()
    clustering = fit_clustering(prompt_ids, vectors, "planted", ClusteringSettings())
    by_id = dict(zip(prompt_ids, texts, strict=True))
    members = clustering.members_by_topic()
    find_keywords({topic: [by_id[one] for one in sorted(ids)] for topic, ids in members.items()})
    seconds = cpu_seconds() - before
    numbers = {topic_id: number for number, topic_id in enumerate(clustering.topic_ids)}
    labels = np.array([numbers.get(topic_id or "", NO_TOPIC) for topic_id in clustering.members.topic_ids])
    labels[clustering.members.is_outlier] = NO_TOPIC
    np.savez(found_path, labels=labels, cpu_seconds=seconds)


if __name__ == "__main__":
    main()
