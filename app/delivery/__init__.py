"""The way to the Reservation resource.

client, outcomes                the twilio library's client, and what it raises as outcomes
reservations                    one update, or one look, for a delivery
policy                          what follows each outcome: a pure table
courier                         one attempt of a delivery
promises                        taking deliveries on, while a callback waits
worker                          attempts in threads, and picking up what is due
rejected, retention             rejections of all processes; what is removed when it is long over
resource, advice                the whole resource for people, and what to do when it refuses
"""
