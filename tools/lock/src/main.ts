import { readFileSync, writeFileSync } from 'node:fs';
import { completeLock, type Lock, missingRows } from './core/complete-lock.ts';

const url = new URL('../../../package-lock.json', import.meta.url);
const lock = JSON.parse(readFileSync(url, 'utf8')) as Lock;
const added = missingRows(lock);
if (added.size > 0) writeFileSync(url, `${JSON.stringify(completeLock(lock), null, 2)}\n`);
console.log(`${added.size} platform packages added to package-lock.json`);
