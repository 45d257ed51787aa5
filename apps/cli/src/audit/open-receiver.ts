import { resolve } from 'node:path';
import { secureUrl } from '@ioi/basis';
import { jsonLines, otlpLogs } from '../core/audit/outgoing.ts';
import { usageFault } from '../shell/fault.ts';
import { fileReceiver, outputReceiver } from './file-receiver.ts';
import { httpReceiver } from './http-receiver.ts';
import type { Receiver } from './receiver.ts';
import type { Secured } from './secured.ts';
import { syslogReceiver } from './syslog-receiver.ts';

export type Opening = Secured & { readonly nodeId: string; readonly version: string };

type Target = {
  /** As it is shown and kept. */
  readonly to: string;
  readonly open: (opening: Opening) => Receiver;
};

const SYSLOG_PORT = 6514;
const LOGS_PATH = '/v1/logs';

/** `-`, a path, `https://…`, `otlp+https://…` or `syslog+tls://HOST[:PORT]`. */
export function readTarget(text: string): Target {
  if (text === '-') return { to: '-', open: () => outputReceiver(process.stdout) };
  const [, scheme] = /^([a-z+]+):\/\//.exec(text) ?? [];
  if (scheme === undefined) {
    const path = resolve(text);
    return { to: path, open: () => fileReceiver(path) };
  }
  if (scheme === 'syslog+tls') return syslogTarget(text);
  const isOtlp = scheme.startsWith('otlp+');
  const url = secureUrl(isOtlp ? text.slice('otlp+'.length) : text);
  if (url === undefined) {
    throw usageFault(
      `${scheme}:// is no place to stream to`,
      'a path, -, https://…, otlp+https://… or syslog+tls://HOST; http:// only on this machine',
    );
  }
  return isOtlp ? otlpTarget(url.href) : webhookTarget(url.href);
}

function webhookTarget(url: string): Target {
  const contentType = 'application/x-ndjson';
  return { to: url, open: (by) => httpReceiver({ ...by, url, contentType, bodyOf: jsonLines }) };
}

function otlpTarget(given: string): Target {
  const at = new URL(given);
  if (at.pathname === '/') at.pathname = LOGS_PATH;
  const contentType = 'application/json';
  return {
    to: `otlp+${at.href}`,
    open: (by) =>
      httpReceiver({
        ...by,
        url: at.href,
        contentType,
        bodyOf: (events) => otlpLogs(events, by.nodeId, by.version),
      }),
  };
}

function syslogTarget(text: string): Target {
  const url = URL.parse(text.replace('syslog+tls:', 'https:'));
  const isWhole = url?.pathname === '/' && url.search === '' && url.username === '';
  if (url === null || !isWhole) throw usageFault(`${text} is not syslog+tls://HOST[:PORT]`);
  // Of https 443 is the port that is left out.
  const written = /:([0-9]+)\/?$/.exec(text)?.[1];
  const port = written === undefined ? SYSLOG_PORT : Number(written);
  const host = url.hostname.replace(/^\[|\]$/g, '');
  return {
    to: `syslog+tls://${url.hostname}:${port}`,
    open: (by) => syslogReceiver({ ...by, host, port }),
  };
}
