"""What is raised where the input or the configuration is wrong. A run that fails becomes a row."""


class StudyError(Exception):
    """The input or the configuration is wrong.

    Its message is one line: what was expected, what was found and where, and what to do.
    """
