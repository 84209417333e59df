"""Candidates as files for others: which forms there are, and the two that need nobody else, YAML and JSON."""
