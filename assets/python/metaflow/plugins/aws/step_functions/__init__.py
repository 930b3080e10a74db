"""Decorators under the names of the modules in which Metaflow has them."""
