import type { Isolation } from './isolation.ts';
import type { Judged } from './judged.ts';

export type SarifFrom = {
  readonly version: string;
  /** Paths below it are told relative to it. */
  readonly folder: string;
  /** Stands for the place of all that happened elsewhere: every result has to have one. */
  readonly policy: string;
  readonly isolation: Isolation;
};

const SCHEMA = 'https://json.schemastore.org/sarif-2.1.0.json';
const NO_RULE = 'default_deny';

/** SARIF 2.1.0: a result for each act that was blocked, needed an approval or failed. */
export function sarifText(judged: readonly Judged[], from: SarifFrom): string {
  const told = judged.filter(({ outcome }) => outcome !== 'allowed');
  const ids = [...new Set(told.map(({ ruleId }) => ruleId ?? NO_RULE))];
  const driver = { name: 'ioi', version: from.version, rules: ids.map((id) => ({ id })) };
  const results = told.map((each) => ({
    ruleId: each.ruleId ?? NO_RULE,
    ruleIndex: ids.indexOf(each.ruleId ?? NO_RULE),
    level: each.outcome === 'blocked' ? 'error' : 'warning',
    message: { text: `${each.target} ${each.path ?? ''}: ${each.why}` },
    locations: [locationOf(each, from)],
    partialFingerprints: { 'requestHash/v1': each.digest },
  }));
  const run = { tool: { driver }, results, properties: { isolation: from.isolation } };
  return `${JSON.stringify({ $schema: SCHEMA, version: '2.1.0', runs: [run] }, undefined, 2)}\n`;
}

function locationOf({ target, path }: Judged, { folder, policy }: SarifFrom): object {
  const isBelow = path?.startsWith(`${folder}/`) === true;
  const uri = uriOf(isBelow ? path.slice(folder.length + 1) : policy);
  const region = isBelow ? {} : { region: { startLine: 1 } };
  return {
    physicalLocation: { artifactLocation: { uri }, ...region },
    logicalLocations: [{ fullyQualifiedName: target, kind: 'resource' }],
  };
}

function uriOf(path: string): string {
  return path.toWellFormed().split('/').map(encodeURIComponent).join('/');
}
