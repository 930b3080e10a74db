"""Modules that flows import from here because Metaflow brings them along."""
