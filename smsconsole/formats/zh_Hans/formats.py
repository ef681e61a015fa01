"""How days and moments are written in Chinese."""

DATE_FORMAT = "Y年n月j日"
DATETIME_FORMAT = "Y年n月j日 H:i"
SHORT_DATETIME_FORMAT = "Y年n月j日 H:i"
TIME_FORMAT = "H:i"
MOMENT_WITH_SECONDS = "Y年n月j日 H:i:s"
DAY_AND_TIME = "n月j日 H:i"
WEEKDAY_AND_DATE = "Y年n月j日 l"
