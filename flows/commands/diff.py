"""What changed between two versions."""

from flows.commands.options import Config, Format, StateDir, open_snapshot


def diff(a: str, b: str, *, output: Format = "table", config: Config = None, state_dir: StateDir = None) -> None:
    """Print the questions that came into B, went out of A and were kept, and why, by topic.

    Parameters
    ----------
    a: the earlier version: its id or the beginning of it.
    b: the later one.
    """
    from benchbuilder.versions import diff_versions
    from flows.commands.tables import print_frame
    from flows.printing import say

    _, snapshot = open_snapshot(config, state_dir)
    found = diff_versions(snapshot, a, b)
    if output != "table":
        print_frame(found.questions, output)
        return
    counts = found.count_by_change
    say(f"{found.before[:12]} → {found.after[:12]}: {counts['in']} in, {counts['out']} out, {counts['kept']} kept")
    print_frame(found.by_topic(), output, title="By topic")
    print_frame(found.by_reason(), output, title="Why, as the version without them says")
    print_frame(found.moved(), output, title="Questions that came or went")
