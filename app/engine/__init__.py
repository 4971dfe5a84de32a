"""Rules in, decisions out. Nothing here knows of Flask, files, the network, a database or the clock.

catalogue                       the ids of everything that can be wrong
scope, callback                 what a request says, and what expressions and templates see of it
expressions                     TaskRouter's expression language
filters, fragments, templates   values with {{ … }}
fields, instructions, wire      the six instructions: their fields, their checks, their two forms
source                          YAML text to nodes with line and column
format                          the shape of a rules file
manual, editor                  the format as a JSON Schema, for editors
variables, conditions, actions, planning, loading
                                nodes to a RuleSet, and all problems in a report
written, checks, ignoring       rules as they stand in their files, and what had better not stand there
plan, matching, ruleset, decide a RuleSet and a Callback to a Decision
explain, masking                a decision with its reasons, and no secrets in it
witness, reachability           which calls an expression holds for, and which rules can decide
cases, case_…                   the rules' own tests
timestamp                       a time as callbacks and people write it
"""
