"""A page at the sandbox's address: what there is now, and what can be done by hand. Lowest module first:

rows, callbacks         pure: a task, a reservation, an alert or a callback as a row of the page
state                   pure: all that the page shows now
orders                  what somebody does on the page, read from JSON
gate                    who may look, and who may do something
routes                  the WSGI application, and the files in `static`
"""

from app.sandbox.page.routes import with_page

__all__ = ["with_page"]
