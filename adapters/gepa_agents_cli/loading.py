"""Finds what a reference such as `helpdesk:graph` names, and says whose line is at fault when it can't be had."""

import importlib
import sys
import traceback
from dataclasses import dataclass
from pathlib import Path

from gepa_agents.words.errors import ConfigError, GepaError


@dataclass(frozen=True)
class Reference:
    """`module:attribute` (or `folder/module.py:attribute`) and the folder that the module is looked for in."""

    text: str
    folder: Path
    error: type[GepaError] = ConfigError
    """What to raise."""

    def load(self) -> object:
        """Import the module, with the folder at the front of `sys.path`, and take the attribute."""
        module, _, attribute = self.text.rpartition(":")
        if not module or not attribute:
            raise self.error(f"`{self.text}` is no reference; write module:attribute, for instance my_agent:graph")
        folder = self.folder
        if module.endswith(".py"):
            folder, module = (folder / module).resolve().parent, Path(module).stem
        if sys.path[0] != str(folder):
            sys.path.insert(0, str(folder))
        found: object = self._module(module, folder)
        for name in attribute.split("."):
            if not hasattr(found, name):
                origin = getattr(sys.modules[module], "__file__", None) or "the module"
                raise self.error(f"`{self.text}`: {origin} has no `{name}`; name something that it defines")
            found = getattr(found, name)
        return found

    def _module(self, module: str, folder: Path) -> object:
        try:
            found = importlib.import_module(module)
        except ModuleNotFoundError as error:
            if error.name is not None and (module == error.name or module.startswith(f"{error.name}.")):
                raise self.error(f"`{self.text}`: there is no module `{module}` in {folder} or installed") from error
            raise self._blamed(error, folder) from error
        except (Exception, SystemExit) as error:
            raise self._blamed(error, folder) from error
        path = folder.joinpath(*module.split("."))
        meant = [one for one in (path.with_suffix(".py"), path / "__init__.py") if one.is_file()]
        origin = getattr(found, "__file__", None)
        if meant and origin is not None and not meant[0].samefile(origin):
            raise self.error(
                f"`{self.text}` means {meant[0]}, but another module `{module}` is loaded already, from {origin}; "
                "rename one of them"
            )
        return found

    def _blamed(self, error: BaseException, folder: Path) -> GepaError:
        # A SyntaxError's own text repeats its place.
        what = error.msg if isinstance(error, SyntaxError) else error
        return self.error(
            f"`{self.text}` can't be imported: {type(error).__name__}: {what} ({place(error, folder)}); "
            "mend it and run the same command again"
        )


def place(error: BaseException, folder: Path) -> str:
    """`file:line` of the user's code that an exception comes from: the innermost frame below `folder`, or at all."""
    if isinstance(error, SyntaxError) and error.filename:
        return f"{error.filename}:{error.lineno}"
    frames = traceback.extract_tb(error.__traceback__)
    own = [frame for frame in frames if Path(frame.filename).is_relative_to(folder)]
    last = (own or frames)[-1]
    return f"{last.filename}:{last.lineno}"
