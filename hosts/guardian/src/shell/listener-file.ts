import { createPrivateKey, X509Certificate } from 'node:crypto';
import { readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createSecureContext } from 'node:tls';
import { err, ok, type Result } from '@ioi/basis';
import { deviceOrigin, type Refusal } from '@ioi/guardian';

/** The page for other devices, as its owner opened it; the key never leaves the guardian. */
export type Listener = {
  readonly format: 'ioi-listener/1';
  readonly name: string;
  readonly port: number;
  /** Of this machine, to listen on; absent for all of them. */
  readonly address?: string;
  /** Nothing of this machine: devices come to the relay that the node joined. */
  readonly relay?: true;
  /** PEM. */
  readonly cert: string;
  readonly key: string;
};

export type ListenerAsked = {
  readonly name: string;
  readonly port: number;
  readonly address: string | undefined;
  readonly relay: boolean;
  readonly cert: string;
  readonly key: string;
};

const FILE = 'listener.json';

/** What would be opened, or what is wrong with it: found out before anybody connects. */
export function listenerOf(asked: ListenerAsked): Result<Listener, Refusal> {
  const { name, port, address, cert, key } = asked;
  const origin = deviceOrigin(name, port);
  if (!origin.ok) return origin;
  const certificate = certificateIn(cert);
  if (certificate === undefined) return refuse('listener.bad_cert', 'no certificate can be read');
  if (certificate.checkHost(name) === undefined) {
    return refuse('listener.bad_cert', `the certificate is not for ${name}`);
  }
  if (isOver(certificate)) {
    return refuse('listener.bad_cert', `the certificate ended on ${certificate.validTo}`);
  }
  if (!isKeyOf(certificate, { cert, key })) {
    return refuse('listener.bad_key', 'the private key is not that of the certificate');
  }
  if (asked.relay && address !== undefined) {
    return refuse('listener.bad_address', 'a relay is reached without listening on this machine');
  }
  const on = asked.relay ? ({ relay: true } as const) : address === undefined ? {} : { address };
  return ok({ format: 'ioi-listener/1', name, port, ...on, cert, key });
}

export function endOfCertificate({ cert }: Listener): string {
  return new Date(new X509Certificate(cert).validTo).toISOString();
}

export function readListener(folder: string): Listener | undefined {
  try {
    const read = JSON.parse(readFileSync(join(folder, FILE), 'utf8')) as Listener;
    const certificate = certificateIn(read.cert);
    // Nobody could be served by it, and whoever tries would end.
    const isWhole = certificate !== undefined && isKeyOf(certificate, read);
    return isWhole && read.format === 'ioi-listener/1' ? read : undefined;
  } catch {
    // None was opened, or its file is lost: then nothing listens.
    return undefined;
  }
}

/** Whole or not at all. */
export function saveListener(folder: string, listener: Listener): void {
  const path = join(folder, FILE);
  writeFileSync(`${path}.new`, JSON.stringify(listener), { mode: 0o600 });
  renameSync(`${path}.new`, path);
}

export function dropListener(folder: string): void {
  rmSync(join(folder, FILE), { force: true });
}

function certificateIn(pem: string): X509Certificate | undefined {
  try {
    return new X509Certificate(pem);
  } catch {
    return undefined;
  }
}

function isOver({ validTo }: X509Certificate): boolean {
  return Date.parse(validTo) <= Date.now();
}

function isKeyOf(certificate: X509Certificate, { cert, key }: { cert: string; key: string }) {
  try {
    createSecureContext({ cert, key });
    return certificate.checkPrivateKey(createPrivateKey(key));
  } catch {
    return false;
  }
}

function refuse(code: string, message: string): Result<never, Refusal> {
  return err({ code, message });
}
