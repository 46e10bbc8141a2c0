"""Which prompts both annotators mark: a random sample that hardly moves when the crowd grows."""

from collections.abc import Iterable

from benchbuilder.text import digest_of


def size_of_sample(count_prompts: int, most: int, most_share: float) -> int:
    """How many prompts the sample has: `most`, of a small crowd only a share of it, rounded up."""
    return min(most, -int(-most_share * count_prompts // 1))


def draw_sample(prompt_ids: Iterable[str], size: int, seed: int) -> list[str]:
    """The `size` prompts of lowest hash, sorted by id: one prompt more in the crowd moves at most one in the sample."""
    by_hash = sorted(prompt_ids, key=lambda prompt_id: digest_of(["cascade", seed, prompt_id]))
    return sorted(by_hash[:size])
