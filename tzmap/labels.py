"""Display names: what Windows, Outlook and Exchange show a person, found as TZID all the same.

    (UTC+01:00) Amsterdam, Berlin, Bern, Rome, Stockholm, Vienna
    (GMT-05.00) Eastern Time (US & Canada)
    (GMT+01.00) Sarajevo/Warsaw/Zagreb
    Dublin, Edinburgh, Lisbon, London

The offset in the head is thrown away: it is that of the year the label was written (12 of the 109 labels
CalReply lists are wrong today). The rest is compared as a set of places, whole: a name that merely contains
another one is not that name.
"""

import re
import unicodedata
from functools import cache

_LABELS = {
    "AUS Central Standard Time": ("Darwin",),
    "AUS Eastern Standard Time": ("Canberra, Melbourne, Sydney", "Sydney", "Canberra, Melbourne, Sydney, Hobart"),
    "Afghanistan Standard Time": ("Kabul",),
    "Alaskan Standard Time": ("Alaska", "Alaska Time", "Alaska Standard Time"),
    "Aleutian Standard Time": ("Aleutian Islands",),
    "Altai Standard Time": ("Barnaul, Gorno-Altaysk",),
    "Arab Standard Time": ("Kuwait, Riyadh", "Arab, Kuwait, Riyadh"),
    "Arabian Standard Time": ("Abu Dhabi, Muscat",),
    "Arabic Standard Time": ("Baghdad",),
    "Argentina Standard Time": ("City of Buenos Aires", "Buenos Aires"),
    "Astrakhan Standard Time": ("Astrakhan, Ulyanovsk",),
    "Atlantic Standard Time": ("Atlantic Time (Canada)", "Atlantic Time"),
    "Aus Central W. Standard Time": ("Eucla",),
    "Azerbaijan Standard Time": ("Baku",),
    "Azores Standard Time": ("Azores",),
    "Bahia Standard Time": ("Salvador",),
    "Bangladesh Standard Time": ("Dhaka",),
    "Belarus Standard Time": ("Minsk",),
    "Bougainville Standard Time": ("Bougainville Island",),
    "Canada Central Standard Time": ("Saskatchewan",),
    "Cape Verde Standard Time": ("Cabo Verde Is.", "Cape Verde Is.", "Cape Verde Islands"),
    "Caucasus Standard Time": ("Yerevan", "Baku, Tbilisi, Yerevan"),
    "Cen. Australia Standard Time": ("Adelaide", "Adelaide, Central Australia"),
    "Central America Standard Time": ("Central America",),
    "Central Asia Standard Time": ("Astana", "Bishkek", "Astana, Dhaka"),
    "Central Brazilian Standard Time": ("Cuiaba", "Manaus, Cuiaba"),
    "Central Europe Standard Time": (
        "Belgrade, Bratislava, Budapest, Ljubljana, Prague",
        "Belgrade, Pozsony, Budapest, Ljubljana, Prague",
        "Prague, Central Europe",
    ),
    "Central European Standard Time": (
        "Sarajevo, Skopje, Warsaw, Zagreb",
        "Sarajevo, Warsaw, Zagreb",
        "Sarajevo, Skopje, Sofija, Vilnius, Warsaw, Zagreb",
    ),
    "Central Pacific Standard Time": ("Solomon Is., New Caledonia", "Magadan, Solomon Is., New Caledonia"),
    "Central Standard Time": ("Central Time (US & Canada)", "Central Time"),
    "Central Standard Time (Mexico)": (
        "Guadalajara, Mexico City, Monterrey",
        "Guadalajara, Mexico City, Monterrey - New",
        "Guadalajara, Mexico City, Monterrey - Old",
        "Mexico City, Tegucigalpa",
    ),
    "Chatham Islands Standard Time": ("Chatham Islands",),
    "China Standard Time": ("Beijing, Chongqing, Hong Kong, Urumqi", "Beijing, Chongqing, Hong Kong SAR, Urumqi"),
    "Cuba Standard Time": ("Havana",),
    "Dateline Standard Time": ("International Date Line West",),
    "E. Africa Standard Time": ("Nairobi", "East Africa, Nairobi"),
    "E. Australia Standard Time": ("Brisbane", "Brisbane, East Australia"),
    "E. Europe Standard Time": ("Chisinau", "E. Europe"),
    "E. South America Standard Time": ("Brasilia",),
    "Easter Island Standard Time": ("Easter Island",),
    "Eastern Standard Time": ("Eastern Time (US & Canada)", "Eastern Time"),
    "Eastern Standard Time (Mexico)": ("Chetumal",),
    "Egypt Standard Time": ("Cairo",),
    "Ekaterinburg Standard Time": ("Ekaterinburg",),
    "FLE Standard Time": (
        "Helsinki, Kyiv, Riga, Sofia, Tallinn, Vilnius",
        "Helsinki, Kiev, Riga, Sofia, Tallinn, Vilnius",
        "Helsinki, Riga, Tallinn",
    ),
    "Fiji Standard Time": ("Fiji", "Fiji, Marshall Is.", "Fiji Is., Kamchatka, Marshall Is."),
    "GMT Standard Time": (
        "Dublin, Edinburgh, Lisbon, London",
        "Dublin, Edinburgh, London",
        "Greenwich Mean Time: Dublin, Edinburgh, Lisbon, London",
        "Greenwich Mean Time; Dublin, Edinburgh, London",
    ),
    "GTB Standard Time": (
        "Athens, Bucharest",
        "Athens, Bucharest, Istanbul",
        "Athens, Istanbul, Minsk",
        "Athens, Beirut, Istanbul, Minsk",
        "Bucharest",
    ),
    "Georgian Standard Time": ("Tbilisi",),
    "Greenland Standard Time": ("Greenland",),
    "Greenwich Standard Time": ("Monrovia, Reykjavik", "Casablanca, Monrovia, Reykjavik"),
    "Haiti Standard Time": ("Haiti",),
    "Hawaiian Standard Time": ("Hawaii", "Hawaii Time", "Hawaii Standard Time"),
    "India Standard Time": (
        "Chennai, Kolkata, Mumbai, New Delhi",
        "Calcutta, Chennai, Mumbai, New Delhi",
        "Kolkata, Chennai, Mumbai, New Delhi, India Standard Time",
    ),
    "Iran Standard Time": ("Tehran",),
    "Israel Standard Time": ("Jerusalem", "Israel, Jerusalem Standard Time"),
    "Jordan Standard Time": ("Amman",),
    "Kaliningrad Standard Time": ("Kaliningrad",),
    "Kamchatka Standard Time": ("Petropavlovsk-Kamchatsky - Old",),
    "Korea Standard Time": ("Seoul", "Seoul, Korea Standard Time"),
    "Libya Standard Time": ("Tripoli",),
    "Line Islands Standard Time": ("Kiritimati Island",),
    "Lord Howe Standard Time": ("Lord Howe Island",),
    "Magadan Standard Time": ("Magadan",),
    "Magallanes Standard Time": ("Punta Arenas",),
    "Marquesas Standard Time": ("Marquesas Islands",),
    "Mauritius Standard Time": ("Port Louis",),
    "Mid-Atlantic Standard Time": ("Mid-Atlantic - Old", "Mid-Atlantic"),
    "Middle East Standard Time": ("Beirut",),
    "Montevideo Standard Time": ("Montevideo",),
    "Morocco Standard Time": ("Casablanca",),
    "Mountain Standard Time": ("Mountain Time (US & Canada)", "Mountain Time"),
    "Mountain Standard Time (Mexico)": (
        "Chihuahua, La Paz, Mazatlan",
        "Chihuahua, La Paz, Mazatlan - New",
        "Chihuahua, La Paz, Mazatlan - Old",
        "La Paz, Mazatlan",
    ),
    "Myanmar Standard Time": ("Yangon (Rangoon)", "Rangoon", "Yangon"),
    "N. Central Asia Standard Time": ("Novosibirsk",),
    "Namibia Standard Time": ("Windhoek",),
    "Nepal Standard Time": ("Kathmandu", "Kathmandu, Nepal"),
    "New Zealand Standard Time": ("Auckland, Wellington",),
    "Newfoundland Standard Time": ("Newfoundland",),
    "Norfolk Standard Time": ("Norfolk Island",),
    "North Asia East Standard Time": ("Irkutsk", "Irkutsk, Ulaan Bataar", "Irkutsk, Ulaan Bator"),
    "North Asia Standard Time": ("Krasnoyarsk",),
    "North Korea Standard Time": ("Pyongyang",),
    "Omsk Standard Time": ("Omsk",),
    "Pacific SA Standard Time": ("Santiago",),
    "Pacific Standard Time": ("Pacific Time (US & Canada)", "Pacific Time", "Pacific Time (US & Canada); Tijuana"),
    "Pacific Standard Time (Mexico)": ("Baja California", "Tijuana, Baja California"),
    "Pakistan Standard Time": ("Islamabad, Karachi",),
    "Paraguay Standard Time": ("Asuncion",),
    "Qyzylorda Standard Time": ("Qyzylorda",),
    "Romance Standard Time": (
        "Brussels, Copenhagen, Madrid, Paris",
        "Brussels, Copenhagen, Madrid, Paris, Vilnius",
    ),
    "Russia Time Zone 10": ("Chokurdakh",),
    "Russia Time Zone 11": ("Anadyr, Petropavlovsk-Kamchatsky",),
    "Russia Time Zone 3": ("Izhevsk, Samara",),
    "Russian Standard Time": ("Moscow, St. Petersburg, Volgograd", "Moscow, St. Petersburg"),
    "SA Eastern Standard Time": ("Cayenne, Fortaleza", "Georgetown"),
    "SA Pacific Standard Time": (
        "Bogota, Lima, Quito, Rio Branco",
        "Bogota, Lima, Quito",
        "Bogota, Lima, Quito, Indiana (East)",
    ),
    "SA Western Standard Time": (
        "Georgetown, La Paz, Manaus, San Juan",
        "Georgetown, La Paz, San Juan",
        "La Paz, Manaus",
        "Caracas, La Paz",
        "Caracas, La Paz, Manaus",
    ),
    "SE Asia Standard Time": ("Bangkok, Hanoi, Jakarta",),
    "Saint Pierre Standard Time": ("Saint Pierre and Miquelon",),
    "Sakhalin Standard Time": ("Sakhalin",),
    "Samoa Standard Time": ("Samoa",),
    "Sao Tome Standard Time": ("Sao Tome",),
    "Saratov Standard Time": ("Saratov",),
    "Singapore Standard Time": ("Kuala Lumpur, Singapore",),
    "South Africa Standard Time": ("Harare, Pretoria",),
    "South Sudan Standard Time": ("Juba",),
    "Sri Lanka Standard Time": ("Sri Jayawardenepura", "Sri Jayawardenepura, Sri Lanka"),
    "Sudan Standard Time": ("Khartoum",),
    "Syria Standard Time": ("Damascus",),
    "Taipei Standard Time": ("Taipei",),
    "Tasmania Standard Time": ("Hobart", "Hobart, Tasmania"),
    "Tocantins Standard Time": ("Araguaina",),
    "Tokyo Standard Time": ("Osaka, Sapporo, Tokyo",),
    "Tomsk Standard Time": ("Tomsk",),
    "Tonga Standard Time": ("Nuku'alofa", "Nuku'alofa, Tonga"),
    "Transbaikal Standard Time": ("Chita",),
    "Turkey Standard Time": ("Istanbul",),
    "Turks And Caicos Standard Time": ("Turks and Caicos",),
    "US Eastern Standard Time": ("Indiana (East)",),
    "US Mountain Standard Time": ("Arizona",),
    "UTC": (
        "Coordinated Universal Time",
        "Universal Coordinated Time",
        "Universal Time Coordinated",
        "Koordinerad universell tid",
        "Koordinierte Weltzeit",
        "Temps universel coordonné",
        "Hora universal coordinada",
        "Tempo universale coordinato",
        "Gecoördineerde wereldtijd",
        "Tempo Universal Coordenado",
    ),
    "UTC+12": ("Coordinated Universal Time+12",),
    "UTC+13": ("Coordinated Universal Time+13",),
    "UTC-02": ("Coordinated Universal Time-02",),
    "UTC-08": ("Coordinated Universal Time-08",),
    "UTC-09": ("Coordinated Universal Time-09",),
    "UTC-11": ("Coordinated Universal Time-11",),
    "Ulaanbaatar Standard Time": ("Ulaanbaatar",),
    "Venezuela Standard Time": ("Caracas",),
    "Vladivostok Standard Time": ("Vladivostok", "Vladivostok, Magadan"),
    "Volgograd Standard Time": ("Volgograd",),
    "W. Australia Standard Time": ("Perth", "Perth, Western Australia"),
    "W. Central Africa Standard Time": ("West Central Africa",),
    "W. Europe Standard Time": (
        "Amsterdam, Berlin, Bern, Rome, Stockholm, Vienna",
        "Amsterdam, Berlin, Bern, Rome, Stockholm",
    ),
    "W. Mongolia Standard Time": ("Hovd",),
    "West Asia Standard Time": ("Ashgabat, Tashkent", "Tashkent", "Islamabad, Karachi, Tashkent"),
    "West Bank Standard Time": ("Gaza, Hebron",),
    "West Pacific Standard Time": ("Guam, Port Moresby",),
    "Yakutsk Standard Time": ("Yakutsk",),
    "Yukon Standard Time": ("Yukon",),
}
"""Windows id to its labels past and present, without the head. Places that have since parted (Almaty from Novosibirsk,
Midway from Samoa) have no row: such a label does not say which it means."""

_EXONYMS = {
    "atenas": "athens",
    "athen": "athens",
    "athènes": "athens",
    "atene": "athens",
    "belgrad": "belgrade",
    "belgrado": "belgrade",
    "berlín": "berlin",
    "berlino": "berlin",
    "berna": "bern",
    "berne": "bern",
    "bratislave": "bratislava",
    "pozsony": "bratislava",
    "pressburg": "bratislava",
    "brussel": "brussels",
    "bruselas": "brussels",
    "bruxelles": "brussels",
    "bruxelas": "brussels",
    "bryssel": "brussels",
    "brüssel": "brussels",
    "budapeste": "budapest",
    "bucarest": "bucharest",
    "bukarest": "bucharest",
    "copenhague": "copenhagen",
    "copenaghen": "copenhagen",
    "kopenhagen": "copenhagen",
    "köpenhamn": "copenhagen",
    "københavn": "copenhagen",
    "dublín": "dublin",
    "dublino": "dublin",
    "edimbourg": "edinburgh",
    "edimburgo": "edinburgh",
    "estocolmo": "stockholm",
    "stoccolma": "stockholm",
    "stokholm": "stockholm",
    "helsingfors": "helsinki",
    "kiev": "kyiv",
    "kiew": "kyiv",
    "laibach": "ljubljana",
    "liubliana": "ljubljana",
    "lubiana": "ljubljana",
    "lisboa": "lisbon",
    "lisbonne": "lisbon",
    "lissabon": "lisbon",
    "londen": "london",
    "londres": "london",
    "londra": "london",
    "parigi": "paris",
    "parijs": "paris",
    "parís": "paris",
    "prag": "prague",
    "praga": "prague",
    "praag": "prague",
    "roma": "rome",
    "rom": "rome",
    "sarajewo": "sarajevo",
    "skopie": "skopje",
    "sofija": "sofia",
    "tallin": "tallinn",
    "varsovie": "warsaw",
    "varsovia": "warsaw",
    "varsavia": "warsaw",
    "varsóvia": "warsaw",
    "warschau": "warsaw",
    "warszawa": "warsaw",
    "vienne": "vienna",
    "viena": "vienna",
    "wenen": "vienna",
    "wien": "vienna",
    "wilna": "vilnius",
    "zagabria": "zagreb",
}
"""Cities of the European labels in other languages, to their English names."""

_HEAD = re.compile(
    r"\(\s*(?:utc|gmt)?\s*(?:[+-]\s*\d{1,2}(?:[:.]?\d{2})?)?\s*\)\s*|(?:utc|gmt)\s*[+-]\d{1,2}[:.]\d{2}\s+"
)
_RUSSIAN_ZONE = re.compile(r"\s*\(rtz \d+\)")


def windows_id(label: str) -> str | None:
    """Return the Windows id a display name stands for, or None.

    >>> windows_id("(GMT+01.00) Sarajevo/Warsaw/Zagreb")
    'Central European Standard Time'
    """
    return _by_places().get(_places(label))


def known() -> frozenset[str]:
    """Return every label of the table."""
    return frozenset(label for labels in _LABELS.values() for label in labels)


@cache
def _by_places() -> dict[frozenset[str], str]:
    return {_places(label): name for name, labels in _LABELS.items() for label in labels}


def _places(label: str) -> frozenset[str]:
    text = unicodedata.normalize("NFC", label).casefold().strip().replace("\N{MINUS SIGN}", "-").replace("&amp;", "&")
    head = _HEAD.match(text)
    places = _RUSSIAN_ZONE.sub("", text[head.end() :] if head else text)
    return frozenset(_place(part) for part in re.split(r"[,/;]", places) if part.strip())


def _place(name: str) -> str:
    name = " ".join(name.split())
    name = _EXONYMS.get(name, name)
    bare = "".join(c for c in unicodedata.normalize("NFD", name) if not unicodedata.combining(c))
    for written, plain in (("\N{RIGHT SINGLE QUOTATION MARK}", "'"), (" and ", " & "), ("islands", "is.")):
        bare = bare.replace(written, plain)
    return bare.removesuffix(" sar")
