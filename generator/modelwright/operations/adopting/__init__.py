"""The steps of `adopt`: which template, which answers, which version."""
