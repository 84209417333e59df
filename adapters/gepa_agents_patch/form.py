"""The form `patch` of an export."""

from collections.abc import Mapping

from gepa_agents.ports.export import Exported, Source, known
from gepa_agents.words.errors import ConfigError
from gepa_agents_patch.patching import patch


class Patch:
    """A unified diff of the repository that the agent's texts stand in."""

    def export(self, source: Source, options: Mapping[str, str]) -> Exported:
        """See the port.

        `root`: the folder with the agent's code (default: the current one). `paths`: the only ones to look in, from the
        top of the repository, separated by commas: shell patterns, or `agent.py:12` for the text that begins there.
        """
        known(options, "patch", ("root", "paths"))
        only = [one.strip() for one in options.get("paths", "").split(",") if one.strip()]
        done = patch(source.config, options.get("root", "."), only)
        left = [f"not in the patch: `{one.component}`: {one.reason}" for one in done.left]
        if not done.diff:
            raise ConfigError(
                f"no text can be patched: {'; '.join(f'`{one.component}`: {one.reason}' for one in done.left)}"
                if left
                else "there is nothing to patch: the candidate is the agent as it stands"
            )
        where = ", ".join(f"`{one.component}` at {one.place}" for one in done.placed)
        return Exported(content=done.diff, remarks=(f"in the patch, for `git apply` in {done.top}: {where}", *left))
