// node run.mjs WHEELS OUT FEED...: transform each feed into the folder OUT; say on standard output, as JSON, how long
// booting and each feed took in milliseconds, the least of ROUNDS, and which feeds were refused.

import { readFile, writeFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { boot } from "./transform.mjs";

globalThis.fetch = () => {
  throw new Error("nothing is wanted from the network");
};

const [wheels, out, ...feeds] = process.argv.slice(2);
const rounds = Number(process.env.ROUNDS ?? 1);
const start = performance.now();
const transform = await boot(wheels);
const said = { boot: performance.now() - start, memory: 0, feeds: {} };
for (const feed of feeds) {
  const octets = await readFile(feed);
  let answer;
  let least = Infinity;
  for (let round = 0; round < rounds; round++) {
    const before = performance.now();
    answer = transform(octets);
    least = Math.min(least, performance.now() - before);
  }
  said.feeds[basename(feed)] = { ms: least, refused: answer.refused };
  if (answer.body) await writeFile(join(out, basename(feed)), answer.body);
}
said.memory = process.memoryUsage().rss;
console.log(JSON.stringify(said));
