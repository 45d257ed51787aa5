import type { ReceiptEnvelope } from '@ioi/protocol';
import type { Paint } from './paint.ts';
import { visible } from './visible.ts';

/** What is known of a receipt beyond its own words. */
export type ReceiptStanding = {
  readonly receipt: ReceiptEnvelope;
  readonly domain_id: string;
  readonly seq: string;
  /** The receipt before it, whose hash it names; `first` where there is none. */
  readonly previous: 'first' | 'missing' | 'other' | { readonly receipt_id: string };
  /** Entries under the note by which its place was checked, or why that failed. */
  readonly proven: { readonly size: number } | { readonly code: string; readonly message: string };
  readonly witnesses: readonly string[];
};

export function isSound({ previous, proven }: ReceiptStanding): boolean {
  return 'size' in proven && previous !== 'missing' && previous !== 'other';
}

/** The receipt in its envelope, then what was checked of it. */
export function receiptView(standing: ReceiptStanding, paint: Paint): string[] {
  const { receipt, domain_id, seq, proven, witnesses } = standing;
  const envelope = JSON.stringify(receipt, null, 2).split('\n').map(visible);
  const place =
    'size' in proven
      ? `proven: entry ${seq} of ${proven.size} signed, in ${visible(domain_id)}`
      : `not proven: ${visible(proven.code)}: ${visible(proven.message)}`;
  const mark = isSound(standing) ? paint('green', 'PASS') : paint('red', 'FAIL');
  return [
    ...envelope,
    `chain      ${previousText(standing)}`,
    `place      ${place}`,
    `witnesses  ${visible(witnesses.join(', ')) || 'none cosigned this log'}`,
    `${mark}  ${visible(receipt.receipt_id)}`,
  ];
}

function previousText({ previous }: ReceiptStanding): string {
  switch (previous) {
    case 'first':
      return 'the first receipt of its log';
    case 'missing':
      return 'the receipt before it is not to be found';
    case 'other':
      return 'the receipt before it has another hash';
    default:
      return `follows ${visible(previous.receipt_id)}, whose hash it names`;
  }
}
