// The site of this checkout, looked at as a browser and a reader would.
import { deepEqual, equal, ok } from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { posix, resolve } from 'node:path';
import { test } from 'node:test';
import { buildSite } from './core/index.ts';
import { readRepository } from './read-repository.ts';

const repository = readRepository(resolve(import.meta.dirname, '../../..'));
const { files, problems } = buildSite(repository);
const pages = [...files].filter(([place]) => place.endsWith('.html'));
const beside = new Set(readdirSync(new URL('./page', import.meta.url)));

function complaints([place, text]: readonly [string, string]): readonly string[] {
  const found: string[] = [];
  const [head = '', main = ''] = text.split('<main');
  if (!head.includes("default-src 'none'")) found.push('has no policy');
  if (/<script(?![^>]*src=)|<style|\son[a-z]+=|\sstyle=/.test(text))
    found.push('has a script in it');
  const levels = [...main.matchAll(/<h(\d) id=/g)].map(([, level]) => Number(level));
  if (levels.filter((level) => level === 1).length !== 1) found.push('has not one title');
  if (levels.some((level, at) => level > (levels[at - 1] ?? 0) + 1))
    found.push('leaves out a level');
  const ids = [...text.matchAll(/ id="([^"]*)"/g)].map(([, id]) => id);
  if (new Set(ids).size !== ids.length) found.push('has an id twice');
  for (const [, attribute, to = ''] of text.matchAll(/(href|src)="([^"]*)"/g)) {
    const isLink = attribute === 'href' && /^https:\/\//.test(to);
    if (!isLink && !leads(place, to)) found.push(`${to} leads to nothing`);
  }
  return found.map((says) => `${place}: ${says}`);
}

function leads(from: string, to: string): boolean {
  const [path = '', fragment] = to.split('#');
  const place = path === '' ? from : posix.join(posix.dirname(from), path);
  if (beside.has(place)) return true;
  const target = files.get(place);
  return target !== undefined && (fragment === undefined || target.includes(` id="${fragment}"`));
}

test('every link of every page leads somewhere, and nothing is asked of others', () => {
  deepEqual(problems, []);
  ok(pages.length >= 90, `${pages.length} pages`);
  deepEqual(pages.flatMap(complaints), []);
});

test('the reference has every operation of the API, every schema and its codes', () => {
  const api = JSON.parse(files.get('schemas/openapi.json') ?? '{}') as {
    paths: Record<string, Record<string, { operationId?: string }>>;
  };
  const text = files.get('reference/api.html') ?? '';
  const operations = Object.values(api.paths).flatMap((methods) => Object.values(methods));
  const ids = operations.flatMap(({ operationId }) => operationId ?? []);
  ok(ids.length >= 90);
  deepEqual(
    ids.filter((id) => !text.includes(`<code>${id}</code>`)),
    [],
  );
  const schemas = [...repository.keys()].filter((path) => /^protocol\/schemas\/[A-Z]/.test(path));
  const list = files.get('reference/schemas.html') ?? '';
  equal(schemas.filter((path) => !list.includes(`"../${path.slice(9)}"`)).length, 0);
  const errors = files.get('reference/errors.html') ?? '';
  for (const code of ['request.too_large', 'upgrade.bad_signature', 'package.digest_mismatch']) {
    ok(errors.includes(`<code>${code}</code>`), code);
  }
});

test('a section is found by its words, those it is about first', async () => {
  const { rank } = await import(new URL('./page/rank.mjs', import.meta.url).href);
  const rows = JSON.parse(files.get('search-index.json') ?? '[]') as string[][];
  const [upgrade] = rank(rows, 'Upgrades') as string[][];
  equal(upgrade?.[0], 'guides/upgrade.html');
  const phrase = (rank(rows, 'recovery phrase') as string[][]).slice(0, 5).map(([where]) => where);
  ok(phrase.includes('THREAT-MODEL.html#with-the-recovery-phrase-or-a-backup'), phrase.join(' '));
  deepEqual(rank(rows, 'nothing-of-this-name'), []);
  deepEqual(rank(rows, '  '), []);
});
