"""Rules in, decisions out. Nothing here knows of Flask, files, the network, a database or the clock.

source         YAML text to nodes with line and column
expressions    TaskRouter's expression language
templates      values with {{ … }}
instructions   the six instructions: their fields and checks
wire           the two forms in which Twilio takes an instruction
callback       the parameters of a request to a Callback
scope          what expressions and templates see of a callback
ruleset        nodes to a RuleSet and all Problems
decide         a RuleSet and a Callback to a Decision
catalogue      the ids of everything that can be wrong
"""
