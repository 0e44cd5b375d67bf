"""The files of a platform that follow from its policy and its archetypes."""
