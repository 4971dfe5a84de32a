// How times, numbers and names are written.

const numbers = new Intl.NumberFormat("en");
const UTC = { timeZone: "UTC" };
const day = new Intl.DateTimeFormat("en-GB", { ...UTC, weekday: "short", day: "numeric", month: "short", year: "numeric" });

export const number = (value) => numbers.format(value);

/** 08:05:09, in UTC as the callbacks have it. */
export const timeOfDay = (at) => at.toISOString().slice(11, 19);

export const dayOf = (at) => `${day.format(at)}, UTC`;

/** A span in seconds by its two largest units: 7 s, 2 min, 2 min 5 s, 3 h 20 min, 2 d 4 h. */
export function span(seconds) {
  const whole = Math.max(0, Math.floor(seconds));
  const parts = [[86400, "d", 3600, "h"], [3600, "h", 60, "min"], [60, "min", 1, "s"]];
  const [most, unit, least, lesser] = parts.find(([from]) => whole >= from) ?? [1, "s", 1, "s"];
  const rest = Math.floor((whole % most) / least);
  return `${Math.floor(whole / most)} ${unit}${rest ? ` ${rest} ${lesser}` : ""}`;
}

/** A SID by its kind and its end: WT…3f9a2c. */
export const shortSid = (sid) => (sid.length > 12 ? `${sid.slice(0, 2)}…${sid.slice(-6)}` : sid);

/** How many rows there are beside those that are shown. */
export const andMore = (more, what) => (more > 0 ? `and ${number(more)} more ${what}` : "");
