"""Cards as flows make them: components, and the object behind `current.card`.

Here a component becomes plain JSON; how a card looks is decided elsewhere.
"""
