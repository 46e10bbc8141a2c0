"""From file and environment to checked settings; and where Prefect is told that it runs."""

import os
import tomllib
from collections.abc import Iterator, Mapping
from importlib.resources import files
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from benchbuilder.errors import SettingsError
from benchbuilder.settings.faults import Fault, Key, faults_of, tell
from benchbuilder.settings.settings import PREFIX, Settings

DEMO = Path(str(files("benchbuilder.samples").joinpath("demo.toml")))
STARTER = Path(str(files("benchbuilder.samples").joinpath("starter.toml")))
_NAMES_THE_FILE = f"{PREFIX}CONFIG"
_KEYS = Settings.model_fields.keys() - {"config_path"}


def find_config(config: Path | None) -> Path:
    """The settings file: as named, else BENCHBUILDER_CONFIG, else ./benchbuilder.toml, else the packaged demo."""
    if config is None and (named := os.environ.get(_NAMES_THE_FILE)):
        config = Path(named)
    if config is None:
        local = Path("benchbuilder.toml")
        config = local if local.exists() else DEMO
    return config.expanduser().absolute()


def load_settings(config: Path | None = None, state_dir: Path | None = None) -> Settings:
    """Read and check the settings.

    Args:
        config: the file; see `find_config` for the default.
        state_dir: stands over the file's.

    Raises:
        SettingsError: the file is missing, is no TOML, or holds wrong values; names file, key and value.
    """
    path = find_config(config)
    try:
        values = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(f"{path}: cannot be read: {getattr(error, 'strerror', None) or error}") from error
    except tomllib.TOMLDecodeError as error:
        raise SettingsError(f"{path}: no valid TOML: {error}") from error
    settings = _settings_from(values, path)
    places = {"state_dir": (state_dir or settings.state_dir).expanduser().absolute()}
    places["cache_dir"] = settings.cache_dir.expanduser().absolute()
    return settings.model_copy(update=places)


def _settings_from(values: dict[str, Any], path: Path) -> Settings:
    """The settings of one file and the environment; all that is wrong is told at once."""
    variables = _variables()
    faults = [Fault((key,), "unknown key") for key in values if key not in _KEYS]
    try:
        known = {key: value for key, value in values.items() if key in _KEYS}
        settings = Settings(**known, config_path=path)
    except ValidationError as error:
        faults += faults_of(error)
    else:
        faults += [*_wrong_names(settings), *_contradictions(settings), *_unknown_variables(settings, variables)]
        if not faults:
            return settings
    raise SettingsError(tell(faults, path, variables))


def _variables() -> dict[str, Key]:
    """The environment's part in the settings: variable → key."""
    names = (name for name in os.environ if name.upper().startswith(PREFIX) and name != _NAMES_THE_FILE)
    return {name: tuple(name[len(PREFIX) :].casefold().split("__")) for name in names}


def _unknown_variables(settings: Settings, variables: Mapping[str, Key]) -> Iterator[Fault]:
    """Variables with our prefix that stand over no key; a secret of the settings may stand in any."""
    hold_keys = {endpoint.key_variable for endpoint in settings.endpoints.values()}
    hold_keys |= {source.secret_variable for source in settings.sources}
    for name, key in variables.items():
        if key[0] not in _KEYS and name not in hold_keys:
            yield Fault(key, "unknown key")


def _wrong_names(settings: Settings) -> Iterator[Fault]:
    """Names that nothing bears, and names that stand twice."""
    uses = [
        (("models", name, "endpoint"), model.endpoint, settings.endpoints) for name, model in settings.models.items()
    ]
    uses += [(tuple(key.split(".")), name, settings.models) for key, name in settings.roles.items()]
    for key, name, table in uses:
        if name not in table:
            yield Fault(key, f"unknown name {name!r}; known: {', '.join(table)}")
    lists = {
        "sources": [source.name for source in settings.sources],
        "judges": [judge.model for judge in settings.judges],
    }
    for key, names in lists.items():
        for name in dict.fromkeys(name for name in names if names.count(name) > 1):
            yield Fault((key,), f"the name {name!r} stands twice")


def _contradictions(settings: Settings) -> Iterator[Fault]:
    """What a cascade cannot do: it needs to know a pick when it sees one, and quantiles are of a crowd marked whole."""
    if settings.annotator.cascade is not None:
        key = ("annotator", "cascade")
        if settings.selection.marks != "list":
            yield Fault(key, "needs a strong annotator that is read by its list: selection.marks = 'list'")
        if settings.selection.min_score_quantile is not None:
            yield Fault(key, "needs selection.min_score, not min_score_quantile")


def prepare_prefect(settings: Settings, own_api_url: str | None = None) -> str | None:
    """Point Prefect at this state folder, or at the server that settings or environment name. Call before importing it.

    A profile of the user is never read: PREFECT_PROFILES_PATH names a file that is not there.

    Args:
        settings: whose state folder becomes Prefect's home.
        own_api_url: of a server that was started for this run, where none is named.

    Returns:
        The address of the server; None where none is named.
    """
    home = settings.state_dir / "prefect"
    home.mkdir(mode=0o700, parents=True, exist_ok=True)
    api_url = own_api_url or settings.prefect.api_url or os.environ.get("PREFECT_API_URL")
    for variable in [name for name in os.environ if name.startswith("PREFECT_") and not (api_url and "API" in name)]:
        del os.environ[variable]
    os.environ |= {
        "PREFECT_HOME": str(home),
        "PREFECT_PROFILES_PATH": str(home / "profiles.toml"),
        "PREFECT_LOGGING_EXTRA_LOGGERS": "benchbuilder",
        "PREFECT_LOGGING_LEVEL": "WARNING",
        "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
        "PREFECT_SERVER_ALLOW_EPHEMERAL_MODE": "false",  # flows.prefect_server starts one that ends with the run
        "DO_NOT_TRACK": "1",
    }
    if api_url:  # an empty one would stop Prefect's events
        os.environ["PREFECT_API_URL"] = api_url
    return api_url
