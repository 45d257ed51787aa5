import { readdirSync, readFileSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { type DocumentPage, readDocument } from './documents/declared.ts';
import { runPage, unfollowable } from './documents/run-page.ts';
import { type Evidence, type Progress, sideBySide } from './evidence.ts';

const ROOT = resolve(import.meta.dirname, '../../..');

export type DocumentsOptions = {
  /** Names of pages, such as `first-steps`; all unless said. */
  readonly pages?: readonly string[];
  /** Shows the whole screen of each page that fails. */
  readonly isShown?: boolean;
  readonly onProgress?: Progress;
};

/** The pages whose blocks a reader would execute: the front page, the guides, the examples. */
export function readerPages(): readonly DocumentPage[] {
  const guides = readdirSync(join(ROOT, 'docs/guides')).sort();
  const examples = readdirSync(join(ROOT, 'examples')).sort();
  const files = [
    'README.md',
    ...guides.map((name) => `docs/guides/${name}`),
    ...examples.map((name) => `examples/${name}/README.md`),
  ];
  return files.map((file) => readDocument(file, readFileSync(join(ROOT, file), 'utf8')));
}

/** `first-steps`, or for a README the folder it is about. */
export function nameOf({ file }: DocumentPage): string {
  if (file === 'README.md') return 'README';
  return file.endsWith('/README.md') ? basename(dirname(file)) : basename(file, '.md');
}

/** Follows every page at a terminal, two side by side; what does not hold is a finding. */
export async function runDocuments(options: DocumentsOptions): Promise<Evidence> {
  const { pages = [], isShown = false, onProgress } = options;
  const lacking = unfollowable();
  if (lacking !== undefined) return { findings: [`no page is followed: ${lacking}`], counts: {} };
  const chosen = readerPages().filter((page) => {
    return page.blocks.length > 0 && (pages.length === 0 || pages.includes(nameOf(page)));
  });
  const counts: Record<string, number> = { pages: 0, executed: 0, excepted: 0, failed: 0 };
  const findings: string[] = chosen.flatMap(({ problems }) => problems);
  await sideBySide(chosen, async (page) => {
    const name = nameOf(page);
    const outcome = await runPage(page);
    const { executed, excepted, failed } = outcome;
    for (const [figure, count] of Object.entries({ executed, excepted, failed, pages: 1 })) {
      counts[figure] = (counts[figure] ?? 0) + count;
    }
    counts[`${name} executed`] = executed;
    if (excepted > 0) counts[`${name} excepted`] = excepted;
    if (failed > 0) counts[`${name} failed`] = failed;
    findings.push(...outcome.findings);
    if (isShown && failed > 0) process.stderr.write(`${outcome.screen}\n`);
    const what = `${name}: ${executed} executed, ${excepted} excepted, ${failed} failed`;
    onProgress?.(counts['pages'] ?? 0, chosen.length, what, outcome.findings);
  });
  return { findings, counts };
}
