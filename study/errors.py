"""The two kinds of error that the study tells apart."""


class StudyError(Exception):
    """The input or the configuration is wrong.

    Its message is one line: what was expected, what was found and where, and what to do.
    """


class FailedRun(Exception):  # noqa: N818 - it names a run's fate, which becomes a row
    """One run diverged or died; it becomes a row with its reason, and the study goes on."""
