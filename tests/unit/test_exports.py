"""Forms to export to: ours and those of other packages, found by name."""

from pathlib import Path

import pytest

from gepa_agents import Component, ConfigError, GraphConfig, export

CONFIG = GraphConfig(
    components=(Component(name="desk.system", kind="prompt", text="Own.", node="desk"),),
    texts={"desk.system": 'Tuned {"x": «1»}.\n'},
    graph_id="desk",
)
OTHERS = """
from gepa_agents import Exported

class Plain:
    def export(self, source, options):
        return Exported(content=f"{options.get('head', '')}{source.config.texts}".encode("utf-16"))
"""


@pytest.fixture
def others(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An installed distribution that offers a form."""
    (tmp_path / "others_plain.py").write_text(OTHERS)
    info = tmp_path / "others-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: others\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text("[gepa_agents.exports]\nplain = others_plain:Plain\n")
    monkeypatch.syspath_prepend(tmp_path)


@pytest.mark.usefixtures("others")
def test_another_package_adds_a_form():
    """It is found by its entry point, gets the user's options, and may write any bytes."""
    assert export(CONFIG, "plain", head="a").content.decode("utf-16") == f"a{CONFIG.texts}"
    with pytest.raises(ConfigError, match="did you mean `plain`"):
        export(CONFIG, "plian")


def test_an_unknown_form_is_answered_with_those_there_are():
    """Every form of ours is installed under its name."""
    with pytest.raises(ConfigError, match="no form `pdf` to export to; there are") as raised:
        export(CONFIG, "pdf")
    ours = ("json", "langgraph-assistant", "langsmith", "mlflow", "patch", "yaml")
    assert [name for name in ours if name not in str(raised.value)] == []


@pytest.mark.parametrize("form", ["yaml", "json"])
def test_documents_are_loaded_again(tmp_path: Path, form: str):
    """Both hold the configuration to the letter, and take no options."""
    file = tmp_path / f"tuned.{form}"
    file.write_bytes(export(CONFIG, form).content)
    loaded = GraphConfig.load(file)
    assert (loaded.texts, loaded.components, loaded.graph_id) == (CONFIG.texts, CONFIG.components, "desk")
    assert "«" in file.read_text(encoding="utf-8")
    with pytest.raises(ConfigError, match=f"the form `{form}` has no option `x`"):
        export(CONFIG, form, x="1")
