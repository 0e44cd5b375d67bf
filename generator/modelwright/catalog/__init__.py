"""Archetypes, questions, answers, and one renderer for the template dialect."""
