"""Places in which Metaflow keeps its decorators; only what is pickled or compared by name is found here."""
