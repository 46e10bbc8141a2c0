"""The one settings file, and the environment over it. Nothing else reads either.

Which file: the one that is named, else BENCHBUILDER_CONFIG, else ./benchbuilder.toml, else the packaged demo. A
variable like BENCHBUILDER_BUDGET__USD stands over the key budget.usd. Paths of sources are relative to the file,
state_dir to the folder where the command runs. Every wrong value is named with file and key.
"""

from benchbuilder.settings.loading import DEMO, STARTER, find_config, load_settings, prepare_prefect
from benchbuilder.settings.settings import ONE_TOKEN, Settings
from benchbuilder.settings.tables import (
    Annotator,
    AttemptSettings,
    CascadeSettings,
    EndpointSettings,
    JudgeSettings,
    ModelSettings,
)

__all__ = [
    "DEMO",
    "ONE_TOKEN",
    "STARTER",
    "Annotator",
    "AttemptSettings",
    "CascadeSettings",
    "EndpointSettings",
    "JudgeSettings",
    "ModelSettings",
    "Settings",
    "find_config",
    "load_settings",
    "prepare_prefect",
]
