import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { DoctorFinding } from '@ioi/protocol';
import { findingOf } from '../../core/inspection/finding.ts';
import type { DomainFacts } from '../../core/inspection/judge-domain.ts';
import { PROJECTION_FILE } from '../projection/engine.ts';
import { PROJECTION_FORMAT } from '../projection/projection-file.ts';
import { type Looked, lookAt } from './look.ts';
import { markIn } from './mark-row.ts';

type Views = DomainFacts['projections'];

/** The files of projections, each against its name; what they reflect is held against the log. */
export function examineProjections(folder: string, domainId: string): Looked<Views> {
  if (!existsSync(folder)) return { value: [], findings: [] };
  const looked = readdirSync(folder).flatMap((name) => {
    const [, hash] = PROJECTION_FILE.exec(name) ?? [];
    return hash === undefined ? [] : [examine(join(folder, name), `${domainId} sha256:${hash}`)];
  });
  return {
    value: looked.flatMap(({ value }) => value ?? []),
    findings: looked.flatMap(({ findings }) => findings),
  };
}

function examine(path: string, identity: string): Looked<Views[number]> {
  const about = {
    path,
    format: PROJECTION_FORMAT,
    missing: 'projection.unreadable',
    unreadable: 'projection.unreadable',
  } as const;
  return lookAt(about, (file) => {
    const state = file.one('SELECT * FROM state');
    const only = (finding: DoctorFinding) => ({ value: undefined, findings: [finding] });
    if (state?.['is_serving'] !== 1) {
      return only(findingOf('projection.unfinished', path, 'it does not serve yet'));
    }
    if (state['identity'] !== identity) {
      const message = `it is ${String(state['identity'])}`;
      return only(findingOf('projection.other_definition', path, message));
    }
    return { value: { name: path, ...markIn(state) }, findings: [] };
  });
}
