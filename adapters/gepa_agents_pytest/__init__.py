"""A pytest plugin: an agent's tasks as tests, and a score as a gate. pytest finds it by its entry point.

This page imports nothing: it is loaded with every run of pytest. What fixtures hand out is `result.SuiteRun` and
`gepa_agents.testing.trajectory.AgentRun`.
"""

__all__: list[str] = []
