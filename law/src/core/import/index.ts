import { assemble, type ImportedPolicy } from './assemble.ts';
import { readClaude } from './claude.ts';
import { readCodex } from './codex.ts';
import { readGemini } from './gemini.ts';
import type { SourceFile, SourceReading } from './statement.ts';

export type { ImportedPolicy, ImportedRule } from './assemble.ts';
export { printImported, printPlace } from './print.ts';
export type { Place, SourceFile, SourceProgram, Untranslated } from './statement.ts';

const READERS = { claude: readClaude, codex: readCodex, gemini: readGemini } as const;

/**
 * Permissions that people gave other programs, as a policy. What a file denies or asks about,
 * the policy allows to none; what cannot be said is listed with its place. Never throws.
 */
export function importPermissions(files: readonly SourceFile[]): ImportedPolicy {
  return assemble(files.map((file): SourceReading => READERS[file.program](file)));
}
