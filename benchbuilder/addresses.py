"""What the settings may say of places that are asked: an address without secrets in it, and the name of a variable."""

import re
from urllib.parse import urlsplit

from benchbuilder.curation.privacy import mask

_VARIABLE = re.compile("[A-Z_][A-Z0-9_]{0,63}")


def check_address(address: str) -> str:
    """The address, if it is one of HTTP without name and password in it.

    Raises:
        ValueError: it is none.
    """
    parts = urlsplit(address)  # it and `port` raise a ValueError of their own
    if parts.scheme not in {"http", "https"} or not parts.hostname or parts.port == 0:
        raise ValueError("must be an address like http://127.0.0.1:8000/v1")
    if parts.username or parts.password:
        raise ValueError("holds a name or password; a key stands in a variable of the environment")
    return address


def check_variable(name: str | None) -> str | None:
    """The name, if it looks like that of an environment variable: capitals, digits and underscores, at most 64.

    Raises:
        ValueError: it does not, so most likely it is the key itself.
    """
    if name is not None and not (_VARIABLE.fullmatch(name) and mask(name).text == name):
        raise ValueError("must be the name of an environment variable in capitals, never the key itself")
    return name
