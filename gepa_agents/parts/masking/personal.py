"""Finds obvious personal data: what has a shape that hardly anything else has, proved by a checksum where there is one.

Names, addresses and dates are not obvious: they take a model of language, which a detector of the user's own may have.
"""

import re
from collections.abc import Iterator

from gepa_agents.ports.masking import Found

_EMAIL = re.compile(r"(?<![\w.+%-])[\w.+%-]{1,64}@((?:[\w-]{1,63}\.){1,8}[A-Za-z]{2,24})(?![\w-])")
_RESERVED = re.compile(r"(?:^|\.)(?:example\.(?:com|net|org)|example|test|invalid|localhost)$", re.IGNORECASE)
"""Domains that belong to nobody, for use in examples (RFC 2606)."""
_PHONE = re.compile(
    r"(?<![\w+./-])(?:\+[1-9]\d{0,2}[ .-]?(?:\(\d{1,4}\)[ .-]?)?\d{1,5}(?:[ ./-]?\d{2,5}){1,4}"
    r"|(?:\(\d{3}\) ?|\d{3}[.-])\d{3}[.-]\d{4})(?![\w./-]*\d)"
)
"""International with a plus sign, or as in North America. A bare row of digits may be an order: it is none."""
_CARD = re.compile(r"(?<![\w.-])(?:\d[ -]?){12,18}\d(?![\w-]|\.\d)")
_BRANDS = re.compile(
    r"4\d{12}(?:\d{3}){0,2}|(?:5[1-5]|2[2-7])\d{14}|3[47]\d{13}|3[0689]\d{12}|6(?:011|5\d\d|4[4-9]\d)\d{12}|35\d{14}"
)
_IBAN = re.compile(r"(?<![\w-])[A-Z]{2}\d{2}(?: ?[A-Z0-9]{4}){2,7}(?: ?[A-Z0-9]{1,4})?(?![\w-])")


class Emails:
    """Addresses of e-mail, but for those of domains that are reserved for examples."""

    def find(self, text: str) -> Iterator[Found]:
        for match in _EMAIL.finditer(text) if "@" in text else ():
            if not _RESERVED.search(match[1]):
                yield Found(match.start(), match.end(), "email")


class Phones:
    """Phone numbers with a country's code, or written as in North America."""

    def find(self, text: str) -> Iterator[Found]:
        for match in _PHONE.finditer(text):
            if 8 <= sum(map(str.isdigit, match[0])) <= 15:  # ITU-T E.164
                yield Found(match.start(), match.end(), "phone")


class Cards:
    """Numbers of payment cards: a brand's first digits and length, and the check digit of ISO/IEC 7812."""

    def find(self, text: str) -> Iterator[Found]:
        for match in _CARD.finditer(text):
            digits = re.sub(r"[ -]", "", match[0])
            if _BRANDS.fullmatch(digits) and _luhn(digits):
                yield Found(match.start(), match.end(), "card")


class Accounts:
    """International bank account numbers, with the check digits of ISO 13616."""

    def find(self, text: str) -> Iterator[Found]:
        for match in _IBAN.finditer(text):
            if (length := _iban(match[0])) is not None:
                yield Found(match.start(), match.start() + length, "iban")


def _luhn(digits: str) -> bool:
    odd = [int(digit) for digit in digits[::-1]]
    return sum(odd[::2] + [sum(divmod(2 * digit, 10)) for digit in odd[1::2]]) % 10 == 0


def _iban(written: str) -> int | None:
    """How many characters of it are an account number: a word in capitals may follow one that is written in groups."""
    groups = written.split(" ")
    for count in range(len(groups), 0, -1):
        plain = "".join(groups[:count])
        if 15 <= len(plain) <= 34 and int("".join(str(int(sign, 36)) for sign in plain[4:] + plain[:4])) % 97 == 1:
            return len(" ".join(groups[:count]))
    return None
