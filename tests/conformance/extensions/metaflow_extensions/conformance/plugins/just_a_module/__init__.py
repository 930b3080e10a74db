"""Available as `metaflow.plugins.just_a_module`."""

module_value = 42
