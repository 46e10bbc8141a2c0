"""Telephone, card, social security, account and IP numbers in a text, told from dates, versions and ids around them.

datafog's patterns say where one may stand; the checks here turn away what only looks like one.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from functools import cache
from ipaddress import IPv4Address, ip_address, ip_network

from benchbuilder.curation.kinds import Finding, Kind

_CONTEXT_CHARACTERS = 30
MIN_PHONE_DIGITS_GROUPED = 8
MIN_PHONE_DIGITS_BARE = 11
SMALL_PART = 32  # four parts under this are a version or a section; one address in 4,096 is lost by it

# cheap tests before the dear patterns
_EIGHT_DIGITS = re.compile(r"\d(?:[\s().-]{0,3}\d){7}")
_FOUR_PARTS = re.compile(r"\.\d{1,3}\.\d{1,3}\.\d")
_PHONE_WORD = re.compile(r"phone|mobile|whatsapp|\b(?:tel|cell|call|fax|sms|text me)\b", re.IGNORECASE)
_NORTH_AMERICAN = re.compile(r"(?:1[-. ]?)?(?:\([2-9]\d\d\)[-. ]?[2-9]\d\d[-. ]?|[2-9]\d\d([-.])[2-9]\d\d\1)\d{4}")
_SSN_WORD = re.compile(r"\bssn\b|social security", re.IGNORECASE)
_VERSION_WORD = re.compile(r"(?:\b(?:v|ver|version|release|build|firmware)[ .:=]{0,3}|==|[\w.]/|\.)$", re.IGNORECASE)
_IBAN = re.compile(r"\b[A-Z]{2}\d{2}(?: ?[A-Z0-9]{4}){2,7}(?: ?[A-Z0-9]{1,3})?\b")
_IPV6 = re.compile(r"(?<![\w:.])[23][0-9a-fA-F]{3}:[0-9a-fA-F:]{6,35}(?![\w:])")
_NEXT_PART = re.compile(r"\.\d")
# private, local, multicast and netmasks: such numbers say nothing about a person
_NOBODYS = [
    ip_network(network)
    for network in ("0.0.0.0/8", "10.0.0.0/8", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.168.0.0/16")
] + [ip_network("224.0.0.0/3")]


@cache
def datafog_patterns() -> Mapping[str, re.Pattern[str]]:
    """The patterns by datafog's own labels, compiled once; none of its functions that report telemetry is called."""
    from datafog.processing.text_processing.regex_annotator import RegexAnnotator

    return RegexAnnotator().patterns


def _before(match: re.Match[str]) -> str:
    return match.string[max(0, match.start() - _CONTEXT_CHARACTERS) : match.start()]


def is_phone(match: re.Match[str]) -> bool:
    """A `+`, brackets, or dashes or dots throughout make a telephone number, or a word for it in front."""
    number = match.group()
    if "\n" in number or "\t" in number:  # a column of a table
        return False
    if number.startswith("+"):
        count_digits = sum(character.isdecimal() for character in number)
        is_grouped = count_digits < len(number) - 1
        return count_digits >= (MIN_PHONE_DIGITS_GROUPED if is_grouped else MIN_PHONE_DIGITS_BARE)
    return bool(_NORTH_AMERICAN.fullmatch(number) or _PHONE_WORD.search(_before(match)))


def is_ssn(match: re.Match[str]) -> bool:
    """Dashes make a United States social security number, or a word for it in front."""
    return "-" in match.group() or bool(_SSN_WORD.search(_before(match)))


def is_card(match: re.Match[str]) -> bool:
    """The check digit is right (Luhn, ISO/IEC 7812-1), and it is not the tail of a decimal number or of an id."""
    digits = [int(character) for character in match.group() if character.isdecimal()]
    doubled = [sum(divmod(2 * digit, 10)) for digit in digits[-2::-2]]
    return (sum(digits[::-2]) + sum(doubled)) % 10 == 0 and not _before(match).endswith((".", "-", "_"))


def is_iban(match: re.Match[str]) -> bool:
    """The remainder by 97 is 1 (ISO 13616)."""
    compact = match.group().replace(" ", "")
    return int("".join(str(int(character, 36)) for character in compact[4:] + compact[:4])) % 97 == 1


def is_ip(match: re.Match[str]) -> bool:
    """Public, and not part of a version or an object identifier: those have small parts, more of them, or say so."""
    try:
        address = ip_address(match.group())
    except ValueError:
        return False
    if not isinstance(address, IPv4Address):
        return address.is_global
    if _VERSION_WORD.search(_before(match)) or _NEXT_PART.match(match.string, match.end()):
        return False
    return max(address.packed) >= SMALL_PART and not any(address in network for network in _NOBODYS)


def _found(
    kind: Kind, pattern: re.Pattern[str], is_it: Callable[[re.Match[str]], bool], text: str
) -> Iterator[Finding]:
    return ((kind, match.span()) for match in pattern.finditer(text) if is_it(match))


def find_personal_numbers(text: str) -> Iterator[Finding]:
    """Kind and span of each such number; spans may overlap, the weightier kind comes first."""
    if _EIGHT_DIGITS.search(text):
        yield from _found(Kind.IBAN, _IBAN, is_iban, text)
        yield from _found(Kind.CARD, datafog_patterns()["CREDIT_CARD"], is_card, text)
        yield from _found(Kind.SSN, datafog_patterns()["SSN"], is_ssn, text)
        yield from _found(Kind.PHONE, datafog_patterns()["PHONE"], is_phone, text)
    if _FOUR_PARTS.search(text):
        yield from _found(Kind.IP, datafog_patterns()["IP_ADDRESS"], is_ip, text)
    if ":" in text:
        yield from _found(Kind.IP, _IPV6, is_ip, text)
