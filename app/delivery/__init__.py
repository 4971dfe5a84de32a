"""The way to the Reservation resource: `courier` says what is sent and when, `reservations` sends it."""
