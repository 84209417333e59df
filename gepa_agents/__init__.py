"""Makes tool-using LangGraph agents better by evolving their prompts from what their traces say (GEPA).

The public page: everything a user or an adapter's author imports stands here.
"""

from gepa_agents.loop.compare import compare
from gepa_agents.loop.evaluate import Evaluation, aevaluate, evaluate
from gepa_agents.loop.history import History, Reflection
from gepa_agents.loop.optimize import aoptimize, optimize
from gepa_agents.loop.recording import Recording, RecordingSettings
from gepa_agents.loop.result import Result
from gepa_agents.parts.calls.function import recorded
from gepa_agents.parts.exports.forms import export
from gepa_agents.parts.feedback.records import ReflectiveRecord, reflective_records
from gepa_agents.parts.masking.showing import masked
from gepa_agents.parts.models.resolve import language_model
from gepa_agents.ports.agent import Agent
from gepa_agents.ports.check import Check
from gepa_agents.ports.export import Export, Exported
from gepa_agents.ports.export import Source as ExportSource
from gepa_agents.ports.language_model import Completion, LanguageModel, Prices
from gepa_agents.ports.masking import Detector, Found
from gepa_agents.ports.metric import Metric
from gepa_agents.ports.observer import Observer
from gepa_agents.ports.reflection import Attempt, Malformed, Proposal
from gepa_agents.ports.reflection import Request as ReflectionRequest
from gepa_agents.ports.reflection import Style as ReflectionStyle
from gepa_agents.ports.reviewer import Reviewer
from gepa_agents.words.call import Call
from gepa_agents.words.candidate import Candidate
from gepa_agents.words.case import Case
from gepa_agents.words.columns import Columns
from gepa_agents.words.comparison import Comparison
from gepa_agents.words.component import Anatomy, Component, Slot, Unreachable
from gepa_agents.words.errors import (
    AgentError,
    BudgetError,
    CheckError,
    ConfigError,
    GepaError,
    GraphConfigError,
    JournalError,
    JournalInUse,
    JournalMismatch,
    MetricError,
    MissingRecording,
    ModelError,
    ModelRefused,
    ModelUnavailable,
    OverrideMissed,
    RecordingError,
    SuiteError,
)
from gepa_agents.words.events import Accepted, Baseline, Confirmed, Event, Progress, Proposed, Rejected, Stopped, Tested
from gepa_agents.words.finding import Finding
from gepa_agents.words.graph_config import GraphConfig
from gepa_agents.words.review import Flip, Review, Revision, Verdict
from gepa_agents.words.rollout import Fault, Rollout, Score
from gepa_agents.words.settings import Budget, Settings
from gepa_agents.words.suite import TaskSuite
from gepa_agents.words.task import Task
from gepa_agents.words.trajectory import Message, ModelStep, NodeStep, ToolCall, ToolStep, Trajectory
from gepa_agents.words.usage import Usage

__all__ = [
    "Accepted",
    "Agent",
    "AgentError",
    "Anatomy",
    "Attempt",
    "Baseline",
    "Budget",
    "BudgetError",
    "Call",
    "Candidate",
    "Case",
    "Check",
    "CheckError",
    "Columns",
    "Comparison",
    "Completion",
    "Component",
    "ConfigError",
    "Confirmed",
    "Detector",
    "Evaluation",
    "Event",
    "Export",
    "ExportSource",
    "Exported",
    "Fault",
    "Finding",
    "Flip",
    "Found",
    "GepaError",
    "GraphConfig",
    "GraphConfigError",
    "History",
    "JournalError",
    "JournalInUse",
    "JournalMismatch",
    "LanguageModel",
    "Malformed",
    "Message",
    "Metric",
    "MetricError",
    "MissingRecording",
    "ModelError",
    "ModelRefused",
    "ModelStep",
    "ModelUnavailable",
    "NodeStep",
    "Observer",
    "OverrideMissed",
    "Prices",
    "Progress",
    "Proposal",
    "Proposed",
    "Recording",
    "RecordingError",
    "RecordingSettings",
    "Reflection",
    "ReflectionRequest",
    "ReflectionStyle",
    "ReflectiveRecord",
    "Rejected",
    "Result",
    "Review",
    "Reviewer",
    "Revision",
    "Rollout",
    "Score",
    "Settings",
    "Slot",
    "Stopped",
    "SuiteError",
    "Task",
    "TaskSuite",
    "Tested",
    "ToolCall",
    "ToolStep",
    "Trajectory",
    "Unreachable",
    "Usage",
    "Verdict",
    "aevaluate",
    "aoptimize",
    "compare",
    "evaluate",
    "export",
    "language_model",
    "masked",
    "optimize",
    "recorded",
    "reflective_records",
]
