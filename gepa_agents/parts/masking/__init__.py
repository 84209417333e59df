"""Secrets and obvious personal data, found and replaced before anything is kept or shown to a reflection model."""
