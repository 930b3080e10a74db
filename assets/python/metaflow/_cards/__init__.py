"""Cards as flows make them: components, the object behind `current.card`, and the types that render themselves.

A component becomes plain JSON here; how the JSON looks as a page or in a terminal is decided by the engine.
"""
