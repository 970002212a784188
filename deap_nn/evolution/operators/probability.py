"""The range check of every operator that takes a probability."""


def check_probability(indpb: float) -> None:
    """Raise a ValueError unless the value is a probability."""
    if not 0.0 <= indpb <= 1.0:
        raise ValueError(f"indpb is {indpb!r}; expected a probability in 0..1")
