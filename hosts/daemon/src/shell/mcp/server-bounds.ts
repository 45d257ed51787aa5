import type { UpstreamBounds } from '@ioi/drivers/shell';
import type { ServerStatus } from '@ioi/protocol';
import type { ServerConfig } from '../config.ts';

/** What a server is held to, as whoever speaks with it takes it. */
export function boundsOf(config: ServerConfig): UpstreamBounds {
  const { calls_max, calls_per_minute, answer_bytes, seconds } = config;
  const limits = {
    ...(calls_per_minute === undefined ? {} : { callsPerMinute: calls_per_minute }),
    ...(answer_bytes === undefined ? {} : { answerBytes: answer_bytes }),
    ...(seconds === undefined ? {} : { seconds }),
  };
  return { limits, ...(calls_max === undefined ? {} : { mostActs: calls_max }) };
}

/** Where it is, by the name of which secret, never what that is, and what it is held to. */
export function reachOf(config: ServerConfig): Partial<ServerStatus> {
  const { url, credential, connector, calls_max: at_once } = config;
  const { calls_per_minute, answer_bytes, seconds } = config;
  // A path or a query may hold what only the server should know.
  const place = URL.parse(url ?? '');
  const all = Object.entries({ calls_per_minute, answer_bytes, seconds, at_once });
  const limits = Object.fromEntries(all.filter(([, limit]) => limit !== undefined));
  return {
    ...(place === null ? {} : { origin: `${place.protocol}//${place.host}` }),
    ...(credential === undefined ? {} : { credential }),
    ...(connector === undefined ? {} : { connector: true as const }),
    ...(Object.keys(limits).length === 0 ? {} : { limits }),
  };
}
