"""The organisation's policy: its rules, its model, and what follows from it."""
