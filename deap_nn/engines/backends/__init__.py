"""The back ends: where attempts run. Each is imported when it is used."""
