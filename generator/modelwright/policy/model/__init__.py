"""The policy file: its model, its parts, and every fault a person can write into it."""
