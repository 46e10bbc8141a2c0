"""How a flow ends, from how its parts ended."""

from collections.abc import Mapping
from inspect import isawaitable
from typing import Any

from prefect.client.schemas.objects import State
from prefect.states import Completed

from benchbuilder.errors import BudgetError, IncompleteError
from flows.parameters import RunParameters

PARTIAL = "Partial"


async def conclude(states: Mapping[str, State[Any]], *, needed: tuple[str, ...] = ()) -> State[Any]:
    """The end of a flow from the ends of its parts.

    Args:
        states: by name, in the order in which they ran.
        needed: parts without which the whole has failed.

    Raises:
        Exception: of a needed part that failed, of the first one where all did; a spent budget always.
    """
    errors = {name: await error_of(state) for name, state in states.items() if is_lost(state)}
    for error in errors.values():
        if isinstance(error, BudgetError):
            raise error
    for name in needed:
        if name in errors:
            raise errors[name]
    if errors and len(errors) == len(states):
        raise next(iter(errors.values()))
    partial = [
        *(f"{name}: {error}" for name, error in errors.items()),
        *(f"{name}: {state.message}" for name, state in states.items() if state.name == PARTIAL),
    ]
    if partial:
        return Completed(name=PARTIAL, message="; ".join(partial))
    return Completed(message="; ".join(states))


async def error_of(state: State[Any]) -> Exception:
    """What a part failed with."""
    error: Any = state.result(raise_on_failure=False)
    return await error if isawaitable(error) else error


async def go_on(state: State[Any]) -> bool:
    """Whether all of a step is there; also where only some of its calls failed, the next step can go on.

    Raises:
        Exception: of the step, where it was no more than begun: nobody answers, or the budget is spent.
    """
    if not is_lost(state):
        return True
    error = await error_of(state)
    if type(error) is not IncompleteError:
        raise error
    return False


def is_lost(state: State[Any]) -> bool:
    """Whether a part did not end well."""
    return not state.is_completed()


async def end_of(part: Any, parameters: RunParameters) -> State[Any]:
    """Run a flow as a part of another one, to its end however it ends. Prefect's annotations lose the coroutine."""
    return await part(parameters, return_state=True)
