"""Which family a model is of, and whether judges prefer their own: data first, then the measurement.

A judge may like answers that sound like its own (Panickssery, Bowman and Feng, arXiv 2404.13076). Its own family may
also be better, so what counts is the difference to what judges of other families say about the very same games.
"""

import re
from collections.abc import Mapping
from functools import cache

import polars as pl

from benchbuilder.rating.agreement import GAME_COLUMNS
from benchbuilder.rating.battles import SCORE_OF_MODEL, check_columns
from benchbuilder.rating.bias import JUDGMENT_COLUMNS
from benchbuilder.rating.clustered import question_sums, ratio_intervals

# Casefolded words of a name, parts joined by "-". A word that ends in a letter may be followed by digits (llama3,
# gpt4o); ^ marks words that count only at the beginning of a name.
WORDS_OF_FAMILIES: Mapping[str, tuple[str, ...]] = {
    "01-ai": ("yi",),
    "ai21": ("jamba", "jurassic"),
    "alibaba": ("qwen", "qwq", "qvq", "marco-o1"),
    "allenai": ("olmo", "molmo", "tulu", "tuluv", "tülu"),
    "amazon": ("nova", "titan"),
    "anthropic": ("claude", "anthropic"),
    "baidu": ("ernie",),
    "cohere": ("command", "aya", "c4ai", "cohere"),
    "databricks": ("dbrx", "dolly"),
    "deepseek": ("deepseek",),
    "eleutherai": ("gpt-j", "gpt-neo", "gpt-neox", "pythia"),
    "google": ("gemini", "gemma", "codegemma", "palm", "bard", "bison", "flan", "learnlm"),
    "huggingface": ("smollm", "zephyr"),
    "ibm": ("granite",),
    "lmsys": ("vicuna", "fastchat", "longchat"),
    "meta": ("llama", "codellama"),
    "microsoft": ("phi", "wizardlm", "wizardcoder", "wizardmath"),
    "minimax": ("minimax", "abab"),
    "mistral": ("mistral", "mixtral", "ministral", "codestral", "devstral", "magistral", "mathstral", "pixtral"),
    "moonshot": ("kimi", "moonshot"),
    "nomic": ("gpt4all",),
    "nvidia": ("nemotron", "nvlm"),
    "openai": ("gpt", "chatgpt", "davinci", "openai", "^o1", "^o3", "^o4"),
    "perplexity": ("sonar", "pplx"),
    "stability": ("stablelm", "stablebeluga"),
    "tencent": ("hunyuan",),
    "xai": ("grok",),
    "zhipu": ("glm", "chatglm"),
}


def family_of(name: str, overrides: Mapping[str, str] | None = None) -> str:
    """The family, that is the maker, of a model or judge by its name.

    The first word that the table knows decides, so a distillation goes with the maker who stands first in its name.
    Words are whole: ``yip-1`` is no Yi.

    Args:
        name: as in the settings or in an imported file; what stands before the last ``/`` is not looked at.
        overrides: name → family, for what the table cannot know; the whole name counts, in any case.

    Returns:
        The family; for a name without a known word its leading word, without the digits at its end.
    """
    folded = name.casefold()
    for known, family in (overrides or {}).items():
        if known.casefold() == folded:
            return family
    words = "-".join(re.findall(r"[^\W_]+", folded.rstrip("/").rpartition("/")[2]))
    if found := _known_word().search(words):
        return _family_of_word()[found.group()]
    leading = words.partition("-")[0]
    return leading.rstrip("0123456789") or leading or folded


def own_family_preference(
    judgments: pl.DataFrame, families: Mapping[str, str], *, confidence: float = 0.95
) -> pl.DataFrame:
    """How much better a judge finds its own family than judges of other families find it, in the same games.

    It is measured on the games in which exactly one side is of the judge's family and which a judge of another family
    has read too. That other judge may have a liking of its own, for the other side above all.

    Args:
        judgments: columns `JUDGMENT_COLUMNS`, verdict from the model's side, null where none could be read.
        families: model, baseline and judge → family, see `family_of`.
        confidence: of the interval, e.g. 0.95.

    Returns:
        One row per judge, sorted: judge, family; count_games; share_own (mean score, 1, ½ or 0, that the judge gives
        to its family's side); share_others (the same of the mean score that judges of other families give to that
        side); preference = share_own - share_others; lower, upper: paired and clustered by question, see `clustered`.
        Null where there is no such game; the interval also where it has fewer than two questions, or the same
        preference in all.

    Raises:
        ValueError: a column is missing, or families lacks a name.
    """
    check_columns(judgments, JUDGMENT_COLUMNS)
    _check_names(judgments, families)
    judges = judgments["judge"].unique().sort()
    cells = _cells(judgments, families)
    own, others, preference = (
        ratio_intervals(question_sums(cells, judges.to_list(), numerator), confidence=confidence, least=-1.0)
        for numerator in ("own", "others", "preference")
    )
    measured = pl.DataFrame(
        {
            "judge": judges,
            "family": judges.replace_strict(families, return_dtype=pl.String),
            "share_own": own.ratio,
            "share_others": others.ratio,
            "preference": own.ratio - others.ratio,
            "lower": preference.lower,
            "upper": preference.upper,
        }
    ).fill_nan(None)
    counts = cells.group_by(judge="name").agg(count_games=pl.col("weight").sum().cast(pl.Int64))
    count_games = pl.col("count_games").fill_null(0)
    return (
        measured.join(counts, on="judge", how="left")
        .select("judge", "family", count_games, "^share.*$", "preference", "lower", "upper")
        .sort("judge")
    )


@cache
def _family_of_word() -> dict[str, str]:
    return {word.removeprefix("^"): family for family, words in WORDS_OF_FAMILIES.items() for word in words}


@cache
def _known_word() -> re.Pattern[str]:
    """The longest of the words that begin at the first place where any does."""
    words = sorted(
        (word for words in WORDS_OF_FAMILIES.values() for word in words), key=lambda word: (-len(word), word)
    )
    return re.compile("|".join(_pattern(word) for word in words))


def _pattern(word: str) -> str:
    begin = "^" if word.startswith("^") else "(?<![^-])"
    end = "(?![^-])" if word[-1].isdigit() else r"(?![^-\d])"
    return f"{begin}{re.escape(word.removeprefix('^'))}{end}"


def _check_names(judgments: pl.DataFrame, families: Mapping[str, str]) -> None:
    names = {name for role in ("model", "baseline", "judge") for name in judgments[role].unique()}
    if missing := sorted(names - set(families)):
        raise ValueError(f"no family is given for {len(missing)} names, such as {missing[0]!r:.80}")


def _cells(judgments: pl.DataFrame, families: Mapping[str, str]) -> pl.DataFrame:
    """Sums over the games of each judge (name) and question, how many there are is their `weight`.

    Scores are multiples of ½ and are added up apart for each number of other judges, then in a fixed order, so that the
    order of the judgments changes no digit.
    """
    games = _with_others(judgments, families).group_by("question_id", "count_others", name="judge")
    sums = games.agg(pl.col("own", "others").sum(), weight=pl.len().cast(pl.Float64))
    sums = sums.with_columns(pl.col("others") / pl.col("count_others")).sort("name", "question_id", "count_others")
    return sums.with_columns(preference=pl.col("own") - pl.col("others"))


def _with_others(judgments: pl.DataFrame, families: Mapping[str, str]) -> pl.DataFrame:
    """The games that count: `own`, the score of the judge's family, and `others`, the sum of `count_others` scores."""
    family = {side: pl.col(side).replace_strict(families, return_dtype=pl.String) for side in ("model", "baseline")}
    read = judgments.drop_nulls("verdict").with_columns(
        score=pl.col("verdict").cast(pl.String).replace_strict(SCORE_OF_MODEL, return_dtype=pl.Float64),
        family=pl.col("judge").replace_strict(families, return_dtype=pl.String),
        family_of_model=family["model"],
        family_of_baseline=family["baseline"],
    )
    is_own_model = pl.col("family_of_model") == pl.col("family")
    is_own_baseline = pl.col("family_of_baseline") == pl.col("family")
    by_all, by_kin = (
        read.group_by(*GAME_COLUMNS, *more).agg(score=pl.col("score").sum(), count=pl.len().cast(pl.Int64))
        for more in ((), ("family",))
    )
    summed = by_kin.join(by_all, on=GAME_COLUMNS, suffix="_of_all", nulls_equal=True).select(
        *GAME_COLUMNS,
        "family",
        others=pl.col("score_of_all") - pl.col("score"),
        count_others=pl.col("count_of_all") - pl.col("count"),
    )
    games = read.filter(is_own_model != is_own_baseline).join(
        summed.filter(pl.col("count_others") > 0), on=[*GAME_COLUMNS, "family"], nulls_equal=True
    )
    return games.select(
        "judge",
        "question_id",
        "count_others",
        own=pl.when(is_own_model).then(pl.col("score")).otherwise(1 - pl.col("score")),
        others=pl.when(is_own_model).then(pl.col("others")).otherwise(pl.col("count_others") - pl.col("others")),
    )
