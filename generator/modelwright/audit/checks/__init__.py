"""The checks of `modelwright check`: each reads a project and yields findings."""
