"""Calls of models, tools and functions, kept in a file and answered from it."""
