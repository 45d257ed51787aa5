import { readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { GuestHost } from '@ioi/workers/shell';

// Says what an interpreted worker is, as its own `--describe` would: it is read, and does nothing.
const [file = ''] = process.argv.slice(2);
const bytes = new Uint8Array(readFileSync(file));
const name = basename(file);
const given = file.endsWith('.wasm')
  ? { name, bytes }
  : { name, text: Buffer.from(bytes).toString() };
const opened = await GuestHost.open(given, { name });
if (opened.ok) process.stdout.write(`${JSON.stringify(opened.value.description)}\n`);
else process.stderr.write(`${opened.error.code}: ${opened.error.message}\n`);
process.exit(opened.ok ? 0 : 1);
