import type { ArtifactQuery } from '@ioi/agentgres';
import { err, ok, type Result } from '@ioi/basis';
import { artifactClasses, DAY_MS } from './retention.ts';

/** Shortest beginning of a hash that stands for what begins so. */
const SHORTEST_HEX = 8;

/**
 * What a person means by `class:output older:30d`: every term must hold. A hash alone means a
 * content, `request:` what one request refers to. Anything else is refused: nobody forgets more
 * than was named.
 */
export function readSelector(
  terms: readonly unknown[],
  now: number,
): Result<ArtifactQuery, string> {
  if (terms.length === 0) return err('say which: a digest, request:, agent:, class: or older:');
  let query: ArtifactQuery = {};
  for (const term of terms) {
    const read = typeof term === 'string' ? readTerm(term, now) : undefined;
    if (!read) return err(`not understood: ${String(term).slice(0, 80)}`);
    const isTwice = Object.keys(read).some((name) => Object.hasOwn(query, name));
    if (isTwice) return err(`said twice: ${String(term).slice(0, 80)}`);
    query = { ...query, ...read };
  }
  return ok(query);
}

function readTerm(term: string, now: number): ArtifactQuery | undefined {
  const [, kind = '', value = ''] = /^([a-z]+):(.*)$/s.exec(term) ?? [];
  const digestPrefix = kind === 'sha256' || kind === '' ? hashIn(term) : undefined;
  if (digestPrefix !== undefined) return { digestPrefix };
  switch (kind) {
    case 'request': {
      const requestPrefix = hashIn(value);
      return requestPrefix === undefined ? undefined : { requestPrefix };
    }
    case 'agent':
      return /^agent:\/\/[A-Za-z0-9._~:/-]{1,200}$/.test(value) ? { agentId: value } : undefined;
    case 'class': {
      const artifactClass = artifactClasses.find((each) => each === value);
      return artifactClass && { artifactClass };
    }
    case 'older': {
      const [, count, unit] = /^([0-9]{1,5})([dh])$/.exec(value) ?? [];
      if (count === undefined) return undefined;
      return { until: now - Number(count) * (unit === 'h' ? DAY_MS / 24 : DAY_MS) };
    }
    default:
      return undefined;
  }
}

function hashIn(text: string): string | undefined {
  const hex = text.replace(/^sha256:/, '');
  const isHash = new RegExp(`^[0-9a-f]{${SHORTEST_HEX},64}$`).test(hex);
  return isHash ? `sha256:${hex}` : undefined;
}
