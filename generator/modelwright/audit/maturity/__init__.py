"""How mature a project is: each criterion that its files can decide, with the evidence."""
