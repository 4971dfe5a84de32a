"""Every metric that is counted, on one page. What is looked up at each scrape has its collector elsewhere.

Labels hold nothing of a callback but its rule's name. `endpoint`, `outcome`, `mode`, `state`, `attempts`,
`kind`, `ending` and `status` come from short lists.
"""

from itertools import product

from app.metrics.metric import counter, gauge, histogram

ANSWERED = "answered"
NOT_TAKEN_IN = "none"  # the endpoint of a request that the server refuses before it is read
# Twilio waits five seconds for an answer.
ANSWER_BOUNDS = (0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 0.5, 1.0, 2.0, 5.0)
DECISION_BOUNDS = (0.00001, 0.00002, 0.00005, 0.0001, 0.0002, 0.0005, 0.001, 0.002, 0.005, 0.01, 0.1)
REST_BOUNDS = (0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0)
STATES = ("delivered", "superseded", "dead", "ambiguous")
ATTEMPTS = ("1", "2", "3", "4", "5", "6")
KINDS = ("send", "look")
ENDPOINTS = ("assignment", "fallback")
OTHER_ENDPOINTS = ("health", "metrics", "other")
REFUSED = ("unsigned", "stale", "foreign-account", "unreadable-callback")  # callbacks
FAILED = "http-500"

REQUESTS = counter(
    "desk_requests_total",
    "Requests by endpoint and by what came of them: answered, or the end of the problem's type.",
    "endpoint",
    "outcome",
    always=(
        *product(ENDPOINTS, (ANSWERED, *REFUSED)),
        *product((*ENDPOINTS, *OTHER_ENDPOINTS), (FAILED,)),
    ),
)
REQUEST_SECONDS = histogram(
    "desk_request_seconds",
    "From a whole request to the beginning of its answer.",
    "endpoint",
    bounds=ANSWER_BOUNDS,
    always=tuple((endpoint,) for endpoint in ENDPOINTS),
)
DECISIONS = counter(
    "desk_decisions_total",
    "Decisions by rule, or default, and by how the instruction goes out; beyond 1000 the rule is other.",
    "rule",
    "mode",
    always=(),
)
DECISION_SECONDS = histogram(
    "desk_decision_seconds", "How long the rules took for a decision.", bounds=DECISION_BOUNDS
)
PROBLEMS = counter("desk_decision_problems_total", "Problems that were found while rules decided.")
ANSWERED_INLINE = counter(
    "desk_posts_answered_inline_total", "Posts whose instruction the answer held, as at the fallback URL."
)

DELIVERIES = counter(
    "desk_deliveries_total",
    "Deliveries that ended, by the state they ended in and by how many attempts it took, 6 for more than 5.",
    "state",
    "attempts",
    always=tuple(product(STATES, ATTEMPTS)),
)
REST_REQUESTS = counter(
    "desk_rest_requests_total",
    "Requests to Twilio by kind, how they ended, and status: 2xx, 4xx without 429, 429, 5xx, or none.",
    "kind",
    "ending",
    "status",
    always=(("send", "delivered", "2xx"), *product(KINDS, ("refused",), ("429",))),
)
REST_SECONDS = histogram(
    "desk_rest_request_seconds",
    "How long requests to Twilio took.",
    "kind",
    bounds=REST_BOUNDS,
    always=tuple((kind,) for kind in KINDS),
)

JOURNAL_WAITING = gauge("desk_journal_waiting", "How many callbacks are not saved yet.")
JOURNAL_LAG = gauge(
    "desk_journal_lag_seconds", "How long ago the oldest callback came that is not saved yet.", largest=True
)
JOURNAL_DROPPED = counter("desk_journal_dropped_total", "How many callbacks were not saved.")
RELOADS = counter(
    "desk_rules_reloads_total",
    "How often processes took over other rules, or refused them.",
    "outcome",
    always=(("taken",), ("refused",)),
)
PROCESSES = gauge("desk_processes", "How many processes count together.")

COUNTED = (
    REQUESTS,
    REQUEST_SECONDS,
    DECISIONS,
    DECISION_SECONDS,
    PROBLEMS,
    ANSWERED_INLINE,
    DELIVERIES,
    REST_REQUESTS,
    REST_SECONDS,
    JOURNAL_WAITING,
    JOURNAL_LAG,
    JOURNAL_DROPPED,
    RELOADS,
    PROCESSES,
)
