@dataclass(frozen=True, slots=True)
class Verdict:
    """What the gate says of a version, and why."""

    passed: bool
    reason: str
