"""benchbuilder.addresses: a key is never taken for the name of the variable that holds it."""

import pytest

from benchbuilder.addresses import check_variable


@pytest.mark.parametrize("name", [None, "CHAT_TOKEN", "_KEY", "BENCHBUILDER_KEY_2", "K" * 64])
def test_names_of_variables(name: str | None) -> None:
    """Capitals, digits and underscores."""
    assert check_variable(name) == name


@pytest.mark.parametrize(
    "key",
    [
        "ghp_" + "a1B2" * 9,
        "hf_" + "aB" * 17,
        "AKIA" + "Q7X2" * 4,
        "sk_live_1234567890",
        "K" * 65,
        "chat_token",
        "2X",
        "",
    ],
)
def test_what_may_be_a_key_is_refused_and_not_shown(key: str) -> None:
    """Whatever identifies as a name in Python may still be a key."""
    with pytest.raises(ValueError, match="never the key itself") as caught:
        check_variable(key)
    assert not key or key not in str(caught.value)
