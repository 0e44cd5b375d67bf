"""The criteria of `modelwright audit`, by section of the assessment."""
