"""BERTopic on given vectors, in an environment of its own: nothing of ours is imported here, nor is it a dependency.

`python bertopic_rival.py IN.npz OUT.npz MIN_CLUSTER_SIZE` reads texts and vectors and writes labels and CPU seconds.
The settings are those of `benchbuilder.topics`; the start and the search for neighbours are its own, as users have it.
"""

import resource
import sys
from pathlib import Path

import numpy as np

COUNT_WARM_UP = 500


def main() -> None:
    """Fit and write."""
    from bertopic import BERTopic  # pyright: ignore[reportMissingImports]
    from hdbscan import HDBSCAN
    from umap import UMAP

    given = np.load(Path(sys.argv[1]))
    texts, vectors = given["texts"].tolist(), given["vectors"]

    def model() -> BERTopic:
        return BERTopic(
            embedding_model=None,
            umap_model=UMAP(n_neighbors=15, n_components=5, min_dist=0.0, metric="cosine", random_state=0),
            hdbscan_model=HDBSCAN(min_cluster_size=int(sys.argv[3]), min_samples=5, cluster_selection_method="eom"),
        )

    model().fit_transform(texts[:COUNT_WARM_UP], vectors[:COUNT_WARM_UP])
    before = cpu_seconds()
    labels, _ = model().fit_transform(texts, vectors)
    np.savez(Path(sys.argv[2]), labels=np.array(labels), cpu_seconds=cpu_seconds() - before)


def cpu_seconds() -> float:
    """Of this process, its threads and its children."""
    used = [resource.getrusage(whose) for whose in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(one.ru_utime + one.ru_stime for one in used)


if __name__ == "__main__":
    main()
