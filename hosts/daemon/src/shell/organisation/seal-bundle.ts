import { err, type Result } from '@ioi/basis';
import { canonicalJson, digestBytes } from '@ioi/canon';
import { BOUNDARY, contradictoryBundle } from '@ioi/law';
import type { LogEntry, PolicyBundleFile, Rejection } from '@ioi/protocol';
import type { HeadReader } from '../head-reader.ts';
import { submitOnce } from '../submit-once.ts';
import { readWitnesses } from '../witness/witness-config.ts';
import type { Writer } from '../writer.ts';

type Sealing = {
  readonly writer: Writer;
  readonly reader: HeadReader;
  readonly operationId?: string | undefined;
};

/** The one door by which a bundle comes to bound the node, however it came here. */
export async function sealBundle(
  { writer, reader, operationId }: Sealing,
  { bundle, rules }: PolicyBundleFile,
): Promise<Result<LogEntry, Rejection>> {
  const text = canonicalJson(rules);
  if (!text.ok) return err({ code: 'bundle.invalid', message: text.error.message });
  const digest = digestBytes(text.value);
  if (digest !== bundle.policy_hash) {
    const message = 'these are not the rules that were signed';
    return err({ code: 'bundle.rules_invalid', message });
  }
  const contradictory = contradictoryBundle({ rules, settings: bundle.settings });
  if (contradictory !== undefined) return err(contradictory);
  const witnesses = readWitnesses(bundle.settings?.witnesses);
  if ('wrong' in witnesses) {
    const message = `/settings/witnesses${witnesses.wrong}`;
    return err({ code: 'bundle.settings_invalid', message });
  }
  const payloads = { [digest]: text.value };
  const operation = `${BOUNDARY}/bundle.accept`;
  return submitOnce({ writer, reader }, { operationId, operation, payload: { bundle }, payloads });
}
