"""Cards under the module names by which flows and their checks import them; what they do is in `metaflow._cards`."""
