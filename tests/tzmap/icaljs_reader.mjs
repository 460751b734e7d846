// Reads JSON lines {"text": a VTIMEZONE, "walls": ["2026-07-01T09:00:00", ...]} and answers each with the offsets in seconds
// that ical.js, Thunderbird's reader, finds for those wall-clock times.
import { createInterface } from "node:readline";
import { pathToFileURL } from "node:url";

const { default: ICAL } = await import(pathToFileURL(process.argv[2]));

for await (const line of createInterface({ input: process.stdin })) {
  const { text, walls } = JSON.parse(line);
  const component = new ICAL.Component(ICAL.parse(text));
  const zone = new ICAL.Timezone({ component, tzid: component.getFirstPropertyValue("tzid") });
  const times = walls.map((wall) => ICAL.Time.fromDateTimeString(wall));
  if (times.length) zone.utcOffset(times[times.length - 1]);
  console.log(JSON.stringify(times.map((time) => zone.utcOffset(time))));
}
