"""The one exception to append-only, for people."""

from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter

from benchbuilder.errors import UsageError
from flows.commands.options import Config, StateDir

if TYPE_CHECKING:
    from benchbuilder.forgetting import Forgotten, Touched

Names = Annotated[tuple[str, ...], Parameter(consume_multiple=False)]


def forget(  # noqa: PLR0913 - what a person can say of it
    *,
    source_ref: Annotated[Names, Parameter(help="Id of a record, conversation or imported question; repeatable.")] = (),
    prompt_id: Annotated[Names, Parameter(help="Id of a prompt or the beginning of it; repeatable.")] = (),
    source: Annotated[str | None, Parameter(help="Whose --source-ref it is, where several sources have it.")] = None,
    near: Annotated[bool, Parameter(help="Their near duplicates as well.")] = False,
    finish: Annotated[bool, Parameter(help="End what an interrupted one began; nothing need be named.")] = False,
    dry_run: Annotated[bool, Parameter(help="Only say what it would touch.")] = False,
    config: Config = None,
    state_dir: StateDir = None,
) -> None:
    """Remove prompts for good with all that was made from them, from old snapshots and reports too."""
    from benchbuilder.forgetting import find_touched
    from benchbuilder.forgetting import forget as run_forget
    from benchbuilder.settings import load_settings
    from benchbuilder.warehouse import Warehouse
    from flows.printing import say

    if not source_ref and not prompt_id and not finish:
        raise UsageError("name what is to be forgotten: --source-ref or --prompt-id")
    settings = load_settings(config, state_dir)
    warehouse = Warehouse(settings.state_dir)
    touched = find_touched(warehouse, source_ref, prompt_id, source=source, is_near=near)
    _say_touched(touched)
    if dry_run:
        say("nothing was removed")
    else:
        _say_forgotten(run_forget(warehouse, settings, touched.prompt_ids))


def _say_touched(touched: "Touched") -> None:
    from flows.printing import say

    for what, ids in (("prompt", touched.prompt_ids), ("version", touched.versions), ("board", touched.boards)):
        for each in ids:
            say(f"{what:9} {each}")
    for each in touched.near:
        say(f"near      {each}   repeats one of them nearly and stays; --near removes it too")


def _say_forgotten(forgotten: "Forgotten") -> None:
    from flows.printing import say

    rows = ", ".join(f"{count:,} {relation}" for relation, count in sorted(forgotten.swept.items()))
    say(f"removed   {rows or 'no row'}")
    for name in forgotten.removed:
        say(f"removed   snapshot {name} and its report")
    say(f"snapshot  {forgotten.published.snapshot.path}")
    say(f"report    {forgotten.published.report}")
    if forgotten.count_running:
        say(f"{forgotten.count_running} runs are under way: what they still write is removed when they publish")
    say("Out of reach: backups, exports, and the files that the prompts came from. Numbers of stored boards stay.")
