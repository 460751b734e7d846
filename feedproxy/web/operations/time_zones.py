"""Time zones: what is told of the list that clients choose from."""

from feedproxy.web.operations.form import Answer, AnswerBody, Example, Operation

HEADERS = {"ETag": "Names these octets."}


class TimeZone(AnswerBody):
    """A time zone and its base offset as the reference lists them; times are reckoned with the rules of today."""

    id: str
    display_name: str
    base_utc_offset: str


OPERATIONS = (
    Operation(
        "GET",
        "/timezones",
        tag="Time zones",
        summary="List the time zones",
        description="Wherever a time zone is named, any Windows or IANA id does.",
        answers={
            200: Answer("All of them.", list[TimeZone], headers=HEADERS),
            304: Answer("They are as `If-None-Match` has it.", headers=HEADERS),
        },
        example=Example(
            answer=[
                {
                    "id": "Dateline Standard Time",
                    "displayName": "(UTC-12:00) International Date Line West",
                    "baseUtcOffset": "-12:00:00",
                }
            ],
            beginning=True,
        ),
    ),
)
