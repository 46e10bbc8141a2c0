"""benchbuilder.curation.privacy: what is masked, what must stay, and that masking is stable, quick and silent."""

import threading
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchbuilder.curation.kinds import Kind
from benchbuilder.curation.privacy import mask
from benchbuilder.text import prompt_id_of

# Made up, and put together here so that no scanner takes this file for a leak.
RANDOM = "a8F3kQ92mZx7Lp0Rt5Vw"
PERSONAL = {
    "jane.doe@example.org": "email",
    "JANE_DOE+news@mail.example.co.uk": "email",
    "+44 20 7946 0958": "phone",
    "(555) 234-5678": "phone",
    "555-234-5678": "phone",
    "4111 1111 1111 1111": "card",
    "378282246310005": "card",
    "123-45-6789": "ssn",
    "DE89 3704 0044 0532 0130 00": "iban",
    "GB29NWBK60161331926819": "iban",
    "203.0.113.77": "ip",
    "2a00:1450:4001:830::200e": "ip",
    "sk-" + RANDOM: "key",
    "sk-proj-" + RANDOM + "_" + RANDOM: "key",
    "ghp_" + RANDOM + "0123456789abcdef": "key",
    "AKIA" + "ABCDEFGH12345678": "key",
    "AIza" + RANDOM + "_-12345678901234"[:15]: "key",
    "xoxb" + "-1234567890-" + RANDOM: "key",
    "eyJhbGciOiJIUzI1NiJ9" + ".eyJzdWIiOiIxMjM0NTY3ODkwIn0" + ".dozjgNryP4J3jVmN": "key",
    "1234567890" + ":AA" + RANDOM + "abcdefghijklm": "key",
}
HARMLESS = [
    "2024-03-17 and 17/03/2024, at 23:59:59 or 1710719999",
    "version 1.12.3.45, Chrome/114.0.5735.90 and numpy==1.26.4.0",
    "section 3.2.1.4 of 1.3.6.1.4.1.9.9.392",
    "listen on 127.0.0.1:8080, 192.168.1.20, 10.0.0.0/8 and 255.255.255.0",
    "line 1234567890, id 123456789, order 4711-0815-2024",
    "0.123456789012345678 and -3.4111111111111111",
    "100 200 3000\n555 123 4567\n",
    "c = a @ b.T; x@w.sum(); @app.route('/'); @mcp.tool and icon@2x.png",
    "git clone git@github.com:owner/name.git",
    "npm install react@18.2.0 https://medium.com/@someone.else",
    "const API_KEY = process.env.MY_API_KEY_2; token = get_token_from_cache(1)",
    "OPENAI_API_KEY=your_api_key_here and Authorization: Bearer ${TOKEN}",
    "postgres://$USER:$PASSWORD@localhost/db",
    "sha256 9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
    "123e4567-e89b-12d3-a456-426614174000",
    "class='sk-fading-circle-container' std::vector<int>::iterator 12:34:56",
    "4111111111111112 is no card, its check digit is wrong",
    "GB29NWBK60161331926818 is no account, its check digits are wrong",
    "-----BEGIN PRIVATE KEY----- is how such a file begins.",
]


@pytest.mark.parametrize(("secret", "kind"), PERSONAL.items())
def test_each_kind_is_replaced_by_its_placeholder(secret: str, kind: str) -> None:
    """A secret goes, the words around it stay, and it is counted once under its kind."""
    masked = mask(f"Please call {secret}, thanks.")
    assert masked == (f"Please call [{kind}], thanks.", {Kind(kind): 1})


@pytest.mark.parametrize("text", HARMLESS)
def test_code_dates_versions_and_ids_stay(text: str) -> None:
    """What only looks like personal data is left alone, so that prompts with code keep their sense."""
    assert mask(text) == (text, {})


@pytest.mark.parametrize(
    "assignment",
    ['api_key = "{}"', "SECRET_TOKEN: {}", "my api key is {}", "Authorization: Bearer {}", "{{'password': '{}'}}"],
)
def test_a_random_value_beside_a_word_for_it_is_a_key(assignment: str) -> None:
    """A credential without a known prefix is found by what it is assigned to."""
    assert mask(assignment.format(RANDOM)).text == assignment.format("[key]")


def test_a_private_key_goes_as_a_whole() -> None:
    """The block is masked from its first to its last line, also when its end is missing."""
    begin, end = "-----BEGIN RSA PRIVATE " + "KEY-----\n", "\n-----END RSA PRIVATE " + "KEY-----"
    body = "\n".join([RANDOM * 3] * 4)
    assert mask(f"a {begin}{body}{end} b").text == "a [key] b"
    assert mask(f"a {begin}{body}").text == "a [key]"


def test_a_login_in_a_url_goes_and_the_server_stays() -> None:
    """A connection string keeps its shape."""
    assert mask("postgres://anna:hunter2@db.example.org/x").text == "postgres://[key]@db.example.org/x"


def test_a_context_word_makes_bare_digits_personal() -> None:
    """Ten digits are an id, unless the text says that they are a telephone number."""
    assert mask("phone: 9971545058 ssn 123456789").counts == {Kind.PHONE: 1, Kind.SSN: 1}


def test_what_a_masked_neighbour_uncovers_is_masked_too() -> None:
    """A number that touched an address is seen once the address is gone."""
    assert mask("a@b.com(555) 234-5678").text == "[email][phone]"


def test_the_same_prompt_with_other_personal_data_is_the_same_prompt() -> None:
    """Identity is that of the masked text."""
    texts = [mask(f"Write to {name}@example.org about my refund").text for name in ("anna", "bob")]
    assert prompt_id_of(texts[0]) == prompt_id_of(texts[1])


FRAGMENTS = st.sampled_from([*PERSONAL, *HARMLESS, "key=", "Bearer ", "://", "@", ".", "-", "1", "a", " ", "\n"])


@given(st.lists(FRAGMENTS | st.text(max_size=8), max_size=8).map("".join))
def test_masking_twice_changes_nothing(text: str) -> None:
    """A masked text is clean: nothing is found in it again, whatever stood side by side."""
    once = mask(text)
    assert mask(once.text) == (once.text, {})


@given(st.text(alphabet="abz 09.,\n", max_size=40), st.sampled_from(list(PERSONAL)))
def test_a_secret_is_gone_wherever_it_stands(text: str, secret: str) -> None:
    """Between spaces, a secret never survives, whatever comes before and after."""
    assert secret not in mask(f"{text} {secret} {text}").text


@pytest.mark.parametrize(
    "part", ["=", "@", "=@", "a.", "sk-", "eyJ", "-eyJ", "key=", "1 ", "1.", "+1 ", "://a:", "token"]
)
def test_a_hostile_text_costs_no_time(part: str) -> None:
    """No pattern needs quadratic time on a repeated fragment: 100,000 characters stay far under a second."""
    text = part * (100_000 // len(part))
    started = time.process_time()
    mask(text)
    assert time.process_time() - started < 2


def test_nothing_is_sent_even_where_the_environment_asks_for_telemetry(monkeypatch: pytest.MonkeyPatch) -> None:
    """Datafog reports usage on request of a variable; masking never gets there, so no thread is started."""
    import datafog.telemetry

    sent: list[object] = []
    monkeypatch.setenv("DATAFOG_TELEMETRY", "1")
    monkeypatch.setattr(datafog.telemetry, "_post_event", lambda *event: sent.append(event))
    count_threads = threading.active_count()
    mask("Mail jane@example.org or call (555) 234-5678.")
    assert (threading.active_count(), sent) == (count_threads, [])
