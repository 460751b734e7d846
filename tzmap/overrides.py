"""What CLDR's table lacks or writes in an old spelling. Kept by hand; each row has its reason."""

from typing import NamedTuple


class Override(NamedTuple):
    """A Windows id (or a name used like one), its zone, and why the row stands here."""

    windows_id: str
    zone: str
    reason: str


OVERRIDES = (
    Override(
        "Mid-Atlantic Standard Time",
        "Etc/GMT+2",
        "Windows calls it old and CLDR dropped it. Its rules still save daylight (to -01:00, March to September), "
        "which no IANA zone does: a definition that says so wins over this row.",
    ),
    Override(
        "Kamchatka Standard Time",
        "Asia/Kamchatka",
        "Windows calls it old and CLDR dropped it. Its rules still save daylight (to +13:00), which Kamchatka gave up "
        "in 2010: a definition that says so wins over this row.",
    ),
    Override(
        "Alberta Standard Time",
        "America/Edmonton",
        "New in Windows for Alberta's permanent -06:00 (tzdata 2026c); CLDR 48.2 does not know it yet.",
    ),
    Override(
        "British Columbia Standard Time",
        "America/Vancouver",
        "New in Windows for British Columbia's permanent -07:00 (tzdata 2026b); CLDR 48.2 does not know it yet.",
    ),
    Override(
        "Manitoba Standard Time",
        "America/Winnipeg",
        "New in Windows for Manitoba's permanent -05:00 (tzdata 2026e); CLDR 48.2 does not know it yet.",
    ),
    Override("Mexico Standard Time", "America/Mexico_City", "Windows 2000's id of Central Standard Time (Mexico)."),
    Override("Mexico Standard Time 2", "America/Mazatlan", "Windows 2000's id of Mountain Standard Time (Mexico)."),
    Override("Armenian Standard Time", "Asia/Yerevan", "An early Windows Vista id of Caucasus Standard Time."),
)

RESPELLED = {
    "Africa/Asmera": "Africa/Asmara",
    "America/Buenos_Aires": "America/Argentina/Buenos_Aires",
    "America/Catamarca": "America/Argentina/Catamarca",
    "America/Coral_Harbour": "America/Atikokan",
    "America/Cordoba": "America/Argentina/Cordoba",
    "America/Godthab": "America/Nuuk",
    "America/Indianapolis": "America/Indiana/Indianapolis",
    "America/Jujuy": "America/Argentina/Jujuy",
    "America/Louisville": "America/Kentucky/Louisville",
    "America/Mendoza": "America/Argentina/Mendoza",
    "Asia/Calcutta": "Asia/Kolkata",
    "Asia/Katmandu": "Asia/Kathmandu",
    "Asia/Rangoon": "Asia/Yangon",
    "Asia/Saigon": "Asia/Ho_Chi_Minh",
    "Atlantic/Faeroe": "Atlantic/Faroe",
    "Europe/Kiev": "Europe/Kyiv",
    "Pacific/Enderbury": "Pacific/Kanton",
    "Pacific/Ponape": "Pacific/Pohnpei",
    "Pacific/Truk": "Pacific/Chuuk",
}
"""CLDR never renames a zone it once listed (its names are keys); tzdata does. From CLDR's name to tzdata's own.

tzdata's links are no substitute: they also join places that merely kept the same time, as Chuuk and Port Moresby did.
"""
