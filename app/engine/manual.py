"""What each key of the rules format means, in a sentence or two, as editors show it.

First the levels of a file, then the six instructions. Source: Twilio's pages on the assignment callback and
the Reservation resource, and the OpenAPI document of the latter.
"""

from collections.abc import Mapping

Texts = Mapping[str, str]

ABOUT: Texts = {
    "file": "A file of rules for TaskRouter's assignment callbacks. All files of a folder make one rule set.",
    "vars": "Constants: a name begins with a letter and goes on with letters, digits and _.",
    "rule": "One rule: which tasks it is for, and exactly one of reply, post and defer.",
    "default": "What is done where no rule can be carried out: exactly one of reply, post and defer.",
    "reply": "An instruction in the answer to the callback.",
    "post": "An instruction that is posted to the Reservation over REST.",
    "test": "A test of the rules: a call, and what is expected of the rules for it.",
    "expect": "What is expected of the rules: only what is written here is compared.",
    "expected": "What an instruction must hold: any of its keys, each with a value, or null for none.",
    "accept": "The worker takes the task; connecting the two is left to you.",
    "reject": "The worker does not take the task, and moves to an activity.",
    "dequeue": "The caller, who was parked by <Enqueue>, is bridged to the worker.",
    "call": "The worker is called, and what they hear comes from a URL.",
    "redirect": "A call in progress goes on with another TwiML document.",
    "conference": "Caller and worker meet in a conference. The parameters are those of the worker's side.",
}

INSTRUCTION = "What TaskRouter is to do. The other keys depend on it."

ACTION: Texts = {
    "reply": "Answers with this instruction, in the HTTP response itself.",
    "post": "Answers {} at once, then posts this instruction to the Reservation over REST.",
    "defer": "Answers {} and does nothing: somebody else handles the task. The text is the reason in logs.",
    "retry_for": "With post: how long to go on trying, such as 30s, 2m or 1h. "
    "Without it, until the reservation times out.",
    "on_failure": "With post: the instruction to post instead when it failed for good.",
}

LEVELS: Mapping[str, Texts] = {
    "file": {
        "vars": "Constants for all files, used as {{ vars.NAME }} and in `when`. "
        "Here alone the environment is read: ${NAME} or ${NAME:-default}.",
        "rules": "The rules in order, file by file: the first that matches decides.",
        "max_rejections": "Once in a rule set: from this many rejections of a task on, the default decides. "
        "Default: 20.",
        "allowed_numbers": "Once in a rule set: what a `to` that a caller's text decides may begin with, "
        'such as "+1" or "sip:example.com".',
        "task_type_from": "Once in a rule set: where a task's type is found, or a list of places, "
        "the first that is not null. Default: task.type.",
        "default": "Once in a rule set, required: what is done when no rule matches, "
        "or the rule that matched cannot be carried out. It may read nothing but vars.",
        "tests": "Tests of the rules: calls, and what is expected for each.",
    },
    "default": ACTION,
    "rule": {
        **ACTION,
        "name": "The rule's name, unique in the rule set: a-z, 0-9 and -. `default` is taken.",
        "description": "What the rule is for, in words for people.",
        "task_type": "The type or types of task that the rule looks at. Without it: any.",
        "when": "An expression as in TaskRouter's workflows, or a list that must all hold: "
        'customer_value == "Gold" AND worker.skills HAS "vip".',
        "enabled": "false: as if the rule were not there, though it is still checked. Default: true.",
    },
    "test": {
        "name": "What the test shows.",
        "task": "The task's attributes.",
        "worker": "The worker's attributes.",
        "callback": 'Further parameters of the callback, by Twilio\'s name: {TaskAge: "12"}.',
        "at": "The time that taskrouter.* sees, such as 2026-11-23T17:30:00Z. Default: a fixed instant.",
        "env": "Environment variables for vars, laid over those of the process.",
        "rejections": "How often the task was rejected before. Default: 0.",
        "expect": "What is expected of the rules for this call.",
    },
    "expect": {
        "rule": "The name of the rule that decides, or `default`.",
        "reply": "The inline instruction: the keys listed must be equal, null means absent.",
        "post": "The instruction over REST: the keys listed must be equal, null means absent.",
        "defer": "The reason of a rule that defers.",
        "problem": "A problem that the decision must name: Twilio's error code, or a check's id.",
    },
}

TO = (
    "Where the worker is called: a number in E.164, client:name or sip:user@host. "
    "Without it: contact_uri of the worker's attributes."
)
FROM = "The caller ID that the worker sees: a number of your account, or a verified one."
TIMEOUT = "How many seconds the worker's phone rings: 1 to 999, for SIP at most 600. Default: 60."
RECORD = "Whether to record both legs of the call. Default: do-not-record."
ACCEPT = (
    "true: the reservation is accepted with it. Default: false, which leaves it pending, "
    "and somebody must accept it later."
)
METHOD = "The HTTP method for `{}`. Default: POST."

PARAMETERS: Mapping[str, Texts] = {
    "accept": {},
    "reject": {
        "activity_sid": "The activity that the worker moves to. "
        "Without it the worker stays available, and may be offered the same task again.",
    },
    "dequeue": {
        "to": TO,
        "from": f"{FROM} Required in a post.",
        "post_work_activity_sid": "The activity that the worker moves to when the call has ended.",
        "record": RECORD,
        "timeout": TIMEOUT,
        "status_callback_url": "Where Twilio reports on the call to the worker.",
        "status_callback_events": "Which events of that call are reported: a list, or a text with commas.",
    },
    "call": {
        "to": TO,
        "from": FROM,
        "url": "The TwiML that the worker hears when they answer.",
        "accept": ACCEPT,
        "record": RECORD,
        "timeout": TIMEOUT,
        "status_callback_url": "Where Twilio reports the end of the call to the worker.",
    },
    "redirect": {
        "call_sid": 'The call that goes on elsewhere; mostly "{{ task.call_sid }}".',
        "url": "The TwiML that the call goes on with.",
        "accept": ACCEPT,
    },
    "conference": {
        "to": TO,
        "from": FROM,
        "timeout": TIMEOUT,
        "post_work_activity_sid": "Deprecated, and not valid in multi-tasking workspaces: "
        "the activity that the worker moves to afterwards.",
        "status_callback": "Where Twilio reports on the call to the worker.",
        "status_callback_method": METHOD.format("status_callback"),
        "status_callback_event": "Which events of the worker's call are reported: "
        "a list, or a text with commas.",
        "record": "Whether to record the worker and their conferences, and the time between. Default: false.",
        "muted": "Whether the worker joins muted. Default: false.",
        "beep": "When a tone is played as the worker joins or leaves. Default: true.",
        "start_conference_on_enter": "Whether the conference starts when the worker joins. Default: true. "
        "If false, they wait with music for somebody who starts it.",
        "end_conference_on_exit": "Whether the conference ends when the worker leaves.",
        "end_conference_on_customer_exit": "Whether the conference ends when the customer leaves.",
        "beep_on_customer_entrance": "Whether a tone is played when the customer joins.",
        "wait_url": "The music until the conference starts. Default: Twilio's own.",
        "wait_method": "The HTTP method for `wait_url`. Default: POST; GET lets Twilio cache an audio file.",
        "early_media": "Whether the worker's side is heard while it rings. Default: true.",
        "max_participants": "How many may take part, 2 to 250. Default: 250.",
        "conference_status_callback": "Where Twilio reports on the conference. "
        "Only that of the first participant counts.",
        "conference_status_callback_method": METHOD.format("conference_status_callback"),
        "conference_status_callback_event": "Which events of the conference are reported: "
        "a list, or a text with commas. TaskRouter refuses `speaker`.",
        "conference_record": "Whether the conference is recorded: write record-from-start. "
        "TaskRouter ignores true. Default: false.",
        "conference_trim": "Whether silence around the recording is cut. Default: trim-silence.",
        "recording_channels": "mono mixes all voices, dual keeps two channels. Default: mono.",
        "recording_status_callback": "Where Twilio reports on the recording of the worker's call.",
        "recording_status_callback_method": METHOD.format("recording_status_callback"),
        "conference_recording_status_callback": "Where Twilio reports that the conference's recording "
        "is available.",
        "conference_recording_status_callback_method": METHOD.format("conference_recording_status_callback"),
        "region": "Where the audio is mixed, such as us1 or ie1.",
        "sip_auth_username": "The user name for a SIP address in `to`.",
        "sip_auth_password": "The password for a SIP address in `to`: a secret, so take it from the "
        'environment through vars, "{{ vars.SIP_PASSWORD }}".',
        "jitter_buffer_size": "How much of the audio is buffered against jitter.",
        "room_name": "Undocumented, and only in a reply: TaskRouter names the conference after the task.",
    },
}
