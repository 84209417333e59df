"""What can go wrong, as one tree. Messages say what happened, where, and what to do next.

    GepaError
    ├── ConfigError            something the user wrote can't be used: settings, references, a metric's answer
    │   └── SuiteError         the task file: a broken line, a duplicate id, an empty split
    ├── AgentError             the agent can't be wrapped, probed or tuned
    │   └── OverrideMissed     a tuned text was due, and the graph asked its model something else
    ├── GraphConfigError       a saved graph configuration is broken, or was made for another graph
    ├── ModelError             a language model gave no usable answer
    │   ├── ModelRefused       it never will: wrong key, unknown name, bad request
    │   └── ModelUnavailable   it might later: time-out, rate limit, server error; retries are used up
    ├── MetricError            the metric raised, or returned something that is no score
    ├── CheckError             a check of the user's own raised, or returned something that is no finding
    ├── BudgetError            the budget does not cover the next step
    ├── RecordingError         a file of recorded calls can't be used, or a call can't be recorded
    │   └── MissingRecording   a call was to be replayed, and is not in the recording
    └── JournalError           the run folder can't be used
        ├── JournalInUse       another process holds it
        └── JournalMismatch    it belongs to another version, other tasks or other settings

This module may not know anything else of the package.
"""


class GepaError(Exception):
    """The root: everything that this package raises on purpose."""


class ConfigError(GepaError):
    """Something the user wrote can't be used."""


class SuiteError(ConfigError):
    """The task file or the split can't be used; names the file and the line."""


class AgentError(GepaError):
    """The agent can't be wrapped, probed or tuned."""


class OverrideMissed(AgentError):
    """A node whose text is overridden called its model with a prompt that matches none of its known texts."""


class GraphConfigError(GepaError):
    """A saved graph configuration is broken, or was made for another graph."""


class ModelError(GepaError):
    """A language model gave no usable answer."""


class ModelRefused(ModelError):
    """The model will not answer however often it is asked: wrong key, unknown name, bad request."""


class ModelUnavailable(ModelError):
    """The model did not answer in time or failed on its side, and the retries are used up."""


class MetricError(GepaError):
    """The metric raised, or returned something that is no score."""


class CheckError(GepaError):
    """A check of the user's own raised, or returned something that is no finding."""


class BudgetError(GepaError):
    """The budget does not cover the next step."""


class RecordingError(GepaError):
    """A file of recorded calls can't be used, or a call can't be recorded."""


class MissingRecording(RecordingError):
    """A call was to be replayed, and it is not in the recording; it was not made."""


class JournalError(GepaError):
    """The run folder can't be used."""


class JournalInUse(JournalError):
    """Another process holds the run folder."""


class JournalMismatch(JournalError):
    """The run folder was written by another version, for other tasks, or under other settings."""
