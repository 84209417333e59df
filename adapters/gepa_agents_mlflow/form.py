"""The form `mlflow` of an export: it writes the run to a tracking store, and tells where."""

from collections.abc import Mapping

from gepa_agents import ConfigError
from gepa_agents.ports.export import Exported, Source, known
from gepa_agents_mlflow.tracking import Target, log


class Mlflow:
    """The whole run, and the candidate's prompts."""

    def export(self, source: Source, options: Mapping[str, str]) -> Exported:
        """See the port.

        `tracking_uri` (default: what MLflow goes by), `experiment` (default: `gepa-agents`), `name` of the run there,
        `report`: a file to add to it.
        """
        known(options, "mlflow", ("tracking_uri", "experiment", "name", "report"))
        if source.run is None:
            raise ConfigError("MLflow is told of a whole run; give its folder")
        target = Target.model_validate({name: value for name, value in options.items() if name != "report"})
        logged = log(source.run, target, report=options.get("report"), config=source.config)
        remarks = tuple(
            f"`{name}` holds {{{{…}}}} or {{% itself, which MLflow has no escape for: its `format` would change "
            "the text, so take `template` from the registry as it is"
            for name in logged.misread
        )
        return Exported(content=f"{logged.model_dump_json(indent=2)}\n".encode(), remarks=remarks)
