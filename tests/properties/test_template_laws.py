"""Laws of templates: matching, filling, inferring, and telling prompts apart."""

from collections.abc import Mapping
from random import Random

from gepa_agents_langgraph.alignment import aligned
from gepa_agents_langgraph.clustering import Sample, cluster
from gepa_agents_langgraph.inference import infer
from gepa_agents_langgraph.patterns import Pattern
from gepa_agents_langgraph.prompts import author_part
from hypothesis import given, settings
from hypothesis import strategies as st

TEXTS = st.text(alphabet=st.sampled_from("ab1 .,\n{}é?\x02\x03"), max_size=30)
LANGUAGE = [f"word{number}" for number in range(400)]
FIXED = ("You answer the customers of a shop.", "This is the case in question:", "Keep it short and friendly.")


@given(st.lists(TEXTS, min_size=1, max_size=6))
def test_every_sample_is_matched(samples: list[str]) -> None:
    """Whatever the samples, the inferred pattern matches each of them."""
    pattern = infer(samples)
    assert all(pattern.match(sample) is not None for sample in samples)


@given(st.lists(TEXTS, min_size=1, max_size=6))
def test_filling_undoes_matching(samples: list[str]) -> None:
    """A sample's values filled into the pattern give the sample again."""
    pattern = infer(samples)
    for sample in samples:
        assert pattern.fill(pattern.match(sample) or {}) == sample


@given(TEXTS, st.dictionaries(st.sampled_from(("a", "b", "slot_1")), TEXTS))
def test_only_declared_slots_are_filled(text: str, values: Mapping[str, str]) -> None:
    """Braces that are no declared slot survive, in the text and in the values."""
    assert Pattern(text, ()).fill(values) == text
    filled = Pattern(f"<{{a}}>{text}", ("a",)).fill({"a": "{b}{a}", **values})
    assert filled.startswith(f"<{values.get('a', '{b}{a}')}>")


@given(st.lists(TEXTS, min_size=2, max_size=5))
def test_samples_come_in_any_order(samples: list[str]) -> None:
    """The order of the samples does not matter."""
    assert infer(samples) == infer(samples[::-1])


@given(st.lists(TEXTS, min_size=2, max_size=5))
def test_parts_stand_in_every_text_in_order(texts: list[str]) -> None:
    """Aligned parts are found in each text one after the other."""
    parts = [part.text for part in aligned(texts)]
    for text in texts:
        assert text.startswith(parts[0])
        assert text.endswith(parts[-1])
        at = 0
        for part in parts:
            at = text.index(part, at) + len(part)


@settings(max_examples=50)
@given(st.lists(st.integers(0, 10**6), min_size=3, max_size=6, unique=True), st.integers(1, 300))
def test_long_values_do_no_harm(numbers: list[int], length: int) -> None:
    """Fixed parts are found however long and repetitive the inserted values are."""
    values = [" ".join([f"w{number}"] * (length + number % 7)) for number in numbers]
    pattern = infer(f"{FIXED[0]}\n{FIXED[1]}\n{value}\n{FIXED[2]}" for value in values)
    assert pattern.text == f"{FIXED[0]}\n{FIXED[1]}\n{{slot_1}}\n{FIXED[2]}"


@given(st.lists(st.integers(10, 10**6), min_size=2, max_size=5, unique=True))
def test_prompts_of_one_node_are_told_apart(numbers: list[int]) -> None:
    """Two prompts that hold the same long document of their run are two clusters, with all runs in each."""
    documents = [" ".join(f"w{number}x{at}" for at in range(200)) for number in numbers]
    samples = [Sample(run, f"{fixed}\n\n{document}") for run, document in enumerate(documents) for fixed in FIXED[::2]]
    clusters = cluster(samples)
    assert [len(one) for one in clusters] == [len(numbers)] * 2
    assert [{text.partition("\n")[0] for text in one} for one in clusters] == [{FIXED[0]}, {FIXED[2]}]


@settings(max_examples=30)
@given(st.integers(0, 10**6), st.integers(3, 12), st.integers(20, 600))
def test_documents_in_the_same_language_do_not_hide_a_prompt(seed: int, runs: int, length: int) -> None:
    """Texts of one prompt stay together when the documents in them share their words, as those of a language do."""
    rng = Random(seed)
    documents = [" ".join(rng.choices(LANGUAGE, k=rng.randint(length // 2, length))) for _ in range(runs)]
    samples = [Sample(run, f"{FIXED[0]} {FIXED[1]}\n{text}\n{FIXED[2]}") for run, text in enumerate(documents)]
    assert [len(one) for one in cluster(samples)] == [runs]


@given(TEXTS, st.sampled_from(("", "\n\n", "  ")))
def test_nothing_is_lost_between_author_and_middleware(text: str, glue: str) -> None:
    """The author's part and what was appended to it are the whole text."""
    appended = "## To-do list\nUse it."
    whole = f"{text}{glue}{appended}\n"
    own, rest = author_part(whole, (appended,))
    assert own + rest == whole
    assert appended in rest
    assert author_part(text, (appended,)) == (text, "")
