import { deepEqual, equal, ok } from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { readDotenv } from './dotenv.ts';
import { guessSecrets } from './guess-secret.ts';

test('lines that everybody reads alike are taken, and no others', () => {
  const file = [
    '\uFEFF# a comment',
    'PLAIN=value-1',
    "SINGLE='two words'",
    'DOUBLE="a=b # c"',
    '  SPACED = x',
    'export GITHUB_TOKEN=ghp_1',
    'HOST=$OTHER',
    'CMD=`id`',
    'ESCAPED="a\\nb"',
    'TRAILING=abc # what?',
    'KEY="-----BEGIN',
    'INSIDE=not-an-assignment',
    '-----END"',
    'AFTER=taken',
    'EMPTY=',
    'nonsense',
    'TWICE=1',
    'TWICE=2',
  ];
  const { taken, left } = readDotenv(file.join('\r\n'));
  deepEqual(
    taken.map(({ name, value }) => [name, value]),
    [
      ['PLAIN', 'value-1'],
      ['SINGLE', 'two words'],
      ['DOUBLE', 'a=b # c'],
      ['AFTER', 'taken'],
    ],
  );
  const why = left.map(({ line, why: reason }) => `${line} ${reason}`);
  deepEqual(why, [
    '5 not_an_assignment',
    '6 export_prefix',
    '7 interpolation',
    '8 interpolation',
    '9 quoting',
    '10 quoting',
    '11 multi_line',
    '12 multi_line',
    '13 multi_line',
    '15 empty',
    '16 not_an_assignment',
    '17 twice',
    '18 twice',
  ]);
});

const piece = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 12 }),
  fc.constantFrom(
    'A_TOKEN=',
    'B=',
    '"',
    "'",
    '$',
    '`',
    '\\',
    '\n',
    '\r',
    '#',
    ' ',
    'export ',
    '\0',
    '=',
  ),
);

test('of any file every line is taken, left or a comment, and nothing is read across lines', () => {
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 40 }), (pieces) => {
      const text = pieces.join('');
      const { taken, left } = readDotenv(text);
      const lines = text.replace(/^\uFEFF/, '').split(/\r?\n/);
      const seen = [...taken, ...left].map(({ line }) => line);
      equal(new Set(seen).size, seen.length);
      for (const { line, name, value } of taken) {
        ok(lines[line - 1]?.includes(value) && lines[line - 1]?.includes(`${name}=`));
        ok(!/[$`\\]|\p{Cc}/u.test(value), value);
      }
      const quiet = lines.filter((_, at) => !seen.includes(at + 1)).map((line) => line.trim());
      ok(quiet.every((line) => line === '' || line.startsWith('#')));
      equal(new Set(taken.map(({ name }) => name)).size, taken.length);
      const { secrets, settings } = guessSecrets(taken, new Map());
      const used = [
        ...secrets.flatMap(({ lines: from }) => from),
        ...settings.map((each) => each.line),
      ];
      equal(new Set(used).size, taken.length);
    }),
    { numRuns: 500 },
  );
});

test('names tell what a secret is, and where a known service takes it', () => {
  const text = `
GITHUB_TOKEN=ghp_0123456789abcdef
ANTHROPIC_API_KEY=sk-ant-0123456789
AWS_ACCESS_KEY_ID=AKIAIOSFODNN7EXAMPLE
AWS_SECRET_ACCESS_KEY=wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY
AWS_REGION=eu-central-1
DB_USER=shop
DB_PASSWORD=correct-horse
DEPLOYER_PRIVATE_KEY=${'ab'.repeat(32)}
GITHUB_WEBHOOK_SECRET=0123456789
MY_TOKEN=0123456789
_MY_TOKEN=9876543210
CONSTRUCTOR_TOKEN=0123456789
PORT=3000
STRIPE_PUBLISHABLE_KEY_ID=pk_1
`;
  const elsewhere = { server: 'mine', origin: 'https://mine.example' };
  const { secrets, settings } = guessSecrets(
    readDotenv(text).taken,
    new Map([['MY_TOKEN', elsewhere]]),
  );
  deepEqual(
    secrets.map(({ name, kind, place }) => [name, kind, place?.origin]),
    [
      ['github_token', 'bearer', 'https://api.github.com'],
      ['anthropic_api_key', 'header', 'https://api.anthropic.com'],
      ['aws_access_key_id', 'sigv4', 'https://s3.eu-central-1.amazonaws.com'],
      ['db_user', 'basic', undefined],
      ['deployer_private_key', 'evm_key', 'evm:1'],
      ['github_webhook_secret', 'webhook', undefined],
      ['my_token', 'bearer', 'https://mine.example'],
      ['my_token_2', 'bearer', undefined],
      ['constructor_token', 'bearer', undefined],
    ],
  );
  deepEqual(
    settings.map(({ name }) => name),
    ['PORT', 'STRIPE_PUBLISHABLE_KEY_ID'],
  );
  const database = secrets.find(({ kind }) => kind === 'basic')?.secret ?? '';
  deepEqual(JSON.parse(database), { username: 'shop', password: 'correct-horse' });
});
