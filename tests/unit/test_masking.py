"""What is found and replaced before a trace is kept, and what is left alone."""

import json
import re
from collections.abc import Iterator

import pytest

from gepa_agents.parts.masking.mask import Masked, detectors
from gepa_agents.parts.masking.records import Mask
from gepa_agents.ports.masking import Found
from gepa_agents.words.component import Anatomy
from gepa_agents.words.rollout import Score
from gepa_agents.words.task import Task
from gepa_agents.words.trajectory import Message
from tests.rollouts import call, case, prompt, ran, said, user

KINDS = ("secrets", "emails", "phones", "cards", "ibans")
ENVIRONMENT = {
    "OPENAI_API_KEY": "zq-4711-not-shaped",
    "DB_PASSWORD": "hunter2hunter2",
    "HOME": "/home/ann99",
    "TOKEN": "yes",
}
EVERY = detectors(KINDS, ENVIRONMENT)


def masked(text: str, *own: str) -> str:
    return Masked(EVERY, own).text(text)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("Write to ann.lee+x@mail.acme.co.uk.", "Write to [email 1]."),
        ("a@b.io, c@d.io and a@b.io", "[email 1], [email 2] and [email 1]"),
        ("Call +49 30 901820 or +1 (415) 555-2671!", "Call [phone 1] or [phone 2]!"),
        ("Call (415) 555-2671 or 415-555-2672", "Call [phone 1] or [phone 2]"),
        ("card 4111 1111 1111 1111, or 378282246310005", "card [card 1], or [card 2]"),
        ("IBAN DE89 3704 0044 0532 0130 00 AND more", "IBAN [iban 1] AND more"),
        ("GB82WEST12345698765432", "[iban 1]"),
        ("key sk-proj-abcDEF0123456789abcDEF0123", "key [secret 1]"),
        ("AKIAIOSFODNN7EXAMPLE and ghp_" + "a1B2" * 9, "[secret 1] and [secret 2]"),
        ("Authorization: Bearer abcdefghijklmnop123", "Authorization: Bearer [secret 1]"),
        ("postgres://ann:s3cret@db.acme.io/x", "postgres://ann:[secret 1]@db.acme.io/x"),
        ("password: tr0ub4dor&3", "password: [secret 1]"),
        (r'{"said": "{\\"token\\": \\"ab12cd34\\"}"}', r'{"said": "{\\"token\\": \\"[secret 1]\\"}"}'),
        ("your password is hunter42.", "your password is [secret 1]."),
        ("using zq-4711-not-shaped and hunter2hunter2", "using [secret OPENAI_API_KEY] and [secret DB_PASSWORD]"),
        (
            "-----BEGIN RSA PRIVATE KEY-----\nMIIEow\n-----END RSA PRIVATE KEY-----",
            "[secret 1]",
        ),
        ("eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.sig_nature", "[secret 1]"),
    ],
)
def test_secrets_and_personal_data_become_placeholders(text: str, shown: str) -> None:
    """Numbered by kind; the same value has the same name; what is around them stays to the letter."""
    assert masked(text) == shown


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("+49 30 901820, +4930901820 and +49-30-901820", "[phone 1], [phone 1] and [phone 1]"),
        ("(415) 555-2671 or 415-555-2671", "[phone 1] or [phone 1]"),
        ("bob@acme.com is Bob@Acme.com", "[email 1] is [email 1]"),
        ("4111 1111 1111 1111 or 4111111111111111", "[card 1] or [card 1]"),
        ("DE89 3704 0044 0532 0130 00, DE89370400440532013000", "[iban 1], [iban 1]"),
        ("password=Ab12cd34 password=aB12cd34", "password=[secret 1] password=[secret 2]"),
    ],
)
def test_one_value_has_one_placeholder_however_it_is_written(text: str, shown: str) -> None:
    """A tool that was given the number without its spaces was given the same number. Secrets are told to the letter."""
    assert masked(text) == shown


BODY = "MIIEpAIBAAKCAQEA0Z3VS5JJcds3xfn"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        (
            '{"password": "TrustNo!One", "secret": "correct-horse-battery", "token": "abcdefghijkl"}',
            '{"password": "[secret 1]", "secret": "[secret 2]", "token": "[secret 3]"}',
        ),
        (r'"{\"password\": \"open,sesame\"}"', r'"{\"password\": \"[secret 1]\"}"'),
        ("password: letmein", "password: [secret 1]"),
        ("user: bob\npassword: letmein\nrole: x", "user: bob\npassword: [secret 1]\nrole: x"),
        ('{"note": "Password: letmein"}', '{"note": "Password: [secret 1]"}'),
        (r'{"note": "passwd=letmein\nok"}', r'{"note": "passwd=[secret 1]\nok"}'),
        ("password: P@ss,w0rd!9", "password: [secret 1]"),
        ("passwort: Geheim123x", "passwort: [secret 1]"),
        ("postgres://u:p@ssw0rd1@db/x", "postgres://u:[secret 1]@db/x"),
        (f"AccountKey={'Zm9v' * 21}YQ==;Endpoint=x", "AccountKey=[secret 1];Endpoint=x"),
        ("https://hooks.slack.com/services/T0AAAAAAA/B0BBBBBBB/abcdefghijABCDEFGHIJ1234 ok", "[secret 1] ok"),
        ("whsec_abcdefghijklmnopqrstuvwxyz012345", "[secret 1]"),
        (f"shpat_{'0123456789abcdef' * 2}, dop_v1_{'0123456789abcdef' * 4}", "[secret 1], [secret 2]"),
        ("telegram 123456789:AAEhBP0av28abcdefghijklmnopqrstuvwx", "telegram [secret 1]"),
        (
            f"-----BEGIN PGP PRIVATE KEY BLOCK-----\nVersion: 1\n\n{BODY}\n-----END PGP PRIVATE KEY BLOCK----- ok",
            "[secret 1] ok",
        ),
        (
            "-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES-128-CBC,AAAA\n\n"
            f"{BODY}\n-----END RSA PRIVATE KEY-----",
            "[secret 1]",
        ),
        (f"-----BEGIN OPENSSH PRIVATE KEY-----\n{BODY}\n{BODY}\nIt was cut off.", "[secret 1]\nIt was cut off."),
        (rf'{{"key": "-----BEGIN PRIVATE KEY-----\n{BODY}\n{BODY}"}}', '{"key": "[secret 1]"}'),
    ],
)
def test_what_is_called_a_password_is_one_and_keys_may_be_cut(text: str, shown: str) -> None:
    """In quotes or at the end of its line it needs no digit; a private key needs no end, and may have headers."""
    assert masked(text) == shown


@pytest.mark.parametrize(
    "text",
    [
        "Order 4111111111111112 of 2026-11-23 10:15, SO-1002, ticket #20261123-0042",
        "id 550e8400-e29b-41d4-a716-446655440000, 1700000000000 ms, 12345678901234567890",
        "ISBN 978-3-16-148410-0, version 1.2.3-4567, 192.168.0.1, 1,234,567.89 EUR, 5551234567",
        "write to you@example.org, bob@shop.example or root@localhost",
        "Reset your password: click the link. The token is required. secret: none",
        'The schema is {"password": {"type": "string"}, "token": "string"}',
        "a@b, @mention, user@, x @ y.com, 3 + 4 = 7, +5, (415) rooms",
        "max_tokens=4096, input_tokens: 128000, primary key: customer_id",
        "DE00 0000 is no account, nor is AB12CDEF",
        "HOME is /home/ann99, and yes",
        'Return {"password": "<the password>", "secret": "...", "token": "your-token"}',
        '{"password": "string", "secret": null, "token": "required"}',
        '{"errors": {"password": "is too short", "token": "has expired"}}',
        "password: required\nsecret: none\nForgot your password: call us. Password: ********",
        "Fill in {password}: password={password} or password: <password>",
        "password:\n- at least 8 signs",
        "The file begins with -----BEGIN PUBLIC KEY----- or -----BEGIN RSA PRIVATE KEY----- and so on",
    ],
)
def test_what_tasks_need_is_left_alone(text: str) -> None:
    """Order numbers, ids, times, sums, addresses of nobody, and talk about secrets."""
    assert masked(text) == text


def test_a_prompt_that_says_how_a_password_is_given_can_be_tuned() -> None:
    """A form is no secret; a password is."""
    mask = Mask(EVERY, detectors(["secrets"], {}))
    form = prompt(text='Log in with {"password": "<password>"}. Reply as {"password": "string"}.')
    told = prompt("writer", text='Log in with {"password": "TrustNo!One"}.')
    assert mask.settle(Anatomy(components=(form, told))).components == (form,)


def test_what_stands_in_the_agents_own_texts_is_left_alone() -> None:
    """It is the author's, and would go back into the prompt."""
    assert masked("ask help@acme.io or ann@acme.io", "You are help@acme.io.") == "ask help@acme.io or [email 1]"


def test_data_stays_json() -> None:
    """In objects, in JSON within texts, in keys; what a key names a password is one, whatever it looks like."""
    data = {
        "to": ["ann@acme.io"],
        "password": "sesame",
        "n": 4111111111111111,
        "deep": {"ann@acme.io": 3, "flag": True, "none": None, "share": 0.5},
        "raw": json.dumps({"client_secret": "open12sesame", "mail": "bob@acme.io"}),
    }
    found = Masked(EVERY).data(data)
    assert found == {
        "to": ["[email 1]"],
        "password": "[secret 1]",
        "n": "[card 1]",
        "deep": {"[email 1]": 3, "flag": True, "none": None, "share": 0.5},
        "raw": '{"client_secret": "[secret 2]", "mail": "[email 2]"}',
    }


def test_kinds_can_be_left_out() -> None:
    """For tasks that are about e-mail, say."""
    only = Masked(detectors(["secrets"], {}))
    assert only.text("ann@acme.io has sk-abcdefghij0123456789") == "ann@acme.io has [secret 1]"


def test_a_detector_of_the_users_own_is_one_method() -> None:
    """Its kind is the placeholder's word; of places that overlap the first and longest counts."""

    class Names:
        def find(self, text: str) -> Iterator[Found]:
            start = text.find("Ann Lee")
            if start >= 0:
                yield Found(start, start + 3, "first name")
                yield Found(start, start + 7, "name")

    assert Masked([Names(), *EVERY]).text("Dear Ann Lee <ann@acme.io>") == "Dear [name 1] <[email 1]>"


def test_different_values_never_share_a_placeholder() -> None:
    """Whatever a detector calls them."""

    class Numbers:
        def find(self, text: str) -> Iterator[Found]:
            yield from (Found(one.start(), one.end(), "VAT") for one in re.finditer(r"DE\d{3}", text))

    assert Masked([Numbers()]).text("DE123, DE456, DE123") == "[VAT 1], [VAT 2], [VAT 1]"


def test_a_task_and_its_rollouts_share_their_placeholders() -> None:
    """The evidence shows that the tool was given the customer's own address, and everything in it is masked."""
    told = case(
        said(given=[user("Mail bob@acme.io for ann@acme.io")], calls=[call("refund", {"order": "bob@acme.io"})]),
        ran("refund", {"order": "bob@acme.io"}, '{"mail": "ann@acme.io"}', error="KeyError: bob@acme.io"),
        given={"mail": "ann@acme.io", "text": "Mail bob@acme.io"},
        output={"messages": [{"content": "done, bob@acme.io"}]},
        score=Score(value=1, feedback="ann@acme.io was not asked", by_component={"x": "eve@acme.io"}),
    )
    mask = Mask(EVERY)
    shown, kept = mask.task(told.task), mask.rollout(told.task, told.rollout)
    assert shown.input == {"mail": "[email 1]", "text": "Mail [email 2]"}
    assert "@" not in kept.model_dump_json()
    assert kept.output == {"messages": [{"content": "done, [email 2]"}]}
    assert kept.score is not None
    assert kept.score.feedback == "[email 1] was not asked"
    assert kept.score.by_component == {"x": "[email 3]"}
    assert kept.masked == ("[email 1]", "[email 2]", "[email 3]")
    assert mask.rollout(told.task, kept) == kept


def test_nothing_to_mask_changes_nothing() -> None:
    """Not a byte."""
    told = case(said("fine", given=[user("Order SO-1 is broken.")]))
    assert Mask(EVERY).rollout(told.task, told.rollout) is told.rollout
    assert Mask(EVERY).task(told.task) is told.task


def test_an_id_is_never_masked() -> None:
    """A rollout stays the one of its task, whatever the task is called."""
    told = case(said("mail ann@acme.io"), name="ann@acme.io")
    assert Mask(EVERY).rollout(told.task, told.rollout).task == "ann@acme.io"


@pytest.mark.parametrize(
    ("messages", "hidden"),
    [
        ([Message(role="system", text="You are ann@acme.io's."), user("hi")], True),
        ([Message(role="system", text="You help."), user("I am ann@acme.io")], False),
        ([user("Translate for ann@acme.io")], True),
    ],
)
def test_a_prompt_is_hidden_where_texts_are_read_from(messages: list[Message], hidden: bool) -> None:
    """In system messages, and in all that is sent where there is none."""
    told = case(said("ok", given=messages), given="x")
    mask = Mask(EVERY)
    assert mask.hides_a_prompt(mask.rollout(told.task, told.rollout)) is hidden


def test_a_prompt_that_holds_a_secret_is_not_tuned() -> None:
    """Else the reflection model would read it."""
    mask = Mask(EVERY, detectors(["secrets"], ENVIRONMENT))
    anatomy = Anatomy(components=(prompt(text="Use zq-4711-not-shaped."), prompt("writer", text="Ask help@acme.io.")))
    settled = mask.settle(anatomy)
    assert [component.name for component in settled.components] == ["writer.system"]
    assert "`resolver.system` holds a secret" in settled.unreachable[0].reason
    assert mask.own == ("Ask help@acme.io.",)
    assert mask.task(Task(id="t", input="zq-4711-not-shaped")).input == "[secret OPENAI_API_KEY]"
