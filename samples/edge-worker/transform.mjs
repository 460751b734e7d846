// feedproxy.transform under Pyodide: octets in, octets and a report out, as in CPython.

import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { loadPyodide } from "pyodide";

const PYTHON = `
import json
from feedproxy.errors import FeedRefused
from feedproxy.transform import render

def transform(body):
    try:
        rendered = render(body.to_bytes())
    except FeedRefused as refusal:
        return None, refusal.reason
    return rendered.body, json.dumps({"changes": [(each.rule, each.count) for each in rendered.report.changes]})

transform
`;

/**
 * Boot Python with the wheels of a folder: feedproxy, python-dateutil, tzdata. Nothing is fetched from anywhere.
 *
 * Gives a function that takes a feed as Uint8Array and gives {body, report}, or {refused} with the reason why it is no
 * feed that may be served.
 */
export async function boot(wheels) {
  const python = await loadPyodide();
  for (const name of (await readdir(wheels)).filter((each) => each.endsWith(".whl"))) {
    python.unpackArchive(octets(await readFile(join(wheels, name))), "wheel");
  }
  const transform = python.runPython(PYTHON);
  return (feed) => {
    const answer = transform(octets(feed));
    const [body, said] = answer;
    try {
      return body === undefined || body === null
        ? { refused: said }
        : { body: body.toJs(), report: JSON.parse(said) };
    } finally {
      body?.destroy();
      answer.destroy();
    }
  };
}

/** The same octets as a plain Uint8Array: Pyodide does not know Node's Buffer. */
const octets = (buffer) => new Uint8Array(buffer.buffer, buffer.byteOffset, buffer.length);
