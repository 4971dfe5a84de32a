"""Assignment Desk: answers TaskRouter's assignment callbacks from rules that operators edit.

The layers, lowest first; a module imports from its own layer and from those above it in this list:

    model                              values that everything shares
    errors                             the error tree
    metrics                            what is counted
    settings                           the environment, read once
    engine                             rules in, decisions out: pure, without files, network or clock
    rulebook, storage, delivery        the rules folder, the database, the Reservation resource
    journal, replay                    callbacks: saving them, and what is done with saved ones
    service                            the use cases: where a decision meets the outside
    web, tracing                       HTTP, and gunicorn; spans for OpenTelemetry
    doctor                             what is wrong with a deployment
    assembly, wsgi                     all of it put together from the environment
    cli                                the command line

`logs`, the form of log lines, and `recent`, a bounded memory, need none of these. `sandbox`, the local
TaskRouter, stands beside them: it imports nothing of ours, and only `cli` imports it.
"""
