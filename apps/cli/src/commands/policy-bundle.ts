import { writeFileSync } from 'node:fs';
import { canonicalJson } from '@ioi/canon';
import { signHybrid } from '@ioi/crypto/shell';
import { bundleMessage, contradictoryBundle } from '@ioi/law';
import {
  isPolicyBundle,
  isPolicyBundleFile,
  type PolicyBundleFile,
  type Rejection,
} from '@ioi/protocol';
import { readTimeSpan } from '../core/time-span.ts';
import { visible } from '../core/visible.ts';
import { type Command, type Options, textOption } from '../shell/context.ts';
import { CommandFault, messageOf, usageFault } from '../shell/fault.ts';
import { readJson } from '../shell/governance.ts';
import { organisationName } from '../shell/organisation-name.ts';
import { readPolicyFile } from '../shell/policy-file.ts';
import { keyIdOf, openKey } from '../shell/principal-key.ts';
import { principalKeyIn } from '../threshold/files.ts';
import { beginSigning } from './wallet/threshold.ts';

/** `ioi policy bundle sign POLICY --key FILE --number N --out FILE`: for the organisation. */
export const bundleSign: Command = async (context, [path = ''], options) => {
  const { rules, policyHash } = readPolicyFile(path);
  const contradictory = contradictoryBundle({ rules });
  if (contradictory) throw refusedBundle(path, contradictory);
  const keyFile = textOption(options, 'key') ?? '';
  const public_key = principalKeyIn(keyFile);
  const unsigned = {
    organisation_id: organisationName(public_key, options),
    key_id: keyIdOf(public_key),
    version: textOption(options, 'number') ?? '',
    policy_hash: policyHash,
    issued: String(Date.now()),
    max_age_ms: maxAge(options),
    stale: textOption(options, 'stale') as 'block' | 'ask' | 'keep',
  };
  const signature = { algorithm: 'hybrid-ed25519-ml-dsa-44', key_id: unsigned.key_id } as const;
  if (!isPolicyBundle({ ...unsigned, signature: { ...signature, ed25519: '', ml_dsa_44: '' } })) {
    throw usageFault('--number takes a whole number, --stale one of block, ask, keep');
  }
  if (public_key.algorithm === 'threshold-ed25519-ml-dsa-44') {
    const about = { document: unsigned, attached: { rules } };
    beginSigning(context, keyFile, { domain: 'SIG_DOMAIN_POLICY', ...about }, options);
    return undefined;
  }
  const key = await openKey(context, keyFile, options);
  const signed = signHybrid(key, 'SIG_DOMAIN_POLICY', bundleMessage(unsigned));
  const file: PolicyBundleFile = { bundle: { ...unsigned, signature: signed }, rules };
  const out = textOption(options, 'out') ?? '';
  write(out, file);
  const line = `made ${visible(out)}: ${unsigned.organisation_id} version ${unsigned.version}`;
  context.output.say([line, `rules ${policyHash}`], { path: out, ...unsigned });
  return undefined;
};

/** `ioi policy bundle accept FILE`: it bounds the node from the next seal on. */
export const bundleAccept: Command = async ({ daemon, output }, [path = '']) => {
  const file = readJson(path);
  if (!isPolicyBundleFile(file)) throw usageFault(`${path} is no bundle`, 'ioi policy bundle sign');
  const accepted = await daemon.acceptBundle(file);
  const line = `accepted: version ${visible(accepted.version)}, rules ${accepted.policy_hash}`;
  output.say([line], accepted);
  return undefined;
};

function refusedBundle(path: string, { code, message }: Rejection): CommandFault {
  const next = 'docs/guides/organisations.md';
  return new CommandFault({ exit: 'usage', code, message: `${path}, ${message}`, next });
}

function maxAge(options: Options): string {
  const text = textOption(options, 'maxAge') ?? '';
  const span = readTimeSpan(text);
  if (span === undefined) throw usageFault(`--max-age takes 90s, 12h or 30d, not ${text}`);
  return String(span);
}

/** Never over another file: what was handed out stays what it was. */
function write(path: string, file: PolicyBundleFile): void {
  const text = canonicalJson(file);
  if (!text.ok) throw new Error(text.error.message);
  try {
    writeFileSync(path, `${text.value}\n`, { flag: 'wx' });
  } catch (fault) {
    throw usageFault(`the bundle was not written: ${messageOf(fault)}`);
  }
}
