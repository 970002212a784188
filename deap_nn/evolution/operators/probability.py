"""The one range that every operator with a probability checks."""


def check_probability(indpb: float) -> None:
    """Refuse, with a ValueError, what is no probability."""
    if not 0.0 <= indpb <= 1.0:
        raise ValueError(f"indpb is {indpb!r}; expected a probability in 0..1")
