"""Templates: archetypes, questions, answers, the dialect, and rendering."""
