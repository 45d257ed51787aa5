import { readFileSync } from 'node:fs';
import { parseStrict } from '@ioi/canon';
import { type ShownFault, verifyFaultProof } from '@ioi/verifier';
import { countText } from '../core/amounts.ts';
import { tabbed, table } from '../core/columns.ts';
import { shortDomain } from '../core/domain-view.ts';
import { visible } from '../core/visible.ts';
import { type Command, flagOption, listOption, textOption } from '../shell/context.ts';
import { messageOf, usageFault } from '../shell/fault.ts';
import { witnessKeys } from '../shell/witness-keys.ts';
import { startWitness } from '../shell/witness-process.ts';

/** `ioi witness init --data FOLDER --name NAME`: prints the keys that go into node.json. */
export const witnessInit: Command = async ({ output }, _args, options) => {
  const folder = textOption(options, 'data') ?? '';
  const name = textOption(options, 'name') ?? '';
  const { said: saying, ended } = startWitness(['init', folder, name]);
  const said = await saying;
  await ended;
  output.say([`made the witness ${visible(said.name)}`, ...said.keys], said);
  return undefined;
};

/** `ioi witness serve --data FOLDER --listen ADDRESS`: until it is told to stop. */
export const witnessServe: Command = async ({ output }, _args, options) => {
  const folder = textOption(options, 'data') ?? '';
  const listen = textOption(options, 'listen') ?? '';
  const trust = flagOption(options, 'trustOnFirstUse') ? ['--trust-on-first-use'] : [];
  const logs = listOption(options, 'log');
  const { child, said: saying, ended } = startWitness(['serve', folder, listen, ...trust, ...logs]);
  for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) {
    process.on(signal, () => child.kill('SIGTERM'));
  }
  const said = await saying;
  output.say([`witness ${visible(said.name)} listens at ${visible(said.url ?? '')}`], said);
  await ended;
  return undefined;
};

const COLUMNS = [
  { title: 'DOMAIN', most: 48 },
  { title: 'WITNESS', most: 24 },
  { title: 'REQUIRED', most: 8 },
  { title: 'COSIGNED', most: 12 },
  { title: 'OF', most: 12 },
  { title: 'SEEN', most: 24 },
  { title: 'WHY NOT', most: 60 },
];

/** `ioi witness status`: which logs of this node who cosigned, and how much of each. */
export const witnessStatus: Command = async ({ output, daemon }) => {
  const { domains, closed, refused } = await daemon.domains.page();
  const logs = domains.map(({ domain_id, size, witnesses }) => ({ domain_id, size, witnesses }));
  const rows = logs.flatMap(({ domain_id, size, witnesses }) =>
    witnesses.map((each) => [
      shortDomain(domain_id),
      each.name,
      each.required ? 'yes' : '',
      countText(each.size),
      countText(size),
      each.seen ?? '',
      each.code === undefined ? '' : `${each.code}: ${each.detail}`,
    ]),
  );
  const lines = output.plain ? tabbed(rows) : table(COLUMNS, rows);
  output.say(rows.length === 0 ? ['no witness is named in node.json'] : lines, {
    logs,
    closed,
    refused,
  });
  for (const { domain_id: domainId, code, message } of refused) {
    output.note(visible(`${domainId} is not open: ${code}: ${message}`));
  }
  for (const domainId of closed) output.note(visible(`${domainId}: nobody asked for it yet`));
  return undefined;
};

/** `ioi witness log-key [--domain D]`: what a witness is told to cosign a log of this node. */
export const witnessLogKey: Command = async ({ output, daemon }, _args, options) => {
  const domain = textOption(options, 'domain');
  const { key, note } =
    domain === undefined ? (await daemon.status()).log : await daemon.domains.status(domain);
  const origin = note.slice(0, note.indexOf('\n'));
  output.say([visible(`${origin}=${key}`)], { origin, key });
  return undefined;
};

/** `ioi witness check FAULT [--witness VKEY …] [--node ID]`: needs no node, only the file. */
export const witnessCheck: Command = async ({ output }, [path = ''], options) => {
  const nodeId = textOption(options, 'node');
  const shown = verifyFaultProof(jsonIn(path), {
    ...(nodeId === undefined ? {} : { nodeId }),
    witnesses: witnessKeys(listOption(options, 'witness')),
    isOneLineEnough: options['oneSignature'] === true,
  });
  if (!shown.ok) {
    const { code, message } = shown.error;
    const lines = [`${output.paint('red', 'FAIL')}  ${visible(`${code}: ${message}`)}`];
    output.say(lines, { ok: false, code, message });
    return 'unverified';
  }
  output.say([`${output.paint('green', 'PASS')}  ${visible(faultText(shown.value))}`], {
    ok: true,
    ...shown.value,
  });
  return undefined;
};

function faultText(fault: ShownFault): string {
  const { node_id: id } = fault;
  const log = fault.domain_id;
  if (fault.kind === 'fork') {
    const lines = `both by ${fault.signed_by.join(' and ')}`;
    return `the keys of ${id} signed two logs of ${fault.size} entries as ${log}, ${lines}`;
  }
  const seconds = Math.floor(fault.margin_ms / 1000);
  return (
    `${id} went on with ${fault.held} entries of ${log}, ${seconds} s after a witness had seen ` +
    `${fault.seen}, if their clocks agree; signed by ${fault.signed_by.join(' and ')}`
  );
}

function jsonIn(path: string): unknown {
  try {
    const parsed = parseStrict(readFileSync(path));
    if (parsed.ok) return parsed.value;
  } catch (fault) {
    throw usageFault(`the file cannot be read: ${messageOf(fault)}`);
  }
  throw usageFault(`${path} is not JSON`);
}
