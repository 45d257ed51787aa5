import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { answers, PROJECT, source } from '../../testing/sources.ts';

const commands = [
  'git status',
  'git push origin main',
  'git push --force',
  'rm -rf build',
  'rm a',
  'npm run test',
  'npm run build --prod',
  'cat .env',
  'cat src/secret/key',
  'bash -c ls',
  'timeout 5 ls',
  'ls',
];
const scripts = fc
  .array(fc.constantFrom(...commands), { minLength: 1, maxLength: 2 })
  .map((list) => list.join(' && '));
const specifiers = [
  ...commands,
  'git:*',
  'git *',
  'git push:*',
  'git push *',
  'git * main',
  '* --force',
  'rm:*',
  'rm -rf:*',
  'npm run *',
  'npm*',
  'cat:*',
  'bash:*',
  'timeout:*',
  'ls:*',
  '*',
];
const paths = ['.env', 'src/a.ts', 'src/secret/key', 'src/b.pem', 'docs/x/y.md', '../other/a'];
const places = [
  '.env',
  './.env',
  'src/**',
  'src/*',
  '/src/secret/**',
  '*.pem',
  'src/[ab].pem',
  'src/?.ts',
  'docs/{x,z}/**',
  '//home/ada/**',
  '~/other/**',
  '**/*.md',
  '!src',
];

const bash = fc.constantFrom(...specifiers).map((each) => `Bash(${each})`);
const read = fc.constantFrom(...places).map((each) => `Read(${each})`);
const edit = fc.constantFrom(...places).map((each) => `Edit(${each})`);
const entry = fc.oneof(bash, read, edit);
const few = fc.array(entry, { maxLength: 1 });
// Much is allowed, so that what is denied is what decides.
const broad = ['git:*', 'rm:*', 'npm run *', 'cat:*', 'ls:*'].map((each) => `Bash(${each})`);
const many = [
  ...broad,
  'Read(//home/ada/**)',
  'Edit(//home/ada/**)',
  'Read(src/**)',
  'Edit(src/*)',
];
const allow = fc.oneof(fc.array(entry, { maxLength: 5 }), fc.constant(many));
const permissions = fc.record({ allow, ask: few, deny: few });

/** How Claude Code documents its commands: by text, each part of a compound one by itself. */
function names(specifier: string, command: string): boolean {
  const open = /^(.*?)(?::\*| \*)$/.exec(specifier);
  if (open && !open[1]?.includes('*')) {
    return command === open[1] || command.startsWith(`${open[1]} `);
  }
  return matches(specifier.replaceAll(/[.+?^${}()|[\]\\]/g, '\\$&').replaceAll('*', '.*'), command);
}

function matches(pattern: string, text: string): boolean {
  return new RegExp(`^(?:${pattern})$`).test(text);
}

/** How Claude Code documents its paths: as in gitignore, from root, home, project or anywhere. */
function covers(place: string, path: string): boolean {
  if (place.startsWith('!')) return false;
  const anchored = place.startsWith('//')
    ? place.slice(1)
    : place.startsWith('~/')
      ? `/home/ada${place.slice(1)}`
      : `${PROJECT}/${isName(place) ? '**/' : ''}${place.replace(/^\.?\//, '')}`;
  const pattern = anchored
    .replaceAll('.', '\\.')
    .replaceAll('?', '[^/]')
    .replaceAll(/\{(\w+),(\w+)\}/g, '(?:$1|$2)')
    .replaceAll('**/', '\u0001')
    .replaceAll('**', '\u0002')
    .replaceAll('*', '[^/]*')
    .replaceAll('\u0001', '(?:.*/)?')
    .replaceAll('\u0002', '.*');
  return matches(`${pattern}(?:/.*)?`, path);
}

function isName(place: string): boolean {
  return !place.slice(0, -1).includes('/');
}

type Said = { readonly tool: string; readonly about: string };

function split(entry: string): Said {
  const [, tool = '', about = ''] = /^(\w+)\((.*)\)$/.exec(entry) ?? [];
  return { tool, about };
}

test('no rule taken over allows a command that the source denied or asked about', () => {
  fc.assert(
    fc.property(permissions, scripts, (given, script) => {
      const ask = answers([source('claude', 'settings.json', { permissions: given })]);
      const verdict = ask('sys::exec', { command: script, cwd: PROJECT });
      if (verdict !== 'ALLOW') return;
      const parts = script.split(' && ');
      const isNamed = (entry: string, part: string): boolean => {
        const { tool, about } = split(entry);
        return tool === 'Bash' && names(about, part);
      };
      for (const part of parts) {
        assert(![...given.deny, ...given.ask].some((each) => isNamed(each, part)), part);
        // What a wrapper starts may have been allowed by itself.
        const inner = part.replace(/^(?:bash -c|timeout 5) /, '');
        const isAllowed = [part, inner].some((each) => given.allow.some((e) => isNamed(e, each)));
        assert(isAllowed, `${part} was never allowed`);
      }
      const file = /cat (\S+)/.exec(script)?.[1];
      const denied = given.deny.map(split).filter(({ tool }) => tool === 'Read');
      if (file) assert(!denied.some(({ about }) => covers(about, `${PROJECT}/${file}`)), file);
    }),
    { numRuns: 600 },
  );
});

test('no rule taken over allows a file that the source denied or asked about', () => {
  const verbs = fc.constantFrom('read', 'write');
  fc.assert(
    fc.property(permissions, verbs, fc.constantFrom(...paths), (given, verb, relative) => {
      const ask = answers([source('claude', 'settings.json', { permissions: given })]);
      const path = relative.startsWith('../')
        ? `/home/ada/${relative.slice(3)}`
        : `${PROJECT}/${relative}`;
      if (ask(`fs::${verb}`, { path }) !== 'ALLOW') return;
      const tool = verb === 'read' ? 'Read' : 'Edit';
      const isAbout = (entry: string): boolean => {
        const said = split(entry);
        return said.tool === tool && covers(said.about, path);
      };
      assert(![...given.deny, ...given.ask].some(isAbout), 'denied or asked about');
      assert(given.allow.some(isAbout), 'never allowed');
    }),
    { numRuns: 600 },
  );
});

test('no prefix that Codex forbids is allowed here', () => {
  const words = fc.constantFrom('git', 'push', 'rm', '-rf', 'ls', '--force', 'main', 'bash', '-c');
  const prefix = fc.array(words, { minLength: 1, maxLength: 3 });
  const allowed = ['git', 'rm', 'ls'].map((word) => ({ pattern: [word], decision: 'allow' }));
  const rule = fc.record({
    pattern: prefix,
    decision: fc.constantFrom('allow', 'prompt', 'forbidden'),
  });
  const command = fc.array(words, { minLength: 1, maxLength: 4 });
  fc.assert(
    fc.property(fc.array(rule, { maxLength: 2 }), command, (drawn, argv) => {
      const rules = [...allowed, ...drawn];
      const text = rules
        .map(
          (each) =>
            `prefix_rule(pattern = ${JSON.stringify(each.pattern)}, decision = "${each.decision}")`,
        )
        .join('\n');
      const ask = answers([source('codex', 'default.rules', text)]);
      if (ask('sys::exec', { argv, cwd: PROJECT }) !== 'ALLOW') return;
      const begins = ({ pattern }: { pattern: string[] }): boolean =>
        pattern.every((word, at) => word === argv[at]);
      const strict = rules.filter(({ decision }) => decision !== 'allow');
      assert(!strict.some(begins), JSON.stringify(argv));
    }),
    { numRuns: 600 },
  );
});

test('any text is read without a fault, and what cannot be read leaves nothing allowed', () => {
  const text = fc.oneof(fc.string(), fc.json(), fc.string({ unit: 'binary' }));
  const program = fc.constantFrom(
    ...(['claude settings.json', 'codex config.toml', 'codex a.rules', 'gemini a.toml'] as const),
  );
  fc.assert(
    fc.property(program, text, (kind, given) => {
      const [name, file = ''] = kind.split(' ');
      const ask = answers([source(name as 'claude', file, given)]);
      assert.notEqual(ask('sys::exec', { command: 'ls', cwd: PROJECT }), 'ALLOW');
    }),
    { numRuns: 500 },
  );
});
