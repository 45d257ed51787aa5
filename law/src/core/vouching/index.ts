export {
  coseReceipts,
  dsseEnvelope,
  keyIds,
  publicKeyPems,
  sigstoreBundle,
} from './foreign-formats.ts';
export { type ReceiptSignings, receiptSignings } from './receipt-statement.ts';
export { type ShownEntry, standingReceipt } from './standing-receipt.ts';
