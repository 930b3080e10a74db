"""Says which module has the names that `metaflow` gets."""

toplevel = "names"
