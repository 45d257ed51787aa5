import { assert, type Result } from '@ioi/basis';
import type { Digest } from '@ioi/canon';
import type { Author, HeadKey, LogEntry, Rejection } from '@ioi/protocol';
import { domainModules } from '../core/domain/index.ts';
import { type Admitted, admit, HeadMap, type Modules } from '../core/ledger/index.ts';

/**
 * A domain of governed objects in memory, without commits and seals: what is spoken is admitted
 * and folded at once. Who speaks is believed.
 */
export class TestDomain {
  readonly modules: Modules;
  readonly heads = new HeadMap();
  readonly entries: LogEntry[] = [];
  chainTime = 1_000_000n;

  constructor(modules: Modules = domainModules()) {
    this.modules = modules;
  }

  /** Admits one operation, by its name within `objects/`, and keeps what comes of it. */
  speak(operation: string, payload: object, keyId?: Digest): Result<Admitted, Rejection> {
    const author: Author = keyId === undefined ? { kind: 'channel' } : { kind: 'key', keyId };
    const seq = BigInt(this.entries.length);
    const admitted = admit(
      {
        operation_id: `op_${seq.toString(16).padStart(32, '0')}`,
        operation: `objects/${operation}`,
        authenticated_by: { kind: 'channel' },
        payload: payload as Record<string, unknown>,
      },
      {
        modules: this.modules,
        view: this.heads,
        evidence: { payload: () => undefined },
        authenticate: () => ({ ok: true, value: author }),
        at: { seq, height: seq, chainTime: this.chainTime },
      },
    );
    if (admitted.ok) {
      this.heads.apply(admitted.value.changes);
      this.entries.push(admitted.value.entry);
    }
    return admitted;
  }

  /** The same for what must be admitted. */
  must(operation: string, payload: object, keyId?: Digest): LogEntry {
    const admitted = this.speak(operation, payload, keyId);
    assert(admitted.ok, admitted.ok ? '' : `refused: ${JSON.stringify(admitted.error)}`);
    return admitted.value.entry;
  }

  /** The code it is refused with, or `admitted`. */
  verdict(operation: string, payload: object, keyId?: Digest): string {
    const result = this.speak(operation, payload, keyId);
    return result.ok ? 'admitted' : result.error.code;
  }

  head<T>(key: HeadKey): T | undefined {
    return this.heads.get<T>(key);
  }
}
