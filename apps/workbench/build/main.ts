import { resolve } from 'node:path';
import { buildPages } from './build-pages.ts';

const [, , folder] = process.argv;
await buildPages(folder === undefined ? undefined : resolve(folder));
