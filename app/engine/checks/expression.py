"""R010 expression (error): a `when`, or a `task_type_from`, that cannot be read.

The language is that of TaskRouter's Workflow filters and TaskQueues: names of attributes, constants and
lists, compared by ==, !=, <, <=, >, >=, CONTAINS, HAS, IN, NOT IN or MATCHES, joined by AND and OR, grouped
by parentheses and turned round by NOT (...). The place is that of the mistake in the expression. What is said
of the common ones:

    language == "en", "es"       several values after ==
    language IN ("en", "es")     a list stands in square brackets
    language IN [en, es]         a list holds constants, and en is a name
    language IN ["en" "es"]      '"es"' follows a value of the list
    language IN ["en", "es"      the list is never closed
    language = = "en"            '=' and '=' are split by white space
    language ! = "en"            '! =' is split by white space
    language === "en"            === is no operator of this language
    language == "en" && vip      && is no operator of this language
    language LIKE "en"           'LIKE' is no operator
    language == "en              the quote " is never closed
    language == “en”             “ is no quote of this language
    customer-value == "Gold"     a name cannot hold a hyphen: customer-value
    vip                          vip alone is no comparison
    !vip                         ! negates nothing here
    NOT vip == true              NOT stands before 'vip'
    language == *                a stray *
    (language == "en"            a parenthesis is never closed
    language == "en")            this ) closes nothing
    language == "en" vip == 1    'vip' follows a complete comparison
    language ==                  the expression ends where a value is wanted

MATCHES takes a regular expression in quotes, as RE2 reads it: without backreferences and lookahead.
Parentheses nest up to 100 deep, and a number has up to 300 digits.

Wrong:

    rules:
      - name: languages
        when: language == "en", "es"
        defer: the agent accepts it in the browser

Right:

    rules:
      - name: languages
        when: language IN ["en", "es"]
        defer: the agent accepts it in the browser
"""

from app.engine.catalogue import Check

CHECK = Check.EXPRESSION
