"""D003 nobody-to-call (error): an instruction that calls the worker, who cannot be called.

Without `to`, TaskRouter calls the contact_uri of the worker's attributes: a phone number in E.164,
client:name or sip:user@host. Where there is none it would report 40110 for call, 40131 for dequeue and 40137
for conference, so the default decides instead. Give the worker a contact_uri, write `to`, or let `when` ask
for it.

Wrong, for a worker without contact_uri:

    rules:
      - name: support
        reply: {instruction: dequeue}

Right:

    rules:
      - name: support
        when: worker.contact_uri != null
        reply: {instruction: dequeue}
"""

from app.engine.catalogue import Check

CHECK = Check.NOBODY_TO_CALL
