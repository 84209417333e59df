"""Finds secrets: keys that have their maker's shape, values behind the word password, and those of the environment.

The shapes are those that the makers publish for secret scanners. What has no shape and no name beside it is not found.
"""

import re
from collections.abc import Iterator, Mapping

from gepa_agents.ports.masking import Found

KIND = "secret"

_SHAPES = (
    r"sk-(?:ant-|proj-|svcacct-|or-)?[A-Za-z0-9_-]{20,}",  # OpenAI, Anthropic, OpenRouter, DeepSeek
    r"(?:gh[pousr]_[A-Za-z0-9]{36,}|github_pat_[A-Za-z0-9_]{22,}|glpat-[\w-]{20,})",  # GitHub, GitLab
    r"(?:AKIA|ASIA)[0-9A-Z]{16}",  # Amazon
    r"AIza[0-9A-Za-z_-]{35}|ya29\.[0-9A-Za-z_-]{20,}",  # Google
    r"xox[abeoprs]-[0-9A-Za-z-]{10,}",  # Slack
    r"[sr]k_(?:live|test)_[0-9A-Za-z]{16,}",  # Stripe
    r"hf_[A-Za-z0-9]{30,}|gsk_[A-Za-z0-9]{40,}|xai-[A-Za-z0-9]{40,}|tvly-[A-Za-z0-9-]{20,}|r8_[A-Za-z0-9]{30,}",
    r"lsv2_(?:pt|sk)_[0-9a-f_]{32,}|(?:pk|sk)-lf-[0-9a-f-]{36}",  # LangSmith, Langfuse
    r"shp(?:at|ca|pa|ss)_[0-9a-fA-F]{32}|do[por]_v1_[0-9a-f]{64}|whsec_[A-Za-z0-9+/]{24,}={0,2}",  # Shopify, webhooks
    r"https://hooks\.slack\.com/(?:services|workflows|triggers)/[\w/-]{20,}",
    r"https://(?:canary\.|ptb\.)?discord(?:app)?\.com/api/webhooks/\d{15,}/[\w-]{40,}",
    r"\d{8,10}:AA[\w-]{32,33}|hvs\.[\w-]{24,}|sntrys_[\w+/=-]{40,}|sbp_[0-9a-f]{40}",  # Telegram, Vault, Sentry
    r"ATATT3[\w=-]{60,}|lin_api_[A-Za-z0-9]{32,}|ntn_[A-Za-z0-9]{40,}|PMAK-[0-9a-f]{24}-[0-9a-f]{34}",  # Atlassian
    r"npm_[A-Za-z0-9]{36}|pypi-[A-Za-z0-9_-]{50,}|dapi[0-9a-f]{32}",
    r"SG\.[\w-]{16,}\.[\w-]{16,}",  # SendGrid
    r"eyJ[\w-]{10,}\.eyJ[\w-]{10,}\.[\w-]*",  # JSON web token
)
_SHAPED = re.compile(rf"(?<![A-Za-z0-9_-])(?:{'|'.join(_SHAPES)})(?![A-Za-z0-9])")
_GAP = r"(?:\s|\\{1,4}[rn])"
_PEM = re.compile(
    r"-----BEGIN (?:[A-Z0-9]{1,12} ){0,3}PRIVATE KEY(?: BLOCK)?-----"
    r"(?:(?:[^-]|-(?!----)){1,20000}-----END [A-Z0-9 ]{1,40}-----"
    rf"|(?:{_GAP}{{1,4}}(?:[A-Z][\w-]{{2,20}}:\x20[^\n\\\"]{{0,200}}|(?:[A-Za-z0-9+/]|\\/){{16,}}={{0,2}}))+)"
)
"""With its end; or, where that was cut off, as far as lines look like a key's or its headers'."""
_BEARER = re.compile(r"\b(?:Bearer|Basic)\s{1,4}([A-Za-z0-9._~+/-]{16,}={0,2})", re.IGNORECASE)
_IN_URL = re.compile(r"://[^\s/:@\"'<>]{0,64}:([^\s/\"'<>\[\]]{1,128})@")

_LOGIN = r"(?:password|passwd|passphrase|passcode|pwd|passwort|kennwort|contrase[ñn]a|mot de passe)"
NAMES = rf"(?:(?:api|access|account|auth|encryption|private|signing)[_-]?key|secret|token|credentials?|{_LOGIN})"
_QUOTE = r"(?:\\{0,3}[\"'])?"
"""Perhaps within JSON within JSON."""
_NAMED = re.compile(
    rf"{NAMES}{_QUOTE}\s{{0,3}}(?:[:=]|is\b)\s{{0,3}}{_QUOTE}([^\s\"',;(){{}}\[\]<>\\]{{6,200}})", re.IGNORECASE
)
"""The value behind a name, anywhere in prose: only what can't be a word is one."""
_QUOTED = re.compile(
    rf"{NAMES}{_QUOTE}\s{{0,3}}[:=]\s{{0,3}}(?P<quote>\\{{0,3}}[\"'])(?P<value>[^\s\"'<>{{}}\[\]\\]{{4,200}})(?P=quote)",
    re.IGNORECASE,
)
_LINE = re.compile(
    rf"{_LOGIN}(?:[ \t]{{0,3}}:[ \t]{{1,3}}|=)(?P<value>[^\s\"'<>{{}}\[\]()\\]{{4,200}})"
    r"(?=[ \t]*(?:$|\\?[\"']|\\[nr]))",
    re.IGNORECASE | re.MULTILINE,
)
"""A password in quotes, or the only word behind its name to the end of the line: these may look like a word."""
_FORM = re.compile(
    r"[\W_]*|x+|none|null|nil|true|false|yes|no|n/a|string|text|str|int(?:eger)?|number|boolean|bool|object|required|"
    r"optional|missing|invalid|unknown|expired|empty|hidden|masked|redacted|removed|unset|changed|incorrect|wrong|"
    r"correct|valid|here|please|(?:your|my|the|some|new|old|example)[_-]?.*|(?:reset|click|see|call|enter|use|ask)",
    re.IGNORECASE,
)
"""What stands in the place of a value: its type, its state, or words about it."""
_HINTS = ("key", "secret", "token", "credential", "passw", "passph", "passc", "mot de", "pwd", "kennwort", "contrase")
"""Each of the names has one of these in it: most texts have none, and looking for these is fast."""
_NAME = re.compile(rf"(?:^|[_\-\s]){NAMES}$", re.IGNORECASE)
_VARIABLE = re.compile(r"(?:^|_)(?:KEY|APIKEY|TOKEN|SECRET|PASSWORD|PASSWD|PWD|CREDENTIALS?)(?:$|_)", re.IGNORECASE)


class Secrets:
    """Keys and passwords, wherever they come from."""

    def find(self, text: str) -> Iterator[Found]:
        for pattern in (_SHAPED, _PEM):
            yield from (Found(match.start(), match.end(), KIND) for match in pattern.finditer(text))
        for pattern in (_BEARER, _IN_URL):
            yield from (Found(match.start(1), match.end(1), KIND) for match in pattern.finditer(text))
        lower = text.lower()
        if not any(hint in lower for hint in _HINTS):
            return
        for match in _NAMED.finditer(text):
            value = match[1].rstrip(".!?:")
            if _random(value):
                yield Found(match.start(1), match.start(1) + len(value), KIND)
        for pattern in (_QUOTED, _LINE):
            for match in pattern.finditer(text):
                value, start = match["value"], match.start("value")
                if not _FORM.fullmatch(value.rstrip(".,;:!?")):
                    yield Found(start, start + len(value), KIND)


class Environment:
    """The values of environment variables whose names say that they are secret, such as `OPENAI_API_KEY`."""

    def __init__(self, variables: Mapping[str, str]) -> None:
        """`variables` is the environment; it is read once."""
        named = {value: name for name, value in sorted(variables.items()) if _VARIABLE.search(name) and _random(value)}
        self._names = named
        found = "|".join(re.escape(value) for value in sorted(named, key=len, reverse=True))
        self._pattern = re.compile(found) if found else None

    def find(self, text: str) -> Iterator[Found]:
        for match in self._pattern.finditer(text) if self._pattern else ():
            yield Found(match.start(), match.end(), f"{KIND} {self._names[match[0]]}")


def names_secret(key: str) -> bool:
    """Whether a key of an object says that its value is a secret: `password`, `client_secret`, `x-api-key`."""
    return _NAME.search(key) is not None


def _random(value: str) -> bool:
    """Whether a value can't be an ordinary word, number or path: only such can be replaced wherever it stands."""
    if "/" in value[:2] or len(value) < 6:
        return False
    return any(map(str.isdigit, value)) and any(map(str.isalpha, value)) if len(value) < 24 else " " not in value
