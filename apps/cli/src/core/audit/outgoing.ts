import { printChainTime } from '@ioi/law';
import type { OcsfEvent } from './ocsf.ts';

/** One a line. */
export function jsonLines(events: readonly OcsfEvent[]): string {
  return events.map((each) => `${JSON.stringify(each)}\n`).join('');
}

export type SyslogFrom = { readonly host: string; readonly pid: string };

/** Of RFC 5424: security and authorization messages. */
const FACILITY = 10;
const SYSLOG_LEVEL: Readonly<Record<number, number>> = { 1: 6, 3: 4, 4: 3 };
const MOST_HOST = 255;

/** An RFC 5424 message. */
export function syslogMessage(event: OcsfEvent, { host, pid }: SyslogFrom): string {
  const level = SYSLOG_LEVEL[event.severity_id] ?? 5;
  const time = printChainTime(BigInt(event.time));
  const name = host.replaceAll(/[^\x21-\x7e]/g, '-').slice(0, MOST_HOST) || '-';
  const head = `<${FACILITY * 8 + level}>1 ${time} ${name} ioi ${pid} ${event.class_uid} -`;
  return `${head} ${JSON.stringify(event)}`;
}

/** OpenTelemetry's numbers for INFO, WARN and ERROR. */
const OTEL_LEVEL: Readonly<Record<number, number>> = { 1: 9, 3: 13, 4: 17 };
const NANO = '000000';

/** The body of an OTLP/HTTP export of logs, in JSON. */
export function otlpLogs(events: readonly OcsfEvent[], node_id: string, version: string): string {
  const text = (key: string, stringValue: string) => ({ key, value: { stringValue } });
  const logRecords = events.map((event) => ({
    timeUnixNano: `${event.time}${NANO}`,
    observedTimeUnixNano: `${event.time}${NANO}`,
    severityNumber: OTEL_LEVEL[event.severity_id] ?? 9,
    severityText: event.severity,
    body: { stringValue: JSON.stringify(event) },
    attributes: [
      text('event.name', event.metadata.event_code),
      text('event.id', event.metadata.uid),
      text('ocsf.class_uid', String(event.class_uid)),
    ],
  }));
  const resource = {
    attributes: [
      text('service.name', 'ioi'),
      text('service.version', version),
      text('service.instance.id', node_id),
    ],
  };
  return JSON.stringify({
    resourceLogs: [{ resource, scopeLogs: [{ scope: { name: 'ioi.audit' }, logRecords }] }],
  });
}
