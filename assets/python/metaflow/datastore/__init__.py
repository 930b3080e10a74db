"""Names that Metaflow has for what goes wrong with stored data."""
