import { join } from 'node:path';
import type { Sample } from './sample.ts';

export type Expected = 'ALLOW' | 'BLOCK' | 'REQUIRE_APPROVAL';

/** One thing the demo's agent tries, and what the starter policy makes of it. */
export type Act = {
  readonly tool: string;
  readonly arguments: Readonly<Record<string, unknown>>;
  readonly expected: Expected;
};

/** From the harmless to the forbidden, and last what a person decides. */
export function actsOn({ workspace, outside }: Sample): readonly Act[] {
  const notes = join(workspace, 'notes.txt');
  const summary = { path: join(workspace, 'summary.md'), content: '# Summary\n\nTwo notes.\n' };
  const stolen = { path: join(outside, 'report.txt'), content: 'All of it.\n' };
  const tidied = { path: notes, content: 'Monday: plants.\nTuesday: Ada.\n' };
  return [
    { tool: 'list_directory', arguments: { path: workspace }, expected: 'ALLOW' },
    { tool: 'write_file', arguments: stolen, expected: 'BLOCK' },
    { tool: 'read_text_file', arguments: { path: notes }, expected: 'ALLOW' },
    {
      tool: 'read_text_file',
      arguments: { path: join(workspace, '.ssh', 'id_ed25519') },
      expected: 'BLOCK',
    },
    { tool: 'write_file', arguments: summary, expected: 'ALLOW' },
    {
      tool: 'read_text_file',
      arguments: { path: join(outside, 'deploy.pem') },
      expected: 'BLOCK',
    },
    { tool: 'write_file', arguments: tidied, expected: 'REQUIRE_APPROVAL' },
  ];
}
