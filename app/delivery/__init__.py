"""The way to the Reservation resource: `courier` says what is sent and when, `reservations` sends it.

`resource` is the whole resource for people at a command line, `advice` what they are told of a failure. All
send with `client`, and read what the libraries raise with `outcomes`.
"""
