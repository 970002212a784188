"""The exception for what a user can mend."""


class InputError(ValueError):
    """Something that was given cannot be used; the message says what was received, what is expected, how to mend it.

    Only deliberate refusals raise it. Any other `ValueError` is an error in the program, and shown as one.
    """
