class ProjectError(Exception):
    """What a person can mend; only the command line prints it.

    Args:
        problem: What is wrong, and where.
        next_step: What to do about it.
        code: Exit code: 1 findings, 2 usage, 3 refused by a rule, 4 the surroundings failed.
    """

    def __init__(self, problem: str, *, next_step: str, code: int = 4) -> None:
        super().__init__(problem)
        self.next_step = next_step
        self.code = code
