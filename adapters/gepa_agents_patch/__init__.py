"""Tuned texts as a patch of the user's repository: `git apply` puts them where the old ones stand."""

from gepa_agents_patch.form import Patch
from gepa_agents_patch.patching import Left, Patched, Placed, patch

__all__ = ["Left", "Patch", "Patched", "Placed", "patch"]
