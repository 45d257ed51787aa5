/** Why a file is not an export, or a log cannot be exported; in order of precedence. */
export const exportCodes = [
  { code: 'export.malformed', meaning: 'The file is not lines in the export format.' },
  { code: 'export.not_canonical', meaning: 'A line is not in its one canonical spelling.' },
  { code: 'export.truncated', meaning: 'The file ends before the lines its header announces.' },
  { code: 'export.trailing', meaning: 'Something follows the last line the header announces.' },
  { code: 'payload.digest', meaning: 'A payload is not the bytes its digest names.' },
] as const;

export type ExportCode = (typeof exportCodes)[number]['code'];

export type ExportRejection = { readonly code: ExportCode; readonly message: string };
