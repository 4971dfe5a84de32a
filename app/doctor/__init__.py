"""What is wrong with a deployment, and the setting that mends it.

findings                           what is found: frozen values
account                            an account as Twilio shows it
deployment, examinations           an environment and what it leads to; one examination a file
signers, addresses, bodies         what may have been signed, and by which secret
diagnosis                          why a request was refused
"""
