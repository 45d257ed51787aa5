export { type ExportCode, type ExportRejection, exportCodes } from './codes.ts';
export {
  type ExportHeader,
  type ExportPayload,
  formatHeader,
  formatPayload,
} from './header.ts';
export { type ExportPart, readExport } from './read-export.ts';
export { type ExportSource, writeExport } from './write-export.ts';
