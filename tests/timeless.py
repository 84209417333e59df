"""What of a result a clock says, and no two runs share: to be left out where results are compared."""

TIMES = {"spent": {"seconds"}, "candidates": {"__all__": {"objectives": {"seconds"}}}}
"""For `exclude` of `model_dump`."""
