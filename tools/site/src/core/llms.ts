import type { Group } from './layout.ts';
import type { Page } from './page.ts';
import { placeOf } from './paths.ts';

/** For programs that read: what there is and where, as llmstxt.org has it. */
export function llmsText(groups: readonly Group[]): string {
  const [start] = groups;
  const about = start?.pages[0]?.about ?? '';
  const parts = groups.map(({ title, pages }) => {
    const lines = pages.map((page) => {
      const more = page.about === '' ? '' : `: ${page.about}`;
      return `- [${page.title}](${placeOf(page.path)})${more}`;
    });
    return `## ${title === 'IOI' ? 'Start' : title}\n\n${lines.join('\n')}\n`;
  });
  const whole = 'All of it in one file: [llms-full.txt](llms-full.txt)';
  return `# IOI\n\n> ${about}\n\n${whole}\n\n${parts.join('\n')}`;
}

/** Every page as it was written. */
export function wholeText(pages: readonly Page[]): string {
  return pages.map(({ path, markdown }) => `<!-- ${path} -->\n\n${markdown.trim()}\n`).join('\n');
}
