import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { deflateSync } from 'node:zlib';
import { judgePush } from '../../core/web/git/judge-push.ts';
import { commandOf, type Push, repositoryOf } from '../../core/web/git/push.ts';
import { PushReader } from './read-push.ts';

const TO = { repository: 'x', isReceipted: true };
const URL_OF_PUSH = 'https://a.example/far.git/git-receive-pack';
const DATE = '2026-01-01T00:00:00Z';
const ZERO = '0'.repeat(40);
const readPush: PushReader['read'] = (act) => new PushReader().read(act);
const skip = spawnSync('git', ['--version']).status === 0 ? false : 'git is not here';
let folder = '';

before(() => {
  folder = mkdtempSync(join(tmpdir(), 'ioi-push-'));
  if (skip === false) git('init', '-q', '-b', 'main', '.');
});

after(() => rmSync(folder, { recursive: true }));

function git(...args: string[]): string {
  const own = ['-c', 'user.name=t', '-c', 'user.email=t@t.example', '-c', 'commit.gpgsign=false'];
  const env = { ...process.env, GIT_AUTHOR_DATE: DATE, GIT_COMMITTER_DATE: DATE };
  const about = { cwd: folder, stdio: 'pipe', env } as const;
  return String(execFileSync('git', [...own, ...args], about)).trim();
}

function commit(text: string, ...options: string[]): string {
  writeFileSync(join(folder, 'file'), text);
  git('add', 'file');
  git('commit', '-q', '-m', text, ...options);
  return git('rev-parse', 'HEAD');
}

/** The commit with a header that says it is signed, as signing programs leave it. */
function signed(of: string): string {
  const body = git('cat-file', 'commit', of);
  const said = body.replace(/(\ncommitter .*\n)/, '$1gpgsig -----BEGIN SSH SIGNATURE-----\n x\n');
  const about = { cwd: folder, input: `${said}\n` };
  const args = ['hash-object', '-t', 'commit', '-w', '--stdin'];
  return String(execFileSync('git', args, about)).trim();
}

/** As git makes it for what is new beside what the other side has. */
function packOf(wanted: string, had: readonly string[], ...options: string[]): Buffer {
  const input = [wanted, ...had.map((each) => `^${each}`)].join('\n');
  const args = ['pack-objects', '--revs', '--stdout', '-q', ...options];
  return execFileSync('git', args, { cwd: folder, input: `${input}\n`, stdio: 'pipe' });
}

function line(text: string): string {
  return (Buffer.byteLength(text) + 4).toString(16).padStart(4, '0') + text;
}

function asking(updates: readonly string[], pack: Buffer = Buffer.alloc(0), said = ''): Buffer {
  const lines = updates.map((each, at) => line(at > 0 ? each : `${each}\0 report-status${said}`));
  return Buffer.concat([Buffer.from(`${lines.join('')}0000`), pack]);
}

const HEADERS = [['content-type', 'application/x-git-receive-pack-request']] as const;

async function read(body: Uint8Array, headers: readonly (readonly [string, string])[] = HEADERS) {
  return readPush({ method: 'POST', url: URL_OF_PUSH, headers, body });
}

async function pushed(updates: readonly string[], pack?: Buffer): Promise<Push> {
  const got = await read(asking(updates, pack));
  assert.ok(got.ok && got.value?.kind === 'push', JSON.stringify(got));
  return got.value.push;
}

const changes = ({ updates }: Push): readonly string[] => updates.map(({ change }) => change);

test('what a push does is read from its own bytes', { skip }, async () => {
  const one = commit('one');
  const two = commit('two');
  const three = commit('three');
  const straight = await pushed(
    [`${one} ${three} refs/heads/main`],
    packOf(three, [one], '--thin'),
  );
  assert.deepEqual(changes(straight), ['update']);
  assert.deepEqual([...straight.commits.ids].sort(), [two, three].sort());
  assert.deepEqual([straight.commits.unsigned, straight.commits.not_inspected], [2, undefined]);
  const made = await pushed([`${ZERO} ${one} refs/heads/new`], packOf(one, []));
  assert.deepEqual(changes(made), ['create']);
  const gone = await pushed([`${one} ${ZERO} refs/heads/old`]);
  assert.deepEqual([changes(gone), gone.commits.count], [['delete'], 0]);
  // Nothing of what leads from one to the other was sent.
  const already = await pushed([`${one} ${three} refs/heads/main`], packOf(three, [three]));
  assert.deepEqual(changes(already), ['unproven']);
  git('checkout', '-q', '--orphan', 'other');
  const other = commit('other');
  const whole = await pushed([`${three} ${other} refs/heads/main`], packOf(other, []));
  assert.deepEqual(changes(whole), ['force']);
  git('checkout', '-q', '-B', 'side', one);
  const side = commit('side');
  const beside = await pushed([`${three} ${side} refs/heads/main`], packOf(side, [one]));
  assert.deepEqual(changes(beside), ['unproven']);
  assert.equal(
    commandOf(beside, { repository: 'https://a.example/far.git', isReceipted: true }),
    'git push --force --unsigned https://a.example/far.git refs/heads/main',
  );
});

test('commits that carry a signature are told from others', { skip }, async () => {
  git('checkout', '-q', '-B', 'signing');
  const base = commit('base');
  const last = signed(commit('last'));
  const push = await pushed([`${base} ${last} refs/heads/main`], packOf(last, [base], '--thin'));
  assert.deepEqual([push.commits.count, push.commits.unsigned], [1, 0]);
  assert.equal(commandOf(push, TO), 'git push x refs/heads/main');
});

test('commits that are deltas of others are read, and none hides behind one', {
  skip,
}, async () => {
  git('checkout', '-q', '-B', 'long');
  const numbers = Array.from({ length: 200 }, (_, at) => `${at} is so long that git finds it\n`);
  const long = numbers.join('');
  const base = commit(long);
  const all = Array.from({ length: 6 }, (_, at) => commit(`${long}${at}`));
  const last = all.at(-1) as string;
  const update = [`${base} ${last} refs/heads/main`];
  for (const options of [['--delta-base-offset'], []]) {
    const push = await pushed(update, packOf(last, [base], '--window=20', '--depth=9', ...options));
    assert.deepEqual([...push.commits.ids].sort(), all.sort());
    assert.deepEqual([changes(push), push.commits.not_inspected], [['update'], undefined]);
  }
  // A new branch that begins at what was not sent, with deltas against what was not sent.
  const thin = await pushed([`${ZERO} ${last} refs/heads/x`], packOf(last, [base], '--thin'));
  assert.match(thin.commits.not_inspected ?? '', /deltas against objects that were not sent/);
});

test('whoever signs pushes sends no deltas against what the server has', { skip }, async () => {
  git('checkout', '-q', '-B', 'whole');
  const long = Array.from({ length: 200 }, (_, at) => `${at} is long enough for a delta\n`).join(
    '',
  );
  const base = commit(long);
  const last = signed(commit(`${long}more`));
  const update = [`${base} ${last} refs/heads/main`];
  const thin = await pushed(update, packOf(last, [base], '--thin'));
  assert.match(commandOf(thin, TO), /--unsigned/);
  // As `git -c pack.window=0 push` has it made.
  const whole = await pushed(update, packOf(last, [base], '--thin', '--window=0'));
  assert.equal(commandOf(whole, TO), 'git push x refs/heads/main');
});

test('no name that a program says is there vouches for what was not seen', () => {
  const [old, last, other] = ['1', '2', '3'].map((digit) => digit.repeat(40)) as [
    string,
    string,
    string,
  ];
  const commits = new Map([[last, { parents: [other], isSigned: true }]]);
  const main = { ref: 'refs/heads/main', old, new: last };
  const junk = { ref: 'refs/heads/junk', old: other, new: last };
  const own = { ...main, old: other };
  for (const updates of [[main, junk], [own]]) {
    const push = judgePush({ updates, options: [], digits: 40 }, { commits, untold: 1 });
    assert.match(commandOf(push, TO), /--unsigned/);
    const seen = judgePush({ updates, options: [], digits: 40 }, { commits, untold: 0 });
    assert.doesNotMatch(commandOf(seen, TO), /--unsigned/);
  }
});

test('a pack that is not read to its end is said not to be', { skip }, async () => {
  git('checkout', '-q', '-B', 'broken');
  const base = commit('base');
  const last = commit('last');
  const pack = packOf(last, [base]);
  const update = [`${base} ${last} refs/heads/main`];
  const more = Buffer.concat([pack, Buffer.from('more')]);
  const bent = Buffer.from(pack);
  bent.writeUInt8(bent.readUInt8(20) ^ 0xff, 20);
  const many = Buffer.from(pack);
  many.writeUInt32BE(4_000_000, 8);
  for (const bytes of [more, bent, many, pack.subarray(0, -30), Buffer.from('PACKx')]) {
    const push = await pushed(update, bytes);
    assert.ok(push.commits.not_inspected);
    assert.match(commandOf(push, TO), /--unsigned/);
  }
});

test('what git would read otherwise is no push, and is refused by name', async () => {
  const update = `${ZERO} ${'1'.repeat(40)} refs/heads/main`;
  const bad = [
    asking([update.toUpperCase()]),
    asking([update.replace('refs/heads/main', 'main')]),
    asking([update.replace('main', 'a..b')]),
    asking([update.replace('main', 'a b')]),
    asking([update, update]),
    asking([`${ZERO} ${ZERO} refs/heads/main`]),
    asking(['push-cert']),
    asking([update], undefined, ' object-format=sha256'),
    Buffer.from(line(update)),
    Buffer.from('0001'),
    Buffer.from('0000more'),
    Buffer.from(''),
  ];
  for (const body of bad) {
    const got = await read(body);
    assert.equal(got.ok ? JSON.stringify(got.value) : got.error.code, 'web.push_malformed');
  }
  const coded = await read(asking([update]), [...HEADERS, ['content-encoding', 'gzip']]);
  assert.equal(coded.ok, false);
  const probe = await read(Buffer.from('0000'));
  assert.deepEqual(probe.ok && probe.value, { kind: 'probe' });
  const get = { method: 'GET', url: URL_OF_PUSH, headers: [] };
  assert.deepEqual(await readPush(get), { ok: true, value: undefined });
});

test('a push is told with its options, as a command', async () => {
  const body = Buffer.concat([
    asking([`${'1'.repeat(40)} ${ZERO} refs/heads/it's`], undefined, ' push-options'),
    Buffer.from(`${line('ci.skip')}${line("merge_request.title=it's")}0000`),
  ]);
  const got = await readPush({ method: 'POST', url: URL_OF_PUSH, headers: [], body });
  assert.ok(got.ok && got.value?.kind === 'push');
  assert.deepEqual(got.value.push.options, ['ci.skip', "merge_request.title=it's"]);
  assert.equal(
    commandOf(got.value.push, TO),
    "git push --delete x 'refs/heads/it'\\''s' '--push-option=ci.skip' " +
      "'--push-option=merge_request.title=it'\\''s'",
  );
});

test('a push is one by its address or by its kind, and its address is read one way', async () => {
  const at = (path: string) => ({ method: 'POST', url: `https://a.example${path}`, headers: [] });
  const body = asking([`${'1'.repeat(40)} ${ZERO} refs/heads/main`]);
  for (const path of ['/far.git', '/~ada/my%20work', '/G/r%C3%A9sum%C3%A9']) {
    const act = { ...at(`${path}/git-receive-pack`), body };
    const got = await readPush(act);
    assert.ok(got.ok && got.value?.kind === 'push', path);
    assert.equal(repositoryOf(act.url), `https://a.example${path}`);
  }
  const twoWays = [
    '/ok.git/git-receive-pack/..%2F..%2Fprod.git/git-receive%2Dpack',
    '/ok.git/git-receive-pack/..%2F..%2Fprod.git/git-receive-pack',
    '/prod.git/git-receive-pack?x=/git-receive-pack',
    '/prod.git/git-receive-pack?',
    '/prod.git/git-receive-pack/',
    '/prod.git/GIT-RECEIVE-PACK',
    '/far.git/git%2Dreceive-pack',
    '/far.git/x%2fgit-receive-pack',
    '/far.git/%5Cgit-receive-pack',
    '/far.git/%252e%252e/git-receive-pack',
    '/far.git//git-receive-pack',
    '/far.git;/git-receive-pack',
    '/%66ar.git/git-receive-pack',
    '/far%2egit/git-receive-pack',
    '/far.git%00/git-receive-pack',
    '/far.git%3Fx/git-receive-pack',
    '/far.git%C0%AFx/git-receive-pack',
    '/far.git%/git-receive-pack',
    '/far.git/git-receive-pack/%ff',
    '/%ff/%67it-receive-pack',
    '/far.git/%252567it%25252dreceive-pack',
    '/far.git/not-git-receive-pack',
  ];
  for (const path of twoWays) {
    const got = await readPush({ ...at(path), body });
    assert.equal(got.ok ? path : got.error.code, 'web.push_malformed');
  }
  const elsewhere = await readPush({ ...at('/elsewhere'), headers: HEADERS, body });
  assert.equal(elsewhere.ok, false);
  assert.deepEqual(await readPush({ ...at('/elsewhere'), body }), { ok: true, value: undefined });
});

/** A pack of these, whatever they are: 1 is a commit, 3 a blob, 6 a delta against one before. */
function packed(objects: readonly { kind: number; data: Uint8Array; back?: number[] }[]): Buffer {
  const entries = objects.map(({ kind, data, back = [] }) => {
    const size = numberIn(Math.floor(data.length / 16));
    const first = (kind << 4) | (data.length & 15) | (data.length > 15 ? 0x80 : 0);
    return Buffer.concat([
      Buffer.from([first, ...(data.length > 15 ? size : []), ...back]),
      deflateSync(data),
    ]);
  });
  const head = Buffer.from('PACK\0\0\0\x02\0\0\0\0', 'latin1');
  head.writeUInt32BE(objects.length, 8);
  return Buffer.concat([head, ...entries, Buffer.alloc(20)]);
}

/** Seven bits in each byte, the lowest first. */
function numberIn(value: number): number[] {
  return value < 128 ? [value] : [(value & 127) | 128, ...numberIn(Math.floor(value / 128))];
}

/** As far back as a delta says another begins, in git's own way. */
function backIn(value: number): number[] {
  const last = [value % 128];
  for (let rest = Math.floor(value / 128); rest > 0; rest = Math.floor(rest / 128)) {
    rest -= 1;
    last.unshift((rest % 128) | 128);
  }
  return last;
}

const UPDATE = `${'1'.repeat(40)} ${'2'.repeat(40)} refs/heads/main`;
const COMMIT = Buffer.from(`tree ${ZERO}\nauthor a\n\n`);

test('a delta costs what it says it makes, though it fails', async () => {
  const MADE = 256 * 1024;
  const wrong = Buffer.from([...numberIn(COMMIT.length), ...numberIn(MADE), 0]);
  const sizeOf = (object: Parameters<typeof packed>[0][number]) => packed([object]).length - 32;
  const commit = { kind: 1, data: COMMIT };
  const objects = [commit];
  for (let back = sizeOf(commit); objects.length < 600; ) {
    const delta = { kind: 6, data: wrong, back: backIn(back) };
    objects.push(delta);
    back += sizeOf(delta);
  }
  const few = await pushed([UPDATE], packed(objects.slice(0, 100)));
  assert.match(few.commits.not_inspected ?? '', /99 deltas/);
  const many = await pushed([UPDATE], packed(objects));
  assert.match(many.commits.not_inspected ?? '', /too large/);
  const large = packed([{ kind: 1, data: Buffer.concat([COMMIT, Buffer.alloc(MADE)]) }]);
  assert.match((await pushed([UPDATE], large)).commits.not_inspected ?? '', /too large/);
});

test('others have their turn while a push is read, by how much was worked on', async () => {
  const blob = { kind: 3, data: Buffer.alloc(2 * 1024 * 1024) };
  let turns = 0;
  let isRead = false;
  const count = (): void => {
    turns += 1;
    if (!isRead) setImmediate(count);
  };
  setImmediate(count);
  const push = await pushed([UPDATE], packed(Array.from({ length: 20 }, () => blob)));
  isRead = true;
  assert.equal(push.commits.not_inspected, undefined);
  assert.ok(turns >= 20, String(turns));
});

test('one push of a node is read at a time, and none that nobody waits for', async () => {
  const reader = new PushReader();
  const ask = (pack: Buffer, signal?: AbortSignal) =>
    reader.read(
      { method: 'POST', url: URL_OF_PUSH, headers: HEADERS, body: asking([UPDATE], pack) },
      signal,
    );
  const ends: string[] = [];
  const long = packed(Array.from({ length: 600 }, () => ({ kind: 1, data: COMMIT })));
  const short = packed([{ kind: 1, data: COMMIT }]);
  const [, , gone] = await Promise.all([
    ask(long).then(() => ends.push('long')),
    ask(short).then(() => ends.push('short')),
    ask(short, AbortSignal.abort()),
  ]);
  assert.deepEqual(ends, ['long', 'short']);
  assert.equal(gone.ok, false);
});
