"""Questions to the published snapshot: boards, comparisons, pairs, judges, SQL; and the quality of boards in files."""

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

from cyclopts import Parameter

from benchbuilder.errors import NothingToRunError, UsageError
from benchbuilder.text import escape_for_message
from flows.commands.options import Benchmark, Config, Format, StateDir, open_snapshot

if TYPE_CHECKING:
    import polars as pl

    from benchbuilder.boards import Contest
    from benchbuilder.rating.options import RatingSettings

Judge = Annotated[str | None, Parameter(help="Only this judge's verdicts.")]
Baseline = Annotated[str | None, Parameter(help="Win-rates against this model of the board.")]
Method = Annotated[
    Literal["questions", "bootstrap", "glm", "rows"] | None, Parameter(help="Of the intervals. Default: questions.")
]
Styles = Annotated[str | None, Parameter(name="--style", help="Held equal: length, markdown, or both with a comma.")]
ClusterBy = Annotated[Literal["question", "topic"] | None, Parameter(help="What is independent of each other.")]
Percentiles = Annotated[str | None, Parameter(help="Of bootstrap and rows, e.g. 5,95 as arena-hard-auto's v2.")]


def board(  # noqa: PLR0913 - what a person can ask of a board
    *,
    benchmark: Benchmark = None,
    judge: Judge = None,
    baseline: Baseline = None,
    method: Method = None,
    style: Styles = None,
    cluster: ClusterBy = None,
    by: Annotated[Literal["topic", "category"] | None, Parameter(help="Win-rates within groups of questions.")] = None,
    seed: Annotated[int | None, Parameter(help="Of bootstrap and rows.")] = None,
    rounds: Annotated[int | None, Parameter(help="Of bootstrap (1000) and rows (100).")] = None,
    percentiles: Percentiles = None,
    output: Format = "table",
    config: Config = None,
    state_dir: StateDir = None,
) -> None:
    """Print a board, fitted from the judgments of the published snapshot."""
    from flows.commands.tables import print_board, print_frame, print_no_board

    _, snapshot = open_snapshot(config, state_dir)
    contest = _contest(snapshot, benchmark, judge, baseline)
    if contest is None:
        print_no_board(output)
        return
    changes = {"method": method, "cluster": cluster, "seed": seed, "count_rounds": rounds}
    rating = _changed(contest.settings, style=style, percentiles=percentiles, **changes)
    if by is not None:
        print_frame(_by_group(contest, rating, by), output, title=f"Win-rates by {by}")
    else:
        print_board(contest.fit(rating), contest, snapshot, output)


def compare(  # noqa: PLR0913 - what a person can ask of a comparison
    x: str,
    y: str,
    *,
    benchmark: Benchmark = None,
    judge: Judge = None,
    style: Styles = None,
    cluster: ClusterBy = None,
    detect: Annotated[float, Parameter(help="The difference of win-rates that should be found, 0 to 1.")] = 0.05,
    output: Format = "table",
    config: Config = None,
    state_dir: StateDir = None,
) -> None:
    """Print the difference of two models, paired by question, also by topic, and how many questions it needs."""
    import polars as pl

    from benchbuilder.rating.comparison import compare_models
    from flows.commands.tables import print_comparison

    _, snapshot = open_snapshot(config, state_dir)
    contest = _required(_contest(snapshot, benchmark, judge, None))
    rating = _changed(contest.settings, style=style, cluster=cluster)
    battles = contest.battles(rating).with_columns(topic=pl.coalesce("topic_name", "topic_id"))
    try:
        compared = compare_models(battles, x, y, contest.baseline, rating, detect=detect, group="topic")
    except ValueError as error:
        raise UsageError(str(error)) from error
    print_comparison(compared, x, y, detect, output)


def pairs(
    *,
    benchmark: Benchmark = None,
    judge: Judge = None,
    style: Styles = None,
    cluster: ClusterBy = None,
    output: Format = "table",
    config: Config = None,
    state_dir: StateDir = None,
) -> None:
    """Print who is separated from whom: every pair of ranked models, all tested together by Holm."""
    from flows.commands.tables import print_pairs

    _, snapshot = open_snapshot(config, state_dir)
    contest = _required(_contest(snapshot, benchmark, judge, None))
    print_pairs(contest.fit(_changed(contest.settings, style=style, cluster=cluster)).pairs, output)


def judges(
    *, benchmark: Benchmark = None, output: Format = "table", config: Config = None, state_dir: StateDir = None
) -> None:
    """Print the judges: habits, position bias, agreement with each other and with people, own family."""
    from benchbuilder.judges import examine_judges
    from flows.commands.tables import print_judges

    settings, snapshot = open_snapshot(config, state_dir)
    contest = _required(_contest(snapshot, benchmark, None, None))
    families = {name: model.family for name, model in settings.models.items() if model.family}
    examined = examine_judges(snapshot, contest, people=settings.quality.people, families=families)
    print_judges(examined, output)


def quality(
    *,
    board: Annotated[Path, Parameter(help="A benchmark's board: bootstrap JSONL, or a table as JSON or CSV.")],
    people: Annotated[Path | None, Parameter(help="People's board, or votes of people.")] = None,
    names: Annotated[Path | None, Parameter(name="--map", help="JSON object: name here → name there.")] = None,
    output: Annotated[Literal["table", "json"], Parameter(name="--format")] = "table",
) -> None:
    """Print how well a board in a file separates models and agrees with people. Creates no state."""
    from benchbuilder.rating.quality import measure_quality
    from benchbuilder.sources.boards import read_board, read_names
    from flows.commands.tables import print_quality

    theirs = None if people is None else _read_people(people)
    try:
        measured = measure_quality(read_board(board), theirs, None if names is None else read_names(names))
    except ValueError as error:
        raise UsageError(str(error)) from error
    print_quality(measured, output)


def sql(
    query: str,
    *,
    output: Annotated[Literal["table", "csv", "json"], Parameter(name="--format")] = "table",
    config: Config = None,
    state_dir: StateDir = None,
) -> None:
    """Ask the published snapshot; the connection can read nothing else and change nothing.

    Parameters
    ----------
    query: SQL, e.g. "from board".
    output: how its rows are printed.
    """
    from flows.printing import print_rows

    _, snapshot = open_snapshot(config, state_dir)
    print_rows(snapshot.read(query), output)


def _changed(
    settings: "RatingSettings", *, style: str | None = None, percentiles: str | None = None, **changes: Any
) -> "RatingSettings":
    """The settings of the file with what the command line says over them."""
    told = {name: value for name, value in changes.items() if value is not None}
    if style is not None:
        told["styles"] = tuple(part.strip() for part in style.split(",") if part.strip())
    if percentiles is not None:
        told["percentiles"] = _two_numbers(percentiles)
    try:
        return replace(settings, **told)
    except ValueError as error:
        raise UsageError(str(error)) from error


def _two_numbers(percentiles: str) -> tuple[float, float]:
    try:
        lower, upper = (float(part) for part in percentiles.split(","))
    except ValueError:
        shown = escape_for_message(percentiles)
        raise UsageError(f"--percentiles wants two numbers like 5,95, not {shown}") from None
    return lower, upper


def _contest(snapshot: Any, benchmark: str | None, judge: str | None, baseline: str | None) -> "Contest | None":
    """None where there is no board yet."""
    from benchbuilder.boards import read_contest

    try:
        return read_contest(snapshot, benchmark_id=benchmark, judge=judge, baseline=baseline)
    except NothingToRunError:
        return None


def _required(contest: "Contest | None") -> "Contest":
    if contest is None:
        raise NothingToRunError("No board yet: nothing was judged")
    return contest


def _by_group(contest: "Contest", rating: "RatingSettings", by: str) -> "pl.DataFrame":
    import polars as pl

    from benchbuilder.rating.groups import win_rates_by

    battles = contest.battles(replace(rating, styles=())).with_columns(topic=pl.coalesce("topic_name", "topic_id"))
    models = sorted({*battles["model"], *battles["baseline"]} - {contest.baseline})
    return win_rates_by(battles, by, models, contest.baseline, rating)


def _read_people(path: Path) -> "pl.DataFrame":
    from benchbuilder.curation.privacy import mask
    from benchbuilder.rating.people import rate_votes
    from benchbuilder.sources.boards import is_votes_file, read_board
    from benchbuilder.sources.votes import read_votes

    if not is_votes_file(path):
        return read_board(path)
    return rate_votes(read_votes(path, lambda text: mask(text).text).votes)
