"""What a run would cost, before anything is sent."""

from typing import TYPE_CHECKING

from flows.commands.options import Benchmark, Config, Format, StateDir

if TYPE_CHECKING:
    from benchbuilder.forecast import Step
    from benchbuilder.settings import Settings
    from benchbuilder.warehouse import Warehouse


def plan(
    *, benchmark: Benchmark = None, output: Format = "table", config: Config = None, state_dir: StateDir = None
) -> None:
    """Forecast calls, tokens and USD of a run on what the warehouse holds, and say what is paid already."""
    import polars as pl

    from benchbuilder.forecast import forecast
    from benchbuilder.ledger.record import Record
    from benchbuilder.settings import load_settings
    from benchbuilder.warehouse import Warehouse
    from flows.commands.tables import print_frame

    settings = load_settings(config, state_dir)
    warehouse = Warehouse(settings.state_dir)
    Record(warehouse).merge()  # what a killed run had paid for counts as paid
    steps = forecast(warehouse, settings, _version(warehouse, benchmark))
    frame = pl.DataFrame([step._asdict() for step in steps], infer_schema_length=None)
    print_frame(frame, output, title="What a run would cost")
    if output == "table":
        _print_total(steps, settings)


def _version(warehouse: "Warehouse", benchmark: str | None) -> str | None:
    """The version to evaluate: as named, else the newest that was built here; None where there is none."""
    from benchbuilder.boards import read_benchmark

    if benchmark is not None:
        return read_benchmark(warehouse, benchmark)["benchmark_id"]
    built = warehouse.read("select benchmark_id from latest_built_benchmark")
    return built.item() if built.height else None


def _print_total(steps: "list[Step]", settings: "Settings") -> None:
    from rich.console import Console

    console = Console(highlight=False)
    count_calls, cost = sum(step.count_calls for step in steps), sum(step.cost_usd for step in steps)
    count_paid = sum(step.count_paid for step in steps)
    console.print(f"together {count_calls:,} calls, {cost:,.4f} USD; {count_paid:,} paid already", soft_wrap=True)
    caps = (("USD", settings.budget.usd, cost), ("calls", settings.budget.calls, count_calls))
    for unit, cap, wanted in caps:
        if cap is not None and wanted > cap:
            console.print(f"more than the cap of {cap:,.10g} {unit}: a run would stop there, and the next go on")
    console.print("prompts that no source has given yet, and what follows from them, are not in it", soft_wrap=True)
