"""The command line: the place where the core and its adapters meet."""

__all__ = ["main"]


def main() -> None:
    """Entry point of `gepa-agents`."""
    from gepa_agents_cli.leaving import run

    run()
