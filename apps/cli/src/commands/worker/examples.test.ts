import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import {
  WORKER_TEMPLATES,
  type WorkerLanguage,
  workerFilesFrom,
} from '../../core/worker-templates/index.ts';

const EXAMPLES = new URL('../../../../../examples/', import.meta.url);

/** By the template whose tests run it from end to end. */
const MADE: readonly (readonly [folder: string, template: string, language: WorkerLanguage])[] = [
  ['research-bot/python', 'research', 'python'],
  ['research-bot/typescript', 'research', 'typescript'],
  ['invoices', 'invoices', 'python'],
];

test('an example is the very worker that tests make, run and judge', () => {
  for (const [folder, named, language] of MADE) {
    const template = WORKER_TEMPLATES.get(named);
    assert.ok(template);
    const [name = ''] = folder.split('/');
    const files = workerFilesFrom(template, language, name);
    assert.ok(files, folder);
    for (const [path, content] of Object.entries(files)) {
      // A package of this repository is another thing: whoever copies it makes one.
      if (path === 'package.json') continue;
      const found = readFileSync(new URL(`${folder}/${path}`, EXAMPLES), 'utf8');
      // Laid out as everything here is; what it says is the same.
      const isJson = path.endsWith('.json');
      const [one, other] = isJson
        ? [JSON.parse(found), JSON.parse(`${content}`)]
        : [found, content];
      assert.deepEqual(one, other, `${folder}/${path}`);
    }
  }
});
