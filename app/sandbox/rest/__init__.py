"""The REST side: what a client of https://taskrouter.twilio.com/v1 sees. Lowest layer first:

representations, paging     resources and pages of them as JSON
refusals, outage            errors in Twilio's form, and what a fault makes of an answer
parameters                  the parameters of forms and queries, read into values
views                       what every family of resources has in common
workspaces, activities, queues, workflows, workers, tasks, reservations
                            a family each: its routes, its parameters, its fields
application                 all of them, behind authentication
"""

from app.sandbox.rest.application import create_app

__all__ = ["create_app"]
