import type { DocumentPage, ShellBlock } from './declared.ts';

/** How a line of the screen says where the reader is; nothing else writes it. */
export const MARK = '@@block';

/**
 * What a reader types who follows the page from its first block to its last, for bash: what was
 * set stays set, and the first command that fails ends it. Blocks are named by their numbers.
 */
export function pageScript(blocks: readonly ShellBlock[]): string {
  return `${blocks.map(blockScript).join('\n')}\n`;
}

function blockScript(block: ShellBlock, at: number): string {
  const { declared } = block;
  const hidden = declared.before.join('\n');
  const told = `printf '\\n${MARK} %s %s\\n'`;
  const begun = `${told} begins ${at}\nset -eo pipefail\n${hidden}\n`;
  const end = `set +e\n${told} ends ${at}\n`;
  if (declared.exit === 0) return `${begun}${executed(block)}\n${end}`;
  // Only its last command may end so, and what it sets is gone with it.
  const within = `set +e\n(set -e\n${executed(block)}\n)\n[ $? = ${declared.exit} ] || exit 70\n`;
  return `${begun}${within}${end}`;
}

/** The block as it is executed: placeholders filled in, lines that go on set behind. */
export function executed({ text, declared }: ShellBlock): string {
  const { values, behind, without } = declared;
  const kept = joined(text).filter((line) => !without.some((each) => line.startsWith(each.text)));
  const filled = kept.map((line) => {
    const moved = behind.some((start) => line.startsWith(start)) ? `behind ${line}` : line;
    return values.reduce((said, each) => said.replaceAll(each.text, each.value), moved);
  });
  return filled.join('\n');
}

/** Lines, each with those that it goes on in. */
function joined(text: string): readonly string[] {
  return text.split(/(?<!\\)\n/).filter((line) => line.trim() !== '');
}

/** Which blocks were executed to their end, by the screen. */
export function doneBlocks(screen: string): ReadonlySet<number> {
  const ends = screen.matchAll(new RegExp(`^${MARK} ends (\\d+)\\r?$`, 'gm'));
  return new Set([...ends].map(([, at]) => Number(at)));
}

/** The last that was shown of a block, in few lines. */
export function lastWords(screen: string): string {
  const said = screen.slice(screen.lastIndexOf(MARK)).split(/\r?\n/).slice(1);
  const lines = said.map((line) => line.trim()).filter((line) => line !== '');
  return lines.slice(-8).join(' | ');
}

/** Blocks that a machine with these programs executes. */
export function executable(page: DocumentPage, has: (program: string) => boolean) {
  return page.blocks.filter(({ declared }) => {
    return declared.no === undefined && declared.needs.every(has);
  });
}
