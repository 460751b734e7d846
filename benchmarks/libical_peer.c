/* The job of `render` done with libical: zones renamed and declared anew, TTL, UIDs, events.
 *
 *   libical_peer FEED EVENTS [TZID ZONE]...
 *
 * FEED is a file, EVENTS one with VEVENTs to add. Prints the CPU seconds that it took, without reading the files, and how
 * many octets came out. The dates of a zone's VTIMEZONE are libical's own. */
#include <libical/ical.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static char *contents(const char *path)
{
    FILE *file = fopen(path, "rb");
    if (!file) { perror(path); exit(1); }
    fseek(file, 0, SEEK_END);
    long size = ftell(file);
    rewind(file);
    char *text = malloc(size + 1);
    if (fread(text, 1, size, file) != (size_t)size) exit(1);
    text[size] = 0;
    fclose(file);
    return text;
}

static int is_time(icalproperty_kind kind)
{
    return kind == ICAL_DTSTART_PROPERTY || kind == ICAL_DTEND_PROPERTY || kind == ICAL_DUE_PROPERTY ||
           kind == ICAL_RECURRENCEID_PROPERTY || kind == ICAL_EXDATE_PROPERTY || kind == ICAL_RDATE_PROPERTY;
}

static void rename_zones(icalcomponent *event, int count, char **pairs)
{
    for (icalproperty *p = icalcomponent_get_first_property(event, ICAL_ANY_PROPERTY); p;
         p = icalcomponent_get_next_property(event, ICAL_ANY_PROPERTY)) {
        if (!is_time(icalproperty_isa(p))) continue;
        icalparameter *tzid = icalproperty_get_first_parameter(p, ICAL_TZID_PARAMETER);
        for (int n = 0; tzid && n + 1 < count; n += 2)
            if (!strcmp(icalparameter_get_tzid(tzid), pairs[n])) {
                icalparameter_set_tzid(tzid, pairs[n + 1]);
                break;
            }
    }
}

/* A set of UIDs: open addressing, twice as many places as events. */
static int is_new(const char **places, size_t size, const char *uid)
{
    size_t hash = 5381;
    for (const char *c = uid; *c; c++) hash = hash * 33 ^ (unsigned char)*c;
    for (hash %= size; places[hash]; hash = (hash + 1) % size)
        if (!strcmp(places[hash], uid)) return 0;
    places[hash] = uid;
    return 1;
}

static void without_zones_and_doubles(icalcomponent *calendar, int count, char **pairs)
{
    size_t size = 2 * (size_t)icalcomponent_count_components(calendar, ICAL_ANY_COMPONENT) + 1;
    const char **places = calloc(size, sizeof *places);
    icalcomponent *next;
    for (icalcomponent *c = icalcomponent_get_first_component(calendar, ICAL_ANY_COMPONENT); c; c = next) {
        next = icalcomponent_get_next_component(calendar, ICAL_ANY_COMPONENT);
        const char *uid = icalcomponent_get_uid(c);
        if (icalcomponent_isa(c) == ICAL_VTIMEZONE_COMPONENT || (uid && !is_new(places, size, uid)))
            icalcomponent_remove_component(calendar, c);
        else
            rename_zones(c, count, pairs);
    }
    free(places);
}

static void declare_zones(icalcomponent *calendar, int count, char **pairs)
{
    for (int n = 0; n + 1 < count; n += 2) {
        icaltimezone *zone = icaltimezone_get_builtin_timezone(pairs[n + 1]);
        if (!zone) { fprintf(stderr, "libical has no %s\n", pairs[n + 1]); exit(1); }
        icalcomponent *definition = icalcomponent_new_clone(icaltimezone_get_component(zone));
        icalproperty_set_tzid(icalcomponent_get_first_property(definition, ICAL_TZID_PROPERTY), pairs[n + 1]);
        icalcomponent_add_component(calendar, definition);
    }
}

static void add_ttl(icalcomponent *calendar)
{
    icalproperty *ttl = icalproperty_new_x("PT12H");
    icalproperty_set_x_name(ttl, "X-PUBLISHED-TTL");
    icalcomponent_add_property(calendar, ttl);
    icalcomponent_add_property(calendar, icalproperty_new_from_string("REFRESH-INTERVAL;VALUE=DURATION:PT12H"));
}

int main(int argc, char **argv)
{
    if (argc < 3) return 2;
    char *feed = contents(argv[1]), *events = contents(argv[2]);
    int count = argc - 3;
    char **pairs = argv + 3;
    for (int n = 0; n + 1 < count; n += 2) /* libical reads its zone files once for a process: not counted */
        icaltimezone_get_component(icaltimezone_get_builtin_timezone(pairs[n + 1]));
    clock_t start = clock();
    icalcomponent *calendar = icalparser_parse_string(feed);
    without_zones_and_doubles(calendar, count, pairs);
    declare_zones(calendar, count, pairs);
    add_ttl(calendar);
    icalcomponent *added = icalparser_parse_string(events);
    icalcomponent *next;
    for (icalcomponent *c = icalcomponent_get_first_component(added, ICAL_VEVENT_COMPONENT); c; c = next) {
        next = icalcomponent_get_next_component(added, ICAL_VEVENT_COMPONENT);
        icalcomponent_remove_component(added, c);
        icalcomponent_add_component(calendar, c);
    }
    const char *written = icalcomponent_as_ical_string(calendar);
    double seconds = (double)(clock() - start) / CLOCKS_PER_SEC;
    printf("%.6f %zu\n", seconds, strlen(written));
    return 0;
}
