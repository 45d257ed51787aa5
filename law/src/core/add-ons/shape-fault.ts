import type { AddOnManifest, Rejection } from '@ioi/protocol';
import { MODEL_SERVER } from '../models/index.ts';
import { PERSON_SERVER } from '../person/question-contract.ts';
import { COMMAND_SERVER, LISTEN_SERVER, MERGE_SERVER } from '../runs/index.ts';
import { WEB_SERVER } from '../web/index.ts';
import { WORKER_SERVER } from '../workers/step-contracts.ts';
import { addOnName } from './heads.ts';

/** What servers of the node's own are called: nobody else offers anything under these names. */
export const NODE_SERVERS: readonly string[] = [
  WEB_SERVER,
  MERGE_SERVER,
  MODEL_SERVER,
  COMMAND_SERVER,
  LISTEN_SERVER,
  WORKER_SERVER,
  PERSON_SERVER,
];

/** What the schema of a manifest does not say of it. */
export function shapeFault(manifest: AddOnManifest): Rejection | undefined {
  const { kind, entry, hosts, tools, files } = manifest;
  const name = addOnName(manifest);
  if (NODE_SERVERS.includes(name)) {
    return { code: 'add_on.name_taken', message: `${name} is a name of the node itself` };
  }
  const parts = entry ?? hosts ?? tools;
  if (kind === 'skill' && parts !== undefined) {
    return fault('/kind: a skill is words: it has neither entry, hosts nor tools');
  }
  if (kind === 'skill') return undefined;
  if (entry === undefined || tools === undefined) {
    return fault('/kind: an extension has entry and tools');
  }
  if (!files.some(({ path }) => path === entry.file)) {
    return fault(`/entry/file: there is no ${entry.file}`);
  }
  const names = tools.map((tool) => tool.name);
  const twice = names.find((each, index) => names.indexOf(each) !== index);
  return twice === undefined ? undefined : fault(`/tools: ${twice} is there twice`);
}

function fault(message: string): Rejection {
  return { code: 'add_on.wrong_kind', message };
}
