"""The error for wrong input or configuration. A training that fails becomes a record."""


class StudyError(Exception):
    """The input or the configuration is wrong.

    Its message is one line: what was expected, what was found and where, and what to do.
    """
