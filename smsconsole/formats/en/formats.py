"""How days and moments are written in English; names with "moment" and "day" are the console's own."""

DATE_FORMAT = "j M Y"
DATETIME_FORMAT = "j M Y, H:i"
SHORT_DATETIME_FORMAT = "j M Y, H:i"
TIME_FORMAT = "H:i"
MOMENT_WITH_SECONDS = "j M Y, H:i:s"
DAY_AND_TIME = "j M, H:i"
WEEKDAY_AND_DATE = "D j M Y"
