"""What has been sent to a number and in a period, as the limits count it. Written by `delivery/sql/limits.py`."""

from __future__ import annotations

from django.db import models

from projects.statuses import CapPeriod


class NumberSlots(models.Model):
    """The messages to one number of one project that a carrier took or may have taken lately.

    `slots` is packed (`delivery.limits.frequency.pack`): 24 bytes a message. Whoever changes it holds the number's
    advisory lock, so what was read under the lock may be written back whole.
    """

    pk = models.CompositePrimaryKey("project_id", "msisdn")
    project_id = models.BigIntegerField()
    msisdn = models.CharField(max_length=16)
    slots = models.BinaryField()
    touched_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"slots of a number of project {self.project_id}"


class CapUsage(models.Model):
    """How many messages of a project count in a day or month, by scope: all, domestic, international, a country.

    `starts_on` is the first day in the project's zone at the claim. `warned` and `reached` repeat the warning and
    the cap for which somebody was told already.
    """

    pk = models.CompositePrimaryKey("project_id", "period", "starts_on", "scope")
    project_id = models.BigIntegerField()
    period = models.CharField(max_length=5, choices=CapPeriod.choices)
    starts_on = models.DateField()
    scope = models.CharField(max_length=13)
    n = models.IntegerField(default=0)
    warned = models.IntegerField(null=True)
    reached = models.IntegerField(null=True)

    def __str__(self) -> str:
        return f"{self.n} {self.scope} in the {self.period} from {self.starts_on}"


class RuleHit(models.Model):
    """How many messages a rule blocked in an hour. `rule` is the word that begins `Message.code`."""

    pk = models.CompositePrimaryKey("project_id", "rule", "hour")
    project_id = models.BigIntegerField()
    rule = models.CharField(max_length=24)
    hour = models.DateTimeField()
    n = models.IntegerField(default=0)

    def __str__(self) -> str:
        return f"{self.n} blocked by {self.rule}"
