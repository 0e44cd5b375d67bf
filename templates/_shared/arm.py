def arm(name: str, entity: str, share: float) -> bool:
    """Say whether `entity` meets the challenger of the experiment `name`.

    The answer depends on nothing else: no clock, no memory, no replica. A greater share keeps
    everybody who met the challenger before.

    Args:
        name: Another name draws anew, independently of this one.
        entity: Whoever must always meet the same version.
        share: Share of the entities that meet the challenger, in [0, 1].
    """
    digest = hashlib.blake2b(f"{name}\0{entity}".encode(), digest_size=8).digest()
    return int.from_bytes(digest, "big") % PARTS < round(share * PARTS)


def imbalance(champion: int, challenger: int, share: float) -> float:
    """Return by how many standard deviations the arms' sizes miss the configured share.

    More than 4 is a fault of the experiment (sample ratio mismatch), not chance.
    """
    total = champion + challenger
    spread = (total * share * (1.0 - share)) ** 0.5
    return abs(challenger - total * share) / spread if spread else 0.0
