"""R053 secret-in-rules (warning): a password that stands in the rules.

Rules are kept in repositories, and shown to many. Take the password from the environment, through `vars`:
then it is masked wherever rules and decisions are shown, and only Twilio gets it.

Wrong:

    rules:
      - name: desk-phone
        reply:
          instruction: conference
          from: "+18005550102"
          to: sip:alice@example.com
          sip_auth_username: alice
          sip_auth_password: opensesame

Right:

    vars:
      password: ${SIP_PASSWORD}
    rules:
      - name: desk-phone
        reply:
          instruction: conference
          from: "+18005550102"
          to: sip:alice@example.com
          sip_auth_username: alice
          sip_auth_password: "{{ vars.password }}"
"""

from app.engine.catalogue import Check

CHECK = Check.SECRET_IN_RULES
