import type { GuardianNotice } from '@ioi/guardian';
import { afterStatement } from './authority.ts';
import type { Boundary } from './boundary.ts';
import type { Contents } from './contents.ts';
import type { Domains } from './domains/domains.ts';
import { exchangeCode } from './exchange-code.ts';
import type { HeadReader } from './head-reader.ts';
import type { EditOrder } from './mcp/edit-call.ts';
import { showPayloads } from './shown-payloads.ts';
import type { Writer } from './writer.ts';

type Taking = {
  readonly writer: Writer;
  readonly reader: HeadReader;
  readonly boundary: Boundary;
  readonly domains: Domains;
  readonly contents: Contents;
  readonly edit: (order: EditOrder) => Promise<void>;
  readonly log: (message: string, about: object) => void;
};

/** What people decided at the guardian, and the cosignatures that follow the seals. */
export function takeNotice(notice: GuardianNotice, taking: Taking): void {
  const { writer, reader, boundary, domains, contents, log } = taking;
  if (notice.kind === 'approved') boundary.approved(notice.request_hash, notice.token);
  if (notice.kind === 'denied') boundary.denied(notice.request_hash, 'denied', notice.note);
  if (notice.kind === 'edited') void taking.edit(notice);
  if (notice.kind === 'extended') {
    const { request_hash, expires } = notice;
    // The guardian knows what became of it; the sweep reads it in the heads.
    void writer.submit('action.extend', { request_hash, expires });
  }
  if (notice.kind === 'activation' || notice.kind === 'statement') {
    void writer.submitOperation(notice.operation, notice.payloads).then((result) => {
      if (!result.ok) log('what the owner signed was refused', result.error);
      else afterStatement(result.value.entry, boundary, reader);
    });
  }
  if (notice.kind === 'wanted') {
    showPayloads(notice.digests, { contents, writer }).catch((fault: unknown) =>
      log('contents could not be shown', { fault: String(fault) }),
    );
  }
  if (notice.kind === 'exchange') {
    void exchangeCode(notice).then((exchanged) => writer.exchanged(exchanged));
  }
  if (notice.kind === 'cosigned') domains.cosigned(notice.domain, notice.note);
}
