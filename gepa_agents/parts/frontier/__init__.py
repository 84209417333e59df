"""Which candidates are worth building on: the Pareto frontier, selection, merge."""
