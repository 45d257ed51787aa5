import { deepEqual, equal, match, ok } from 'node:assert/strict';
import { test } from 'node:test';
import { readDocument } from './documents/declared.ts';
import { doneBlocks, executed, lastWords, MARK, pageScript } from './documents/page-script.ts';
import { runPage, unfollowable } from './documents/run-page.ts';
import { nameOf, readerPages, runDocuments } from './documents.ts';

const fence = (text: string, ...comments: readonly string[]): string =>
  `${comments.map((each) => `<!-- run: ${each} -->\n`).join('')}\`\`\`sh\n${text}\n\`\`\`\n`;
const blockOf = (text: string, ...comments: readonly string[]) => {
  const { blocks, problems } = readDocument('a.md', fence(text, ...comments));
  deepEqual(problems, []);
  const [block] = blocks;
  ok(block);
  return block;
};

test('every block of the pages is executed, or says why not', (t) => {
  const pages = readerPages();
  deepEqual(
    pages.flatMap(({ problems }) => problems),
    [],
  );
  const blocks = pages.flatMap((page) => page.blocks);
  const excepted = blocks.filter(({ declared }) => declared.no !== undefined);
  for (const { place, declared } of excepted) t.diagnostic(`${place}: ${declared.no}`);
  const lines = blocks.flatMap(({ declared }) => declared.without).length;
  const counted = `${blocks.length - excepted.length} executed, ${excepted.length} declared`;
  t.diagnostic(`${blocks.length} blocks: ${counted}; ${lines} kinds of lines left out`);
  // More may be executed, and none fewer.
  ok(excepted.length <= MOST_EXCEPTED, `${excepted.length} blocks are not executed`);
});

/** As many say why not today. */
const MOST_EXCEPTED = 92;

test('a block is executed with what is declared about it', () => {
  const text = 'ioi watch x \\\n  --plain\nioi approve 37c80da4 # once\nioi far';
  const block = blockOf(
    text,
    'behind ioi watch',
    'with $REQUEST for 37c80da4',
    'without ioi far, because there is no network',
  );
  equal(executed(block), 'behind ioi watch x \\\n  --plain\nioi approve $REQUEST # once');
  match(pageScript([blockOf('false', 'exit 3')]), /\[ \$\? = 3 \]/);
  match(pageScript([blockOf('true', 'before: node;\nasks')]), /node;\nasks\ntrue/);
});

test('a declaration that says nothing, or about nothing, is named', () => {
  const problemsOf = (text: string, ...comments: readonly string[]): readonly string[] =>
    readDocument('a.md', fence(text, ...comments)).problems;
  deepEqual(problemsOf('ls', 'perhaps'), ['a.md:3: `run: perhaps` is no declaration']);
  deepEqual(problemsOf('ls', 'no'), ['a.md:3: `run: no` is no declaration']);
  deepEqual(problemsOf('ls', 'with x for y'), ['a.md:3: holds no y']);
  deepEqual(problemsOf('ls', 'behind ps'), ['a.md:3: no line begins with ps']);
  const stray = '<!-- run: no, far away -->\n\nwords\n\n```json\n{}\n```\n';
  const { problems, shown } = readDocument('a.md', stray);
  deepEqual(problems, ['a.md: 1 declarations stand before no shell block']);
  deepEqual(shown, ['{}\n']);
});

test('what was done is read from the screen, and what did not work is shown', () => {
  const screen = `${MARK} begins 0\r\n${MARK} ends 0\r\n${MARK} begins 1\r\nioi: no\r\n`;
  deepEqual([...doneBlocks(screen)], [0]);
  equal(lastWords(screen), 'ioi: no');
});

const skip = unfollowable() ?? false;

test('a command that fails is a finding, and what comes after it is not reached', {
  skip,
}, async () => {
  const page = readDocument('a.md', [fence('ls ~'), fence('false\ntrue'), fence('ls')].join('\n'));
  const { executed: done, failed, findings } = await runPage(page);
  deepEqual({ done, failed }, { done: 1, failed: 2 });
  match(findings.join(), /^a\.md:6 ends with 1/);
});

test('the first pages do what they say, at a terminal of a machine with nothing on it', {
  skip,
}, async (t) => {
  const pages = ['first-steps', 'exit-codes', 'verify'];
  ok(pages.every((name) => readerPages().some((page) => nameOf(page) === name)));
  const { findings, counts } = await runDocuments({ pages });
  deepEqual(findings, []);
  t.diagnostic(`${counts['executed']} blocks executed`);
  ok((counts['executed'] ?? 0) >= 10);
});
