import { basename, resolve } from 'node:path';
import { secureUrl } from '@ioi/basis';
import { digestBytes } from '@ioi/canon';
import { jsonLines, otlpLogs } from '../core/audit/outgoing.ts';
import { otlpTraces, Spans } from '../core/audit/spans.ts';
import { usageFault } from '../shell/fault.ts';
import { fileReceiver, outputReceiver } from './file-receiver.ts';
import { httpReceiver } from './http-receiver.ts';
import type { Receiver } from './receiver.ts';
import type { Secured } from './secured.ts';
import { syslogReceiver } from './syslog-receiver.ts';

export type Opening = Secured & {
  readonly nodeId: string;
  readonly version: string;
  readonly note: (text: string) => void;
};

type Target = {
  /** As it is shown and kept; of an address only where it is, since the rest may be a secret. */
  readonly to: string;
  /** What the stream is called unless it is named. */
  readonly name: string;
  readonly open: (opening: Opening) => Receiver;
};

const SYSLOG_PORT = 6514;
const LOGS_PATH = '/v1/logs';
const TRACES_PATH = '/v1/traces';

/** `-`, a path, `https://…`, `otlp+https://…`, `otlp-traces+https://…`, `syslog+tls://…`. */
export function readTarget(text: string): Target {
  if (text === '-') return { to: '-', name: 'stdout', open: () => outputReceiver(process.stdout) };
  const [, scheme] = /^([a-z+-]+):\/\//.exec(text) ?? [];
  if (scheme === undefined) {
    const path = resolve(text);
    const name = nameFrom(`file-${basename(path)}`, path);
    return { to: path, name, open: () => fileReceiver(path) };
  }
  if (scheme === 'syslog+tls') return syslogTarget(text);
  const otlp = ['otlp', 'otlp-traces'].find((each) => scheme.startsWith(`${each}+`));
  const url = secureUrl(otlp === undefined ? text : text.slice(otlp.length + 1));
  if (url === undefined) {
    throw usageFault(
      `${scheme}:// is no place to stream to`,
      'a path, -, https://…, otlp+https://…, otlp-traces+https://… or syslog+tls://HOST; ' +
        'http:// only on this machine',
    );
  }
  if (otlp === undefined) return webhookTarget(url.href);
  return otlp === 'otlp' ? otlpTarget(url.href) : tracesTarget(url.href);
}

function webhookTarget(url: string): Target {
  const contentType = 'application/x-ndjson';
  return {
    ...placeOf(url),
    open: (by) => httpReceiver({ ...by, url, contentType, bodyOf: jsonLines }),
  };
}

/** Two that differ only in what is not shown have two names. */
function placeOf(url: string): Pick<Target, 'to' | 'name'> {
  const { origin, host, pathname, search } = new URL(url);
  const isBare = pathname === '/' && search === '';
  const mark = markOf(url);
  return { to: isBare ? `${origin}/` : `${origin}/…${mark}`, name: nameFrom(host, url) };
}

function nameFrom(text: string, whole: string): string {
  const words = text
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '-')
    .replaceAll(/^-+|-+$/g, '');
  return `${words.slice(0, 22)}-${markOf(whole)}`.replace(/^-/, '');
}

function markOf(text: string): string {
  return digestBytes(text).slice('sha256:'.length).slice(0, 8);
}

function otlpTarget(given: string): Target {
  const at = new URL(given);
  if (at.pathname === '/') at.pathname = LOGS_PATH;
  const contentType = 'application/json';
  const { to, name } = placeOf(at.href);
  return {
    to: `otlp+${to}`,
    name,
    open: (by) =>
      httpReceiver({
        ...by,
        url: at.href,
        contentType,
        bodyOf: (events) => otlpLogs(events, by.nodeId, by.version),
        onTaken: (answer) => tellRejected(answer, by.note),
      }),
  };
}

/** Acts and runs as spans, of which one is told when it ends. */
function tracesTarget(given: string): Target {
  const at = new URL(given);
  if (at.pathname === '/') at.pathname = TRACES_PATH;
  const { to, name } = placeOf(at.href);
  return {
    to: `otlp-traces+${to}`,
    name: `traces-${name}`,
    open: (by) => {
      const spans = new Spans();
      return httpReceiver({
        ...by,
        url: at.href,
        contentType: 'application/json',
        bodyOf: (events) => {
          const ended = spans.take(events);
          return ended.length === 0 ? undefined : otlpTraces(ended, by.nodeId, by.version);
        },
        onTaken: (answer) => tellRejected(answer, by.note),
      });
    },
  };
}

/** A collector that leaves some out does not want them again (OTLP, partial success). */
function tellRejected(answer: string, note: (text: string) => void): void {
  const { partialSuccess } = Object(parsed(answer)) as Record<string, unknown>;
  const { rejectedLogRecords, rejectedSpans } = Object(partialSuccess) as Record<string, unknown>;
  const count = rejectedLogRecords ?? rejectedSpans;
  if (Number(count) > 0) note(`the collector left out ${Number(count)} records`);
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function syslogTarget(text: string): Target {
  const url = URL.parse(text.replace('syslog+tls:', 'https:'));
  const isWhole = url?.pathname === '/' && url.search === '' && url.username === '';
  if (url === null || !isWhole) throw usageFault(`${text} is not syslog+tls://HOST[:PORT]`);
  // Of https 443 is the port that is left out.
  const written = /:([0-9]+)\/?$/.exec(text)?.[1];
  const port = written === undefined ? SYSLOG_PORT : Number(written);
  const host = url.hostname.replace(/^\[|\]$/g, '');
  const to = `syslog+tls://${url.hostname}:${port}`;
  return {
    to,
    name: nameFrom(url.hostname, to),
    open: (by) => syslogReceiver({ ...by, host, port }),
  };
}
