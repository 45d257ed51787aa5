import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { until } from '@ioi/basis/testing';
import type { Member } from './member.ts';
import { exited } from './network.ts';
import { SERVER, type Site } from './site.ts';

/** What broke in it; nothing where all held. */
export type Partition = {
  readonly name: string;
  readonly take: (site: Site, hold: Hold) => Promise<void>;
};

/** Says what is not as it has to be. */
export type Hold = (isSo: boolean, otherwise: string) => void;

/** A silent network is told from a slow one after so long, at most. */
const AWAY_MS = 120_000;

export const PARTITIONS: readonly Partition[] = [
  { name: 'the bundle server is away', take: withoutRules },
  { name: 'an older bundle is served', take: withOlderRules },
  { name: 'the witness is away', take: withoutWitness },
  { name: 'the relay is away', take: withoutRelay },
  { name: 'the provider is away', take: withoutProvider },
  { name: 'a node is away', take: withoutNode },
  { name: 'every server is killed and started', take: withRestarts },
];

/** What was signed bounds on, grows stale as it says, and gives way to what is newer. */
async function withoutRules(site: Site, hold: Hold): Promise<void> {
  const tight = await site.publish({ writes: false, max_age: '6s', stale: 'ask' });
  await everyone(site, `holds version ${tight}`, (member) => isAt(member, tight));
  site.network.cut('rules');
  const open = await site.publish({ writes: true });
  await each(site, async (member) => {
    hold((await member.write()) === 'policy.default_deny', `${member.name} is not bounded`);
    const refused = await member.refusal('org', 'refresh');
    hold(refused === 'organisation.unreachable', `${member.name}: refresh said ${refused}`);
  });
  await everyone(site, 'says that its rules are stale', async (member) => {
    return (await member.organisation()).organisation?.bundle?.is_stale === true;
  });
  await each(site, async (member) => {
    const reading = member.call('list_directory', { path: member.file('') });
    const { request_hash } = await member.waiting();
    await member.good('deny', request_hash, ...member.withPassphrase);
    hold((await reading) !== undefined, `${member.name}: what nobody approved was done`);
    hold((await member.write()) === 'policy.default_deny', `${member.name}: stale, and wider`);
    hold(await isAt(member, tight), `${member.name} left version ${tight}`);
  });
  site.network.heal('rules');
  // After failures a node looks less often by itself, and at once where it is told to.
  await each(site, (member) => member.good('org', 'refresh'));
  await everyone(site, `holds version ${open}`, (member) => isAt(member, open));
  await each(site, (member) => does(member, hold));
}

async function withOlderRules(site: Site, hold: Hold): Promise<void> {
  const held = site.published;
  site.serve(held - 1);
  await each(site, async (member) => {
    const refused = await member.refusal('org', 'refresh');
    hold(refused === 'bundle.older', `${member.name}: an older bundle: ${refused}`);
    hold(await isAt(member, held), `${member.name} left version ${held}`);
  });
  site.serve(held);
}

/** Acts go on; how far it came and when is told; what it missed is cosigned afterwards. */
async function withoutWitness(site: Site, hold: Hold): Promise<void> {
  await cosigned(site);
  site.network.cut('witness');
  await each(site, (member) => does(member, hold));
  await everyone(site, 'says that its witness is away', async (member) => {
    const { log, witnesses } = await member.status();
    const [witness] = witnesses;
    return witness?.state === 'not_cosigned' && witness.size < log.size;
  });
  for (const member of site.members) {
    const [witness] = (await member.status()).witnesses;
    hold(witness?.code !== undefined, `${member.name} does not say why it is not cosigned`);
    const age = Date.now() - Date.parse(witness?.seen ?? '');
    hold(age > 0 && age < AWAY_MS * 10, `${member.name} does not say when it was cosigned last`);
  }
  site.network.heal('witness');
  await each(site, (member) => does(member, hold));
  await cosigned(site);
}

/** Nobody approves from elsewhere; what waits goes on waiting; at the node it is approved. */
async function withoutRelay(site: Site, hold: Hold): Promise<void> {
  const asks = (member: Member): Promise<string | undefined> => {
    return member.call('write_file', { path: member.file('asked'), content: 'after\n' });
  };
  const text = (member: Member): string => readFileSync(member.file('asked'), 'utf8');
  for (const member of site.members) writeFileSync(member.file('asked'), 'before\n');
  const calls = site.members.map(asks);
  const reached = async (member: Member): Promise<boolean> => {
    return (await site.seenOverRelay(member)).startsWith('HTTP/1.1 200');
  };
  await everyone(site, 'waits for a person', async (member) => (await member.pending()).length > 0);
  await everyone(site, 'is reached over the relay', reached);
  site.network.cut('relay');
  if (site.isPatient) {
    // It takes a node a minute to be sure.
    await everyone(site, 'knows that the relay is away', async (member) => {
      return (await member.link()) === 'away';
    });
  }
  await each(site, async (member, at) => {
    hold(!(await reached(member)), `${member.name} is reached past a relay that is away`);
    hold(text(member) === 'before\n', `${member.name}: done without an approval`);
    const { request_hash } = await member.waiting();
    await member.good('approve', request_hash, ...member.withPassphrase);
    // An agent that was told to come back does: what is approved is done then.
    if ((await calls[at]) !== undefined) await asks(member);
    hold(text(member) === 'after\n', `${member.name}: what its owner approved was not done`);
  });
  site.network.heal('relay');
  await everyone(site, 'is linked again', async (member) => (await member.link()) === 'linked');
  await everyone(site, 'is reached again', reached);
}

/** Who is signed in stays so, nobody new is; afterwards they sign in again. */
async function withoutProvider(site: Site, hold: Hold): Promise<void> {
  const [member] = site.members;
  if (member === undefined) return;
  hold(await signIn(site, member, 'ada'), 'ada could not sign in');
  const reads = async (): Promise<boolean> => {
    const [words, env] = member.ioiAs('ada');
    const { code, stdout } = await member.machine.run([...words, 'whoami'], env);
    return code === 0 && /auditor/.test(stdout);
  };
  hold(await reads(), 'ada is no auditor');
  site.network.cut('login');
  hold(await reads(), 'ada is signed out because the provider is away');
  hold(!(await signIn(site, member, 'otto')), 'otto signed in without a provider');
  site.network.heal('login');
  hold(await signIn(site, member, 'otto'), 'otto could not sign in afterwards');
}

/** It goes on by what it holds; what it did is told and cosigned when it is back. */
async function withoutNode(site: Site, hold: Hold): Promise<void> {
  const away = site.members.at(-1);
  if (away === undefined) return;
  const held = site.published;
  site.network.cut(away.name);
  const newer = await site.publish({ writes: false });
  const others = site.members.filter((member) => member !== away);
  await Promise.all(
    others.map((member) =>
      until(`${member.name} holds ${newer}`, () => isAt(member, newer), AWAY_MS),
    ),
  );
  await does(away, hold);
  const moving = { source: away.file('asked'), destination: away.file('moved') };
  const bounded = await away.call('move_file', moving);
  hold(bounded === 'policy.default_deny', `${away.name} is not bounded: ${bounded}`);
  hold(await isAt(away, held), `${away.name} has version ${newer} from nowhere`);
  site.network.heal(away.name);
  await everyone(site, `holds version ${newer}`, (member) => isAt(member, newer));
  await everyone(site, 'is linked again', async (member) => (await member.link()) === 'linked');
  const open = await site.publish({ writes: true });
  await everyone(site, `holds version ${open}`, (member) => isAt(member, open));
  await cosigned(site);
}

async function withRestarts(site: Site, hold: Hold): Promise<void> {
  const before = await Promise.all(site.members.map((member) => member.status()));
  await Promise.all(Object.values(site.servers).map((server) => server.kill()));
  await each(site, (member) => does(member, hold));
  await Promise.all(Object.values(site.servers).map((server) => server.start()));
  const next = await site.publish({ writes: true });
  await everyone(site, `holds version ${next}`, (member) => isAt(member, next));
  await everyone(site, 'is linked again', async (member) => (await member.link()) === 'linked');
  await cosigned(site);
  for (const [at, member] of site.members.entries()) {
    const [was, is] = [before[at], await member.status()];
    hold(Number(is.log.size) > Number(was?.log.size), `${member.name} lost entries`);
  }
}

async function does(member: Member, hold: Hold): Promise<void> {
  const code = await member.write();
  hold(code === undefined, `${member.name}: what is allowed was refused: ${code}`);
}

async function isAt(member: Member, version: number): Promise<boolean> {
  return (await member.version()) === version;
}

/** All that is sealed by now, by the witness. */
function cosigned(site: Site): Promise<void> {
  return everyone(site, 'is cosigned', async (member) => {
    const { log, witnesses } = await member.status();
    const [witness] = witnesses;
    return witness?.state === 'cosigned' && witness.size === log.size;
  });
}

async function each(
  { members }: Site,
  does: (member: Member, at: number) => Promise<unknown>,
): Promise<void> {
  await Promise.all(members.map(does));
}

function everyone(
  site: Site,
  what: string,
  isSo: (member: Member) => Promise<boolean>,
): Promise<void> {
  return each(site, (member) => until(`${member.name} ${what}`, () => isSo(member), AWAY_MS));
}

/** At that machine, by the command and a browser there; whether it came to a role. */
async function signIn(site: Site, member: Member, person: string): Promise<boolean> {
  const [words, env] = member.ioiAs(person);
  const login = [...words, 'login', member.peoplePage, '--no-browser'];
  const child = member.machine.spawn(login, env);
  let said = '';
  child.stderr?.on('data', (chunk: Buffer) => {
    said += chunk.toString('utf8');
  });
  child.stdout?.resume();
  const asked = /sign in: (\S+)\n/;
  await until('an address to sign in at', () => asked.test(said) || child.exitCode !== null);
  const url = asked.exec(said)?.[1] ?? '';
  const browser = [process.execPath, SERVER, 'sign-in', site.issuer, person, url];
  const { code } = await member.machine.run(browser, env);
  if (code !== 0) child.kill('SIGKILL');
  await exited(child);
  return child.exitCode === 0;
}

/** Each event a node has to tell, that the collector did not take; and how many came twice. */
export async function toldOf(site: Site): Promise<{ told: number; lost: number; twice: number }> {
  const due = new Set<string>();
  for (const member of site.members) {
    const path = join(member.folder, 'all.jsonl');
    await member.good('audit', 'stream', path, '--once', '--name', 'all');
    for (const uid of uidsIn(path)) due.add(uid);
  }
  const missing = (): string[] => {
    const taken = new Set(uidsIn(site.events));
    return [...due].filter((uid) => !taken.has(uid));
  };
  await until('all is told', () => missing().length === 0, AWAY_MS).catch(() => undefined);
  const taken = uidsIn(site.events);
  const twice = taken.length - new Set(taken).size;
  return { told: due.size, lost: missing().length, twice };
}

function uidsIn(path: string): string[] {
  const lines = readFileSync(path, 'utf8').split('\n').filter(Boolean);
  return lines.map((line) => (JSON.parse(line) as { metadata: { uid: string } }).metadata.uid);
}
