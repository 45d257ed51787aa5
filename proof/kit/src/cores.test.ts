/**
 * Runs the tests of every pure core in this one process: they share nothing and start nothing, and
 * a process for each of some 370 files cost more than all they do. `npm run tests` leaves the same
 * files out of its own list, so that each runs once and is counted in one sum.
 */
import { globSync } from 'node:fs';
import { join } from 'node:path';

const root = join(import.meta.dirname, '../../..');
const floors = '{ground,protocol,law,verifier,systems,hosts,apps,proof,tools}';
const files = globSync(`${floors}/**/core/**/*.test.ts`, {
  cwd: root,
  exclude: (name) => name.includes('node_modules'),
}).sort();
for (const file of files) await import(join(root, file));
