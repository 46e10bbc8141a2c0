"""The kinds of what masking takes out of a text."""

from enum import StrEnum


class Kind(StrEnum):
    """What was masked; `[kind]` stands in its place."""

    KEY = "key"
    EMAIL = "email"
    IBAN = "iban"
    CARD = "card"
    SSN = "ssn"
    IP = "ip"
    PHONE = "phone"


Span = tuple[int, int]  # start and end in characters
Finding = tuple[Kind, Span]
