import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { invocationsOfScript } from './invocations.ts';
import { readScript } from './script.ts';

const hasBash = spawnSync('bash', ['-c', 'exit 0']).status === 0;
const skip = hasBash ? false : 'there is no bash here to compare with';

/** Commands as text, `?` for a word that is not known; a last `?!` where more may be started. */
function told(text: string): readonly string[] {
  const { commands, isUnderstood } = readScript(text);
  const starting = commands.filter(({ words }) => words.length > 0);
  const lines = starting.map(({ words }) => words.map((word) => word ?? '?').join(' '));
  return isUnderstood ? lines : [...lines, '?!'];
}

test('every command of a script is found, wherever it stands', () => {
  for (const [text, ...commands] of [
    ['ls -la', 'ls -la'],
    ['a; b & c && d || e | f |& g\nh', 'a', 'b', 'c', 'd', 'e', 'f', 'g', 'h'],
    ['(a; (b)) && { c; }', 'a', 'b', 'c'],
    ['if a; then b; elif c; then d; else e; fi', 'a', 'b', 'c', 'd', 'e'],
    ['while a; do b; done; until c; do d; done', 'a', 'b', 'c', 'd'],
    ['for x in 1 $(a); do b; done', 'a', 'b'],
    ['for x do a; done; for x\nin 1\ndo b; done', 'a', 'b'],
    ['for ((1;2;3)); do a; done', '1', '2', '3', 'a', '?!'],
    ['for x in 1; do ((1)>2|(3)); done', '1', '3', '?!'],
    ['case $(a) in b|"c") d;; (e) f;& *) g; esac; h', 'a', 'd', 'f', 'g', 'h'],
    ['f() { a; }; function g { b; }; f', 'a', 'b', 'f'],
    ['! time -p a', 'a'],
    ['coproc a { b; }', 'coproc a { b', '?!'],
    ['[[ a == (b|c) && -n $(d) ]] && e', 'd', '[[ a == b c -n ?', 'e', '?!'],
    ['[[ a == b ]] && e', '[[ a == b', 'e'],
    [
      `echo $(a $(b)) \`c \\$x\` \${x:-$(d)} "$(e)" <(f) >(g)`,
      'b',
      'a ?',
      'c ?',
      'd',
      'e',
      'f',
      'g',
      'echo ? ? ? ? ? ?',
    ],
    ['cat <<E | a\n$(b) `c`\nE\nd', 'cat', 'a', 'b', 'c', 'd'],
    ["cat <<'E' <<-F\n$(b)\nE\n\t$(c)\n\tF\nd", 'cat', 'c', 'd'],
    ['a=1 b=$(c) d', 'c', 'd'],
    ['x=(1 $(a)) b', 'a', 'b'],
    ['a # b; c\nd', 'a', 'd'],
    ['a\\\n b', 'a b'],
    ['2>&1 a >b 3<c {x}>d', 'a'],
    ['echo $((1 + 2))', 'echo ?'],
    ['echo $((x))', 'x', 'echo ?', '?!'],
    ['$(a) b', 'a', '? b'],
    [`a \${x#'}'}; b; c }`, 'a ?', 'b', 'c }'],
    [`a \${x:-"}"}; b; c }`, 'a ?', 'b', 'c }'],
    [''],
  ] as const) {
    assert.deepEqual(told(text), commands, text);
  }
});

test('a word is known exactly or not at all', () => {
  for (const [text, word] of [
    ['a\'b\'"c"\\d', 'abcd'],
    ["$'AA\\n'", 'AA\n'],
    ['"\\a\\$\\`\\"\\\\"', '\\a$`"\\'],
    ['$', '$'],
    ['"$"', '$'],
    ['$x', '?'],
    [`\${x}`, '?'],
    ['"$x"', '?'],
    ['*.ts', '?'],
    ['a?', '?'],
    ['[ab]', '?'],
    ['\\*', '*'],
    ['{a,b}', '?'],
    ['{1..3}', '?'],
    ['{}', '{}'],
    ['~', '?'],
    ['~root/x', '?'],
    ['a~', 'a~'],
    ['x=~/a', '?'],
    ['a#b', 'a#b'],
    ["''", ''],
  ] as const) {
    assert.deepEqual(told(`echo ${text}`), [`echo ${word}`], text);
  }
});

test('what shells do not agree on, or nobody closed, is not understood', () => {
  for (const text of [
    "echo 'a",
    'echo "a',
    'echo `a',
    'echo $(a',
    `echo \${a`,
    '(a',
    'a)',
    'case a in',
    'cat <<E\nb',
    'cat <<E\na\\\nE',
    'echo a(b)',
    'echo $[1]',
    `echo \${x@P}`,
    `echo \${a[b]}`,
    `echo \${!x}`,
    '[[ x -eq 1 ]]',
    'echo $\\\nx',
    'a\0b',
    'a \ud800',
    'a >',
    "echo $'\\'; ls #'",
    "echo $'\\x41'",
    "echo $'\\xff'",
    `echo \${a:b}`,
    `echo \${a[0+b]}`,
    `echo \${a\\\n:b}`,
    'y=([x]=1)',
    '(\\\n(ls))',
    'echo $(\\\n(ls))',
    '((1>2))',
    'echo $((1)|(2))',
    "cat <<$'E'\n$E\nls\nE",
    '[[ a || b ]]',
    '[[ a\nb ]]',
    'time -o a b',
    'for $x in a; do b; done',
    'a `b \\`c\\``',
    '('.repeat(100),
    'x'.repeat(70_000),
  ]) {
    assert.equal(readScript(text).isUnderstood, false, text.slice(0, 40));
  }
});

const pieces = [
  ...'ab \t\n;&|<>()\'"`$\\*?[]{}~#=!.,:-0',
  '$(',
  `\${`,
  '$((',
  '<<E\n',
  'E\n',
  'case x in ',
  'esac',
  'for x in ',
  ' do ',
  'function f ',
  '[[ ',
  ' ]]',
  "$'",
  '\\\n',
  '\0',
  '\ud800',
  'time -p ',
  'x=(',
];
const anyScript = fc
  .array(fc.constantFrom(...pieces), { maxLength: 60 })
  .map((all) => all.join(''));

test('any text is read, without a throw', () => {
  fc.assert(
    fc.property(fc.oneof(anyScript, fc.string()), (text) => {
      assert.equal(typeof readScript(text).isUnderstood, 'boolean');
      assert.equal(typeof invocationsOfScript(text).isUnderstood, 'boolean');
    }),
    { numRuns: 5000 },
  );
});

test('the time to read is linear in the length, whatever the text', () => {
  const hostile = [
    ...pieces,
    '(('.repeat(8),
    '$(('.repeat(8),
    '"$(',
    `\${x:-`,
    '`$(',
    '(',
    '{ ',
    'eval ',
  ];
  for (const piece of hostile) {
    const cost = (length: number): number => {
      const text = piece.repeat(Math.ceil(length / piece.length)).slice(0, length);
      let best = Number.POSITIVE_INFINITY;
      for (let round = 0; round < 5; round += 1) {
        // Other programs on the machine do not count.
        const start = process.cpuUsage().user;
        readScript(text);
        best = Math.min(best, (process.cpuUsage().user - start) / 1000);
      }
      return best;
    };
    cost(4_000);
    const [short, long] = [cost(8_000), cost(64_000)];
    // Eight times the text: quadratic would be 64 times the time, and seconds of it.
    assert.ok(long < 24 * short + 60, `${JSON.stringify(piece)}: ${short} ms, ${long} ms`);
  }
});

/** A word of a text that says what it is, and that text. */
const quoted = fc.tuple(
  fc.string({ unit: fc.constantFrom(...'ab \'"\\$`*;&|<>(){}[]~#!\n\t=,.-'), maxLength: 8 }),
  fc.constantFrom('single', 'double', 'escaped', 'ansi'),
);

function quote(text: string, how: string): string {
  if (how === 'single') return `'${text.replaceAll("'", "'\\''")}'`;
  if (how === 'double') return `"${text.replaceAll(/[$`"\\]/g, '\\$&')}"`;
  if (how === 'ansi') return `$'${text.replaceAll(/['\\]/g, '\\$&').replaceAll('\n', '\\n')}'`;
  return text === '' || text.includes('\n') ? quote(text, 'single') : text.replaceAll(/./g, '\\$&');
}

function wordsOfBash(scripts: readonly string[]): readonly (readonly string[])[] {
  // One process for all: a script is no more than words, so none changes the next.
  const program = scripts.map((script) => `printf '%s\\0' ${script}; printf '\\1\\0'`).join('\n');
  const { stdout } = spawnSync('bash', ['--norc', '-c', program], { encoding: 'utf8' });
  return stdout.split('\u0001\0').map((part) => part.split('\0').slice(0, -1));
}

test('words of known quoting are what bash makes of them', { skip }, () => {
  const words = fc.array(fc.array(quoted, { minLength: 1, maxLength: 3 }), {
    minLength: 1,
    maxLength: 4,
  });
  const cases = fc.sample(words, { numRuns: 400, seed: 11 });
  const scripts = cases.map((all) =>
    all.map((parts) => parts.map(([text, how]) => quote(text, how)).join('')).join(' '),
  );
  const fromBash = wordsOfBash(scripts);
  for (const [at, script] of scripts.entries()) {
    const [command, ...more] = readScript(`echo ${script}`).commands;
    assert.equal(more.length, 0, script);
    assert.deepEqual(command?.words.slice(1), fromBash[at], script);
  }
});

test('a word that is known is what bash makes of it, for any text', { skip }, () => {
  const unit = fc.constantFrom(...'ab\'"\\$*?[]{},.~#!=:-', "$'", '\\n', '\\x41', '"$"', '{}');
  const text = fc.array(unit, { minLength: 1, maxLength: 10 }).map((all) => all.join(''));
  const scripts = fc.sample(text, { numRuns: 3000, seed: 5 }).filter((script) => {
    const { commands, isUnderstood } = readScript(`echo ${script}`);
    const [command, ...more] = commands;
    const isOne = command?.words.length === 2 && command.redirections.length === 0;
    return isUnderstood && more.length === 0 && isOne && !command.words.includes(undefined);
  });
  assert.ok(scripts.length > 300, String(scripts.length));
  const fromBash = wordsOfBash(scripts);
  for (const [at, script] of scripts.entries()) {
    const word = readScript(`echo ${script}`).commands[0]?.words[1];
    assert.deepEqual([word], fromBash[at], script);
  }
});
