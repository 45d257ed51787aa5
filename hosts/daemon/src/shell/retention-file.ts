import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { err, ok, type Result } from '@ioi/basis';
import type { ArtifactClass } from '@ioi/protocol';
import {
  boundedRetention,
  type Retention,
  type RetentionBound,
  type RetentionRule,
  readRetention,
  wrongUnder,
} from '../core/index.ts';

/**
 * What is kept how long, as node.json says: read at start, changed while the node runs. Never
 * longer than an organisation lets it.
 */
export class RetentionFile {
  readonly #path: string;
  readonly #bound: () => RetentionBound;
  #retention: Retention;

  constructor(path: string, retention: Retention, bound: () => RetentionBound = () => ({})) {
    this.#path = path;
    this.#bound = bound;
    this.#retention = retention;
  }

  get retention(): Retention {
    return boundedRetention(this.#retention, this.#bound());
  }

  /** Writes one rule into node.json, all or nothing, and keeps to it from here on. */
  change(artifactClass: ArtifactClass, rule: Partial<RetentionRule>): Result<Retention, string> {
    const file = JSON.parse(readFileSync(this.#path, 'utf8')) as Record<string, unknown>;
    const before = file['retention'] as Record<string, unknown> | undefined;
    const changed = { ...(before?.[artifactClass] as object | undefined), ...rule };
    const retention = readRetention({ ...before, [artifactClass]: changed });
    if (!retention.ok) return err(retention.error);
    const wrong = wrongUnder(this.#bound(), artifactClass, retention.value[artifactClass]);
    if (wrong !== undefined) return err(wrong);
    file['retention'] = { ...before, [artifactClass]: changed };
    const fresh = `${this.#path}.new`;
    writeFileSync(fresh, `${JSON.stringify(file, null, 2)}\n`, { mode: 0o600 });
    renameSync(fresh, this.#path);
    this.#retention = retention.value;
    return ok(this.retention);
  }
}
